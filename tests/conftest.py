"""What tests share: a GPU context without a display, and pictures to compare with."""

import atexit
import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any, cast

import moderngl
import numpy as np
import pytest
from hypothesis import settings
from PIL import Image

# Before any context is made: nothing newer than what every user has may slip in.
os.environ["MESA_GL_VERSION_OVERRIDE"] = "3.3"
os.environ["MESA_GLSL_VERSION_OVERRIDE"] = "330"

# What Inkloop's own sketches keep must neither be found nor left among the user's own.
os.environ["XDG_DATA_HOME"] = tempfile.mkdtemp(prefix="inkloop-test-home-")
atexit.register(shutil.rmtree, os.environ["XDG_DATA_HOME"], ignore_errors=True)

# A machine that is busy is no failure.
settings.register_profile("inkloop", deadline=None)
settings.load_profile("inkloop")

GOLDEN = Path(__file__).parent / "golden"
# Which driver drew each picture: another may draw it otherwise, and then the failure is about that.
MADE_WITH = GOLDEN / "made_with.json"
TOLERANCE = 2  # of 255, each channel of each pixel


class FailureNames:
    """Names each failure as it happens: a run that is cut off has no summary."""

    def __init__(self, config):
        self._config = config

    def pytest_runtest_logreport(self, report):
        terminal = self._config.pluginmanager.get_plugin("terminalreporter")
        if report.failed and terminal is not None:
            reason = getattr(getattr(report.longrepr, "reprcrash", None), "message", "").partition("\n")[0]
            terminal.write_line(f"\nFAILED {report.nodeid} ({report.when}) {reason}")


def pytest_addoption(parser):
    parser.addoption("--update-golden", action="store_true", help="keep what is drawn as what is expected")


def pytest_configure(config):
    if config.getoption("--update-golden") and config.getoption("numprocesses", None):
        raise pytest.UsageError("--update-golden writes one list of drivers: add -n 0")
    # The processes of pytest-xdist report to this one and have no terminal.
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(FailureNames(config), "inkloop-failure-names")


@pytest.fixture(scope="session")
def ctx():
    """A context of OpenGL 3.3 without a display."""
    context = moderngl.create_standalone_context(backend=cast(Any, "egl"))
    yield context
    context.__enter__()
    context.release()


@pytest.fixture
def golden(request, ctx):
    """Compare a picture, uint8 of shape (h, w, 3), with the one kept under the test's name."""

    def compare(actual):
        name = request.node.name.removeprefix("test_")
        path = GOLDEN / f"{name}.png"
        if request.config.getoption("--update-golden"):
            Image.fromarray(actual).save(path)
            rows = {**made_with(), name: driver_of(ctx)}
            MADE_WITH.write_text(
                json.dumps(rows, indent=1, sort_keys=True, ensure_ascii=False) + "\n", "utf-8"
            )
            return
        assert path.is_file(), f"there is no {path.name} yet: run with --update-golden and look at it"
        expected = np.asarray(Image.open(path).convert("RGB"))
        assert expected.shape == actual.shape, f"{path.name} has shape {expected.shape}, drawn {actual.shape}"
        difference = np.abs(expected.astype(int) - actual.astype(int)).astype(np.uint8)
        if difference.max() > TOLERANCE:
            _leave(name, expected, actual, difference)
            wrong = int((difference.max(axis=2) > TOLERANCE).sum())
            pytest.fail(
                f"{wrong} pixels differ from {path.name} by up to {difference.max()}: golden/failed; "
                f"it was made with {made_with().get(name, 'an unknown driver')}, you run {driver_of(ctx)}"
            )

    return compare


def driver_of(context) -> str:
    """The driver of a context, as OpenGL names it."""
    return f"{context.info['GL_RENDERER']}, {context.info['GL_VERSION']}"


def made_with() -> dict[str, str]:
    """The driver of each golden picture, by name."""
    return json.loads(MADE_WITH.read_text("utf-8")) if MADE_WITH.is_file() else {}


def _leave(name, expected, actual, difference):
    folder = GOLDEN / "failed"
    folder.mkdir(exist_ok=True)
    boosted = np.minimum(difference.astype(int) * 8, 255).astype(np.uint8)
    for kind, picture in (("expected", expected), ("actual", actual), ("difference", boosted)):
        Image.fromarray(picture).save(folder / f"{name}-{kind}.png")
