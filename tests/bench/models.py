"""Other people's stroke models in Inkloop, and Inkloop's pen elsewhere."""

from typing import Any

from tests.bench._web import web_rows


def rows() -> list[dict[str, Any]]:
    """Measure the web page."""
    return web_rows()
