"""The benchmark: `python3 dev.py bench [NAME ...] [--json FILE]`.

Every module in this folder that has `rows()` is a bench, named after its file. Figures are ratios taken in
one run wherever they can be, since times on a busy machine say little.
"""

import argparse
import importlib
import inspect
import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

Row = dict[str, Any]


def bench_names() -> list[str]:
    """Names of the benches there are."""
    files = sorted(Path(__file__).parent.glob("*.py"))
    return [
        file.stem
        for file in files
        if not file.stem.startswith("_") and "def rows(" in file.read_text("utf-8")
    ]


def measure(names: Iterable[str], provider: str | None = None) -> list[Row]:
    """Run the benches one after the other; on `provider` those that can be told."""
    rows: list[Row] = []
    for name in names:
        print(f"{name} ...", file=sys.stderr, flush=True)
        bench = importlib.import_module(f"tests.bench.{name}").rows
        told = provider is not None and "provider" in inspect.signature(bench).parameters
        rows += bench(provider=provider) if told else bench()
    return rows


def shown(value: object) -> str:
    """A figure as it stands in the table."""
    if value is None:
        return "not measured"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def verdict(row: Row) -> str:
    """Whether a row reaches its goal; empty where there is no goal or no figure."""
    if row.get("goal") is None or row.get("value") is None:
        return str(row.get("reason", ""))
    reached = row["value"] <= row["goal"] if row["better"] == "lower" else row["value"] >= row["goal"]
    return "reached" if reached else "NOT REACHED"


def table(rows: list[Row]) -> str:
    """The rows as a Markdown table."""
    lines = [
        "| bench | figure | value | unit | goal | | peers |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for row in rows:
        peers = ", ".join(f"{name} {shown(value)}" for name, value in row.get("peer", {}).items())
        sign = {"lower": "≤ ", "higher": "≥ "}[row["better"]] if row.get("goal") is not None else ""
        cells = (row["bench"], row["figure"], shown(row["value"]), row["unit"])
        goal = f"{sign}{shown(row['goal'])}" if row.get("goal") is not None else ""
        lines.append("| " + " | ".join((*cells, goal, verdict(row), peers)) + " |")
    return "\n".join(lines)


def main() -> None:
    """Run the command line."""
    known = bench_names()
    parser = argparse.ArgumentParser(prog="dev.py bench", description="Measure Inkloop.")
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"of {', '.join(known)}; all unless told otherwise"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the rows to this file, too")
    parser.add_argument(
        "--provider", choices=("cpu", "cuda"), help="where the models of the bench inference run; the CPU"
    )
    arguments = parser.parse_args()
    unknown = sorted(set(arguments.names) - set(known))
    if unknown:
        parser.error(f"no bench is called {', '.join(unknown)}; there are {', '.join(known)}")
    rows = measure(arguments.names or known, arguments.provider)
    print(table(rows))
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
