"""A model that finds text in pictures: PaddleOCR's, copied from the package `rapidocr` and described."""

from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from addon.errors import ModelError
from addon.files import write_atomically

INSTALL = "pip install rapidocr"

ADAPTOR = """\
title = "text detector"
license = "Apache-2.0"

[input]
color = "BGR"
resize = "keep"
multiple = 32
longest = 480
mean = 0.5
std = 0.5

[output]
is = "heat map"
threshold = 0.3
grow = 1.6
"""


def make_in_process(path: str) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    """Copy the model to `path`, in a worker's process; no answers follow.

    Raises:
        ModelError: Its package is not installed.
        OSError: It cannot be written.
    """
    put_text_detector(installed_detector(), Path(path))
    return lambda given: {}


def put_text_detector(source: Path, path: Path) -> None:
    """Copy the model and write its description next to it.

    Raises:
        OSError: It cannot be read or written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path.with_suffix(".toml"), ADAPTOR.encode())
    write_atomically(path, source.read_bytes())


def installed_detector() -> Path:
    """The model file in its package, which is not imported.

    Raises:
        ModelError: It is not installed.
    """
    spec = find_spec("rapidocr")
    folder = Path(spec.origin).parent / "models" if spec is not None and spec.origin else None
    files = sorted(folder.glob("*_det_*.onnx")) if folder is not None else []
    if not files:
        raise ModelError(f"the text detector is not installed; get it with: {INSTALL}")
    return files[-1]
