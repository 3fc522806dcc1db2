"""A child that is stopped, floods its pipe or dies: the caller never waits for it."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import addon
from addon.background import child_process
from addon.background.child_process import MOST_RECEIVED, ChildProcess
from addon.errors import AddonError

ROOT = Path(addon.__file__).resolve().parents[1]

ECHO = "import sys\nfor line in sys.stdin: print(line, end='', flush=True)"
FLOOD = "import sys\nsys.stdin.readline()\nwhile True: print('{}')"
ENDLESS = "import sys\nsys.stdin.readline()\nwhile True: sys.stdout.write('x' * 65536)"
DYING = "import sys\nprint('[1]\\nnonsense\\n[2]', flush=True)\nsys.exit('the last line')"
LEAVING = """import subprocess, sys
child = subprocess.Popen([sys.executable, '-c', 'input()'], stdin=sys.stdin)
print(child.pid, flush=True)"""


@pytest.fixture
def child(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Starts a child of a few lines; ends those that are left."""
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    made: list[ChildProcess] = []

    def start(program: str, **options) -> ChildProcess:
        (tmp_path / "inkloop_test_child.py").write_text(program)
        made.append(ChildProcess("inkloop_test_child", json.loads, **options))
        return made[-1]

    yield start
    for each in made:
        each.end(0.0)


def test_its_path_begins_with_the_folder_that_inkloop_is_in(child):
    # Hershey-Fonts, for one, installs a package `tests`, and a sketch's folder may have a module `text`.
    first = heard(child("import json, sys\nprint(json.dumps(sys.path[0]), flush=True)\ninput()"), 1)[0]
    assert Path(first) == ROOT


def heard(child: ChildProcess, count: int) -> list:
    """So many lines, however they come."""
    lines: list = []
    ends = time.monotonic() + 30
    while len(lines) < count:
        assert time.monotonic() < ends, child.last_words()
        lines += child.heard()
        time.sleep(0.001)
    return lines


def gone(child: ChildProcess) -> None:
    ends = time.monotonic() + 30
    while child.alive:
        assert time.monotonic() < ends
        time.sleep(0.001)


def test_lines_go_there_and_back_in_order(child):
    echo = child(ECHO)
    for number in range(100):
        echo.say({"number": number, "text": "ü"})
    assert heard(echo, 100) == [{"number": number, "text": "ü"} for number in range(100)]
    assert echo.alive
    echo.end()
    assert not echo.alive
    assert echo.last_words() == "exit code 0"


@pytest.mark.skipif(os.name != "posix", reason="stops a process by a signal")
def test_a_child_that_is_stopped_holds_up_nobody(child):
    echo = child(ECHO)
    echo.say({"started": True})
    heard(echo, 1)
    os.kill(echo.pid, signal.SIGSTOP)
    # Far more than a pipe holds: the writer would wait for ever.
    for _ in range(200):
        echo.say({"text": "x" * 10_000})
    assert echo.heard() == []
    assert echo.alive
    echo.end(0.0)
    assert not echo.alive


def test_a_child_that_never_reads_is_ended_at_the_bound(child, monkeypatch):
    monkeypatch.setattr(child_process, "MOST_SENT", 8)
    deaf = child("import time\ntime.sleep(1000)")
    for _ in range(20):
        deaf.say({"text": "x" * 100_000})
    gone(deaf)


def test_a_child_that_floods_its_pipe_waits_at_its_own_end(child):
    flood = child(FLOOD)
    flood.say({})
    lines = heard(flood, 3 * MOST_RECEIVED)
    assert len(flood.heard()) <= MOST_RECEIVED
    assert lines[0] == {}
    flood.end(0.0)
    assert not flood.alive


def test_a_line_without_an_end_is_the_end_of_the_child(child, monkeypatch):
    monkeypatch.setattr(child_process, "LONGEST", 200_000)
    endless = child(ENDLESS)
    endless.say({})
    gone(endless)
    assert endless.heard() == []


def test_what_it_wrote_before_it_died_is_heard_and_nonsense_left_out(child):
    dying = child(DYING)
    gone(dying)
    assert dying.heard() == [[1], [2]]
    assert dying.last_words() == "exit code 1: the last line"


def test_a_log_is_added_to_and_an_older_run_is_not_quoted(child, tmp_path):
    log = tmp_path / "training.log"
    log.write_text("an older run\n")
    quiet = child("import sys; sys.exit(3)", log=log, folder=tmp_path, environment={"A": "b"})
    gone(quiet)
    assert quiet.last_words() == "exit code 3"
    loud = child(
        "import os, sys; sys.exit(os.environ['A'] + os.getcwd())",
        log=log,
        folder=tmp_path,
        environment={"A": "b"},
    )
    gone(loud)
    assert loud.last_words() == f"exit code 1: b{tmp_path}"[: len("exit code 1: ") + 120]
    assert log.read_text().startswith("an older run\nb")


def test_a_grandchild_that_keeps_the_pipe_open_is_not_taken_for_the_child(child, monkeypatch):
    monkeypatch.setattr(child_process, "GRACE", 0.05)
    leaving = child(LEAVING)
    heard(leaving, 1)
    gone(leaving)
    assert leaving.last_words() == "exit code 0"


def test_one_that_cannot_be_started_is_a_line(child, monkeypatch):
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(AddonError, match="no process can be started"):
        child(ECHO)


def test_no_pipe_is_made_non_blocking_and_every_child_is_this_one():
    """`os.set_blocking` takes pipes on Windows from Python 3.12 on, and 3.11 is promised."""
    for path in (Path(child_process.__file__).parents[1] / "addon").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert "set_blocking" not in text, path
        assert "subprocess.Popen" not in text or path.name == "child_process.py", path


def test_a_child_that_is_still_importing_ends_with_its_parent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "inkloop_slow_child.py").write_text("import time\ntime.sleep(600)")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), str(ROOT)]))
    command = [sys.executable, "-P", "-m", "addon.background.child", "inkloop_slow_child"]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as running:
        assert running.stdin is not None
        running.stdin.close()
        assert running.wait(60) == 1


@pytest.mark.parametrize(("ends", "code"), [("return 3", 3), ("return", 0), ("raise ValueError('why')", 1)])
def test_a_child_ends_without_taking_down_its_interpreter(ends: str, code: int):
    program = f"""
import atexit
from addon.background.parent_watch import run_and_leave
atexit.register(lambda: print("taken down"))
def main():
    print("done")
    {ends}
run_and_leave(main)
"""
    found = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    assert (found.stdout.split(), found.returncode) == (["done"], code)
    assert ("ValueError: why" in found.stderr) == (code == 1)
