#!/usr/bin/env python3
"""Set up, run, test and measure Inkloop on a fresh machine, with nothing but Python 3.11 or newer.

    python3 dev.py run [ARGUMENTS]             the handwriting sketch; --help lists its arguments
    python3 dev.py test [ARGUMENTS]            every check and every test; arguments go to pytest
    python3 dev.py bench [NAME ...] [--json FILE]   the measurements, or the named ones
    python3 dev.py gallery [NAME ...]          docs/gallery.png, and short films in out/gallery/
    python3 dev.py fuzz [--count 2000]         damaged model files, presets and tapes
    python3 dev.py soak [--minutes 10]         a show in a real window, and what its frames cost
    python3 dev.py cuda [--wheels DIR] [--json FILE]   what an NVIDIA GPU does: tests, figures, one table

`cuda` needs an NVIDIA driver. It needs no display, and no network if DIR has the missing wheels.
The first start makes `.venv` next to this file, which takes a few minutes.
"""

from __future__ import annotations

import contextlib
import ctypes
import difflib
import hashlib
import importlib.util
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
CONSTRAINTS = ROOT / "constraints.txt"
STAMP = VENV / "inkloop-install"
UNFINISHED = "unfinished"

EXTRAS: dict[str, tuple[str, ...]] = {
    "run": (),
    "test": ("dev",),
    "bench": ("dev",),
    "gallery": ("vision",),
    "fuzz": ("dev",),
    "soak": ("dev",),
    "cuda": (),
}
"""The commands, and the extras that each needs."""

EVERYWHERE = ("sketch", "addon", "dev.py", "tests/cuda", "tests/fuzz")
"""What runs on every system; tests use signals and memory limits, which Windows lacks."""

LOCK_SECONDS = 0.5
AT_ONCE = 2

CPU_INDEX = "https://download.pytorch.org/whl/cpu"
CUDA_INDEX = "https://download.pytorch.org/whl/cu130"
CUDA_NEEDED = 13000  # as cuDriverGetVersion counts: 1000 * major + 10 * minor

LIBRARIES = {
    "libGL.so.1": "libgl1",
    "libEGL.so.1": "libegl1",
    "libfontconfig.so.1": "libfontconfig1",
    # Pillow's wheel brings Raqm, which shapes text only where it finds FriBiDi.
    "libfribidi.so.0": "libfribidi0",
}
TEST_PROGRAMS = {"xvfb-run": "xvfb", "xauth": "xauth", "xdotool": "xdotool"}
# Elsewhere the package of this name may not be the browser, and its tests say that they need it.
DEBIAN_TEST_PROGRAMS = {
    "chromium": "chromium",
    "Xorg": "xserver-xorg-video-dummy",  # two screens, of which one goes away
    "xrandr": "x11-xserver-utils",
}

# Half of the tests mostly wait for a process or a window. Tests of one file share fixtures. In this order the
# files of tests/e2e come first: the longest of them have few tests and would otherwise come last, alone.
SIDE_BY_SIDE = ("-n", str(min(os.cpu_count() or 1, 4)), "--dist", "loadfile", "--no-loadscope-reorder")

# The oldest supported OpenGL; Mesa would offer a newer one.
TEST_ENVIRONMENT = {"MESA_GL_VERSION_OVERRIDE": "3.3", "MESA_GLSL_VERSION_OVERRIDE": "330"}


@dataclass(frozen=True)
class Facts:
    """The facts that decide which build of torch is installed.

    Attributes:
        system: The platform, as `sys.platform` names it.
        driver: The newest CUDA that the NVIDIA driver supports (13020 is 13.2), None without a driver.
        offered: The version that pip, as configured here, takes for the pinned torch; empty if it finds none.
    """

    system: str
    driver: int | None
    offered: str


@dataclass(frozen=True)
class TorchChoice:
    """Where torch comes from.

    Attributes:
        index: A package index in addition to those of pip, or None.
        extras: The extras of Inkloop to install for the device.
        pinned: Whether to request the tested version.
        remark: A sentence for the user, or an empty string.
    """

    index: str | None
    extras: tuple[str, ...]
    pinned: bool
    remark: str


def serves_cuda(driver: int | None) -> bool:
    """Whether a driver, numbered as in `Facts`, can run the CUDA build."""
    return driver is not None and driver >= CUDA_NEEDED


def choose_torch(facts: Facts) -> TorchChoice:
    """Choose the CUDA build of torch if a driver can run it, else the CPU build."""
    offers_cpu = facts.offered.endswith("+cpu")
    if not serves_cuda(facts.driver):
        index = CPU_INDEX if facts.system == "linux" and not offers_cpu else None
        return TorchChoice(index, (), True, too_old(facts.driver))
    index = CUDA_INDEX if facts.system == "win32" else None
    # A version with +cpu counts as newer than the same one without, so the pin would bring it.
    pinned = index is not None or not offers_cpu
    return TorchChoice(
        index, ("cuda",), pinned, "Found an NVIDIA driver: installing the CUDA build of torch."
    )


def too_old(driver: int | None) -> str:
    """The message about a driver that cannot run the CUDA build; empty without a driver."""
    if driver is None:
        return ""
    version, needed = (f"{number // 1000}.{number % 1000 // 10}" for number in (driver, CUDA_NEEDED))
    return (
        f"The NVIDIA driver supports CUDA {version}, and Inkloop needs {needed}: installing the CPU build. "
        "Update the driver and start again to use the GPU."
    )


def load_library(name: str) -> ctypes.CDLL | None:
    """A shared library of the system, or None if it cannot be loaded."""
    try:
        return ctypes.CDLL(name)
    except OSError:
        return None


def cuda_driver() -> int | None:
    """The newest CUDA that the NVIDIA driver supports, numbered as in `Facts`."""
    name = {"linux": "libcuda.so.1", "win32": "nvcuda.dll"}.get(sys.platform)
    library = load_library(name) if name else None
    version = ctypes.c_int()
    failed = library is None or library.cuDriverGetVersion(ctypes.byref(version)) != 0
    return None if failed else version.value


def is_debian() -> bool:
    """Whether this Linux is Debian itself."""
    try:
        return platform.freedesktop_os_release().get("ID") == "debian"
    except OSError:
        return False


def missing_packages(command: str) -> list[str]:
    """The Debian packages that a command needs and this Linux lacks; empty on other systems."""
    if sys.platform != "linux":
        return []
    packages = [package for library, package in LIBRARIES.items() if load_library(library) is None]
    if "libgl1" in packages or "libegl1" in packages:
        packages.append("libgl1-mesa-dri")
    if command in ("test", "soak"):
        programs = TEST_PROGRAMS | (DEBIAN_TEST_PROGRAMS if is_debian() else {})
        packages += [package for program, package in programs.items() if shutil.which(program) is None]
    if importlib.util.find_spec("ensurepip") is None:
        packages.append(f"python{sys.version_info.major}.{sys.version_info.minor}-venv")
    return packages


def may_install() -> bool:
    """Whether this process may install Debian packages."""
    if sys.platform == "win32":
        return False
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def install_packages(packages: Sequence[str]) -> None:
    """Install Debian packages, or stop and print the command that does."""
    if not packages:
        return
    install = ["apt-get", "install", "-y", "--no-install-recommends", *packages]
    if not may_install():
        stop(f"Inkloop needs a few system packages. This command installs them:\n  sudo {' '.join(install)}")
    say(f"Installing system packages: {' '.join(packages)}")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for step in (["apt-get", "update", "-qq"], [*install, "-qq"]):
        if subprocess.call(step, env=environment, stdout=subprocess.DEVNULL) != 0:
            stop(f"This command failed; apt-get says why above:\n  {' '.join(step)}")


def pinned_torch() -> str:
    """The requirement that pins torch in `constraints.txt`."""
    return next(line for line in CONSTRAINTS.read_text().splitlines() if line.startswith("torch=="))


def tool(name: str) -> str:
    """The path of a program in the virtual environment."""
    return str(VENV / "Scripts" / f"{name}.exe" if os.name == "nt" else VENV / "bin" / name)


def pip_install() -> list[str]:
    """The start of a command line that installs into the virtual environment."""
    return [tool("python"), "-m", "pip", "install", "--disable-pip-version-check"]


def offered_version(requirement: str) -> str:
    """The version that pip takes for a requirement; empty if it finds none."""
    ask = [*pip_install(), "--quiet", "--dry-run", "--no-deps", "--ignore-installed", "--report", "-"]
    answer = subprocess.run([*ask, requirement], capture_output=True, text=True)
    return json.loads(answer.stdout)["install"][0]["metadata"]["version"] if answer.returncode == 0 else ""


def stamp_for(driver: int | None) -> str:
    """Two hashes that decide about an install: of the base of an environment, and of what is installed.

    Python counts by its minor version: an environment stays valid for all its patch releases.
    """
    python = f"{sys.implementation.name} {sys.version_info[0]}.{sys.version_info[1]}"
    ground = f"{ROOT} {sys.platform} {platform.machine()} {python} {serves_cuda(driver)}".encode()
    wanted = (ROOT / "pyproject.toml").read_bytes() + CONSTRAINTS.read_bytes()
    return " ".join(hashlib.sha256(part).hexdigest() for part in (ground, wanted))


@dataclass(frozen=True)
class Installed:
    """The content of the stamp in an environment.

    Attributes:
        stamp: As from `stamp_for`, or `UNFINISHED`; empty without a stamp.
        extras: The installed extras.
    """

    stamp: str
    extras: tuple[str, ...]


def installed() -> Installed:
    """Read the stamp; an environment whose Python is gone counts as unfinished."""
    if not STAMP.exists():
        return Installed("", ())
    first, *extras = STAMP.read_text().splitlines() or [UNFINISHED]
    return Installed(first if Path(tool("python")).exists() else UNFINISHED, tuple(extras))


def needs_clearing(old: str, new: str) -> bool:
    """Whether an environment with an old stamp must be rebuilt instead of extended."""
    return old == UNFINISHED or (old != "" and old.split()[0] != new.split()[0])


def install(choice: TorchChoice, extras: Sequence[str]) -> None:
    """Install the checkout with its dependencies into the virtual environment."""
    constraints = CONSTRAINTS
    if not choice.pinned:
        constraints = VENV / CONSTRAINTS.name
        constraints.write_text(CONSTRAINTS.read_text().replace(pinned_torch(), ""))
    index = ["--extra-index-url", choice.index] if choice.index else []
    quiet = [] if sys.stdout.isatty() else ["--quiet"]
    named = [*extras, *choice.extras]
    checkout = f"{ROOT}[{','.join(named)}]" if named else str(ROOT)
    subprocess.check_call([*pip_install(), *quiet, *index, "-c", str(constraints), "-e", checkout])


def install_wheels(folder: Path) -> None:
    """Install what this Python lacks from a folder, one by one; print what is missing there."""
    import tomllib  # Not at the top: an older Python must get to the message that it is too old.

    project: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted: list[str] = [*project["dependencies"], *project["optional-dependencies"]["cuda"]]
    for requirement in wanted:
        command = [*pip_install(), "--quiet", "--no-index", "--find-links", str(folder), requirement]
        if subprocess.call(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) != 0:
            say(f"Not in {folder} and not installed: {requirement.split(';')[0]}. What needs it will fail.")
    purelib = "import sysconfig; print(sysconfig.get_path('purelib'))"
    place = subprocess.check_output([tool("python"), "-c", purelib], text=True).strip()
    # Building the checkout itself would need a build tool that may be missing.
    (Path(place) / "inkloop-checkout.pth").write_text(f"{ROOT}\n")


def set_up(command: str, wheels: Path | None = None) -> None:
    """Prepare the machine and the virtual environment for a command; return at once if they are ready.

    Args:
        command: One of `EXTRAS`.
        wheels: A folder to install from instead of an index; what this Python already has is used then.
    """
    if wheels is None:
        install_packages(missing_packages(command))
    driver = cuda_driver()
    with locked(VENV.with_name(f"{VENV.name}.lock")):
        old, new = installed(), stamp_for(driver)
        if wheels is not None:
            listed = "".join(sorted(path.name for path in wheels.glob("*.whl")))
            new = f"{new} {hashlib.sha256(f'{wheels.resolve()} {listed}'.encode()).hexdigest()}"
        extras = tuple(sorted({*old.extras, *EXTRAS[command]}))
        if old.stamp == new and extras == old.extras:
            return
        # The whole stamp: an environment from wheels and one from an index do not mix.
        clear = needs_clearing(old.stamp, new) or len(old.stamp.split()) not in (0, len(new.split()))
        say("Installing Inkloop into .venv; this takes a few minutes, but only the first time.")
        options = [*(["--clear"] if clear else []), *(["--system-site-packages"] if wheels else [])]
        try:
            if STAMP.exists():
                STAMP.write_text(UNFINISHED)
            subprocess.check_call([sys.executable, "-m", "venv", *options, str(VENV)])
            STAMP.write_text(UNFINISHED)
            if wheels is not None:
                install_wheels(wheels)
            else:
                choice = choose_torch(Facts(sys.platform, driver, offered_version(pinned_torch())))
                say(choice.remark)
                install(choice, extras)
        except subprocess.CalledProcessError:
            stop("The installation did not finish; the reason is above. Start again to repeat it.")
        STAMP.write_text("\n".join((new, *extras)))


@contextlib.contextmanager
def locked(path: Path) -> Generator[None]:
    """Hold a lock file, which the system releases with the process; wait and say so if another holds it."""
    with path.open("a+b") as file:
        reported = False
        while not _lock(file.fileno()):
            if not reported:
                say("Another dev.py is installing into .venv; this one waits for it.")
                reported = True
            time.sleep(LOCK_SECONDS)
        yield


def _lock(number: int) -> bool:
    """Whether an open file could be locked; a file on a disk without locks counts as locked."""
    try:
        if sys.platform == "win32":
            import msvcrt

            os.lseek(number, 0, os.SEEK_SET)
            msvcrt.locking(number, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    except OSError:
        return True
    return True


def python(*arguments: str) -> list[str]:
    """A command line of the environment's Python with unbuffered output."""
    return [tool("python"), "-u", *arguments]


def screen() -> list[str]:
    """What a command that opens windows begins with: a virtual screen, where there is no display."""
    if sys.platform != "linux" or "DISPLAY" in os.environ:
        return []
    return [shutil.which("xvfb-run") or "xvfb-run", "-a", "-s", "-screen 0 1280x1024x24"]


def checks(pytest_arguments: Sequence[str]) -> dict[str, list[str]]:
    """All checks by name, pytest last."""
    return {
        "ruff check": [tool("ruff"), "check"],
        "ruff format": [tool("ruff"), "format", "--check"],
        "pyright": [tool("pyright"), "--pythonplatform", "Linux"],
        "pyright, Windows": [tool("pyright"), "--pythonplatform", "Windows", *EVERYWHERE],
        "pyright, macOS": [tool("pyright"), "--pythonplatform", "Darwin", *EVERYWHERE],
        "import-linter": [tool("lint-imports")],
        "pytest": [*screen(), *python("-m", "pytest"), *SIDE_BY_SIDE, *pytest_arguments],
    }


def test(arguments: Sequence[str]) -> int:
    """Run every check, even after one failed; if all pass, the output ends with pytest's last line.

    All but pytest run in parallel, two at a time, and are printed in order.
    """
    environment = {**os.environ, **TEST_ENVIRONMENT, "PYRIGHT_PYTHON_IGNORE_WARNINGS": "1"}
    steps, failed = checks(arguments), list[str]()
    pytest = steps.pop("pytest")
    with ThreadPoolExecutor(AT_ONCE) as pool:
        running = {name: pool.submit(check, command, environment) for name, command in steps.items()}
        for name, future in running.items():
            say(f"== {name}")
            code, output, seconds = future.result()
            say(output.rstrip())
            say(f"   {seconds:.1f} s")
            failed += [name] if code != 0 else []
    say("== pytest")
    if subprocess.call(pytest, cwd=ROOT, env=environment) != 0:
        failed.append("pytest")
    for name in (*steps, "pytest") if failed else ():
        say(f"{name:16} {'FAILED' if name in failed else 'passed'}")
    return 1 if failed else 0


def check(command: Sequence[str], environment: dict[str, str]) -> tuple[int, str, float]:
    """Run a command; return its exit code, its output, and the seconds it took."""
    started = time.perf_counter()
    with tempfile.TemporaryFile() as output:
        code = subprocess.call(command, cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT)
        output.seek(0)
        text = output.read().decode("utf-8", "replace")
    return code, text, time.perf_counter() - started


def cuda(arguments: Sequence[str]) -> int:
    """Set up, from a folder of wheels if given, and measure what a device does."""
    rest, wheels = list(arguments), None
    if "--wheels" in rest:
        at = rest.index("--wheels")
        if len(rest) == at + 1 or not Path(rest[at + 1]).is_dir():
            stop("--wheels needs a folder of wheels: python3 dev.py cuda --wheels DIR")
        wheels = Path(rest[at + 1]).resolve()
        del rest[at : at + 2]
    # Another provider is for development of this command itself.
    if "--provider" not in rest and not {"-h", "--help"} & set(rest) and cuda_driver() is None:
        name = "nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1"
        stop(f"There is no NVIDIA driver ({name} cannot be loaded), so there is nothing to measure.")
    set_up("cuda", wheels)
    return hand_over(python("-m", "tests.cuda", *rest), ROOT)


def hand_over(command: Sequence[str], folder: Path | None = None) -> int:
    """Run the last command of this process and return its exit code."""
    if folder is not None:
        os.chdir(folder)
    if os.name == "posix":
        # Replacing this process passes signals and the exit code through.
        sys.stdout.flush()
        os.execv(command[0], list(command))
    return subprocess.call(list(command))


def say(sentence: str) -> None:
    """Print a sentence at once, unless it is empty."""
    if sentence:
        print(sentence, flush=True)


def stop(sentence: str) -> NoReturn:
    """Print why it stops, and exit with a failure code."""
    say_error(sentence)
    raise SystemExit(1)


def say_error(sentence: str) -> None:
    """Print a sentence to standard error at once."""
    print(sentence, file=sys.stderr, flush=True)


def main(arguments: Sequence[str]) -> int:
    """Run the command line; return the exit code of the command."""
    if sys.version_info < (3, 11):
        stop(f"Inkloop needs Python 3.11 or newer; this is {platform.python_version()}.")
    command, rest = (arguments[0], list(arguments[1:])) if arguments else ("", [])
    if command in ("", "-h", "--help"):
        print(__doc__)
        return 0 if command else 2
    if command not in EXTRAS:
        near = difflib.get_close_matches(command, EXTRAS, n=1)
        meant = f"did you mean {near[0]}? " if near else ""
        say_error(f"dev.py has no command {command!r}; {meant}It has {', '.join(EXTRAS)}.")
        return 2
    if command == "cuda":
        return cuda(rest)
    set_up(command)
    if command == "test":
        return test(rest)
    if command in ("bench", "fuzz"):
        return hand_over(python("-m", f"tests.{command}", *rest), ROOT)
    if command == "soak":
        os.environ.update(TEST_ENVIRONMENT)
        return hand_over([*screen(), *python("-m", "tests.soak", *rest)], ROOT)
    if command == "gallery":
        return hand_over(python("-P", "-m", "sketch.cli", "gallery", *rest), ROOT)
    # -P prevents a sketch.py in the current folder from replacing the package.
    return hand_over(python("-P", "-m", "sketch.cli", "handwriting", *rest))


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
