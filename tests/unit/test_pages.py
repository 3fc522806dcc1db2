"""What the pages print is true: links lead somewhere, files exist, code is Python that imports."""

import ast
import re
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PLACES = ("*.md", "addon/README.md", "sketch/README.md", "docs/**/*.md", "models/*.md")
PAGES = {path for place in PLACES for path in ROOT.glob(place)} - {ROOT / "CHANGELOG.md"}
NAMES = sorted(page.relative_to(ROOT).as_posix() for page in PAGES)
LINK = re.compile(r"\]\((?!https?:)([^)#]+)")
FILE = re.compile(r"`((?:addon|sketch|shaders|tests|docs|models)/[\w./-]+)`")
PYTHON = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


def python_of(page: str) -> list[str]:
    return PYTHON.findall((ROOT / page).read_text(encoding="utf-8"))


@pytest.mark.parametrize("page", NAMES)
def test_every_link_and_every_file_on_a_page_exists(page: str):
    text = (ROOT / page).read_text(encoding="utf-8")
    links = [link for link in LINK.findall(text) if not (ROOT / page).parent.joinpath(link).exists()]
    files = [file for file in FILE.findall(text) if not (ROOT / file).exists()]
    assert links + files == []


@pytest.mark.parametrize("page", [name for name in NAMES if python_of(name)])
def test_the_code_on_a_page_is_python_whose_names_exist(page: str):
    for code in python_of(page):
        for node in ast.walk(ast.parse(code)):
            if isinstance(node, ast.ImportFrom):
                module = import_module(str(node.module))
                assert [each.name for each in node.names if not hasattr(module, each.name)] == []
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                # In code that calls its argument `sketch` that name is no module.
                ours = node.value.id == "sketch" and "import sketch" in code
                assert not ours or hasattr(import_module("sketch"), node.attr), node.attr


def test_the_script_without_a_sketch_answers(tmp_path, monkeypatch, capsys):
    script = next(code for code in python_of("docs/recognising.md") if "recognizer.setup(" in code)
    monkeypatch.chdir(tmp_path)
    exec(compile(script, "recognising.md", "exec"), {})
    label, confidence, unknown = capsys.readouterr().out.splitlines()[0].split()
    assert label.upper() == "L"
    assert 0.5 < float(confidence) <= 1.0
    assert 0.0 <= float(unknown) < 0.5
