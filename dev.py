#!/usr/bin/env python3
"""Set up, run, test and measure Inkloop on a fresh machine, with nothing but Python 3.11 or newer.

    python3 dev.py run [ARGUMENTS]             the handwriting sketch; --help lists its arguments
    python3 dev.py test [ARGUMENTS]            every check and every test; arguments go to pytest
    python3 dev.py bench [NAME ...] [--json FILE]   the measurements, or the named ones
    python3 dev.py gallery [NAME ...]          docs/gallery.png, and short films in out/gallery/
    python3 dev.py fuzz [--count 2000]         damaged model files, opened by the thousand

The first start makes `.venv` beside this file, which takes a few minutes.
"""

from __future__ import annotations

import ctypes
import hashlib
import importlib.util
import json
import os
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
CONSTRAINTS = ROOT / "constraints.txt"
STAMP = VENV / "inkloop-install"
UNFINISHED = "unfinished"

CPU_INDEX = "https://download.pytorch.org/whl/cpu"
CUDA_INDEX = "https://download.pytorch.org/whl/cu130"
CUDA_NEEDED = 13000  # as cuDriverGetVersion counts: 1000 * major + 10 * minor

LIBRARIES = {"libGL.so.1": "libgl1", "libEGL.so.1": "libegl1", "libfontconfig.so.1": "libfontconfig1"}
TEST_PROGRAMS = {"xvfb-run": "xvfb", "xauth": "xauth", "xdotool": "xdotool"}

# The oldest OpenGL that users may have; Mesa would give more.
TEST_ENVIRONMENT = {"MESA_GL_VERSION_OVERRIDE": "3.3", "MESA_GLSL_VERSION_OVERRIDE": "330"}


@dataclass(frozen=True)
class Facts:
    """What decides which build of torch is installed.

    Attributes:
        system: The platform, as `sys.platform` names it.
        driver: The newest CUDA that the NVIDIA driver serves (13020 is 13.2), None where there is no driver.
        offered: The version that pip, as set up here, takes for the pinned torch; empty if it finds none.
    """

    system: str
    driver: int | None
    offered: str


@dataclass(frozen=True)
class TorchChoice:
    """Where torch comes from.

    Attributes:
        index: A package index to ask besides those pip knows, or None.
        extras: The extras of Inkloop to install.
        pinned: Whether the tested version is asked for.
        remark: A sentence for the person who waits, or an empty string.
    """

    index: str | None
    extras: tuple[str, ...]
    pinned: bool
    remark: str


def serves_cuda(driver: int | None) -> bool:
    """Whether a driver, numbered as in `Facts`, runs the CUDA build."""
    return driver is not None and driver >= CUDA_NEEDED


def choose_torch(facts: Facts) -> TorchChoice:
    """Choose the CUDA build of torch where a driver can run it, the CPU build elsewhere."""
    offers_cpu = facts.offered.endswith("+cpu")
    if not serves_cuda(facts.driver):
        index = CPU_INDEX if facts.system == "linux" and not offers_cpu else None
        return TorchChoice(index, ("dev",), True, too_old(facts.driver))
    index = CUDA_INDEX if facts.system == "win32" else None
    # A version with +cpu counts as newer than the same one without, so the pin would bring it.
    pinned = index is not None or not offers_cpu
    return TorchChoice(
        index, ("dev", "cuda"), pinned, "Found an NVIDIA driver: taking the CUDA build of torch."
    )


def too_old(driver: int | None) -> str:
    """Name a driver that cannot run the CUDA build; an empty string where there is none."""
    if driver is None:
        return ""
    version, needed = (f"{number // 1000}.{number % 1000 // 10}" for number in (driver, CUDA_NEEDED))
    return (
        f"The NVIDIA driver here serves CUDA {version}, and Inkloop needs {needed}: taking the CPU build. "
        "Update the driver and start again to use the GPU."
    )


def load_library(name: str) -> ctypes.CDLL | None:
    """A shared library of the system, or None where it cannot be loaded."""
    try:
        return ctypes.CDLL(name)
    except OSError:
        return None


def cuda_driver() -> int | None:
    """The newest CUDA that the NVIDIA driver serves, numbered as in `Facts`."""
    name = {"linux": "libcuda.so.1", "win32": "nvcuda.dll"}.get(sys.platform)
    library = load_library(name) if name else None
    version = ctypes.c_int()
    failed = library is None or library.cuDriverGetVersion(ctypes.byref(version)) != 0
    return None if failed else version.value


def missing_packages(command: str) -> list[str]:
    """The Debian packages that a command needs and this Linux lacks; nothing on other systems."""
    if sys.platform != "linux":
        return []
    packages = [package for library, package in LIBRARIES.items() if load_library(library) is None]
    if "libgl1" in packages or "libegl1" in packages:
        packages.append("libgl1-mesa-dri")
    if command == "test":
        packages += [package for program, package in TEST_PROGRAMS.items() if shutil.which(program) is None]
    if importlib.util.find_spec("ensurepip") is None:
        packages.append(f"python{sys.version_info.major}.{sys.version_info.minor}-venv")
    return packages


def may_install() -> bool:
    """Whether this process may install Debian packages."""
    return hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get") is not None


def install_packages(packages: Sequence[str]) -> None:
    """Install Debian packages, or end with the line that does."""
    if not packages:
        return
    install = ["apt-get", "install", "-y", "--no-install-recommends", *packages]
    if not may_install():
        stop(f"Inkloop needs a few system packages. This line installs them:\n  sudo {' '.join(install)}")
    say(f"Installing system packages: {' '.join(packages)}")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for step in (["apt-get", "update", "-qq"], [*install, "-qq"]):
        if subprocess.call(step, env=environment, stdout=subprocess.DEVNULL) != 0:
            stop(f"This did not work; apt-get says why above:\n  {' '.join(step)}")


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
    """What decides an install: a hash of what an environment stands on, and one of what goes into it."""
    ground = f"{ROOT} {sys.platform} {platform.machine()} {sys.version} {serves_cuda(driver)}".encode()
    wanted = (ROOT / "pyproject.toml").read_bytes() + CONSTRAINTS.read_bytes()
    return " ".join(hashlib.sha256(part).hexdigest() for part in (ground, wanted))


def needs_clearing(old: str, new: str) -> bool:
    """Whether an environment with an old stamp must be made anew rather than added to."""
    return old == UNFINISHED or (old != "" and old.split()[0] != new.split()[0])


def install(choice: TorchChoice) -> None:
    """Install the checkout with its dependencies into the virtual environment."""
    constraints = CONSTRAINTS
    if not choice.pinned:
        constraints = VENV / CONSTRAINTS.name
        constraints.write_text(CONSTRAINTS.read_text().replace(pinned_torch(), ""))
    index = ["--extra-index-url", choice.index] if choice.index else []
    quiet = [] if sys.stdout.isatty() else ["--quiet"]
    checkout = f"{ROOT}[{','.join(choice.extras)}]"
    subprocess.check_call([*pip_install(), *quiet, *index, "-c", str(constraints), "-e", checkout])


def set_up(command: str) -> None:
    """Bring the machine and the virtual environment to where a command can run; at once if they are."""
    install_packages(missing_packages(command))
    driver = cuda_driver()
    old, new = STAMP.read_text() if STAMP.exists() else "", stamp_for(driver)
    if old == new:
        return
    say("Installing Inkloop into .venv; this takes a few minutes, and only the first time.")
    clear = ["--clear"] if needs_clearing(old, new) else []
    try:
        subprocess.check_call([sys.executable, "-m", "venv", *clear, str(VENV)])
        STAMP.write_text(UNFINISHED)
        choice = choose_torch(Facts(sys.platform, driver, offered_version(pinned_torch())))
        say(choice.remark)
        install(choice)
    except subprocess.CalledProcessError:
        stop("The installation did not finish; the reason is above. Start again and it is repeated.")
    STAMP.write_text(new)


def checks(pytest_arguments: Sequence[str], display: bool) -> dict[str, list[str]]:
    """Everything that guards the project, by name, pytest last; `display` says whether windows can open."""
    screen = [] if display else ["xvfb-run", "-a", "-s", "-screen 0 1280x1024x24"]
    return {
        "ruff check": [tool("ruff"), "check"],
        "ruff format": [tool("ruff"), "format", "--check"],
        "pyright": [tool("pyright")],
        "import-linter": [tool("lint-imports")],
        "pytest": [*screen, tool("pytest"), *pytest_arguments],
    }


def test(arguments: Sequence[str]) -> int:
    """Run every check, even after one failed, and end with pytest's own last line if all went well."""
    display = sys.platform != "linux" or "DISPLAY" in os.environ
    environment = {**os.environ, **TEST_ENVIRONMENT, "PYRIGHT_PYTHON_IGNORE_WARNINGS": "1"}
    steps, failed = checks(arguments, display), list[str]()
    for name, command in steps.items():
        started = time.perf_counter()
        say(f"== {name}")
        if subprocess.call(command, cwd=ROOT, env=environment) != 0:
            failed.append(name)
        if name != "pytest":
            say(f"   {time.perf_counter() - started:.1f} s")
    for name in steps if failed else ():
        say(f"{name:14} {'FAILED' if name in failed else 'passed'}")
    return 1 if failed else 0


def hand_over(command: Sequence[str], folder: Path | None = None) -> int:
    """Run the last command of this process and give its exit code."""
    if folder is not None:
        os.chdir(folder)
    if os.name == "posix":
        # Taking this process's place lets signals and the exit code through untouched.
        sys.stdout.flush()
        os.execv(command[0], list(command))
    return subprocess.call(list(command))


def say(sentence: str) -> None:
    """Print a sentence at once, or nothing if it is empty."""
    if sentence:
        print(sentence, flush=True)


def stop(sentence: str) -> NoReturn:
    """Print why it ends here, and end with a code that says it failed."""
    print(sentence, file=sys.stderr, flush=True)
    raise SystemExit(1)


def main(arguments: Sequence[str]) -> int:
    """Run the command line; the exit code is that of what was run."""
    if sys.version_info < (3, 11):
        stop(f"Inkloop needs Python 3.11 or newer; this is {platform.python_version()}.")
    command, rest = (arguments[0], list(arguments[1:])) if arguments else ("", [])
    if command not in ("run", "test", "bench", "gallery", "fuzz"):
        print(__doc__)
        return 0 if command in ("-h", "--help") else 2
    set_up(command)
    if command == "test":
        return test(rest)
    if command in ("bench", "fuzz"):
        return hand_over([tool("python"), "-m", f"tests.{command}", *rest], ROOT)
    if command == "gallery":
        return hand_over([tool("python"), "-P", "-m", "sketch.cli", "gallery", *rest], ROOT)
    # -P keeps a sketch.py in the current folder from standing in for the package.
    return hand_over([tool("python"), "-P", "-m", "sketch.cli", "handwriting", *rest])


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
