"""Advice on a model: one sentence for each problem it may cause."""

from collections.abc import Mapping, Sequence

from addon.doctor.findings import Findings, Kind, Value
from addon.doctor.kinds import is_picture

LARGE = 100 * 1024**2


def advice(found: Findings, finite: bool, described: bool) -> list[str]:
    """Sentences of advice, the most important first.

    Args:
        found: What is known about the model.
        finite: Whether its answers to made-up inputs were finite.
        described: Whether it has a description.
    """
    kind, size = found.get("kind", "unknown"), found.get("bytes", 0)
    inputs, outputs, anatomy = found.get("inputs", []), found.get("outputs", []), found.get("anatomy")
    sentences = [
        "" if finite else "its answers to made-up inputs are not numbers (NaN): try real ones before a show",
        _types(inputs, outputs),
        _frozen(kind, inputs),
        _external(anatomy["external"]) if anatomy else "",
        _domains(anatomy["operators"]) if anatomy else "",
        f"it is large ({size // 1024**2} MB): it loads in the background, but takes a while"
        if size > LARGE
        else "",
        "" if described else _adaptor(kind),
    ]
    return [sentence for sentence in sentences if sentence]


def free_axes(values: Sequence[Value]) -> dict[str, list[str]]:
    """Free sizes by name ("?" for those without a name), and where each occurs, as in "x:0"."""
    found: dict[str, list[str]] = {}
    for value in values:
        for axis, size in enumerate(value["shape"]):
            if not isinstance(size, int) or size < 0:
                found.setdefault(size if isinstance(size, str) else "?", []).append(f"{value['name']}:{axis}")
    return found


def _types(inputs: Sequence[Value], outputs: Sequence[Value]) -> str:
    for kind, values in (("input", inputs), ("output", outputs)):
        for value in values:
            name, of_type = value["name"], value["type"]
            if kind == "output" and of_type.startswith("seq(map("):
                return (
                    f"its output {name!r} is {of_type}: Inkloop reads it as an array, a column a class, in "
                    "order; export it with zipmap=False to get an array in the file"
                )
            if kind == "output" and of_type.startswith("seq(tensor("):
                return (
                    f"its output {name!r} is {of_type}: Model stacks it into one array, if its tensors "
                    "have one size; export plain tensors to keep them separate"
                )
            if not of_type.startswith("tensor("):
                return (
                    f"its {kind} {name!r} is {of_type}: Inkloop feeds and reads plain tensors; export it "
                    "without sequences or options"
                )
            if of_type == "tensor(float16)":
                return (
                    f"its {kind} {name!r} is float16: pictures and points are float32 here; export it with "
                    "keep_io_types=True, or feed it float16 yourself"
                )
            if of_type == "tensor(bfloat16)" or "float8" in of_type or "int4" in of_type:
                return (
                    f"its {kind} {name!r} is {of_type}, which numpy lacks; export inputs and outputs as "
                    "float32"
                )
    return ""


def _frozen(kind: Kind, inputs: Sequence[Value]) -> str:
    for value in inputs:
        shape = value["shape"]
        if not shape or kind in ("unknown", "stroke model") or free_axes([value]):
            continue
        if kind == "recurrent" or is_picture([size for size in shape if isinstance(size, int)]):
            return (
                f"its input {value['name']!r} is frozen at {' × '.join(map(str, shape))}: several callers "
                "cannot share one run; export it with a free batch (dynamic_shapes, or dynamic_axes)"
            )
    return ""


def _external(external: Mapping[str, int]) -> str:
    if not external:
        return ""
    files = ", ".join(external)
    return (
        f"its weights are in other files ({files}): move them together with it, or export it with "
        "external_data=False"
    )


def _domains(operators: Mapping[str, int]) -> str:
    foreign = sorted({name.rpartition(".")[0] for name in operators if "." in name})
    return f"it has operators of {', '.join(foreign)}, which other runtimes may lack" if foreign else ""


def _adaptor(kind: Kind) -> str:
    if kind == "stroke model":
        return "the file does not say how an ink is prepared for it: --adaptor writes a first draft"
    maps = ("image to image", "heat map", "map", "class map")
    needs = kind in ("image classifier", *maps, "detector", "features")
    return (
        "the file does not describe its colors, sizes and labels: --adaptor writes a first draft"
        if needs
        else ""
    )


def summary(operators: Mapping[str, int], most: int = 12) -> str:
    """The most frequent operators with their counts."""
    ordered = sorted(operators.items(), key=lambda item: (-item[1], item[0]))
    shown = ", ".join(f"{name} {count}" for name, count in ordered[:most])
    return f"{shown} and {len(ordered) - most} more" if len(ordered) > most else shown
