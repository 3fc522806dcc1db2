"""Headless Chromium: p5.js and the bare canvas of the same page. Run as `browser.py CHROMIUM P5.MIN.JS`.

The page asks a server on this machine what to draw, and sends back how long it took.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from typing import Any

import numpy as np

from tests.bench.render_scene import GROUND, SIZE, circles, figures, lines
from tests.bench.renderers.worker import Pipe, resident_megabytes

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--force-device-scale-factor=1",
)
PATIENCE = 60.0  # seconds for one answer of the page


class Mailbox:
    """What the page is asked, and what it answers: one of each at a time."""

    def __init__(self) -> None:
        self.requests: Queue[bytes] = Queue()
        self.answers: Queue[bytes] = Queue()

    def ask(self, request: dict[str, Any]) -> bytes:
        """Send a request and wait for the answer."""
        self.requests.put(json.dumps(request).encode())
        return self.answer()

    def answer(self) -> bytes:
        """Wait for what the page says next."""
        try:
            return self.answers.get(timeout=PATIENCE)
        except Empty:
            raise SystemExit("the page in Chromium did not answer") from None


class Handler(BaseHTTPRequestHandler):
    """Serves the page and passes its mail."""

    def __init__(self, mailbox: Mailbox, files: dict[str, bytes], *arguments: Any) -> None:
        self.mailbox = mailbox
        self.files = files
        super().__init__(*arguments)

    def do_GET(self) -> None:
        if self.path == "/request":
            self._send(self.mailbox.requests.get(), "application/json")
        elif self.path in self.files:
            kind = "text/javascript" if self.path.endswith(".js") else "text/html"
            self._send(self.files[self.path], f"{kind}; charset=utf-8")
        else:
            self.send_error(404)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self._send(b"", "text/plain")
        self.mailbox.answers.put(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing of every request."""

    def _send(self, body: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def main(chromium: str, p5: str) -> None:
    """Serve until told to end."""
    pipe = Pipe()
    here = Path(__file__).parent
    files = {
        "/": (here / "page.html").read_bytes(),
        "/page.js": (here / "page.js").read_bytes(),
        "/p5.js": Path(p5).read_bytes(),
        "/scenes.js": f"const SCENES = {json.dumps(scenes())};".encode(),
    }
    mailbox = Mailbox()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, mailbox, files))
    server.daemon_threads = True
    Thread(target=server.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory(prefix="inkloop-bench-", ignore_cleanup_errors=True) as profile:
        url = f"http://127.0.0.1:{server.server_port}/"
        browser = subprocess.Popen(
            [chromium, *FLAGS, f"--user-data-dir={profile}", f"--window-size={SIZE[0]},{SIZE[1]}", url],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            pipe.say(**json.loads(mailbox.answer()))
            for request in pipe:
                pipe.say(**served(request, mailbox, browser.pid))
        finally:
            # Only the processes of the session that was started here.
            os.killpg(browser.pid, signal.SIGTERM)
            browser.wait()


def served(request: dict[str, Any], mailbox: Mailbox, pid: int) -> dict[str, Any]:
    """Answer one request."""
    if "memory" in request:
        return {"megabytes": sum(map(resident_megabytes, tree(pid)))}
    if "picture" in request:
        rgba = np.frombuffer(mailbox.ask(request), dtype=np.uint8).reshape(SIZE[1], SIZE[0], 4)
        np.save(request["picture"], rgba[:, :, :3])
        return {}
    before = busy_ms(pid)
    said = json.loads(mailbox.ask(request))
    return {**said, "cpu_ms": (busy_ms(pid) - before) / request["frames"]}


def tree(pid: int) -> list[int]:
    """A process and all that come from it."""
    children = Path(f"/proc/{pid}/task/{pid}/children")
    return [pid, *(down for child in children.read_text("ascii").split() for down in tree(int(child)))]


def busy_ms(pid: int) -> float:
    """Processor time that a process and all that come from it have taken so far."""
    ticks = 0
    for each in tree(pid):
        after_name = Path(f"/proc/{each}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()
        ticks += int(after_name[11]) + int(after_name[12])
    return 1e3 * ticks / os.sysconf("SC_CLK_TCK")


def scenes() -> dict[str, Any]:
    """The scenes as the page takes them."""
    strokes, shapes, discs = lines(), figures(), circles()
    return {
        "size": SIZE,
        "ground": GROUND,
        "strokes": {name: getattr(strokes, name).tolist() for name in ("xy", "width", "color")},
        "shapes": {name: getattr(shapes, name).tolist() for name in ("kind", "xy", "half", "color")},
        "circles": {name: getattr(discs, name).tolist() for name in ("kind", "xy", "half", "color")},
    }


if __name__ == "__main__":
    main(*sys.argv[1:])
