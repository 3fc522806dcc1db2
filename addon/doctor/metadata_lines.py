"""Format nested tables, as in a model's metadata, as lines for people."""

from collections.abc import Mapping
from typing import Any, cast

_DEEPEST = 8
_WITHIN = " / "


def entry_lines(value: Any, under: str = "", depth: int = 0) -> list[str]:
    """Lines that begin with their path: one for the plain values of a table, more for its nested tables.

    Args:
        value: A JSON value.
        under: The path to it.
        depth: Depth of nesting; deeper levels, as in an untrusted file, are replaced by "...".
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
            lines += entry_lines(each, f"{way}{key}", depth + 1)
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
