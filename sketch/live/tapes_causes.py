"""What of a sketch no tape can repeat, as far as its source shows it."""

import ast
from collections.abc import Iterator
from pathlib import Path

CLOCKS = frozenset(
    {
        "time.time", "time.time_ns", "time.perf_counter", "time.perf_counter_ns", "time.monotonic",
        "time.monotonic_ns", "time.process_time", "time.localtime", "time.gmtime", "time.strftime",
        "datetime.datetime.now", "datetime.datetime.today", "datetime.datetime.utcnow", "datetime.date.today",
    }
)  # fmt: skip
UNSEEDED = frozenset(
    {
        "random.Random", "random.SystemRandom", "numpy.random.default_rng", "numpy.random.RandomState",
        "numpy.random.SeedSequence", "numpy.random.PCG64", "torch.rand", "torch.randn",
    }
)  # fmt: skip
"""Generators that begin anywhere unless they are given a seed."""

ALWAYS_RANDOM = frozenset({"os.urandom", "uuid.uuid1", "uuid.uuid4", "random.SystemRandom"})
THREADS = frozenset(
    {"threading.Thread", "threading.Timer", "multiprocessing.Process", "multiprocessing.Pool",
     "subprocess.Popen",
     "subprocess.run", "concurrent.futures.ThreadPoolExecutor", "concurrent.futures.ProcessPoolExecutor",
     "asyncio.run", "_thread.start_new_thread"}
)  # fmt: skip
CAMERAS = frozenset({"cv2.VideoCapture", "picamera2.Picamera2", "imageio.get_reader"})
MODULES = {
    "secrets": "its random numbers",
    "socket": "what comes from the network",
    "urllib.request": "what comes from the network",
    "http.client": "what comes from the network",
    "requests": "what comes from the network",
    "httpx": "what comes from the network",
    "websockets": "what comes from the network",
    "serial": "what comes from the serial port",
    "sounddevice": "what comes from the microphone",
    "pyaudio": "what comes from the microphone",
    "mido": "what comes from MIDI",
    "rtmidi": "what comes from MIDI",
    "pythonosc": "what comes from OSC",
}
SPEED = {
    "frame_times": "how long frames take",
    "timings": "how long answers take",
    "training": "how a training proceeds",
    "unsaved": "what is not saved yet",
}
"""Attributes that depend on how fast the machine is."""

MOST_MODULES = 200


def causes(file: Path) -> tuple[str, ...]:
    """What a replay of a sketch cannot repeat, a line each, in the order of the source.

    The sketch's file and the modules that it imports from its folder are read; nothing is run.

    Args:
        file: The sketch's file; nothing is found if there is none.
    """
    found: list[str] = []
    waiting, seen = [file], {file}
    while waiting and len(seen) < MOST_MODULES:
        path = waiting.pop(0)
        try:
            tree = ast.parse(path.read_bytes())
        except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        found += _of(tree, path.name)
        for name in _imported(tree):
            near = [path.parent / f"{name}.py", path.parent / name / "__init__.py"]
            for each in near:
                if each.is_file() and each not in seen:
                    seen.add(each)
                    waiting.append(each)
    return tuple(dict.fromkeys(found))


def _imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.partition(".")[0]


def _of(tree: ast.Module, file: str) -> list[str]:
    names = _names(tree)
    found: list[tuple[int, str]] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [(node.lineno, MODULES[each.name]) for each in node.names if each.name in MODULES]
        elif isinstance(node, ast.ImportFrom) and node.module in MODULES:
            found.append((node.lineno, MODULES[node.module]))
        elif isinstance(node, ast.Call):
            why = _cause(_full_name(node.func, names), bool(node.args or node.keywords))
            if why:
                found.append((node.lineno, why))
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load) and node.attr in SPEED:
            found.append((node.lineno, SPEED[node.attr]))
    return [f"{file}, line {line}: {why} cannot be replayed" for line, why in sorted(found)]


def _cause(name: str, has_arguments: bool) -> str:
    if name in CLOCKS:
        return f"a clock of its own ({name}; sketch.time is replayed)"
    if name in ALWAYS_RANDOM or (name in UNSEEDED and not has_arguments):
        return f"chance without a seed ({name}; sketch.seed is replayed)"
    if name in THREADS:
        return f"what a thread or a process of its own does ({name})"
    if name in CAMERAS:
        return f"what a camera sees ({name})"
    return ""


def _names(tree: ast.Module) -> dict[str, str]:
    """What each imported name is in full."""
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                first = alias.name.partition(".")[0]
                names[alias.asname or first] = alias.name if alias.asname else first
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                names[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return names


def _full_name(node: ast.expr, names: dict[str, str]) -> str:
    if isinstance(node, ast.Name):
        return names.get(node.id, "")
    if isinstance(node, ast.Attribute):
        before = _full_name(node.value, names)
        return f"{before}.{node.attr}" if before else ""
    return ""
