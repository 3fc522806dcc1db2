"""Headless Chromium, asked over a pipe by the DevTools protocol; needs only the standard library."""

import base64
import json
import os
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
OPTIONS = (
    "--headless=new",
    "--remote-debugging-pipe",
    "--no-sandbox",  # a container's root may not make one
    "--no-first-run",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--hide-scrollbars",
)
SECONDS = 60.0

# The protocol's pipes are the file descriptors 3 and 4.
AS_3_AND_4 = """
import fcntl, os, sys
read, write = (fcntl.fcntl(int(number), fcntl.F_DUPFD, 10) for number in sys.argv[1:3])
for number, wanted in ((read, 3), (write, 4)):
    os.dup2(number, wanted)
    os.set_inheritable(wanted, True)
os.execv(sys.argv[3], sys.argv[3:])
"""


def chromium() -> str:
    """The program's path; empty if there is none."""
    return next((path for name in NAMES if (path := shutil.which(name))), "")


class Page:
    """One tab.

    Attributes:
        events: What Chromium reported, oldest first.
    """

    def __init__(self, write: int, read: int) -> None:
        self._write, self._read = write, read
        self._buffer = b""
        self._number = 0
        self._session: str | None = None
        self.events: list[dict[str, Any]] = []

    def attach(self) -> None:
        """Open a tab and talk to it from here on."""
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.ask(f"{domain}.enable")

    def ask(self, method: str, **params: Any) -> dict[str, Any]:
        """Send one command and wait for its result.

        Raises:
            RuntimeError: Chromium refused it.
            TimeoutError: It did not answer.
        """
        self._number += 1
        message = {"id": self._number, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self._write, data) :]
        while True:
            reply = self._next()
            if reply.get("id") == self._number:
                break
            self.events.append(reply)
        if "error" in reply:
            raise RuntimeError(f"{method}: {reply['error']['message']}")
        return reply["result"]

    def value(self, expression: str) -> Any:
        """The value of a JavaScript expression; a promise is waited for.

        Raises:
            RuntimeError: It threw.
        """
        answer = self.ask("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(answer["exceptionDetails"]["exception"]["description"])
        return answer["result"].get("value")

    def open(self, path: Path, width: int = 900, height: int = 700, scale: float = 1.0) -> None:
        """Open a file, and wait until it is loaded."""
        self.ask(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=scale,
            mobile=False,
        )
        self.ask("Page.navigate", url=path.absolute().as_uri())
        self.value(
            "new Promise((done) => document.readyState === 'complete' ? done() : onload = () => done())"
        )

    def draw(self, strokes: Sequence[Sequence[Sequence[float]]], kind: str = "mouse") -> None:
        """Draw one ink by the browser's own mouse or finger."""
        for stroke in strokes:
            for index, (x, y) in enumerate(stroke):
                self.pointer(kind, "down" if index == 0 else "move", x, y)
            self.pointer(kind, "up", *stroke[-1])

    def answer(self, strokes: Sequence[Sequence[Sequence[float]]], kind: str = "mouse") -> dict[str, Any]:
        """Draw one ink on Inkloop's page: the answer to it, and the points that the page saw."""
        # However slow the machine is, the ink ends where its strokes do.
        self.value("inkloopPage.pause = 1e8")
        self.draw(strokes, kind)
        return self.value(
            "inkloopPage.close(), "
            "(({probabilities, ...rest}) => ({...rest, probabilities: [...probabilities]}))"
            "(inkloopPage.finished[inkloopPage.finished.length - 1])"
        )

    def pointer(self, kind: str, what: str, x: float, y: float) -> None:
        """Put the mouse, pen or finger down, move it, or lift it."""
        if kind == "touch":
            name = {"down": "touchStart", "move": "touchMove", "up": "touchEnd"}[what]
            points = [] if what == "up" else [{"x": x, "y": y, "id": 1}]
            self.ask("Input.dispatchTouchEvent", type=name, touchPoints=points)
            return
        name = {"down": "mousePressed", "move": "mouseMoved", "up": "mouseReleased"}[what]
        button = {"button": "left", "buttons": 0 if what == "up" else 1, "clickCount": 1}
        self.ask("Input.dispatchMouseEvent", type=name, x=x, y=y, pointerType=kind, **button)

    def picture(self, path: Path) -> None:
        """Save what is seen, as PNG."""
        path.write_bytes(base64.b64decode(self.ask("Page.captureScreenshot", format="png")["data"]))

    def wait(self, expression: str) -> None:
        """Wait until a JavaScript expression is true.

        Raises:
            TimeoutError: It is not within a minute.
        """
        deadline = time.monotonic() + SECONDS
        while not self.value(expression):
            if time.monotonic() > deadline:
                raise TimeoutError(f"never true: {expression}")
            time.sleep(0.02)

    def requests(self) -> list[str]:
        """Addresses that the page asked for."""
        sent = [each for each in self.events if each.get("method") == "Network.requestWillBeSent"]
        return [each["params"]["request"]["url"] for each in sent]

    def problems(self) -> list[str]:
        """Errors that a person would see in the console."""
        found = [
            each["params"].get("entry", {}).get("text") or json.dumps(each["params"])
            for each in self.events
            if each.get("method") == "Runtime.exceptionThrown"
            or (each.get("method") == "Log.entryAdded" and each["params"]["entry"]["level"] == "error")
        ]
        return found

    def _next(self) -> dict[str, Any]:
        deadline = time.monotonic() + SECONDS
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self._read], [], [], max(0.0, deadline - time.monotonic()))
            if not ready:
                raise TimeoutError("Chromium did not answer")
            data = os.read(self._read, 1 << 16)
            if not data:
                raise RuntimeError("Chromium ended")
            self._buffer += data
        message, _, self._buffer = self._buffer.partition(b"\0")
        return json.loads(message)


@contextmanager
def browser(folder: Path) -> Iterator[Page]:
    """Run Chromium for the length of a `with` block, its profile in a folder."""
    their_read, our_write = os.pipe()
    our_read, their_write = os.pipe()
    pipes = str(their_read), str(their_write)
    command = [sys.executable, "-c", AS_3_AND_4, *pipes, chromium(), *OPTIONS, f"--user-data-dir={folder}"]
    process = subprocess.Popen(
        command, pass_fds=(their_read, their_write), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    os.close(their_read)
    os.close(their_write)
    page = Page(our_write, our_read)
    try:
        page.attach()
        yield page
    finally:
        try:
            page._session = None
            page.ask("Browser.close")
            process.wait(10)
        except Exception:
            process.kill()
            process.wait()
        os.close(our_write)
        os.close(our_read)
