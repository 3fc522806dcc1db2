"""Measurements that need a window, in a process with a display: the one there is, or Xvfb's."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def figures_of(module: str) -> tuple[dict[str, list[float]], str]:
    """What a module prints as the last line, in JSON; else nothing, and the reason."""
    command = [sys.executable, "-m", module]
    if not os.environ.get("DISPLAY") and sys.platform == "linux":
        server = shutil.which("xvfb-run")
        if server is None:
            return {}, "there is no display, and no Xvfb"
        command = [server, "-a", "-s", "-screen 0 1400x900x24", *command]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=280)
    if ran.returncode:
        return {}, ran.stderr.strip().splitlines()[-1]
    return json.loads(ran.stdout.splitlines()[-1]), ""
