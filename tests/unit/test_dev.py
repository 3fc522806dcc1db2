"""The set-up, on machines that are not this one: facts are given, and nothing is installed or fetched."""

import contextlib
import ctypes
import importlib.util
import os
import platform
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

import dev
from dev import CPU_INDEX, CUDA_INDEX, Facts

ROOT = Path(dev.__file__).parent


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout whose environment is not made yet."""
    monkeypatch.setattr(dev, "ROOT", tmp_path)
    monkeypatch.setattr(dev, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(dev, "STAMP", tmp_path / ".venv" / "inkloop-install")
    monkeypatch.setattr(dev, "CONSTRAINTS", tmp_path / "constraints.txt")
    (tmp_path / "pyproject.toml").write_text("[project]\n")
    (tmp_path / "constraints.txt").write_text("numpy==2.4.6\ntorch==2.13.0\n")
    return tmp_path


def make_venv() -> None:
    """An environment, as far as the set-up looks at it."""
    Path(dev.tool("python")).parent.mkdir(parents=True, exist_ok=True)
    Path(dev.tool("python")).touch()


@pytest.fixture
def started(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What the set-up starts, without starting it, on a machine that lacks nothing and has no driver."""
    commands: list[list[str]] = []

    def note(command: Sequence[str], **_: object) -> int:
        commands.append(list(command))
        make_venv()
        return 0

    monkeypatch.setattr(subprocess, "check_call", note)
    monkeypatch.setattr(dev, "missing_packages", lambda command: [])
    monkeypatch.setattr(dev, "cuda_driver", lambda: None)
    monkeypatch.setattr(dev, "offered_version", lambda requirement: "2.13.0")
    return commands


@pytest.mark.parametrize(
    ("facts", "index", "extras", "pinned"),
    [
        (Facts("linux", None, "2.13.0"), CPU_INDEX, (), True),
        (Facts("linux", None, "2.13.0+cpu"), None, (), True),
        (Facts("linux", None, ""), CPU_INDEX, (), True),
        (Facts("linux", 12080, "2.13.0"), CPU_INDEX, (), True),
        (Facts("linux", 13000, "2.13.0"), None, ("cuda",), True),
        (Facts("linux", 13020, "2.13.0+cpu"), None, ("cuda",), False),
        (Facts("win32", None, "2.13.0"), None, (), True),
        (Facts("win32", 13000, "2.13.0"), CUDA_INDEX, ("cuda",), True),
        (Facts("win32", 13000, "2.13.0+cpu"), CUDA_INDEX, ("cuda",), True),
        (Facts("win32", 12060, "2.13.0"), None, (), True),
        (Facts("darwin", None, "2.13.0"), None, (), True),
    ],
)
def test_the_build_of_torch_follows_the_driver(
    facts: Facts, index: str | None, extras: tuple[str, ...], pinned: bool
):
    choice = dev.choose_torch(facts)
    assert (choice.index, choice.extras, choice.pinned) == (index, extras, pinned)


def test_a_driver_too_old_is_named():
    remark = dev.choose_torch(Facts("linux", 12080, "2.13.0")).remark
    assert "supports CUDA 12.8, and Inkloop needs 13.0: installing the CPU build" in remark
    assert dev.choose_torch(Facts("linux", None, "2.13.0")).remark == ""


@pytest.mark.parametrize(("system", "name"), [("linux", "libcuda.so.1"), ("win32", "nvcuda.dll")])
def test_the_driver_is_asked_for_its_version(monkeypatch: pytest.MonkeyPatch, system: str, name: str):
    class Driver:
        @staticmethod
        def cuDriverGetVersion(pointer: object) -> int:  # noqa: N802  the driver's own name
            ctypes.cast(pointer, ctypes.POINTER(ctypes.c_int))[0] = 13020  # pyright: ignore[reportArgumentType]
            return 0

    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setattr(ctypes, "CDLL", lambda asked: {name: Driver}[asked])
    assert dev.cuda_driver() == 13020
    Driver.cuDriverGetVersion = staticmethod(lambda pointer: 34)
    assert dev.cuda_driver() is None


def test_a_mac_is_not_asked_for_a_driver(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    assert dev.cuda_driver() is None


@pytest.fixture
def bare_debian(monkeypatch: pytest.MonkeyPatch) -> None:
    """A Linux without OpenGL, without venv and without programs."""

    def no_library(name: str) -> None:
        raise OSError(f"{name}: cannot open shared object file")

    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(ctypes, "CDLL", no_library)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(platform, "freedesktop_os_release", lambda: {"ID": "debian"})


@pytest.mark.usefixtures("bare_debian")
def test_a_bare_debian_gets_what_a_command_needs():
    venv = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
    drivers = ["libgl1", "libegl1", "libfontconfig1", "libfribidi0", "libgl1-mesa-dri"]
    assert dev.missing_packages("run") == [*drivers, venv]
    assert dev.missing_packages("test") == [
        *drivers,
        "xvfb",
        "xauth",
        "xdotool",
        "chromium",
        "xserver-xorg-video-dummy",
        "x11-xserver-utils",
        venv,
    ]


@pytest.mark.usefixtures("bare_debian")
@pytest.mark.parametrize("release", [lambda: {"ID": "ubuntu"}, lambda: Path("nowhere").read_text()])
def test_another_linux_is_asked_for_no_browser(monkeypatch: pytest.MonkeyPatch, release: Any):
    monkeypatch.setattr(platform, "freedesktop_os_release", release)
    assert "xdotool" in dev.missing_packages("test")
    assert "chromium" not in dev.missing_packages("test")


@pytest.mark.usefixtures("bare_debian")
def test_other_systems_bring_their_own_drivers(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    assert dev.missing_packages("test") == []


def test_without_the_right_to_install_the_line_that_does_is_printed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(SystemExit) as end:
        dev.install_packages(["libgl1", "python3.11-venv"])
    assert end.value.code == 1
    line = "sudo apt-get install -y --no-install-recommends libgl1 python3.11-venv"
    assert capsys.readouterr().err.splitlines()[1].strip() == line


@pytest.fixture
def apt_get(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An apt-get that notes its arguments in a file, and fails where a package is called `missing`."""
    log = tmp_path / "apt.log"
    program = tmp_path / "apt-get"
    program.write_text(
        f'#!/bin/sh\necho "$DEBIAN_FRONTEND $*" >> {log}\ncase "$*" in *missing*) exit 100;; esac\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    return log


def test_root_updates_the_lists_before_it_installs(apt_get: Path):
    dev.install_packages(["libgl1"])
    assert apt_get.read_text().splitlines() == [
        "noninteractive update -qq",
        "noninteractive install -y --no-install-recommends libgl1 -qq",
    ]


def test_an_apt_get_that_fails_ends_it(apt_get: Path, capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as end:
        dev.install_packages(["missing"])
    assert end.value.code == 1
    assert "apt-get install" in capsys.readouterr().err
    assert len(apt_get.read_text().splitlines()) == 2


def test_the_first_start_installs_and_the_second_does_not(checkout: Path, started: list[list[str]]):
    dev.set_up("run")
    make, install = started
    assert make[1:] == ["-m", "venv", str(checkout / ".venv")]
    assert install[-4:] == ["-c", str(checkout / "constraints.txt"), "-e", str(checkout)]
    assert install[install.index("--extra-index-url") + 1] == CPU_INDEX
    dev.set_up("run")
    assert len(started) == 2


def test_the_packages_of_the_tests_come_with_the_first_test_and_stay(
    checkout: Path, started: list[list[str]]
):
    for command, extras in (("run", ""), ("test", "[dev]"), ("gallery", "[dev,vision]")):
        dev.set_up(command)
        assert started[-1][-1] == f"{checkout}{extras}"
        assert "--clear" not in started[-2]
    before = len(started)
    for command in dev.EXTRAS:
        dev.set_up(command)
    assert len(started) == before


def test_a_patch_of_the_systems_python_is_no_reason_to_install_again(
    checkout: Path, started: list[list[str]], monkeypatch: pytest.MonkeyPatch
):
    dev.set_up("run")
    monkeypatch.setattr(sys, "version", f"{sys.version} patched")
    dev.set_up("run")
    assert len(started) == 2
    monkeypatch.setattr(sys, "version_info", (3, 14, 0, "final", 0))
    dev.set_up("run")
    assert "--clear" in started[2]


def test_an_environment_whose_python_is_gone_is_made_again(checkout: Path, started: list[list[str]]):
    dev.set_up("run")
    Path(dev.tool("python")).unlink()
    dev.set_up("run")
    assert "--clear" in started[2]


def test_two_at_once_wait_for_each_other_and_say_so(
    checkout: Path,
    started: list[list[str]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    """The other holds the lock, installs, and is done while this one waits: nothing is installed twice."""
    other = contextlib.ExitStack()
    other.enter_context(dev.locked(checkout / ".venv.lock"))

    def done(seconds: float) -> None:
        make_venv()
        dev.STAMP.write_text(dev.stamp_for(None))
        other.close()

    monkeypatch.setattr(time, "sleep", done)
    dev.set_up("run")
    assert started == []
    said = capsys.readouterr().out.splitlines()
    assert said == ["Another dev.py is installing into .venv; this one waits for it."]


def test_a_lock_ends_with_its_process(checkout: Path):
    program = "import dev, os, sys; from pathlib import Path\nwith dev.locked(Path(sys.argv[1])): os._exit(0)"
    lock = checkout / ".venv.lock"
    subprocess.run([sys.executable, "-c", program, str(lock)], cwd=ROOT, check=True)
    with dev.locked(lock):
        pass


@pytest.fixture
def wheels(tmp_path: Path) -> Path:
    """A folder of wheels."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    (folder / "onnxruntime_gpu-1.31.1-cp312-cp312-linux_x86_64.whl").touch()
    return folder


def test_from_a_folder_of_wheels_nothing_is_asked_of_an_index(
    checkout: Path,
    started: list[list[str]],
    wheels: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    (checkout / "pyproject.toml").write_text(
        '[project]\ndependencies = ["numpy", "av>=14"]\n[project.optional-dependencies]\ncuda = ["torch"]\n'
    )
    asked: list[list[str]] = []
    monkeypatch.setattr(dev, "offered_version", lambda requirement: pytest.fail("an index was asked"))
    monkeypatch.setattr(dev, "missing_packages", lambda command: pytest.fail("apt-get was asked"))
    monkeypatch.setattr(subprocess, "check_output", lambda command, text: str(checkout))

    def pip(command: Sequence[str], **_: object) -> int:
        asked.append(list(command))
        return int(command[-1].startswith("av"))

    monkeypatch.setattr(subprocess, "call", pip)
    dev.set_up("cuda", wheels)
    assert "--system-site-packages" in started[0]
    assert [command[-1] for command in asked] == ["numpy", "av>=14", "torch"]
    assert all(command[-4:-1] == ["--no-index", "--find-links", str(wheels)] for command in asked)
    assert (checkout / "inkloop-checkout.pth").read_text() == f"{checkout}\n"
    assert f"Not in {wheels} and not installed: av>=14. What needs it will fail." in capsys.readouterr().out
    dev.set_up("cuda", wheels)
    assert len(started) == 1
    # An environment from an index and one from wheels do not mix.
    monkeypatch.setattr(dev, "offered_version", lambda requirement: "2.13.0")
    monkeypatch.setattr(dev, "missing_packages", lambda command: [])
    dev.set_up("run")
    assert "--clear" in started[1]


def test_cuda_ends_in_a_line_where_there_is_no_driver(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(dev, "cuda_driver", lambda: None)
    monkeypatch.setattr(dev, "set_up", lambda *_: pytest.fail("something was installed"))
    with pytest.raises(SystemExit) as end:
        dev.main(["cuda"])
    assert end.value.code == 1
    assert "There is no NVIDIA driver" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        dev.main(["cuda", "--wheels"])
    assert "--wheels needs a folder" in capsys.readouterr().err


def test_cuda_passes_its_arguments_but_the_wheels(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, handed_over: list[object]
):
    monkeypatch.setattr(dev, "set_up", lambda command, wheels=None: handed_over.append(wheels))
    monkeypatch.setattr(dev, "cuda_driver", lambda: 13000)
    assert dev.main(["cuda", "--wheels", str(tmp_path), "--json", "x"]) == 7
    assert handed_over[0] == tmp_path
    assert handed_over[1] == [dev.tool("python"), "-u", "-m", "tests.cuda", "--json", "x"]


@pytest.mark.parametrize("changed", ["pyproject.toml", "constraints.txt"])
def test_a_changed_file_is_installed_over_what_is_there(
    checkout: Path, started: list[list[str]], changed: str
):
    dev.set_up("run")
    (checkout / changed).write_text((checkout / changed).read_text() + "\n# changed\n")
    dev.set_up("run")
    assert len(started) == 4
    assert "--clear" not in started[2]


def test_a_new_driver_makes_the_environment_again(
    checkout: Path, started: list[list[str]], monkeypatch: pytest.MonkeyPatch
):
    dev.set_up("run")
    monkeypatch.setattr(dev, "cuda_driver", lambda: 13000)
    dev.set_up("run")
    assert "--clear" in started[2]
    assert started[3][-1] == f"{checkout}[cuda]"


def test_an_interrupted_install_is_repeated_from_the_start(
    checkout: Path, started: list[list[str]], monkeypatch: pytest.MonkeyPatch
):
    note = subprocess.check_call

    def interrupted(command: Sequence[str], **options: object) -> int:
        note(command)
        if "pip" in command:
            raise KeyboardInterrupt
        return 0

    monkeypatch.setattr(subprocess, "check_call", interrupted)
    with pytest.raises(KeyboardInterrupt):
        dev.set_up("run")
    monkeypatch.setattr(subprocess, "check_call", note)
    dev.set_up("run")
    assert "--clear" in started[2]
    assert "pip" in started[3]
    assert dev.STAMP.read_text() == dev.stamp_for(None)


def test_a_pip_that_fails_ends_it_and_is_repeated(
    checkout: Path,
    started: list[list[str]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    def fails(command: Sequence[str], **_: object) -> int:
        make_venv()
        if "pip" in command:
            raise subprocess.CalledProcessError(1, list(command))
        return 0

    monkeypatch.setattr(subprocess, "check_call", fails)
    with pytest.raises(SystemExit) as end:
        dev.set_up("run")
    assert end.value.code == 1
    assert "Start again to repeat it" in capsys.readouterr().err
    assert dev.STAMP.read_text() == dev.UNFINISHED


def test_where_the_pin_would_bring_a_cpu_build_a_driver_unpins_torch_alone(
    checkout: Path, started: list[list[str]], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(dev, "cuda_driver", lambda: 13000)
    monkeypatch.setattr(dev, "offered_version", lambda requirement: "2.13.0+cpu")
    dev.set_up("run")
    used = Path(started[1][started[1].index("-c") + 1])
    assert used != checkout / "constraints.txt"
    assert used.read_text().split() == ["numpy==2.4.6"]


def test_the_pin_of_torch_is_found():
    assert dev.pinned_torch().startswith("torch==")


@pytest.fixture
def handed_over(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """The last command and its folder, without running it."""
    seen: list[object] = []
    monkeypatch.setattr(dev, "set_up", lambda command: None)
    monkeypatch.setattr(dev, "hand_over", lambda command, folder=None: seen.extend([command, folder]) or 7)
    return seen


@pytest.mark.parametrize(
    ("arguments", "command"),
    [
        (["run"], ["-P", "-m", "sketch.cli", "handwriting"]),
        (["run", "--seed", "3"], ["-P", "-m", "sketch.cli", "handwriting", "--seed", "3"]),
        (["bench", "point", "--json", "x"], ["-m", "tests.bench", "point", "--json", "x"]),
        (["fuzz", "--count", "60"], ["-m", "tests.fuzz", "--count", "60"]),
    ],
)
def test_arguments_and_the_exit_code_pass_through(
    arguments: list[str], command: list[str], handed_over: list[object]
):
    assert dev.main(arguments) == 7
    assert handed_over[0] == [dev.tool("python"), "-u", *command]


@pytest.mark.parametrize(("arguments", "code"), [([], 2), (["--help"], 0)])
def test_the_usage_is_shown(arguments: list[str], code: int, capsys: pytest.CaptureFixture[str]):
    assert dev.main(arguments) == code
    assert "python3 dev.py run" in capsys.readouterr().out


def test_a_slip_is_named_and_nothing_else_happens(capsys: pytest.CaptureFixture[str]):
    assert dev.main(["tets"]) == 2
    assert "no command 'tets'; did you mean test?" in capsys.readouterr().err
    assert dev.main(["zzz"]) == 2
    said = capsys.readouterr().err
    assert "did you mean" not in said
    assert "run, test, bench, gallery, fuzz, soak, cuda" in said


def test_the_lines_of_a_child_appear_as_they_are_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Piped, and without PYTHONUNBUFFERED in the environment."""
    monkeypatch.setattr(dev, "tool", lambda name: sys.executable)
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    program = "print('first'); input()"
    with subprocess.Popen(
        dev.python("-c", program), stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, text=True
    ) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        # It waits for us now: a line that it kept to itself would never come.
        assert child.stdout.readline() == "first\n"
        child.stdin.write("\n")


def test_an_older_python_is_reported(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.setattr(sys, "version_info", (3, 10, 4))
    with pytest.raises(SystemExit):
        dev.main(["run"])
    assert "needs Python 3.11 or newer" in capsys.readouterr().err


def test_every_check_runs_and_the_failed_ones_are_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    run: list[list[str]] = []

    def note(command: Sequence[str], env: dict[str, str], cwd: Path, **_: object) -> int:
        run.append(list(command))
        assert env["MESA_GL_VERSION_OVERRIDE"] == "3.3"
        assert cwd == ROOT
        return int("Windows" in command)

    monkeypatch.setattr(subprocess, "call", note)
    assert dev.test(["-k", "ink"]) == 1
    assert len(run) == 7
    platforms = {command[2] for command in run if "--pythonplatform" in command}
    assert platforms == {"Linux", "Windows", "Darwin"}
    assert run[-1][-2:] == ["-k", "ink"]
    assert "pytest" in run[-1]
    table = capsys.readouterr().out.splitlines()[-7:]
    verdicts = ["passed", "passed", "passed", "FAILED", "passed", "passed", "passed"]
    assert [line.split()[-1] for line in table] == verdicts


def test_what_a_check_says_is_printed_below_its_name(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    code, said, _ = dev.check(
        [sys.executable, "-c", "import sys; print('out'); sys.exit(3)"], dict(os.environ)
    )
    assert (code, said) == (3, "out\n")
    monkeypatch.setattr(dev, "check", lambda command, environment: (0, f"{command[-1]} said\n", 0.1))
    monkeypatch.setattr(subprocess, "call", lambda command, env, cwd: 0)
    assert dev.test([]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[lines.index("== ruff check") + 1] == "check said"
    assert lines[-1] == "== pytest"


@pytest.mark.parametrize("display", [True, False])
@pytest.mark.parametrize("system", ["linux", "win32", "darwin"])
def test_windows_get_a_display_where_there_is_none(
    monkeypatch: pytest.MonkeyPatch, display: bool, system: str
):
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setenv("DISPLAY", ":0")
    if not display:
        monkeypatch.delenv("DISPLAY")
    command = dev.checks([])["pytest"]
    assert any("xvfb-run" in part for part in command) == (system == "linux" and not display)


def test_a_second_start_is_over_in_no_time(checkout: Path, started: list[list[str]]):
    """Nothing is started at all once the stamp agrees, not even pip."""
    dev.set_up("run")
    before = len(started)
    for _ in range(3):
        dev.set_up("run")
    assert len(started) == before


def test_it_needs_the_standard_library_alone():
    program = f"import sys; sys.path.insert(0, {str(ROOT)!r}); import dev; print(*sys.modules)"
    answer = subprocess.run([sys.executable, "-I", "-S", "-c", program], capture_output=True, text=True)
    assert answer.returncode == 0, answer.stderr
    loaded = {name.split(".")[0] for name in answer.stdout.split()}
    assert loaded <= {*sys.stdlib_module_names, "dev", "__main__"}
