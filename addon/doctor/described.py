"""Check a model's description against the model, and draft a new one."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from addon.doctor.findings import Kind, Value
from addon.doctor.ink_draft import quoted
from addon.doctor.inputs import type_of
from addon.doctor.kinds import Judgement, Sizes, has_four, is_picture, kinds_of, layout_of
from addon.errors import ModelError
from addon.model.adaptor import Adaptor, Layout, OutputKind, check_names
from addon.model.image_arrays import WHOLE, for_type

_HEAD = (
    "# A first draft by inkloop doctor, guessed from shapes: check each line. docs/vision.md has the keys."
)
_MEANINGS: dict[Kind, OutputKind] = {
    "image classifier": "classes",
    "image to image": "picture",
    "heat map": "heat map",
    "map": "map",
    "class map": "class map",
    "features": "features",
}
_COLOR = 'color = "RGB"  # or "BGR", "gray"'
_MEANS = """# mean = [0.485, 0.456, 0.406]  # these two are torchvision's
# std = [0.229, 0.224, 0.225]"""


def check_description(described: Adaptor, inputs: Sequence[Value], fed: Sizes, answered: Sizes) -> None:
    """Refuse a description that does not fit the model.

    Args:
        described: The description.
        inputs: The inputs that the model declares.
        fed: Sizes of the inputs that were fed, by name.
        answered: Sizes of the outputs, by name.

    Raises:
        ModelError: It names an input or output that does not exist, has another number of labels than the
            model has classes, or feeds numbers that an input cannot hold.
    """
    check_names(described, fed, answered)
    name = described.input.name or next(iter(fed), "")
    for value in inputs:
        if value["name"] == name and described.input.kind == "image" and is_picture(fed[name]):
            for_type(described.input, name, type_of(value["type"])[1])
    for output in described.outputs:
        shape = answered[output.name] if output.name else next(iter(answered.values()))
        classes = [size for size in shape[1:] if size != 1] or [1]
        if output.kind == "classes" and output.labels and classes != [len(output.labels)]:
            name = output.name or next(iter(answered))
            has = " × ".join(map(str, classes))
            raise ModelError(f"its output {name!r} has {has} classes; {len(output.labels)} labels are given")


def draft(
    judged: Judgement, inputs: Sequence[Value], fed: Sizes, answered: Sizes, outputs: Sequence[Value] = ()
) -> str:
    """Draft a description as TOML; empty if there is nothing to describe.

    Args:
        judged: The kind of model.
        inputs: The inputs that it declares.
        fed: Sizes of the inputs that were fed, by name.
        answered: Sizes of the outputs, by name.
        outputs: The outputs that it declares, if each is to be judged by its own form.
    """
    picture = next((name for name, sizes in fed.items() if is_picture(sizes)), "")
    if judged.state:
        pairs = ", ".join(f"[{quoted(given)}, {quoted(made)}]" for given, made in judged.state)
        first = next(value["name"] for value in inputs if value["name"] not in dict(judged.state))
        parts = [f"state = [{pairs}]", f'[input]\nname = {quoted(first)}\nis = "features"']
    elif picture:
        parts = [_input(picture, fed[picture], inputs)]
    else:
        return ""
    made = [name for name in answered if name not in (pair[1] for pair in judged.state)]
    forms: Mapping[str, OutputKind] = {}
    layout: Layout = layout_of(fed[picture]) if picture else "NCHW"
    if picture and judged.kind != "detector":
        forms = kinds_of(outputs, answered, fed[picture])
    for name in made:
        kind = forms.get(name) or _meaning(judged.kind, answered[name])
        parts.append(_output(name, kind, answered[name], layout))
    return "\n\n".join((_HEAD, *parts)) + "\n"


def _input(name: str, sizes: Sequence[int], inputs: Sequence[Value]) -> str:
    layout = layout_of(sizes)
    lines = ["[input]", f"name = {quoted(name)}", f'layout = "{layout}"']
    gray = sizes[layout.index("C")] == 1
    value = next(value for value in inputs if value["name"] == name)
    declared, floats = value["shape"], type_of(value["type"])[1].kind == "f"
    lines += ['color = "gray"' if gray else _COLOR, _range(type_of(value["type"])[1])]
    lines += [_MEANS] if floats and not gray else []
    sides = [declared[layout.index(axis)] for axis in "HW"]
    if not all(isinstance(side, int) and side > 0 for side in sides):
        lines.append(f"size = [{sizes[layout.index('H')]}, {sizes[layout.index('W')]}]  # it takes others")
    lines.append('resize = "crop"  # or "stretch", "fit", "ten", "keep"')
    return "\n".join(lines)


def _range(dtype: np.dtype[Any]) -> str:
    if dtype.kind == "f":
        return "range = [0.0, 1.0]  # what black and white become: also [-1.0, 1.0], [0.0, 255.0]"
    if dtype.kind == "b":
        return "range = [0.0, 1.0]  # a picture's darker and brighter half"
    low, high = (-128.0, 127.0) if dtype == np.int8 else WHOLE
    return f"range = [{low}, {high}]  # what black and white become; {dtype} holds whole numbers"


def _output(name: str, kind: OutputKind, sizes: Sequence[int], layout: Layout) -> str:
    lines = ["[[output]]", f"name = {quoted(name)}", f'is = "{kind}"']
    if kind == "classes":
        lines += ['scores = "logits"  # or "probabilities", if they add up to 1']
        lines += ['# labels = "labels.txt"  # in this folder, one class a line']
    elif kind in ("picture", "heat map"):
        lines.append(f'layout = "{layout_of(sizes)}"')
    elif kind in ("map", "class map") and len(sizes) == 4:
        lines.append(f'layout = "{layout}"')
    if kind == "map":
        lines.append(
            "# range = [0.0, 10.0]  # what is drawn darkest and brightest; by default it is stretched"
        )
    elif kind == "class map":
        lines.append('# labels = "labels.txt"  # in this folder, one class a line')
    elif kind == "boxes":
        lines.append('corners = "xyxy"  # or "xywh", "center"')
    return "\n".join(lines)


def _meaning(kind: Kind, sizes: Sequence[int]) -> OutputKind:
    if kind == "detector":
        return "boxes" if has_four(sizes) else "features"
    meaning = _MEANINGS.get(kind, "features")
    return meaning if meaning in ("classes", "features") or is_picture(sizes) else "features"
