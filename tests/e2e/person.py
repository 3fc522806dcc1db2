"""A person at a real window: xdotool moves the mouse and types."""

import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from sketch.ink.points import Points

ROOT = Path(__file__).parents[2]


class Person:
    """Runs a program that opens a window, and acts on it as a person would.

    Args:
        program: Python code; it may print JSON lines, which `said` gives back.
        screen: Name of the X display.
        folder: The program's current folder.
        title: Of the window.
    """

    def __init__(self, program: str, screen: str, folder: Path, title: str) -> None:
        self.environment = {**os.environ, "DISPLAY": screen, "PYTHONPATH": str(ROOT)}
        self.process = subprocess.Popen(
            [sys.executable, "-c", program],
            cwd=folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._lines: queue.Queue[str] = queue.Queue()
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()
        self.window = self._xdotool("search", "--sync", "--onlyvisible", "--name", title).split()[0]
        self._xdotool("windowfocus", "--sync", self.window)
        time.sleep(0.3)

    def _listen(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line)

    def _xdotool(self, *words: str, timeout: float = 60) -> str:
        try:
            answer = subprocess.run(
                ["xdotool", *words], env=self.environment, capture_output=True, text=True, timeout=timeout
            )
        except subprocess.TimeoutExpired as error:
            raise AssertionError(f"xdotool {words[0]} took too long; {self.last_words()}") from error
        assert answer.returncode == 0, f"{answer.stderr}\n{self.last_words()}"
        return answer.stdout

    def last_words(self) -> str:
        """What the program said on stderr if it has ended; empty while it runs."""
        if self.process.poll() is None or self.process.stderr is None:
            return ""
        return self.process.stderr.read()

    def press(self, key: str) -> None:
        """Press and release a key, by xdotool's name for it."""
        self._xdotool("key", key)

    def draw(self, strokes: Sequence[Points]) -> None:
        """Draw strokes with the mouse, at the pace their points carry, in the window's own pixels."""
        words: list[str] = []
        clock = 0.0
        for stroke in strokes:
            for index, (x, y, t, _) in enumerate(stroke.tolist()):
                words += ["sleep", f"{max(0.0, t - clock):.4f}"]
                words += ["mousemove", "--window", self.window, str(round(x)), str(round(y))]
                words += ["mousedown", "1"] if index == 0 else []
                clock = t
            words += ["mouseup", "1"]
        self._xdotool(*words)

    def hears(self, wanted: Callable[[dict], bool], timeout: float = 60) -> dict:
        """Wait for a line that the program prints.

        Raises:
            AssertionError: None came in time, or the program ended.
        """
        end = time.monotonic() + timeout
        heard: list[dict] = []
        while time.monotonic() < end:
            try:
                line = json.loads(self._lines.get(timeout=0.2))
            except queue.Empty:
                assert self.process.poll() is None, self.last_words()
                continue
            heard.append(line)
            if wanted(line):
                return line
        raise AssertionError(f"waited in vain; heard {heard[-8:]}")

    def leaves(self, timeout: float = 30) -> str:
        """Close the window as a window manager does, wait for the program and give what it said on stderr."""
        self._xdotool("windowclose", self.window)
        return self.ends(timeout)

    def ends(self, timeout: float = 30) -> str:
        """Wait for the program to end and give what it said on stderr."""
        assert self.process.stderr is not None
        errors = self.process.stderr.read()
        assert self.process.wait(timeout) == 0, errors
        return errors

    def stop(self) -> None:
        """End the program however it stands."""
        self.process.kill()
        self.process.wait()
        self._listener.join()
        for pipe in (self.process.stdout, self.process.stderr):
            assert pipe is not None
            pipe.close()
