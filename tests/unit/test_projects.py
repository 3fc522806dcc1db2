"""What there is to start from: new folders, examples, and the sketches of a folder."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sketch.live.presets import read_presets
from sketch.load import load_sketch
from sketch.projects import (
    ProjectError,
    copy_example,
    example,
    examples,
    main_of,
    new_project,
    sketches_in,
)

CLI = [sys.executable, "-m", "sketch.cli"]


def inkloop(folder: Path, *arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [*CLI, *map(str, arguments)]
    around = os.environ | environment
    return subprocess.run(command, cwd=folder, env=around, capture_output=True, text=True, timeout=120)


def test_a_new_folder_runs_and_its_own_test_passes(tmp_path):
    made = inkloop(tmp_path, "new", "my show")
    assert made.returncode == 0, made.stderr
    assert "inkloop run 'my show/main.py'" in made.stdout
    ran = inkloop(tmp_path, "run", "my show", "--headless", "--frames", 2)
    assert ran.returncode == 0, ran.stderr
    folder = tmp_path / "my show"
    tested = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:xdist", "-p", "no:cacheprovider"],
        cwd=folder, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert "1 passed" in tested.stdout, tested.stdout
    assert (folder / "main.py").read_text().startswith('"""my show: ')
    assert "PROJECT" not in "".join(file.read_text() for file in folder.iterdir() if file.is_file())


def test_the_presets_of_a_new_folder_fit_its_parameters(tmp_path):
    new_project(tmp_path / "a")
    instance: Any = load_sketch(tmp_path / "a" / "main.py")()
    presets = read_presets(tmp_path / "a" / "main.presets.toml")
    assert set(presets) == {"1", "2"}
    for values in presets.values():
        for name, value in values.items():
            setattr(instance, name, value)
            assert getattr(instance, name) == value
    assert {*presets["1"]} == {*presets["2"]}


@pytest.mark.parametrize("name", ['a"b', "a\\b", "a\nb"])
def test_a_name_that_would_break_the_sketch_is_refused(tmp_path, name):
    with pytest.raises(ProjectError, match="no name"):
        new_project(tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_nothing_is_written_over(tmp_path):
    (tmp_path / "there").mkdir()
    assert new_project(tmp_path / "there")
    with pytest.raises(ProjectError, match="already exists"):
        new_project(tmp_path / "there")
    (tmp_path / "file").write_text("mine")
    with pytest.raises(ProjectError, match="already exists"):
        new_project(tmp_path / "file")
    with pytest.raises(ProjectError, match="cannot be written"):
        new_project(tmp_path / "file" / "in")
    assert copy_example("newsprint", tmp_path) == [tmp_path / "newsprint.frag", tmp_path / "newsprint.py"]
    (tmp_path / "newsprint.py").unlink()
    with pytest.raises(ProjectError, match=r"newsprint\.frag already exists"):
        copy_example("newsprint", tmp_path)
    with pytest.raises(ProjectError, match="there are brushes, "):
        copy_example("nothing", tmp_path)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["file", "newsprint.frag", "there"]


def test_every_example_is_listed_with_what_it_does():
    names = [each.path.stem for each in examples()]
    assert {"letters", "handwriting", "plain_pyglet", "own_model", "plain_functions"} <= set(names)
    assert not {"palette", "panels", "template", "__init__"} & set(names)
    assert all(each.about for each in examples())
    assert [each.path.stem for each in examples() if each.is_program] == ["performance_show", "plain_pyglet"]
    found = example("letters.py")
    assert found is not None
    assert found.path.name == "letters.py"


def test_only_sketches_of_a_folder_are_listed_and_none_is_executed(tmp_path):
    (tmp_path / "one.py").write_text('"""A ring."""\nraise SystemExit\ndef draw(canvas): ...\n')
    (tmp_path / "two.py").write_text("import sketch\nclass Two(sketch.Sketch): ...\n")
    (tmp_path / "helper.py").write_text("def draw(canvas, more, most): ...\n")
    (tmp_path / "broken.py").write_text("def draw(canvas\n")
    (tmp_path / "bytes.py").write_bytes(b"\0\xff")
    (tmp_path / "folder.py").mkdir()
    new_project(tmp_path / "show")
    found = {each.path.relative_to(tmp_path).as_posix(): each.about for each in sketches_in(tmp_path)}
    assert found == {"one.py": "A ring.", "two.py": "", "show/main.py": found["show/main.py"]}
    assert main_of(tmp_path / "show") == tmp_path / "show" / "main.py"
    assert main_of(tmp_path / "two.py") == tmp_path / "two.py"
    assert main_of(tmp_path) == tmp_path


def test_run_alone_lists_what_there_is(tmp_path):
    (tmp_path / "mine.py").write_text('"""A ring."""\ndef draw(canvas): ...\n')
    ran = inkloop(tmp_path, "run")
    assert ran.returncode == 0
    assert [line.split()[0] for line in ran.stdout.splitlines()[:4]] == [
        "Sketches",
        "mine.py",
        "Examples,",
        "brushes",
    ]


def test_an_example_runs_by_its_name_unless_a_file_has_it(tmp_path):
    ran = inkloop(tmp_path, "run", "sunflower", "--headless", "--frames", 1, "--size", "64x48")
    assert ran.returncode == 0, ran.stderr
    (tmp_path / "sunflower").write_text("raise ValueError('mine')")
    ran = inkloop(tmp_path, "run", "sunflower", "--headless", "--frames", 1)
    assert ran.returncode == 1
    ran = inkloop(tmp_path, "run", "sunflowr", "--headless")
    assert "there is no file sunflowr" in ran.stderr


@pytest.mark.parametrize(
    ("typed", "found"),
    [("inkloop examples ne", {"newsprint"}), ("inkloop run mi", {"mine.py"}), ("inkloop eva", {"evaluate"})],
)
def test_a_shell_completes_commands_examples_and_sketches(tmp_path, typed, found):
    (tmp_path / "mine.py").write_text("def draw(canvas): ...\n")
    number = str(len(typed.split()) - 1)
    # Click takes the program's name from this variable's.
    code = "import sys; sys.argv[0] = 'inkloop'; from sketch.cli import app; app(prog_name='inkloop')"
    environment = {"_INKLOOP_COMPLETE": "complete_bash", "COMP_WORDS": typed, "COMP_CWORD": number}
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=os.environ | environment, capture_output=True,
        text=True, timeout=60,
    )  # fmt: skip
    assert set(ran.stdout.split()) == found
