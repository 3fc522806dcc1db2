"""Damaged presets and damaged documents of pictures: a show goes on, and every refusal is one line."""

import io
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.random import Generator
from PIL import Image

import sketch
from sketch.live.parameters_control import Controls
from sketch.live.parameters_document import DocumentError, document_text, picture_options, read_document
from sketch.live.presets import read_presets

SOUND = b"""# mine
[1]
speed = 3.5
count = 7
wild = true
mode = "dots"
tint = "#ff000080"
center = [10.0, -2.5]
caption = "hello"
"Bloom.strength" = 1.5

[2]
speed = 1e3
[2.Bloom]
radius = 20
"""
_INSERTED = (
    b"[",
    b"]",
    b'"',
    b"=",
    b"nan",
    b"-inf",
    b"\x00",
    b"\xff",
    b"[[1]]\n",
    b"{a=1}",
    b"9" * 400,
    b"'''\n",
)


class Show(sketch.Sketch):
    """A sketch with a parameter of every kind."""

    speed = sketch.Param(1.0, 0, 10, step=0.5)
    count = sketch.Param(3, 0, 9)
    wild = sketch.Param(False)
    mode = sketch.Param("line", choices=("line", "dots"))
    tint = sketch.Param("#ffb454")
    center = sketch.Param((0, 0), (-100, -100), (100, 100))
    caption = sketch.Param("hello")
    burst = sketch.Trigger()
    level = sketch.Monitor()


def damaged(data: bytes, random: Generator) -> bytes:
    """Some bytes replaced, cut out, repeated, or odd ones put in."""
    found = bytearray(data)
    for _ in range(int(random.integers(1, 6))):
        at = int(random.integers(0, max(1, len(found))))
        match int(random.integers(4)):
            case 0:
                found[at : at + 1] = bytes([int(random.integers(256))])
            case 1:
                del found[at : at + int(random.integers(1, 40))]
            case 2:
                found[at:at] = found[max(0, at - 30) : at]
            case _:
                found[at:at] = _INSERTED[int(random.integers(len(_INSERTED)))]
    return bytes(found)


def fuzz_presets(count: int, seed: int, say: Callable[[str], None] = print) -> list[str]:
    """Damage and use `count` files of presets, and as many pictures with a document.

    Returns:
        A line for everything that is not as it should be.
    """
    random = np.random.default_rng(seed)
    wrong: list[str] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for number in range(count):
            for check in (_preset, _document):
                try:
                    fault = check(folder / str(number), random)
                except Exception as error:
                    fault = f"{type(error).__name__}: {error}"
                if fault:
                    wrong.append(f"{check.__name__[1:]} {number} of seed {seed}: {fault}")
            if (number + 1) % 500 == 0:
                say(f"{number + 1} presets and documents, {len(wrong)} wrong")
    return wrong


def _preset(path: Path, random: Generator) -> str:
    """Recall presets of a damaged file, go on, and save one now and then."""
    data = damaged(SOUND, random)
    path.write_bytes(data)
    show = Show()
    show.use(sketch.Effect(sketch.Bloom()))
    controls = Controls(show, path)
    for name in ("1", "2", *controls.presets.tables):
        controls.recall(name, seconds=0.2)
        controls.advance(0.1)
        controls.advance(0.2)
    lines = controls.messages()
    for name, entry in controls.parameters.entries.items():
        value = controls.parameters.get(name)
        if entry.is_kept and entry.kind.checked(name, value) != value:
            return f"{name} is {value!r}"
    if random.random() < 0.1:
        before = path.read_bytes()
        controls.save("3")
        lines += controls.close()
        kept = [each.read_bytes() for each in path.parent.glob(f"{path.stem}*")]
        if read_presets(path).get("3", {}).get("speed") != show.speed:
            return f"a saved preset is not there: {lines}"
        if not any(before.strip()[:40] in each for each in kept):
            return "what was there is lost"
    return next((f"not one line: {line!r}" for line in lines if "\n" in line), "")


def _document(path: Path, random: Generator) -> str:
    """Read the document of a picture whose text, or whose bytes, are damaged."""
    text = damaged(document_text(Show()).encode(), random).decode("latin-1")
    file = io.BytesIO()
    Image.new("RGB", (4, 4)).save(file, "PNG", **picture_options(".png", text))
    data = file.getvalue()
    path.write_bytes(damaged(data, random) if random.random() < 0.5 else data)
    try:
        found = read_document(path)
    except DocumentError as error:
        return "" if str(error).isprintable() else f"not one line: {error}"
    show = Show()
    controls = Controls(show, path.with_suffix(".toml"))
    controls.restore(found.parameters)
    controls.unknown()
    return ""
