"""Tables within tables, as a model's metadata has them, in lines that a person reads."""

from collections.abc import Mapping
from typing import Any, cast

_DEEPEST = 8
_WITHIN = " / "


def said_entries(value: Any, under: str = "", depth: int = 0) -> list[str]:
    """Lines named by the way that leads to them: one for the plain values of a table, more for its tables.

    Args:
        value: Anything that JSON can say.
        under: The way that leads to it.
        depth: Of tables around it; beyond a few, which only a stranger's file has, nothing more is told.
    """
    entries = _entries(value)
    if depth > _DEEPEST:
        return [f"{under}: ..."]
    if not entries:
        return [f"{under}: {_plain(value)}" if under else _plain(value)]
    plain = [key for key, each in entries.items() if not _entries(each)]
    lines = [f"{key}: {_plain(entries[key])}" for key in plain]
    if under and plain:
        lines = [f"{under}: {', '.join(f'{key} {_plain(entries[key])}' for key in plain)}"]
    way = f"{under}{_WITHIN}" if under else ""
    for key, each in entries.items():
        if key not in plain:
            lines += said_entries(each, f"{way}{key}", depth + 1)
    return lines


def _entries(value: Any) -> Mapping[str, Any]:
    """Entries by name; those of a list that has tables in it by number. Empty for a plain value."""
    if isinstance(value, dict):
        return cast(Mapping[str, Any], value)
    items = cast(list[Any], value) if isinstance(value, list) else []
    nested = any(isinstance(item, dict | list) for item in items)
    return {str(number + 1): item for number, item in enumerate(items)} if nested else {}


def _plain(value: Any) -> str:
    return ", ".join(map(str, cast(list[Any], value))) if isinstance(value, list) else str(value)
