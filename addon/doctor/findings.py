"""The findings about a file, as the JSON document that `inkloop doctor --json` prints.

They come from a child process that opened an untrusted file, so they are only plain data.
"""

from typing import Any, Literal, Required, TypeAlias, TypedDict

Verdict: TypeAlias = Literal["runs", "refused", "crashed", "timed out"]
Kind: TypeAlias = Literal[
    "pen model",
    "pen encoder",
    "stroke model",
    "recurrent",
    "image classifier",
    "image to image",
    "heat map",
    "map",
    "class map",
    "detector",
    "text recogniser",
    "features",
    "unknown",
]


class Value(TypedDict):
    """An input or output: its name, sizes (a name or None where one is free), and ONNX Runtime's type."""

    name: str
    shape: list[int | str | None]
    type: str


class Anatomy(TypedDict):
    """The contents of the file, known without running it; `parameters` counts the numbers in weights."""

    ir_version: int
    producer: str
    opsets: dict[str, int]
    operators: dict[str, int]
    functions: list[str]
    parameters: int
    external: dict[str, int]


class Placement(TypedDict):
    """Where it runs: the requested and the actual provider, and the operators that ran, by provider."""

    asked: str
    runs: str
    notice: str
    parts: dict[str, dict[str, int]]


class Speed(TypedDict):
    """Milliseconds of a run with made-up inputs of these shapes, on one thread if it runs on the CPU."""

    inputs: dict[str, list[int]]
    outputs: dict[str, list[int]]
    median_ms: float
    p99_ms: float
    runs: int


class Findings(TypedDict, total=False):
    """All findings; what could not be found out is missing."""

    file: Required[str]
    verdict: Required[Verdict]
    why: str
    bytes: int
    sha256: str
    content: str
    anatomy: Anatomy
    inputs: list[Value]
    outputs: list[Value]
    classes: dict[str, list[str]]
    placement: Placement
    speed: Speed
    kind: Kind
    can: str
    state: list[list[str]]
    advice: list[str]
    metadata: dict[str, str]
    pen: dict[str, Any]
    adaptor: dict[str, Any]
    labels: list[str]
    draft: str


def runs(found: Findings) -> bool:
    """Whether it ran to an answer."""
    return found["verdict"] == "runs"
