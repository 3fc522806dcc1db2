"""Draft the description of a model that may read strokes, from a guess and the answers of a test run."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, cast

import numpy as np

from addon.inference.graph import as_array
from addon.inference.stroke_guess import StrokeGuess

_HEAD = """\
# A first draft by inkloop doctor, guessed from names and shapes. It loads, but it may still be wrong:
# compare each line with what the model was trained on, then ask it on labelled inks:
#   inkloop evaluate inks.npz --model {file}
# docs/own-models.md has the keys."""

_POINTS = 100
"""Rows along an ink where the model leaves that free."""

_FROM_DIFFERENCES = (31, 49, 63, 99, 127, 199, 255)
"""Rows that are probably the differences between one more point."""

_EMBEDDING = re.compile(r"embed|feature|pool|latent|encod", re.I)
_PROGRESS = re.compile(r"progress|complet|done|fraction", re.I)
_UNKNOWN = re.compile(r"unknown|novel|outlier|reject", re.I)
_TEXT = re.compile(r"ctc|log_?prob|text|char", re.I)
_UNKNOWN_LABELS = ("unknown", "other", "none", "garbage", "reject")

_COLUMNS: dict[int, tuple[str, ...]] = {
    2: ("x", "y"),
    3: ("dx", "dy", "pen up"),
    4: ("x", "y", "t", "pen up"),
    5: ("dx", "dy", "pen down", "pen up", "end of ink"),
}
_MANY_COLUMNS = (
    *("x", "y", "dx", "dy", "pen up", "t", "dt", "pressure", "speed", "cos", "sin", "curvature"),
    *("pen down", "stroke start", "end of ink", "x"),
)
_MEANINGS = {
    2: "where the points are, or dx, dy: the way from one to the next",
    3: "the way from the point before, and 1 at the last point of a stroke",
    5: "the five of sketch-rnn",
}


class _Out(NamedTuple):
    """An output as a test run shows it."""

    name: str
    array: Any
    keys: tuple[str, ...]
    kind: str
    scores: str = ""


def ink_draft(file: str, guess: StrokeGuess, answers: Mapping[str, Any], labels: Sequence[str]) -> str:
    """A description as TOML.

    Args:
        file: Name of the model's file.
        guess: How it may read strokes.
        answers: Its answers in a test run, by name.
        labels: Classes named in the file; empty if there are none.
    """
    outs = _outs(guess, answers, labels)
    parts = [_HEAD.format(file=file)]
    if guess.state:
        pairs = ", ".join(f"[{quoted(given)}, {quoted(made)}]" for given, made in guess.state)
        parts.append(f"state = [{pairs}]  # each is fed from the output of the step before")
    parts.append(_rows_input(guess) if guess.columns else _image_input(guess))
    if guess.constants:
        lines = [f"{quoted(name)} = 0.0  # check: it always gets this number" for name in guess.constants]
        parts.append("\n".join(["[constants]", *lines]))
    parts += [_output(out, labels) for out in outs]
    return "\n\n".join(parts) + "\n"


def _rows_input(guess: StrokeGuess) -> str:
    count = guess.columns
    differences = guess.rows in _FROM_DIFFERENCES
    names = _COLUMNS.get(count, _MANY_COLUMNS[:count])
    if count == 2 and (differences or guess.state):
        names = ("dx", "dy")
    meaning = _MEANINGS.get(count, "only their number is known: put the right ones in the right order")
    lines = [
        "[input]",
        f"name = {quoted(guess.name)}",
        'is = "ink"',
        f"# check the columns ({meaning}); a factor is written as in",
        '# {is = "dx", factor = 20}',
        f"columns = [{', '.join(map(quoted, names))}]",
        *_sampling(guess, differences),
        '# check what a length of 1 is: or "height", "width", "diagonal", "taught", or a number of pixels',
        'scale = "larger side"',
    ]
    if "x" in names:
        place = "center" if guess.flat or not guess.state else "first"
        lines.append(f'origin = "{place}"  # check where 0 is: "first", "center", "corner", "mean", "window"')
    lines.append('y = "down"  # check: "up" if y grows upward')
    other = {"N(CT)": "N(TC)", "(CT)": "(TC)"}.get(guess.layout) if guess.flat else None
    order = f'  # check: "{other}" if x and y of each point follow each other' if other else ""
    lines.append(f'layout = "{guess.layout}"{order}')
    if guess.lengths:
        lines.append(f"lengths = {quoted(guess.lengths)}  # this input gets the number of rows")
    if guess.mask:
        lines.append(f"mask = {quoted(guess.mask)}  # this input gets 1 for rows of the ink, 0 for padding")
    if guess.state:
        lines += [
            "# With points, or the scale and origin of the ink, earlier rows change while it grows; the",
            '# ink is then read again at each answer. A model of rows that stay (scale = "taught", no',
            "# points) needs no replay.",
            "replay = true",
        ]
    return "\n".join(lines)


def _sampling(guess: StrokeGuess, differences: bool) -> list[str]:
    if guess.rows > 1:
        points = guess.rows + 1 if differences else guess.rows
        made = [
            f"# check: so many points along the whole ink; for padding, write length = {guess.rows} instead,",
            "# with spacing, time_step or neither",
            f"points = {points}",
        ]
        return [*made, "drop_first = true  # check: rows are differences of points"] if differences else made
    return [
        f"points = {_POINTS}  # check: so many along the whole ink; else spacing = 0.05 (in lengths of 1),",
        "# time_step = 0.01 (seconds), or none of them for the samples of the pen as they come",
    ]


def _image_input(guess: StrokeGuess) -> str:
    height, width = guess.size
    size = f"{height}" if height == width else f"[{height}, {width}]"
    return "\n".join(
        [
            "# For ImageClassifier, which takes pictures, write another description: docs/vision.md",
            "[input]",
            f"name = {quoted(guess.name)}",
            'is = "ink image"',
            f"size = {size}",
            f"line_width = {max(round(min(height, width) / 16, 1), 1.0)}  # check: in pixels",
            f"margin = {max(round(min(height, width) / 10), 1)}  # check: pixels around the ink",
            'center = "box"  # check: "mass" as in MNIST and EMNIST',
            "invert = false  # check: true for dark ink on a light ground",
            "transposed = false  # true for the files of EMNIST as they are",
            "# check what ground and ink are: also [0.0, 255.0], [-1.0, 1.0]",
            f"range = [0.0, {255.0 if guess.whole else 1.0}]",
            "# mean = 0.1307  # these two are MNIST's, if it was trained with them",
            "# std = 0.3081",
            f'layout = "{guess.layout}"',
        ]
    )


def _outs(guess: StrokeGuess, answers: Mapping[str, Any], labels: Sequence[str]) -> list[_Out]:
    """The outputs worth describing, the classes first."""
    states = {made for _, made in guess.state}
    found = [_out(name, made, guess, labels) for name, made in answers.items() if name not in states]
    main = [out for out in found if out.kind in ("classes", "text")][:1]
    # A label next to the classes adds nothing, and a second list of scores has no place.
    main = main or [out for out in found if out.kind == "label"][:1]
    more = [out for out in found if out.kind in ("progress", "unknown", "embedding")]
    return [*main, *{out.kind: out for out in reversed(more)}.values()]


def _out(name: str, made: Any, guess: StrokeGuess, labels: Sequence[str]) -> _Out:
    listed = cast(list[Any], made) if isinstance(made, list) else []
    keys = (
        tuple(map(str, sorted(cast(dict[Any, Any], listed[0]))))
        if listed and isinstance(listed[0], dict)
        else ()
    )
    array = np.asarray(as_array(made))
    if array.dtype.kind in "iuOUS":
        return _Out(name, array, (), "label")
    classes = array.shape[-1] if array.ndim else 1
    if classes == 1 or array.dtype.kind != "f":
        kind = "progress" if _PROGRESS.search(name) else "unknown" if _UNKNOWN.search(name) else ""
        return _Out(name, array, (), kind)
    if _EMBEDDING.search(name):
        return _Out(name, array, (), "embedding")
    scores = _scores(array)
    if _is_text(name, array, guess, labels):
        return _Out(name, array, keys, "text", scores)
    return _Out(name, array, keys, "classes", scores)


def _is_text(name: str, array: Any, guess: StrokeGuess, labels: Sequence[str]) -> bool:
    """Whether an output is characters at each place along the ink (CTC)."""
    if not guess.columns or array.ndim != 3 or max(array.shape[:2]) < 2 or guess.rows == 1:
        return False
    return bool(_TEXT.search(name)) or len(labels) == array.shape[-1] - 1


def _scores(array: Any) -> str:
    rows = array.reshape(-1, array.shape[-1]).astype(np.float64)
    sums = rows.sum(axis=-1)
    return "probabilities" if rows.min() >= 0 and np.abs(sums - 1).max() < 1e-3 else "logits"


def _output(out: _Out, metadata: Sequence[str]) -> str:
    lines = ["[[output]]", f"name = {quoted(out.name)}", f'is = "{out.kind}"']
    if out.kind not in ("classes", "text"):
        if out.kind == "label" and metadata:
            lines.append(f"labels = [{', '.join(map(quoted, metadata))}]  # from the file")
        return "\n".join(lines)
    if out.kind == "classes":
        why = "they add up to 1" if out.scores == "probabilities" else "they do not add up to 1"
        lines.append(f'scores = "{out.scores}"  # in a test run {why}')
    else:
        lines.append("blank = 0  # check: -1 for the last class")
    count = out.array.shape[-1] - int(out.kind == "text")
    labels, why = _labels(out, count, metadata)
    lines += [f"# check the labels, in the order of the classes; {why}"]
    lines.append(f"labels = [{', '.join(map(quoted, labels))}]")
    lines += [
        f"unknown = {quoted(label)}  # check: what is none of the others"
        for label in labels
        if label.lower() in _UNKNOWN_LABELS
    ][:1]
    return "\n".join(lines)


def _labels(out: _Out, count: int, metadata: Sequence[str]) -> tuple[Sequence[str], str]:
    whole = out.array.shape[-1]
    if len(metadata) in (count, whole) and len(set(metadata)) == len(metadata):
        return metadata, "these are from the file"
    if len(out.keys) == whole:
        return out.keys, "these are from the file"
    if count == 26:
        return [chr(ord("a") + place) for place in range(26)], "26 are probably the letters"
    return list(map(str, range(count))), "these are only their numbers"


def quoted(name: str) -> str:
    """A string of TOML."""
    escaped = "".join(
        letter if letter.isprintable() and letter not in '"\\' else f"\\U{ord(letter):08X}" for letter in name
    )
    return f'"{escaped}"'
