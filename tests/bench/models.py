"""Other people's stroke models in Inkloop, and Inkloop's pen elsewhere."""

from typing import Any

from tests.bench._described import described_rows
from tests.bench._web import web_rows


def rows() -> list[dict[str, Any]]:
    """Measure described models and the web page."""
    return described_rows() + web_rows()
