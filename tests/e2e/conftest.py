"""A screen for the tests that open real windows."""

import os
import subprocess

import pytest


@pytest.fixture(scope="session")
def screen():
    """Name of an X display of our own, so that no test meets another's windows or a person's mouse."""
    read, write = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write), "-screen", "0", "1400x900x24", "-nolisten", "tcp"],
        pass_fds=(write,),
        stderr=subprocess.DEVNULL,
    )
    os.close(write)
    with os.fdopen(read) as pipe:
        number = pipe.readline().strip()
    assert number, "Xvfb did not start; python3 dev.py test installs it"
    yield f":{number}"
    server.terminate()
    server.wait()
