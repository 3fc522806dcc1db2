"""What a person gets who installs Inkloop: a wheel in an environment of its own, away from the checkout."""

import os
import statistics
import subprocess
import sys
import sysconfig
import venv
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.e2e.test_examples import SKETCHES

ROOT = Path(__file__).parents[2]

SKETCH = """
import sys
from pathlib import Path

import addon
import sketch
from addon.model.registry import shipped_models


class Dot(sketch.Sketch):
    def draw(self, canvas):
        canvas.background(0)
        canvas.color(255)
        canvas.circle(50, 40, 20)


frames = []
sketch.run(Dot, headless=True, frames=3, size=(100, 80), viewer=lambda frame: frames.append(frame.copy()))
print(Path(sketch.__file__).parent, Path(addon.__file__).parent, sep="\\n")
print(len(frames), frames[-1].shape, frames[-1][40, 50].tolist(), frames[-1][4, 4].tolist())
print(shipped_models())
"""


@dataclass(frozen=True)
class Installed:
    """A clean environment that sees the dependencies and not the checkout."""

    python: Path
    packages: Path
    elsewhere: Path

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        hidden = ("PYTHONPATH", "DISPLAY", "VIRTUAL_ENV")
        environment = {key: value for key, value in os.environ.items() if key not in hidden}
        return subprocess.run(
            [str(self.python), *arguments],
            cwd=self.elsewhere,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
        )


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    build = [
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "-w",
        str(folder),
        str(ROOT),
    ]
    subprocess.run([sys.executable, *build], check=True, timeout=120)
    (found,) = folder.glob("inkloop-*.whl")
    return found


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    home = tmp_path_factory.mktemp("clean")
    venv.create(home, symlinks=os.name != "nt")
    scripts = home / ("Scripts" if os.name == "nt" else "bin")
    python = scripts / ("python.exe" if os.name == "nt" else "python")
    install = [
        "-m",
        "pip",
        "--python",
        str(python),
        "install",
        "--quiet",
        "--no-deps",
        "--no-index",
        str(wheel),
    ]
    subprocess.run([sys.executable, *install], check=True, timeout=120)
    scheme = "nt" if os.name == "nt" else "posix_prefix"
    packages = Path(sysconfig.get_path("purelib", scheme, {"base": str(home)}))
    # A path file lends the dependencies; the path files among them, an editable install's too, stay unread.
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return Installed(python, packages, tmp_path_factory.mktemp("elsewhere"))


def test_shaders_and_models_travel_in_the_wheel(wheel: Path):
    inside = set(zipfile.ZipFile(wheel).namelist())
    for folder, home in (("shaders", "sketch/_data/shaders"), ("models", "addon/_data/models")):
        files = [path.relative_to(ROOT / folder) for path in (ROOT / folder).rglob("*") if path.is_file()]
        assert files, f"{folder}/ is empty"
        assert {f"{home}/{path.as_posix()}" for path in files} <= inside


def test_the_wheel_holds_the_two_packages_and_nothing_of_the_workshop(wheel: Path):
    tops = {name.split("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert {name for name in tops if not name.endswith(".dist-info")} == {"sketch", "addon"}
    readmes = [name for name in zipfile.ZipFile(wheel).namelist() if name.endswith("README.md")]
    # The page of a folder that `inkloop new` makes; those of the checkout stay there.
    assert readmes == ["sketch/examples/template/README.md"]


def test_a_new_folder_is_made_and_runs_from_the_wheel(installed: Installed):
    command = installed.python.with_name("inkloop.exe" if os.name == "nt" else "inkloop")
    for given in (["new", "fresh"], ["run", "fresh", "--headless", "--frames", "2"]):
        answer = subprocess.run(
            [str(command), *given], cwd=installed.elsewhere, capture_output=True, text=True, timeout=60
        )
        assert answer.returncode == 0, answer.stderr
    names = ["README.md", "main.presets.toml", "main.py", "test_main.py"]
    assert {*names} <= {file.name for file in (installed.elsewhere / "fresh").iterdir()}


def test_an_installed_sketch_runs_without_display_or_checkout(installed: Installed):
    script = installed.elsewhere / "dot.py"
    script.write_text(SKETCH)
    answer = installed.run(str(script))
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.splitlines() == [
        str(installed.packages / "sketch"),
        str(installed.packages / "addon"),
        "3 (80, 100, 3) [255, 255, 255] [0, 0, 0]",
        str(installed.packages / "addon" / "_data" / "models"),
    ]


def test_the_command_is_installed(installed: Installed):
    command = installed.python.with_name("inkloop.exe" if os.name == "nt" else "inkloop")
    answer = subprocess.run(
        [str(command), "--help"], cwd=installed.elsewhere, capture_output=True, text=True, timeout=60
    )
    assert answer.returncode == 0, answer.stderr
    assert "run" in answer.stdout
    assert "handwriting" in answer.stdout


EXAMPLES = """
import tempfile
from pathlib import Path

import sketch
from sketch.load import load_sketch

for name in NAMES:
    frames = []
    kind = load_sketch(Path(sketch.__file__).parent / "examples" / f"{name}.py")
    with tempfile.TemporaryDirectory() as home:
        sketch.run(kind, headless=True, frames=2, viewer=frames.append, home=home, size=(320, 200))
    print(name, frames[-1].max() > 10)
"""


def test_every_example_runs_from_the_wheel(installed: Installed):
    answer = installed.run("-c", f"NAMES = {SKETCHES!r}\n{EXAMPLES}")
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.splitlines() == [f"{name} True" for name in SKETCHES]


def test_the_command_runs_a_sketch_and_films_the_gallery_from_the_wheel(installed: Installed):
    file = installed.elsewhere / "mine.py"
    file.write_text("def draw(canvas):\n    canvas.background(200)\n")
    inkloop = ("-m", "sketch.cli")
    answer = installed.run(*inkloop, "run", "mine.py", "--headless", "--frames", "2", "--record", "mine.mp4")
    assert answer.returncode == 0, answer.stderr
    assert (installed.elsewhere / "mine.mp4").stat().st_size > 0
    answer = installed.run(*inkloop, "gallery", "currents", "--sheet", "sheet.png", "--films", "films")
    assert answer.returncode == 0, answer.stderr
    assert (installed.elsewhere / "sheet.png").stat().st_size > 0
    assert (installed.elsewhere / "films" / "currents.mp4").stat().st_size > 0


@pytest.mark.skipif(sys.platform == "linux" and "DISPLAY" not in os.environ, reason="there is no display")
def test_an_example_opens_its_window_from_the_wheel(installed: Installed):
    with subprocess.Popen(
        [str(installed.python), "-m", "sketch.examples.letters"],
        cwd=installed.elsewhere,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        assert running.stderr is not None
        told = [running.stderr.readline()]
        while told[-1] and "OpenGL" not in told[-1]:
            told.append(running.stderr.readline())
        running.terminate()
    assert "OpenGL" in told[-1], "".join(told)


IMPORT = """
import sys, time
started = time.perf_counter()
{statement}
print(time.perf_counter() - started)
print(*sorted({{name for name in sys.modules if name.split(".")[0] in {watched}}}))
"""


@pytest.mark.parametrize(
    ("statement", "unwanted"),
    [
        ("import sketch", {"torch", "onnxruntime", "pyglet.window", "addon"}),
        ("from sketch import Canvas, Sketch", {"torch", "onnxruntime", "pyglet.window", "addon"}),
        ("import addon", {"torch", "onnxruntime", "pyglet", "moderngl", "sketch"}),
        ("from addon import Recognizer", {"torch", "pyglet", "moderngl", "sketch"}),
    ],
)
def test_an_import_is_quick_and_brings_neither_torch_nor_a_display(
    installed: Installed, statement: str, unwanted: set[str]
):
    tops = {name.split(".")[0] for name in unwanted}
    program = IMPORT.format(statement=statement, watched=tops)
    answers = [installed.run("-c", program) for _ in range(5)]
    assert [answer.stderr for answer in answers] == [""] * 5
    seconds = statistics.median(float(answer.stdout.splitlines()[0]) for answer in answers)
    loaded = set(answers[0].stdout.splitlines()[1].split())
    assert loaded & unwanted == set()
    if statement == "import sketch":
        assert seconds < 0.3
