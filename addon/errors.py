"""The exceptions of the addon.

    AddonError
        PointsError      points of the wrong shape, or not finite
        ModelError       a model file that is missing, broken, of another kind, or does not fit
        ProviderError    a required execution provider that does not run here
        TaughtError      a taught set that cannot be read or written
        TrainingError    training that cannot begin, or failed
        EvaluationError  too little data for a measurement, or a model that cannot be taught

Each message is one line and says what to do. Names and labels in it may come from an untrusted file, so a
message is escaped when it is made.
"""

from addon.text import escaped, one_line

_LONGEST = 1000
"""Characters of a message of Inkloop; only one that lists names from a file comes near."""


class AddonError(Exception):
    """Anything that goes wrong in the addon."""

    def __init__(self, *args: object) -> None:
        super().__init__(*(escaped(each) if isinstance(each, str) else each for each in args))


class PointsError(AddonError, ValueError):
    """Points of the wrong shape, or not finite."""


class ModelError(AddonError):
    """A model file that is missing, broken, of another kind, or does not fit."""


class ProviderError(AddonError):
    """A required execution provider that does not run here."""


class TaughtError(AddonError):
    """A taught set that cannot be read or written."""


class TrainingError(AddonError):
    """Training that cannot begin, or that failed."""


class EvaluationError(AddonError):
    """Too little data for a measurement, or a model that cannot be taught."""


def said(error: BaseException) -> str:
    """An error in one line.

    A message of Inkloop ends with what to do, so it stays whole; one of another library is shortened.
    """
    if isinstance(error, AddonError):
        return one_line(str(error), _LONGEST)
    return without_torch(error) or one_line(str(error)) or type(error).__name__


INSTALL_TORCH = "pip install torch --index-url https://download.pytorch.org/whl/cpu"


def without_torch(error: BaseException) -> str:
    """A line with the command that installs PyTorch, if an import did not find it; else empty."""
    if not isinstance(error, ModuleNotFoundError) or (error.name or "").partition(".")[0] != "torch":
        return ""
    return f"training needs PyTorch, which is not installed here; install it with: {INSTALL_TORCH}"
