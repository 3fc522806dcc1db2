"""Print findings for people in a terminal."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

import numpy as np
from rich.console import Console, Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from addon.arrays import Bools, Doubles
from addon.doctor.advice import free_axes, summary
from addon.doctor.findings import Findings, Placement, Speed, Value, runs
from addon.doctor.ink_lines import ink_lines
from addon.doctor.measure import shapes_text
from addon.text import escaped, shortened

_LONGEST = 700
_SHORT = 130
_FEW_LINES = 4
_FEW_ROWS = 30
_SCREEN = 18
"""Rows, some of which take two lines, of the 24 to 40 lines of a terminal."""
_MOST_LINES = 80
_LONGEST_NAME = 28
_HIDDEN = ("thumbnails", "reading", "labels", "columns", "format")

Row = tuple[str, str]


def show(found: Findings, console: Console, everything: bool = False) -> None:
    """Print findings.

    Args:
        found: The findings.
        console: Where to print.
        everything: Print all of it, not only what fits on a screen.
    """
    console.print(_headline(found))
    made = rows(found)
    shown = made if everything or len(made) <= _FEW_ROWS else _screenful(made, found)
    console.print(Padding(_table(shown), (0, 2)))
    if everything and "sha256" in found:
        # On a line of its own, so that it can be copied.
        console.print(f"  SHA-256  {found['sha256']}", soft_wrap=True)
    thumbnails: Mapping[str, Any] = found.get("pen", {}).get("thumbnails") or {}
    fits = len(shown) == len(made) and len(thumbnails) * (COLUMNS + 2) <= console.width - 4
    if not (everything or fits):
        left = len(made) - len(shown)
        more = [f"{left} lines"] * (left > 0) + ["the taught inks"] * bool(thumbnails)
        if more:
            console.print(f"  --all shows {' and '.join(more)} more")
    elif thumbnails:
        lines = sheet(
            {escaped(str(label)): strokes for label, strokes in thumbnails.items()}, console.width - 4
        )
        console.print(Padding(Group(Text("taught"), *(Text(line) for line in lines)), (1, 2)))
    advice = [("→", sentence) for sentence in found.get("advice", [])]
    console.print(Padding(_table(advice), (0, 2)) if advice else "", end="")


def rows(found: Findings) -> list[Row]:
    """Everything except the headline, as pairs of a heading and a text; a heading may be empty."""
    made: list[Row] = []
    if "can" in found:
        made.append((found.get("kind", ""), found["can"]))
    for heading, values in (("in", found.get("inputs", [])), ("out", found.get("outputs", []))):
        made += _under(heading, [_said_value(value) for value in values])
    for name, classes in found.get("classes", {}).items():
        made.append(("classes", f"{name}: {shortened(', '.join(classes), _SHORT)}"))
    made += _free(found.get("inputs", []))
    if "speed" in found:
        made.append(_speed(found["speed"], found.get("placement")))
    if "placement" in found:
        made += _placement(found["placement"])
    made += _anatomy(found)
    made += _under("metadata", [f"{key}: {text}" for key, text in found.get("metadata", {}).items()])
    made += _pen(found.get("pen", {}))
    made += [("classes", " ".join(found.get("labels", [])))] if found.get("labels") else []
    made += _under("description", _described(found.get("adaptor", {})))
    return made


def _screenful(made: Sequence[Row], found: Findings) -> list[Row]:
    """What fits on a screen: the first lines of each heading, shortened."""
    shown: list[Row] = []
    of_heading = 0
    for heading, text in made:
        of_heading = 0 if heading else of_heading + 1
        if of_heading < _FEW_LINES and len(shown) < _SCREEN - 2 * len(found.get("advice", [])):
            shown.append((heading, shortened(text, _SHORT)))
    return shown


def _headline(found: Findings) -> Text:
    color = "green" if runs(found) else "red"
    verdict, why = found["verdict"], found.get("why", "")
    name = Text(_plain(found["file"]), style="bold")
    return Text.assemble(name, "  ", (verdict, color), f": {_plain(why)}" if why else "")


def _table(made: Sequence[Row]) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for heading, text in made:
        table.add_row(Text(_plain(heading)[:_LONGEST_NAME]), Text(_plain(text)))
    return table


def _described(adaptor: Mapping[str, Any]) -> list[str]:
    """The inputs and outputs of a description."""
    if not adaptor:
        return []
    fed = adaptor["input"]
    picture = f", {fed['layout']}, {fed['color']}, {fed['resize']}" if fed["kind"] == "image" else ""
    made = [f"{fed['name'] or 'the first input'} is {fed['kind']}{picture}"]
    made += ink_lines(adaptor["ink"]) if adaptor["ink"] else []
    for output in adaptor["outputs"]:
        labels = f", {len(output['labels'])} labels" if output["labels"] else ""
        scores = f" as {output['scores']}" if output["kind"] == "classes" else ""
        unknown = f", {output['unknown']} is unknown" if output["unknown"] else ""
        made.append(f"{output['name'] or 'the first output'} is {output['kind']}{scores}{labels}{unknown}")
    made += [f"{given} is fed from {after}" for given, after in adaptor["state"]]
    made += [f"{name} is always {value:g}" for name, value in adaptor["constants"]]
    lengths = adaptor["lengths"]
    return made + ([f"progress by the usual length of {len(lengths)} classes"] if lengths else [])


def _under(heading: str, texts: Sequence[str]) -> list[Row]:
    shown = list(texts[:_MOST_LINES])
    if len(texts) > len(shown):
        shown.append(f"and {len(texts) - len(shown)} more")
    return [(heading if index == 0 else "", text) for index, text in enumerate(shown)]


def _said_value(value: Value) -> str:
    sizes = " × ".join(
        "free" if size is None else shortened(str(size), _LONGEST_NAME) for size in value["shape"]
    )
    plain = value["type"].startswith("tensor(")
    kind = value["type"][len("tensor(") : -1] if plain else value["type"]
    return f"{value['name']}  {sizes or 'a number'}  {kind}"


def _free(inputs: Sequence[Value]) -> list[Row]:
    axes = free_axes(inputs)
    if not inputs:
        return []
    if not axes:
        return [("free sizes", "none: every run has the sizes above")]
    named = ", ".join(
        f"{shortened(name, _LONGEST_NAME)} ({', '.join(places)})" for name, places in axes.items()
    )
    return [("free sizes", named)]


def _speed(speed: Speed, placement: Placement | None) -> Row:
    where = "on one thread of the CPU" if placement is not None and placement["runs"] == "cpu" else ""
    return (
        "speed",
        f"median {speed['median_ms']:.3g} ms, p99 {speed['p99_ms']:.3g} ms of {speed['runs']} runs {where} "
        f"with made-up {shapes_text(speed['inputs'])}",
    )


def _placement(placement: Placement) -> list[Row]:
    parts = placement["parts"]
    if len(parts) > 1:
        by_provider = [f"{provider}: {summary(operators)}" for provider, operators in parts.items()]
        return _under("runs on", by_provider)
    # The notice is written for a recogniser; here only its reason matters.
    reason = placement["notice"].partition(": ")[2]
    return [("runs on", f"{placement['runs']}, all of it{f': {reason}' if reason else ''}")]


def _anatomy(found: Findings) -> list[Row]:
    if "anatomy" not in found:
        return []
    anatomy = found["anatomy"]
    opsets = ", ".join(f"{domain} {version}" for domain, version in anatomy["opsets"].items())
    made = [
        ("operators", summary(anatomy["operators"])),
        ("opset", f"{opsets or 'none'}; file format (IR) {anatomy['ir_version']}"),
        ("weights", f"{anatomy['parameters']:,} numbers; the file has {found.get('bytes', 0):,} bytes"),
        ("made by", anatomy["producer"] or "unknown"),
        ("SHA-256", f"{found.get('sha256', '')[:16]}..."),
    ]
    made += [("functions", ", ".join(anatomy["functions"]))] if anatomy["functions"] else []
    made += [("weights in", f"{name}, {size:,} bytes") for name, size in anatomy["external"].items()]
    return made


def _pen(pen: Mapping[str, Any]) -> list[Row]:
    """The description of an Inkloop model; nested tables have a line for each of their entries."""
    made: list[Row] = []
    labels = pen.get("labels")
    if labels:
        made.append(("classes", " ".join(str(label) for label in labels)))
    for key, value in pen.items():
        if key in _HIDDEN or value in ("", {}, []):
            continue
        made += _under(key, entry_lines(value))
    return made


def _plain(text: str) -> str:
    return shortened(escaped(text), _LONGEST)


_DEEPEST = 8
_WITHIN = " / "


def entry_lines(value: Any, under: str = "", depth: int = 0) -> list[str]:
    """Lines that begin with their path: one for the plain values of a table, more for its nested tables.

    Args:
        value: A JSON value.
        under: The path to it.
        depth: Depth of nesting; deeper levels, as in an untrusted file, are replaced by "...".
    """
    entries = _entries(value)
    if depth > _DEEPEST:
        return [f"{under}: ..."]
    if not entries:
        return [f"{under}: {_value_text(value)}" if under else _value_text(value)]
    plain = [key for key, each in entries.items() if not _entries(each)]
    lines = [f"{key}: {_value_text(entries[key])}" for key in plain]
    if under and plain:
        lines = [f"{under}: {', '.join(f'{key} {_value_text(entries[key])}' for key in plain)}"]
    way = f"{under}{_WITHIN}" if under else ""
    for key, each in entries.items():
        if key not in plain:
            lines += entry_lines(each, f"{way}{key}", depth + 1)
    return lines


def _entries(value: Any) -> Mapping[str, Any]:
    """Entries by name; those of a list that has tables in it by number. Empty for a plain value."""
    if isinstance(value, dict):
        return cast(Mapping[str, Any], value)
    items = cast(list[Any], value) if isinstance(value, list) else []
    nested = any(isinstance(item, dict | list) for item in items)
    return {str(number + 1): item for number, item in enumerate(items)} if nested else {}


def _value_text(value: Any) -> str:
    return ", ".join(map(str, cast(list[Any], value))) if isinstance(value, list) else str(value)


COLUMNS = 14
ROWS = 7
MOST_POINTS = 2000
_LARGEST = 255.0
_BLOCKS = {(False, False): " ", (True, False): "▀", (False, True): "▄", (True, True): "█"}


def half_blocks(strokes: Sequence[Any], columns: int = COLUMNS, rows: int = ROWS) -> list[str]:
    """Draw strokes.

    Args:
        strokes: Each a list of [x, y] in 0..255, y downward; anything else is ignored.
        columns: Characters a line.
        rows: Lines, each two pixels high.

    Returns:
        `rows` lines of `columns` characters.
    """
    pixels = np.zeros((2 * rows, columns), dtype=np.bool_)
    for stroke in strokes:
        points = _points(stroke)
        scaled = points / _LARGEST * (columns - 1, 2 * rows - 1)
        x, y = np.round(_along(scaled)).astype(int).T
        pixels[y, x] = True
    return [
        "".join(_BLOCKS[bool(up), bool(down)] for up, down in zip(*pair, strict=True))
        for pair in _pairs(pixels)
    ]


def sheet(thumbnails: Mapping[str, Sequence[Any]], width: int) -> list[str]:
    """Lay out thumbnails in rows, each with its label below.

    Args:
        thumbnails: Strokes by label.
        width: Most characters of a line.
    """
    each = COLUMNS + 2
    a_row = max(1, width // each)
    labels = list(thumbnails)
    lines: list[str] = []
    for at in range(0, len(labels), a_row):
        row = labels[at : at + a_row]
        pictures = [half_blocks(thumbnails[label]) for label in row]
        lines += ["  ".join(parts).rstrip() for parts in zip(*pictures, strict=True)]
        lines += ["  ".join(label[:COLUMNS].center(COLUMNS) for label in row).rstrip(), ""]
    return lines[:-1]


def _points(stroke: Any) -> Doubles:
    """A stroke's points within the picture; none if it is not a list of points."""
    try:
        points = np.asarray(stroke, dtype=np.float64)
    except (TypeError, ValueError):
        return np.zeros((0, 2))
    if points.ndim != 2 or points.shape[1] != 2 or not np.isfinite(points).all():
        return np.zeros((0, 2))
    return points[:MOST_POINTS].clip(0.0, _LARGEST)


def _along(points: Doubles) -> Doubles:
    """Points interpolated so that no pixel between them is left out."""
    if len(points) < 2:
        return points
    steps = int(np.ceil(np.abs(np.diff(points, axis=0)).max() * 2)) + 1
    shares = np.linspace(0.0, 1.0, steps + 1)[:, None, None]
    return (points[:-1] + shares * np.diff(points, axis=0)).reshape(-1, 2)


def _pairs(pixels: Bools) -> list[tuple[list[bool], list[bool]]]:
    return [(pixels[at].tolist(), pixels[at + 1].tolist()) for at in range(0, len(pixels), 2)]
