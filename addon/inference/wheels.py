"""The installed wheels of ONNX Runtime: all contain the same module, so two break each other."""

from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version

WHEELS = ("onnxruntime", "onnxruntime-gpu", "onnxruntime-directml", "onnxruntime-openvino")


def wheels_at_odds(version_of: Callable[[str], str] = version) -> str:
    """One line about several installed wheels of ONNX Runtime, and what to do; empty if there is one at most.

    Args:
        version_of: Returns the version of a package; raises PackageNotFoundError if it is not installed.
    """
    found = {name: number for name in WHEELS if (number := _version(name, version_of))}
    if len(found) < 2:
        return ""
    names = " and ".join(f"{name} {number}" for name, number in found.items())
    return (
        f"{names} are both installed: they overwrite each other, so what runs is the one that came last, and "
        f"removing either breaks the other; repair it with: pip uninstall -y {' '.join(found)} && "
        f"pip install {next((name for name in found if name != WHEELS[0]), WHEELS[0])}"
    )


def newer(version_of: Callable[[str], str] = version) -> str:
    """The command that installs a newer ONNX Runtime: the same wheel, never a second one."""
    here = [name for name in WHEELS if _version(name, version_of)]
    return f"pip install -U {(here or [WHEELS[0]])[-1]}"


def _version(name: str, version_of: Callable[[str], str]) -> str:
    try:
        return version_of(name)
    except PackageNotFoundError:
        return ""
