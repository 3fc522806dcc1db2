"""What runs in the process of a `Model`: any ONNX file, or what a function of the author's makes."""

import importlib
import importlib.util
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, cast

import numpy as np

from addon.arrays import Array, Tensors
from addon.background.limits import limit_this_process
from addon.background.worker import notices_of
from addon.errors import ModelError
from addon.inference.fed_arrays import as_array
from addon.inference.graph import GraphSession, TensorInfo, check_sizes, open_graph, signatures
from addon.inference.providers import choose_here
from addon.inference.recurrent import RecurrentModel, constant_array, stream
from addon.inference.recurrent_state import state_pairs
from addon.model.adaptor import Adaptor, adaptor_of, check_names
from addon.text import quoted

STREAM = "\0stream"
"""Name of the number of the stream that an input belongs to; no input of a model can have that name."""

Run = Callable[[Tensors], Mapping[str, Any]]


class ServedModel:
    """Answers arrays by name, in the streams that they belong to.

    Args:
        run: From arrays by name to arrays by name; with a method `reset` if it has a state.
        name: Of the model, for messages.
        about: What `describe` returns.
    """

    def __init__(self, run: Run, name: str, about: Mapping[str, Any]) -> None:
        self._run = run
        self._name = name
        self._about = about
        self._stream = 0
        self._notices: list[str] = []

    def __call__(self, given: Tensors) -> dict[str, Array]:
        """Answer; an input of another stream than the last one begins with an empty state."""
        number = int(given[STREAM])
        if number != self._stream:
            self._stream = number
            reset = getattr(self._run, "reset", None)
            if reset is not None:
                reset()
        made = self._run({name: array for name, array in given.items() if name != STREAM})
        if not isinstance(made, Mapping):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise ModelError(
                f"{self._name}: its answer is of type {type(made).__name__}; it must be a dict of arrays"
            )
        answer = {str(name): self._plain(str(name), value) for name, value in made.items()}
        return {**answer, STREAM: np.array(number)}

    def describe(self) -> Mapping[str, Any]:
        """What it takes and gives, as plain data."""
        return self._about

    def take_notices(self) -> list[str]:
        """Notices for the user since the last call."""
        notices, self._notices = self._notices + notices_of(self._run), []
        return notices

    def _plain(self, name: str, value: Any) -> Array:
        array = as_array(value)
        if array is None:
            raise ModelError(
                f"{self._name}: its output {quoted(name)} is of type {type(value).__name__}, "
                "which is no array of numbers or text"
            )
        if array.dtype.kind == "f" and np.isnan(array).any():
            self._notices.append(f"its output {quoted(name)} has numbers that are not finite (NaN)")
        return array


class FedForward:
    """A model without a state, with its constant inputs filled in."""

    def __init__(self, graph: GraphSession, constants: Mapping[str, float]) -> None:
        self._graph = graph
        inputs = {info.name: info for info in graph.inputs}
        self._constants = {name: constant_array(inputs[name], value) for name, value in constants.items()}
        self.inputs = tuple(info for info in graph.inputs if info.name not in constants)
        self.outputs = graph.outputs
        self._notice = graph.notice

    def __call__(self, given: Tensors) -> dict[str, Array]:
        """Run the model."""
        return self._graph.run({**given, **self._constants})

    def take_notices(self) -> list[str]:
        """That it has moved to the CPU, if it has since the last call."""
        before, self._notice = self._notice, self._graph.notice
        return [self._notice] if self._notice and self._notice != before else []


def open_file(
    path: str,
    provider: str = "auto",
    require: str | None = None,
    threads: int = 1,
    recurrent: bool | None = None,
    state: Sequence[Sequence[str]] = (),
) -> ServedModel:
    """Limit this process and open an untrusted ONNX file.

    Args:
        path: The file; a description next to it may name its state and its constant inputs.
        provider: As for `Model`.
        require: As for `Model`.
        threads: Threads for one operator.
        recurrent: As for `Model`.
        state: Pairs of an input and the output that feeds it; none to use the description's, or to find them.

    Raises:
        ModelError: It is damaged, or does not fit its description or `state`.
        ProviderError: The required provider does not run here.
    """
    limit_this_process()
    file = Path(path)
    described = adaptor_of(file) or Adaptor()
    graph = open_graph(file, choose_here(provider, require), threads=threads)
    inputs, outputs = ({info.name: info for info in each} for each in (graph.inputs, graph.outputs))
    try:
        check_names(described, inputs, outputs)
    except ModelError as error:
        raise ModelError(f"{file.name}: {error}") from error
    check_sizes(file.name, {info.name: info.shape for info in graph.inputs})
    constants = dict(described.constants)
    pairs = () if recurrent is False else _pairs(graph, described, state)
    if recurrent and not pairs:
        raise ModelError(
            f'{file.name}: no state was found in it; name it, as in state=[("h", "h_next")]: an input '
            "and the output that it is fed from"
        )
    if pairs:
        model = RecurrentModel(graph, pairs, constants, "cuda" if graph.provider == "cuda" else "")
        run: Run = stream(model, batch=None)
        takes, gives = model.inputs, model.outputs
    else:
        run = model = FedForward(graph, constants)
        takes, gives = model.inputs, model.outputs
    about = {
        "recurrent": bool(pairs),
        "provider": graph.provider,
        "inputs": plain_infos(takes),
        "outputs": plain_infos(gives),
        "classes": {name: list(classes) for name, classes in graph.classes.items()},
        "notices": [graph.notice] if graph.notice else [],
    }
    return ServedModel(run, file.name, about)


def open_own(
    maker: str, file: str, arguments: Mapping[str, Any], folders: Sequence[str], name: str
) -> ServedModel:
    """Run what an author's function makes.

    Args:
        maker: "module:function".
        file: The module's file, if it is a sketch that was started; else empty.
        arguments: Of the function, by keyword.
        folders: Where modules are looked for after all other places; the sketch's first.
        name: Of the model, for messages.

    Raises:
        ModelError: There is no such function, or it makes no function.
    """
    sys.path += [folder for folder in folders if folder not in sys.path]
    made = found_function(maker, file, folders[0] if folders else "")(**arguments)
    if not callable(made):
        raise ModelError(
            f"{maker} returns {type(made).__name__}; it must return a function from arrays by name to arrays "
            "by name"
        )
    return ServedModel(cast(Run, made), name, {})


def found_function(maker: str, file: str = "", folder: str = "") -> Callable[..., Any]:
    """The function that "module:function" names.

    Args:
        maker: The names.
        file: The module's file, if it is not to be found by its name.
        folder: The sketch's folder; empty for none.

    Raises:
        ModelError: There is no such module, or no such function in it, or another module of that name hides
            the one next to the sketch.
    """
    module, _, name = maker.partition(":")
    try:
        place: Any = _sketch(file) if file else importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name and f"{module}.".startswith(f"{error.name}."):
            raise ModelError(
                f"there is no module {quoted(module)} next to the sketch or among the installed ones"
            ) from error
        raise
    own = Path(folder, *module.split(".")).with_suffix(".py")
    imported = Path(getattr(place, "__file__", None) or "")
    if folder and not file and own.is_file() and imported.resolve() != own.resolve():
        raise ModelError(f"{own.name} next to the sketch is hidden by another module of that name; rename it")
    for part in name.split("."):
        place = getattr(place, part, None)
    if not callable(place):
        raise ModelError(f"there is no function {quoted(name)} in {quoted(module)}")
    return cast(Callable[..., Any], place)


def plain_infos(infos: Sequence[TensorInfo]) -> list[Any]:
    """Inputs or outputs as plain data, see `infos_of`."""
    return [[info.name, list(info.shape), info.dtype.str] for info in infos]


def infos_of(plain: Sequence[Any]) -> tuple[TensorInfo, ...]:
    """Inputs or outputs from plain data."""
    return tuple(TensorInfo(name, tuple(shape), np.dtype(dtype)) for name, shape, dtype in plain)


def _pairs(
    graph: GraphSession, described: Adaptor, state: Sequence[Sequence[str]]
) -> tuple[tuple[str, str], ...]:
    if state:
        return tuple((given, made) for given, made in state)
    return described.state or state_pairs(signatures(graph.inputs), signatures(graph.outputs))


def _sketch(file: str) -> ModuleType:
    """Import a sketch's file under a private name, as `inkloop run` does: it may be called like a module."""
    name = f"_inkloop_{Path(file).stem}"
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise ModelError(f"{Path(file).name} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module
