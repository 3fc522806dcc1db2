"""These tests want a device: without an NVIDIA driver they are not collected at all."""

from addon.inference.providers import probe_this_machine

collect_ignore_glob = ["test_*.py"] if probe_this_machine().missing else []
