"""The renderers that the benchmark compares, and how it comes by the ones that are not there.

Everything is installed below one folder, never into the project's own environment. What cannot be had is
named with the reason.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench.renderers.worker import ROOT, Worker, WorkerError

FOLDER = ROOT / "out" / "bench"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
APT = ("apt-get", "install", "-y", "-qq", "--no-install-recommends")


class MissingPeerError(Exception):
    """A peer cannot be had here; the message is the reason."""


@dataclass
class Field:
    """Who takes part: the workers that run, and those that do not with the reason."""

    workers: dict[str, Worker] = field(default_factory=dict[str, Worker])
    missing: dict[str, str] = field(default_factory=dict[str, str])


@contextmanager
def renderers() -> Generator[Field]:
    """Start every renderer there is or can be installed; end them all afterwards."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    started = Field()
    with screen() as display:
        try:
            for name, command in COMMANDS.items():
                try:
                    log = FOLDER / f"{name}.log"
                    started.workers[name] = Worker(command(), log, {"DISPLAY": display} if display else {})
                except (MissingPeerError, WorkerError) as error:
                    started.missing[name] = str(error)
            yield started
        finally:
            for worker in started.workers.values():
                worker.close()


@contextmanager
def screen() -> Generator[str | None]:
    """Name of an X display of its own for the peers that need one; None where there is no Xvfb."""
    program = shutil.which("Xvfb")
    if program is None:
        yield None
        return
    read, write = os.pipe()
    command = [program, "-displayfd", str(write), "-screen", "0", "1400x900x24", "-nolisten", "tcp"]
    server = subprocess.Popen(command, pass_fds=(write,), stderr=subprocess.DEVNULL)
    os.close(write)
    try:
        with os.fdopen(read) as pipe:
            yield f":{pipe.readline().strip()}"
    finally:
        server.terminate()
        server.wait()


def module(python: str, name: str, *arguments: str) -> list[str]:
    """The command line of one of the renderers in this folder."""
    return [python, "-m", f"tests.bench.renderers.{name}", *arguments]


def foreign_python(package: str) -> str:
    """A Python of the peers' own environment in which a package of PyPI is installed.

    Raises:
        MissingPeerError: It cannot be installed.
    """
    environment = FOLDER / "venv"
    python = environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not python.is_file():
        run([sys.executable, "-m", "venv", str(environment)])
    if subprocess.run([python, "-m", "pip", "show", "-q", package], capture_output=True).returncode != 0:
        run([str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check", package, "numpy"])
    return str(python)


def py5_command() -> list[str]:
    """The command line of py5."""
    if shutil.which("java") is None:
        raise MissingPeerError("there is no Java; py5 wants 17 or newer")
    if shutil.which("Xvfb") is None and sys.platform == "linux":
        raise MissingPeerError("there is no Xvfb, and py5 wants a display")
    return module(foreign_python("py5"), "py5_lines")


def browser_command() -> list[str]:
    """The command line of the page with p5.js and the bare canvas."""
    return module(sys.executable, "browser", chromium(), str(p5_script()))


def p5_script() -> Path:
    """p5.js from npm, the build that is meant for publishing."""
    folder = FOLDER / "node"
    script = folder / "node_modules" / "p5" / "lib" / "p5.min.js"
    if not script.is_file():
        npm = shutil.which("npm")
        if npm is None:
            raise MissingPeerError("there is no npm to install p5 with")
        run([npm, "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(folder), "p5@2"])
    return script


def chromium() -> str:
    """The path of Chromium, installed from Debian where that is allowed."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None and shutil.which("apt-get") and os.geteuid() == 0:
        run(["apt-get", "update", "-qq"])
        run([*APT, "chromium"])
        found = shutil.which("chromium")
    if found is None:
        raise MissingPeerError("there is no Chromium")
    return found


def run(command: Sequence[str]) -> None:
    """Run a step of an installation.

    Raises:
        MissingPeerError: It failed; says its last line.
    """
    print(f"  {' '.join(command)}", file=sys.stderr, flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(
        command, capture_output=True, text=True, env=environment, stdin=subprocess.DEVNULL, check=False
    )
    if done.returncode != 0:
        said = (done.stdout + done.stderr).strip().splitlines() or [f"code {done.returncode}"]
        raise MissingPeerError(f"{Path(command[0]).name} {' '.join(command[1:])} failed: {said[-1]}")


COMMANDS: dict[str, Callable[[], list[str]]] = {
    "ours": lambda: module(sys.executable, "ours"),
    "pyglet": lambda: module(sys.executable, "pyglet_lines"),
    "blend2d": lambda: module(foreign_python("blend2d-py"), "blend2d_fill"),
    "py5": py5_command,
    "browser": browser_command,
}
