"""Rules of the house that no other tool holds: about files rather than about what is in them."""

import ast
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MACHINE_PATH = re.compile(r"(?<![\w.*])/(?:work|root|opt|home/\w+|Users/\w+)/\w|\b[A-Z]:\\Users\\")
REGISTRY = re.compile(r"(?:pypi|pythonhosted|npmjs|debian|ubuntu)\.(?:org|com|net)\b")
UNFINISHED = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|XX" + r"X)\b")
DATA = {".npz", ".npy", ".sqlite", ".sqlite3", ".db", ".pt", ".pth", ".zip"}


def tracked() -> list[Path]:
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    paths = [ROOT / name for name in listing.stdout.split("\0") if name]
    return [path for path in paths if path.is_file()]


def texts() -> dict[Path, str]:
    found: dict[Path, str] = {}
    for path in tracked():
        try:
            found[path] = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
    return found


def lines_with(pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path, text in texts().items()
        for number, line in enumerate(text.splitlines(), 1)
        if pattern.search(line)
    ]


def modules(*folders: str) -> dict[Path, ast.Module]:
    wanted = {path: text for path, text in texts().items() if path.suffix == ".py"}
    inside = {p: t for p, t in wanted.items() if not folders or p.relative_to(ROOT).parts[0] in folders}
    return {path: ast.parse(text) for path, text in inside.items()}


@pytest.mark.parametrize(
    "pattern", [MACHINE_PATH, REGISTRY, UNFINISHED], ids=["path", "registry", "unfinished"]
)
def test_no_file_speaks_of_one_machine_or_of_work_to_come(pattern: re.Pattern[str]):
    assert lines_with(pattern) == []


def test_no_data_is_tracked_that_belongs_to_somebody_else():
    assert [str(path.relative_to(ROOT)) for path in tracked() if path.suffix in DATA] == []


def test_every_list_of_public_names_is_sorted():
    unsorted = [
        str(path.relative_to(ROOT))
        for path, module in modules("sketch", "addon").items()
        for node in module.body
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "__all__"
        if (names := ast.literal_eval(node.value)) != sorted(names)
    ]
    assert unsorted == []


def imported(module: ast.Module) -> set[str]:
    names = {a.name for node in ast.walk(module) if isinstance(node, ast.Import) for a in node.names}
    froms = {str(n.module) for n in ast.walk(module) if isinstance(n, ast.ImportFrom) and n.level == 0}
    return {name.split(".")[0] for name in names | froms} - sys.stdlib_module_names


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", re.split(r"[^\w.-]", name, maxsplit=1)[0]).lower()


def test_every_package_that_is_imported_is_declared_and_pinned():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = {normal(requirement) for requirement in project["dependencies"]}
    homes = packages_distributions()
    sources = modules("sketch", "addon").items()
    # The test in the folder to begin with imports the sketch next to it.
    used = set[str]().union(*(imported(module) for path, module in sources if path.parent.name != "template"))
    foreign = {name: {normal(home) for home in homes[name]} for name in used - {"sketch", "addon"}}
    assert {name: found for name, found in foreign.items() if not found & declared} == {}
    pinned = {normal(line) for line in (ROOT / "constraints.txt").read_text().splitlines() if "==" in line}
    assert declared <= pinned
