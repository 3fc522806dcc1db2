"""The state of a recurrent model: pairs of inputs and outputs, found by name and shape."""

import re
from collections.abc import Sequence
from itertools import product
from typing import NamedTuple

_MARKS = re.compile(
    r"(next|new|out(put)?|in(put)?|init(ial)?|prev(ious)?|past|present|cur(rent)?|updated|n|t)"
)

_STATE = re.compile(r"(.*(hidden|state|cell|memory).*)|([hc]_?(x|\d*|in|prev))")
_NUMBERED = re.compile(r"(output|out|tensor|val|getitem|onnx::\w+|[a-z_]*)?[_.]?\d+", re.I)


class Signature(NamedTuple):
    """An input or output of a model.

    Attributes:
        name: Its name.
        shape: Its sizes; a name or None for a free size.
        type: Type of its elements, in any notation that is the same for all signatures.
    """

    name: str
    shape: Sequence[int | str | None]
    type: str


def state_pairs(inputs: Sequence[Signature], outputs: Sequence[Signature]) -> tuple[tuple[str, str], ...]:
    """Pairs of input and output that are the same state before and after a step: alike in shape, type, name.

    Names are alike if they are equal without numbers and words such as "in", "out" and "next": h and hn, h0
    and h_next, state and stateN, past_key and present_key. At least one input must not be in a pair.
    """
    pairs: list[tuple[str, str]] = []
    taken: set[str] = set()
    for given, made in product(inputs, outputs):
        if given.name in (pair[0] for pair in pairs) or made.name in taken or len(given.shape) < 2:
            continue
        if may_be_same(given, made) and _core(given.name) == _core(made.name) != "":
            pairs.append((given.name, made.name))
            taken.add(made.name)
    if not pairs:
        pairs = _by_shape(inputs, outputs)
    return tuple(pairs) if 0 < len(pairs) < len(inputs) else ()


def _by_shape(inputs: Sequence[Signature], outputs: Sequence[Signature]) -> list[tuple[str, str]]:
    """Pairs in which only the input has the name of a state, because exporters number unnamed outputs.

    Empty unless there are as many such outputs of a size as such inputs.
    """
    states = [given for given in inputs if len(given.shape) >= 2 and _STATE.fullmatch(given.name.lower())]
    pairs: list[tuple[str, str]] = []
    for given in states:
        alike = [each.name for each in states if list(each.shape) == list(given.shape)]
        made = [
            each.name
            for each in outputs
            if list(each.shape) == list(given.shape)
            and each.type == given.type
            and _NUMBERED.fullmatch(each.name)
        ]
        if len(made) != len(alike):
            return []
        # Inputs of the same size, such as h and c, come out in the same order.
        pairs.append((given.name, made[alike.index(given.name)]))
    return pairs


def may_be_same(given: Signature, made: Signature) -> bool:
    """Whether an output could be fed to an input: the same type, and no contradicting size."""
    if len(given.shape) != len(made.shape) or given.type != made.type:
        return False
    return all(
        a == b or not (isinstance(a, int) and isinstance(b, int))
        for a, b in zip(given.shape, made.shape, strict=True)
    )


def _core(name: str) -> str:
    """A name without numbers and without words for before and after; empty if nothing is left."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    parts = [part for part in re.split(r"[^a-z]+", spaced.lower()) if part]
    kept = [part for part in parts if not _MARKS.fullmatch(part)]
    # torch names the states after the last step hn and cn.
    return re.sub(r"^([hc])n$", r"\1", "".join(kept))
