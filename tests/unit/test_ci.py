"""The command of `.ci/run`: a clean environment, and the exit code of the tests."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

RUN = Path(__file__).parents[2] / ".ci" / "run"
FOUND = {
    "PYTHONUNBUFFERED": "1",
    "PYTHONPATH": "/elsewhere",
    "PYTEST_ADDOPTS": "--exitfirst",
    "INKLOOP_DATA": "/elsewhere",
    "INKLOOP_REQUIRE_DATA": "0",
    "OMP_NUM_THREADS": "3",
    "OPENBLAS_CORETYPE": "Zen",
    "PIP_INDEX_URL": "https://mirror.example/simple",
    "HTTPS_PROXY": "http://proxy.example:3128",
    "SSL_CERT_FILE": "/etc/certificates.pem",
}


@pytest.mark.skipif(os.name != "posix" or shutil.which("bash") is None, reason="a script for bash")
@pytest.mark.parametrize("code", [0, 1, 5])
def test_the_tests_start_in_a_clean_environment_and_their_failure_is_its_own(tmp_path: Path, code: int):
    python = tmp_path / "python3"
    python.write_text(f'#!/bin/sh\necho "$@"\nenv\nexit {code}\n')
    python.chmod(0o755)
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    ran = subprocess.run([RUN], env={"PATH": path, **FOUND}, cwd=tmp_path, capture_output=True, text=True)
    assert ran.returncode == code, ran.stderr
    command, *variables = ran.stdout.splitlines()
    assert command == "dev.py test"
    seen = dict(line.split("=", 1) for line in variables)
    machine = {name: value for name, value in FOUND.items() if not name.startswith(("PYT", "INKLOOP"))}
    ours = {name: value for name, value in seen.items() if name in FOUND or name.startswith("INKLOOP")}
    assert ours == {**machine, "INKLOOP_REQUIRE_DATA": "1"}
    assert seen["PWD"] == str(RUN.parents[1])
