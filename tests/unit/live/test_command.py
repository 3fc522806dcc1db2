"""When `inkloop run` follows the files of a sketch."""

import subprocess
import sys
from typing import Any, cast

import pytest
from typer.testing import CliRunner

import sketch.launch
from sketch.cli import app


@pytest.mark.parametrize(
    ("options", "follows"),
    [
        ((), True),
        (("--no-reload",), False),
        (("--fullscreen",), True),
        (("--strict",), False),
        (("--headless",), False),
        (("--frames", "3"), False),
        (("--record", "x.mp4"), False),
        (("--headless", "--reload"), True),
    ],
)
def test_a_window_follows_its_files_unless_the_run_must_end_with_an_error(
    tmp_path, monkeypatch, options, follows
):
    path = tmp_path / "main.py"
    path.write_text("def draw(canvas): pass\n")
    given = {}
    monkeypatch.setattr(sketch.launch, "run", lambda instance, **options: given.update(options))
    monkeypatch.setattr(sys, "path", [*sys.path])
    assert CliRunner().invoke(app, ["run", str(path), *options]).exit_code == 0
    assert given["reload"] is follows


def test_a_sketch_that_was_typed_in_cannot_be_followed():
    space = {"__name__": "typed"}
    sys.modules["typed"] = type(sys)("typed")
    try:
        exec("import sketch\nclass Typed(sketch.Sketch): pass", space)
        with pytest.raises(sketch.launch.SketchError, match="reload needs a sketch in a file"):
            sketch.run(cast(Any, space["Typed"]), headless=True, frames=1, reload=True)
    finally:
        del sys.modules["typed"]


def test_nothing_of_reload_is_imported_until_it_is_used():

    program = (
        "import sys, sketch.launch, sketch.cli; print([n for n in sys.modules if 'sketch.live.re' in n])"
    )
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"
