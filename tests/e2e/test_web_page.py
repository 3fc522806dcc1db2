"""`inkloop export --web`: the page in headless Chromium, drawn on by its own mouse, pen and fingers."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from addon.dataset.corpus import write_corpus
from addon.inference.loaded_model import load_model
from addon.inference.providers import CPU, Choice
from sketch.examples.palette import label_color
from tests.vectors import hand, model, steps_of, taught_examples
from tests.web.chromium import NAMES, Page, browser, chromium

pytestmark = pytest.mark.skipif(
    not chromium(), reason=f"needs one of {', '.join(NAMES)} (Debian: apt-get install chromium)"
)
GROUND = (13, 14, 18)
DRAWN = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"


def inkloop(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "sketch.cli", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two pages: the letters that ship, and signs that were taught."""
    root = tmp_path_factory.mktemp("page")
    examples = taught_examples()
    write_corpus(root / "taught.npz", [one.strokes for one in examples], [one.label for one in examples])
    for arguments in (
        ("export", "letters", "--web", root / "letters"),
        ("export", "encoder", root / "pen.onnx", "--web", root / "taught", "--taught", root / "taught.npz"),
    ):
        done = inkloop(*arguments)
        assert done.returncode == 0, done.stderr
    return root


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with browser(tmp_path_factory.mktemp("profile")) as page:
        yield page


def moved(ink: list[Any], x: float, y: float) -> list[Any]:
    every = np.concatenate([np.array(stroke) for stroke in ink])
    dx, dy = x - every[:, 0].mean(), y - every[:, 1].mean()
    return [[[px + dx, py + dy] for px, py in stroke] for stroke in ink]


@pytest.mark.parametrize(
    ("pen", "file", "label", "kind"),
    [
        ("letters", "letters", "Z", "mouse"),
        ("letters", "letters", "L", "pen"),
        ("letters", "letters", "T", "touch"),
        ("taught", "pen.onnx", "V", "mouse"),
        ("taught", "pen.onnx", "T", "touch"),
    ],
)
def test_it_answers_as_inkloop_does(
    tab: Page, folder: Path, pen: str, file: str, label: str, kind: str
) -> None:
    tab.open(folder / pen / "index.html")
    ink = moved(hand(label, 31, 180), 450, 350)
    answer = tab.answer(ink, kind)
    assert [len(stroke) for stroke in answer["strokes"]] == [len(stroke) for stroke in ink]
    path = model(file) if file == "letters" else folder / file
    session = load_model(path, Choice((CPU,))).session
    last = steps_of(session, answer["strokes"])[-1]
    np.testing.assert_allclose(answer["probabilities"], last["probabilities"], rtol=0, atol=1e-4)
    assert answer["progress"] == pytest.approx(last["progress"], abs=1e-4)
    assert answer["unknown"] == pytest.approx(last["unknown"], abs=1e-4)
    assert (answer["held"], answer["decided"]) == (last["held"], last["decided"])
    assert answer["held"] == label
    assert tab.problems() == []


def test_it_asks_for_nothing_but_its_own_files(tab: Page, folder: Path) -> None:
    page = folder / "letters" / "index.html"
    before = len(tab.requests())
    tab.open(page)
    tab.value("document.fonts.ready.then(() => true)")
    asked = [url for url in tab.requests()[before:] if not url.startswith("data:")]
    assert set(asked) == {each.as_uri() for each in page.parent.iterdir() if each.suffix != ".txt"}
    text = "".join(each.read_text("utf-8") for each in page.parent.glob("*.[hj]*"))
    assert "http" not in text.replace("http-equiv", "")
    assert sum(each.stat().st_size for each in page.parent.iterdir()) < 3e6


@pytest.mark.parametrize("size", [(1280, 800, 1.0), (390, 780, 3.0)], ids=["screen", "phone"])
def test_the_letter_grows_as_it_is_drawn(
    tab: Page, folder: Path, tmp_path: Path, size: tuple[int, int, float]
) -> None:
    width, height, scale = size
    tab.open(folder / "letters" / "index.html", width, height, scale)
    (stroke,) = moved(hand("Z", 31, 200), width / 2, height / 2)

    def picture() -> np.ndarray:
        tab.value(DRAWN)
        tab.picture(tmp_path / "stage.png")
        return np.asarray(Image.open(tmp_path / "stage.png").convert("RGB")).reshape(-1, 3)

    assert (picture() == GROUND).all()
    tab.pointer("mouse", "down", *stroke[0])
    opacities: list[float] = []
    middle = int(0.6 * len(stroke))
    for part in (stroke[1:middle], stroke[middle:]):
        for x, y in part:
            tab.pointer("mouse", "move", x, y)
        seen = picture()
        answer = tab.value("inkloopPage.reader.answer")
        colors, counts = np.unique(seen[(seen != GROUND).any(axis=1)], axis=0, return_counts=True)
        color = np.array(label_color(answer["held"])[:3]) * 255
        letter = GROUND + (color - GROUND) * 0.7 * answer["opacity"]
        # The letter's area is larger than the ink's.
        np.testing.assert_allclose(colors[counts.argmax()], letter, rtol=0, atol=2)
        opacities.append(answer["opacity"])
    tab.pointer("mouse", "up", *stroke[-1])
    assert opacities[0] < opacities[1]


def test_two_fingers_make_one_ink_and_a_second_button_none(tab: Page, folder: Path) -> None:
    tab.open(folder / "letters" / "index.html")
    tab.ask(
        "Input.dispatchMouseEvent", type="mousePressed", x=50, y=50, button="right", buttons=2, clickCount=1
    )
    tab.ask("Input.dispatchMouseEvent", type="mouseReleased", x=50, y=50, button="right", clickCount=1)
    assert tab.value("inkloopPage.reader.answer.rows") == 0
    first, second = {"x": 100, "y": 100, "id": 1}, {"x": 500, "y": 500, "id": 2}
    tab.ask("Input.dispatchTouchEvent", type="touchStart", touchPoints=[first])
    tab.ask("Input.dispatchTouchEvent", type="touchStart", touchPoints=[first, second])
    tab.ask(
        "Input.dispatchTouchEvent", type="touchMove", touchPoints=[{**first, "y": 140}, {**second, "y": 700}]
    )
    tab.ask("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])
    tab.wait("inkloopPage.finished.length === 1")
    (stroke,) = tab.value("inkloopPage.finished[0].strokes")
    assert [point[0] for point in stroke] == [100] * len(stroke)


def test_a_pen_that_cannot_be_read_is_reported_on_the_page(tab: Page, folder: Path, tmp_path: Path) -> None:
    for name in ("index.html", "reader.js", "page.js"):
        (tmp_path / name).write_bytes((folder / "letters" / name).read_bytes())
    tab.open(tmp_path / "index.html")
    message = "document.getElementById('error').innerText"
    assert tab.value(message) == "pen.js is missing; export the page again"
    pen = json.loads(
        (folder / "taught" / "pen.js").read_text().removeprefix("self.inkloopPen = ").rstrip(";\n")
    )
    pen["metadata"]["format"] = 9
    (tmp_path / "pen.js").write_text(f"self.inkloopPen = {json.dumps(pen)};")
    tab.open(tmp_path / "index.html")
    assert tab.value(message) == "this pen cannot be read: its format is 9; this page reads 1"
