"""The frames of a program that draws, in a real window or without one."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np

from tests.e2e.person import ROOT


def frames(program: str, path: Path, display: str, *arguments: str) -> np.ndarray:
    """What a program saves to the file that is its first argument, as whole numbers that may be subtracted.

    Args:
        program: Python code.
        path: The file, ending in .npy.
        display: Name of the X display.
        arguments: Further ones.
    """
    subprocess.run(
        [sys.executable, "-c", program, str(path), *arguments],
        cwd=ROOT,
        env={**os.environ, "DISPLAY": display},
        check=True,
        timeout=120,
    )
    return np.load(path).astype(int)
