"""What a newcomer meets in the first hour is explained in a line."""

from importlib.metadata import version
from pathlib import Path

import pytest
from typer.testing import CliRunner

from addon.pretraining import __main__ as encoder_command
from sketch.cli import app
from sketch.tracebacks import authors_traceback, suggestion

SKETCH = """
import sketch


class Misspelt(sketch.Sketch):
    def draw(self, canvas):
        {line}
"""


def run(*arguments: str):
    return CliRunner().invoke(app, list(arguments))


def test_the_command_says_its_version():
    assert run("--version").stdout.strip() == f"inkloop {version('inkloop')}"


@pytest.mark.parametrize(
    ("line", "meant"), [("canvas.circl(1, 2, 3)", "circle"), ("canvos.circle(1, 2, 3)", "canvas")]
)
def test_a_misspelt_name_is_reported_with_what_it_may_have_meant(tmp_path: Path, line: str, meant: str):
    file = tmp_path / "misspelt.py"
    file.write_text(SKETCH.format(line=line))
    answer = run("run", str(file), "--headless", "--frames", "1")
    assert answer.exit_code == 1
    assert answer.stderr.rstrip().endswith(f"Did you mean: '{meant}'?")
    assert answer.stderr.count("Did you mean") == 1


def test_nothing_is_suggested_where_nothing_is_near(tmp_path: Path):
    with pytest.raises(AttributeError) as raised:
        _ = (1).wholly_unlike  # pyright: ignore
    assert suggestion(raised.value) == ""
    assert suggestion(ValueError("x")) == ""
    assert "Did you mean" not in authors_traceback(raised.value, tmp_path / "none.py")


def test_a_frame_too_large_is_refused_in_a_line(tmp_path: Path):
    file = tmp_path / "large.py"
    file.write_text(SKETCH.format(line="pass"))
    answer = run("run", str(file), "--headless", "--frames", "1", "--size", "99999x99999")
    assert answer.exit_code == 1
    (told,) = answer.stderr.strip().splitlines()
    assert told.startswith("inkloop: a frame of 99999x99999 is too large: at most ")


def test_a_folder_that_cannot_be_written_is_reported_in_a_line(tmp_path: Path):
    (tmp_path / "file").write_text("")
    answer = run("handwriting", "--headless", "--frames", "1", "--out", str(tmp_path / "file" / "out"))
    assert answer.exit_code == 1
    assert answer.stderr.strip().startswith("inkloop: ")
    assert len(answer.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize("length", [["--steps", "0"], ["--minutes", "-1"], ["--minutes", "nan"]])
def test_a_training_of_no_length_is_refused_before_it_begins(length: list[str], capsys):
    with pytest.raises(SystemExit) as ended:
        encoder_command.main(length)
    assert ended.value.code == 2
    assert "must be" in capsys.readouterr().err


def test_an_error_that_names_an_untrusted_file_has_no_escape_codes(tmp_path):
    told = authors_traceback(
        ValueError("no model: \x1b[2Jx.onnx\nits label\r\x1b]0;y\a"), tmp_path / "none.py"
    )
    assert told == "ValueError: no model: \\x1b[2Jx.onnx\nits label\\r\\x1b]0;y\\x07\n"
