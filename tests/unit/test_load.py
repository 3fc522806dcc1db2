import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sketch.load import LoadError, load_sketch
from sketch.resources import adopted, home_of, ink_file, user_home
from sketch.window import Window

CHECKOUT = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}


def written(folder, text, name="my_sketch.py"):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_the_last_sketch_class_of_a_file_is_taken(tmp_path):
    path = written(tmp_path, "import sketch\nclass A(sketch.Sketch): pass\nclass B(A): pass\n")
    assert load_sketch(path).__name__ == "B"


def test_plain_functions_make_a_sketch_and_may_ask_for_it(tmp_path):
    path = written(
        tmp_path,
        "import sketch\nwindow = sketch.Window(size=(320, 200))\npen_width = 20\ncalls = []\n"
        "def setup(me): calls.append(me.pen_width)\ndef draw(canvas): calls.append(canvas)\n",
    )
    instance: Any = load_sketch(path)()
    instance.setup()
    instance.draw("canvas")
    assert sys.modules["_inkloop_my_sketch"].calls == [20, "canvas"]
    assert instance.window == Window(size=(320, 200))


def test_a_function_with_the_wrong_number_of_arguments_is_named(tmp_path):
    path = written(tmp_path, "def draw(canvas, a, b): pass\n")
    with pytest.raises(
        LoadError, match="draw takes 1 argument, or 2 with the sketch first; it is written with 3"
    ):
        load_sketch(path)


def test_a_file_that_is_no_sketch_says_so(tmp_path):
    with pytest.raises(LoadError, match="neither a Sketch class nor a setup or draw"):
        load_sketch(written(tmp_path, "x = 1\n"))
    with pytest.raises(LoadError, match="there is no file"):
        load_sketch(tmp_path / "missing.py")


def test_files_named_like_the_packages_do_not_replace_them(tmp_path):
    written(tmp_path, "raise SystemExit('the wrong addon')\n", "addon.py")
    written(tmp_path, "SIZE = 7\n", "helper_next_to_it.py")
    path = written(
        tmp_path,
        "import sketch, helper_next_to_it\nfrom addon.features.recipe import COLUMNS\n"
        "class Mine(sketch.Sketch):\n    def setup(self): print(helper_next_to_it.SIZE, len(COLUMNS))\n",
        "sketch.py",
    )
    program = [sys.executable, "-m", "sketch.cli", "run", str(path), "--headless", "--frames", "1"]
    answer = subprocess.run(program, capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "7 6"


def test_what_the_user_makes_goes_next_to_the_sketch_and_never_into_the_package(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    mine = load_sketch(written(folder, "import sketch\nclass C(sketch.Sketch): pass\n"))
    assert home_of(mine) == folder / "inkloop-data"
    from sketch.examples.handwriting import Handwriting

    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))
    own = home_of(Handwriting)
    monkeypatch.chdir(folder)
    assert home_of(Handwriting) == own != tmp_path / "inkloop-data"


@pytest.mark.skipif(sys.platform != "linux", reason="the folder is set by a variable of Linux")
def test_what_was_kept_in_the_current_folder_before_is_copied_once_and_reported(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))
    monkeypatch.chdir(tmp_path)
    home = user_home()
    assert adopted(home) == ""
    old = tmp_path / "inkloop-data" / "letters"
    old.mkdir(parents=True)
    (old / "taught.sqlite3").write_text("A")
    assert "copied letters from" in adopted(home)
    assert (home / "letters" / "taught.sqlite3").read_text() == "A"
    assert (old / "taught.sqlite3").exists()
    (old / "taught.sqlite3").write_text("B")
    assert "also has letters" in adopted(home)
    assert (home / "letters" / "taught.sqlite3").read_text() == "A"
    assert adopted(tmp_path / "mine") == ""


@pytest.mark.skipif(sys.platform != "linux", reason="the folder is set by a variable of Linux")
@pytest.mark.parametrize(("name", "beside"), [("encoder", ""), ("letters", "mine.py")])
def test_what_the_users_own_sketches_keep_is_theirs(tmp_path, monkeypatch, name, beside):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))
    monkeypatch.chdir(tmp_path)
    old = tmp_path / "inkloop-data" / name
    old.mkdir(parents=True)
    (old / "taught.sqlite3").write_text("A")
    if beside:
        (tmp_path / beside).write_text("")
    assert adopted(user_home()) == ""
    assert not (user_home() / name).exists()


def test_the_ink_of_two_sketches_in_one_folder_is_kept_apart(tmp_path):
    one = load_sketch(written(tmp_path, "import sketch\nclass C(sketch.Sketch): pass\n", "one.py"))
    two = load_sketch(written(tmp_path, "def draw(canvas): pass\n", "two.py"))
    assert [ink_file(kind(), tmp_path).name for kind in (one, two)] == ["one.C.ink", "two.ink"]


def test_a_function_spelt_nearly_like_one_of_a_sketch_is_reported(tmp_path):
    text = "def setup(): pass\ndef drwa(canvas): pass\ndef key_presed(key): pass\ndef helper(): pass\n"
    assert load_sketch(written(tmp_path, text))().outbox == [
        "Inkloop does not call drwa(); did you mean draw()?",
        "Inkloop does not call key_presed(); did you mean key_pressed()?",
    ]
    own = written(tmp_path, "def draw(canvas): pass\ndef drawn(): pass\n", "right.py")
    assert load_sketch(own)().outbox == []


def test_files_named_like_modules_that_load_later_replace_nothing(tmp_path):
    names = ("statistics", "email", "sqlite3", "link", "random", "queue", "torch", "onnxruntime", "runpy")
    text = "import sketch\nfrom addon import Recognizer\nimport helper_here, random, torch\n"
    text += "class Mine(sketch.Sketch):\n    def setup(self): self.use(Recognizer('letters'))\n"
    text += "if __name__ == '__main__': print(sketch.run(Mine, headless=True, frames=1).frame)\n"
    for name in names:
        written(tmp_path, "raise SystemExit('the wrong module')\n", f"{name}.py")
    written(tmp_path, "", "helper_here.py")
    path = written(tmp_path, text, "statistics.py")
    command = ["-m", "sketch.cli", "run", str(path), "--headless", "--frames", "1"]
    answer = subprocess.run([sys.executable, *command], capture_output=True, text=True, timeout=90)
    assert (answer.returncode, answer.stdout) == (0, ""), answer.stderr
    assert "import random takes Python's, not the random next to the sketch" in answer.stderr
    alone = subprocess.run(
        [sys.executable, str(path)], capture_output=True, text=True, timeout=90, env=CHECKOUT
    )
    assert (alone.returncode, alone.stdout) == (0, "1\n"), alone.stderr


def test_a_folder_a_missing_ending_and_utf_16_are_reported_in_a_line(tmp_path):
    path = written(tmp_path, "def draw(canvas): pass\n")
    with pytest.raises(LoadError, match=r"is a folder; name the sketch in it, as in .*my_sketch\.py"):
        load_sketch(tmp_path)
    with pytest.raises(LoadError, match=r"no file .*my_sketch; did you mean .*my_sketch\.py\?"):
        load_sketch(path.with_suffix(""))
    path.write_bytes("def draw(canvas): pass\n".encode("utf-16"))
    with pytest.raises(LoadError, match="save it as UTF-8"):
        load_sketch(path)
