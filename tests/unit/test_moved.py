"""What the documentation printed before it had a public home still works, and says where it is."""

import importlib
import runpy
import sys

import pytest

import addon


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("bound", "open_bound"),
        ("graph", "open_graph"),
        ("opening", "read_model"),
        ("providers", "choose_here"),
        ("recurrent", "open_recurrent"),
        ("recurrent", "open_stream"),
        ("worker_process", "ProcessWorker"),
    ],
)
def test_a_printed_import_still_works(module, name):
    old = importlib.import_module(f"addon.runtime.{module}")
    with pytest.warns(DeprecationWarning, match=rf"addon\.runtime\.{module}\.{name} is in addon\."):
        found = getattr(old, name)
    assert found is getattr(addon, name)


@pytest.mark.parametrize(
    ("module", "command"), [("letters", "letters"), ("pretrain", ""), ("image_model", "image")]
)
def test_a_printed_command_still_works(monkeypatch, capsys, module, command):
    monkeypatch.setattr(sys, "argv", [module, "--help"])
    # Another test may have imported it, of which runpy warns.
    for name in ("__main__", "letters", "image_model"):
        monkeypatch.delitem(sys.modules, f"addon.pretraining.{name}", raising=False)
    with (
        pytest.warns(DeprecationWarning, match=rf"run it by: inkloop pretrain ?{command}"),
        pytest.raises(SystemExit),
    ):
        runpy.run_module(f"addon.training.{module}", run_name="__main__")
    printed = capsys.readouterr()
    assert "usage: inkloop pretrain" in printed.out + printed.err
