"""The provider that runs each node of an open model, and the move to the CPU when a device fails.

The providers that a session lists say nothing about what runs: a provider that takes no node of the graph
stays first in that list. ONNX Runtime reports the provider of each node; a version that cannot is asked to
write a profile.
"""

import json
import logging
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from addon.errors import AddonError, ModelError, ProviderError, said
from addon.inference.opening import ModelFile, open_session
from addon.inference.providers import CPU, Choice, Provider, asks_for, short_name
from addon.text import escaped

Opened = TypeVar("Opened")

RECORD = "session.record_ep_graph_assignment_info"
NO_CPU = "session.disable_cpu_ep_fallback"

# Copies that ONNX Runtime adds between two providers; they are not nodes of the model.
_COPIES = ("MemcpyToHost", "MemcpyFromHost")
_NUMPY = {"float": "float32", "double": "float64"}

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Placement:
    """The providers that run the nodes of a model.

    Attributes:
        nodes: How many nodes each provider runs, by its short name.
        elsewhere: Operators that do not run on `provider`, the most common first.
    """

    nodes: Mapping[str, int]
    elsewhere: tuple[str, ...] = ()

    @property
    def provider(self) -> str:
        """Short name of the provider that runs most nodes; of two with equal numbers, not the CPU."""
        return max(self.nodes, key=lambda name: (self.nodes[name], name != "cpu"), default="cpu")

    @property
    def mixed(self) -> bool:
        """Whether several providers share the model."""
        return len(self.nodes) > 1

    def __str__(self) -> str:
        first, *others = sorted(self.nodes, key=lambda name: (name != self.provider, -self.nodes[name]))
        total = sum(self.nodes.values())
        parts = [f"{first} {self.nodes[first]} of {total} nodes", *(f"{n} {self.nodes[n]}" for n in others)]
        return ", ".join(parts)


@dataclass(frozen=True, slots=True, eq=False)
class Placed:
    """An open session and its placement.

    Attributes:
        session: ONNX Runtime's session.
        placement: The providers that run its nodes.
        notice: One line for the user if it runs on another provider than preferred; else empty.
    """

    session: Any
    placement: Placement
    notice: str

    @property
    def provider(self) -> str:
        """Short name of the provider that runs most nodes."""
        return self.placement.provider


def open_placed(
    file: ModelFile,
    choice: Choice,
    *,
    providers: Sequence[Provider] = (),
    threads: int = 1,
    appended: bytes = b"",
) -> Placed:
    """Open a model, and find out what runs it.

    Args:
        file: The model file, already read.
        choice: The providers to ask for.
        providers: The same providers with options; empty for `choice.providers`.
        threads: Threads for one operator.
        appended: Further fields of the model, put behind its bytes.

    Raises:
        ModelError: ONNX Runtime refuses it.
        ProviderError: One node or more does not run on the required provider.
    """
    asked = list(providers or choice.providers)

    def opened(names: Sequence[Provider], profile: str = "", **entries: str) -> Any:
        return open_session(file, names, threads, appended, entries=entries, profile=profile)

    if choice.required and choice.required != "cpu":
        # ONNX Runtime's own check, which does not accept a list with the CPU in it.
        alone = [each for each in asked if asks_for([each]) != "cpu"]
        try:
            session = opened(alone, **{RECORD: "1", NO_CPU: "1"})
            placement = placement_of(session) or Placement({choice.required: 1})
        except ModelError:
            session = opened(asked, **{RECORD: "1"})
            placement = placement_of(session) or profiled(opened, asked)
    else:
        session = opened(asked, **{RECORD: "1"})
        if asks_for(asked) == "cpu":
            placement = Placement({"cpu": 1})
        else:
            placement = placement_of(session) or profiled(opened, asked)
    return Placed(session, placement, truth(file.path.name, choice, placement))


def truth(name: str, choice: Choice, placement: Placement) -> str:
    """One line for the user if a model runs on another provider than preferred; else empty.

    Args:
        name: The model's name.
        choice: The providers that were asked for.
        placement: The providers that actually run it.

    Raises:
        ProviderError: It does not run on the required provider.
    """
    required = choice.required
    name = escaped(name)
    which = f" ({', '.join(placement.elsewhere[:4])})" if placement.elsewhere else ""
    if required and set(placement.nodes) != {required}:
        raise ProviderError(
            f"{name}: {required} is required, and ONNX Runtime runs it on {placement}{which}; "
            "leave `require` out to let both run it"
        )
    asked = asks_for(choice.providers)
    if asked not in placement.nodes:
        line = f"recognition runs on the {placement.provider.upper()}: {asked} takes no node of {name}"
        return ". ".join(filter(None, (line, choice.notice)))
    if placement.mixed:
        return ". ".join(filter(None, (f"{name} runs on {placement}{which}", choice.notice)))
    return choice.notice


def placement_of(session: Any) -> Placement | None:
    """The placement of a session opened with `RECORD`; None if this ONNX Runtime cannot report it."""
    ask = getattr(session, "get_provider_graph_assignment_info", None)
    if ask is None:
        return None
    found = [(part.ep_name, node.op_type) for part in ask() for node in part.get_nodes()]
    # A model without nodes consists of constants: no provider runs anything, and the CPU returns its answers.
    return placed(found) if found else Placement({"cpu": 1})


def placed(nodes: Iterable[tuple[str, str]]) -> Placement:
    """The placement of nodes, given as pairs of a provider's full name and an operator."""
    counted = Counter((short_name(provider), operator) for provider, operator in nodes)
    by_provider: Counter[str] = Counter()
    for (provider, operator), count in counted.items():
        if operator not in _COPIES:
            by_provider[provider] += count
    found = Placement(dict(by_provider))
    others = Counter({op: n for (provider, op), n in counted.items() if provider != found.provider})
    return replace(found, elsewhere=tuple(op for op, _ in others.most_common() if op not in _COPIES))


def profiled(opened: Callable[..., Any], asked: Sequence[Provider]) -> Placement:
    """The placement according to a profile that ONNX Runtime writes of a run on zeros.

    Args:
        opened: Opens a session with providers and settings.
        asked: The providers to ask for.
    """
    with tempfile.TemporaryDirectory(prefix="inkloop-", ignore_cleanup_errors=True) as folder:
        try:
            session = opened(asked, profile=str(Path(folder) / "profile"))
            try:
                session.run(None, {value.name: _zeros(value) for value in session.get_inputs()})
            finally:
                profile = Path(session.end_profiling())
            nodes = nodes_of(profile)
        except Exception as error:  # zeros do not fit its inputs: only the requested provider is known
            _log.info("what runs where is not known: %s", error)
            return Placement({asks_for(asked): 1})
    return placed((provider, operator) for provider, operator, _ in nodes)


def nodes_of(profile: Path) -> set[tuple[str, str, str]]:
    """Nodes in a profile of ONNX Runtime: the provider's full name, the operator and the node's name.

    Raises:
        OSError: The profile cannot be read.
        ValueError: The profile is incomplete.
    """
    events: list[dict[str, Any]] = json.loads(profile.read_text(encoding="utf-8"))
    nodes = {
        (event["args"].get("provider", ""), event["args"].get("op_name", ""), event["name"])
        for event in events
        if event.get("cat") == "Node" and event["name"].endswith("_kernel_time")
    }
    return {node for node in nodes if node[0]}


def on_cpu(choice: Choice, why: str) -> Choice:
    """The choice of the CPU after another provider has failed, with a notice that says so."""
    failed = asks_for(choice.providers)
    line = f"recognition runs on the CPU: it failed on {failed} ({escaped(why)})"
    return Choice((CPU,), ". ".join(filter(None, (line, choice.notice))))


def may_move(choice: Choice) -> bool:
    """Whether a model that fails on the chosen provider may move to the CPU: not if one is required."""
    return not choice.required and asks_for(choice.providers) != "cpu"


def or_on_cpu(choice: Choice, attempt: Callable[[Choice], Opened]) -> Opened:
    """Open a model with a choice; if that fails, open it on the CPU, if the choice allows that.

    Args:
        choice: The providers to ask for.
        attempt: Opens the model with a choice.

    Raises:
        ModelError: It fails on the CPU, too, or may not move there.
        ProviderError: It does not run on the required provider.
    """
    try:
        return attempt(choice)
    except AddonError as error:
        if not may_move(choice):
            raise
        why = said(error)
    opened = attempt(on_cpu(choice, why))
    _log.warning("a model moves to the CPU: %s", why)
    return opened


def _zeros(value: Any) -> Any:
    kind = value.type.removeprefix("tensor(").removesuffix(")")
    shape = [size if isinstance(size, int) else 1 for size in value.shape]
    return np.zeros(shape, np.dtype(_NUMPY.get(kind, kind)))
