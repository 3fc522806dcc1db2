"""The execution provider to ask ONNX Runtime for, and the reason if it is not the preferred one.

If ONNX Runtime is asked for CUDA on a machine without it, it raises nothing, prints a library's name and runs
on the CPU. So Inkloop looks for the driver and the libraries first, and asks for CUDA only where it can run.
The provider that actually runs is read from the session, never assumed.
"""

import contextlib
import ctypes
import importlib.util
import io
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias

from addon.errors import ProviderError
from addon.inference.ort import onnxruntime
from addon.inference.wheels import wheels_at_odds

PROVIDERS = ("auto", "cuda", "cpu")
REQUIRED = (None, "cuda", "cpu")
OWN_NAME = "ExecutionProvider"
"""The end of ONNX Runtime's own names of providers; any such name is passed to it unchanged."""

CUDA = "CUDAExecutionProvider"
CPU = "CPUExecutionProvider"
_SHORT = {CUDA: "cuda", CPU: "cpu"}

Provider: TypeAlias = str | tuple[str, dict[str, str]]
"""A provider by ONNX Runtime's name, alone or with options."""

CUDA_OPTIONS = {
    # TF32 has ten bits of mantissa: a replayed ink would differ from the live one in the third digit.
    "use_tf32": "0",
    # The default, an exhaustive search, times every algorithm again for each new size, which takes seconds.
    "cudnn_conv_algo_search": "HEURISTIC",
}
"""Inkloop's options for CUDA."""

OLDEST_GPU = {13: (7, 5), 12: (5, 0)}
"""The lowest compute capability for each major version of CUDA."""

_CAPABILITY_MAJOR, _CAPABILITY_MINOR = 75, 76  # CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_*
_NAME_BYTES = 96

INSTALL_LIBRARIES = "install it with: pip install 'onnxruntime-gpu[cuda,cudnn]'"
# The two wheels overwrite each other, so the one without CUDA must be removed first.
INSTALL_RUNTIME = (
    "install it with: pip uninstall -y onnxruntime onnxruntime-gpu && "
    "pip install 'onnxruntime-gpu[cuda,cudnn]'"
)
INSTALL_DRIVER = {
    "linux": "install it with: sudo apt install nvidia-driver",
    "win32": "install it from https://www.nvidia.com/drivers",
}

Load = Callable[[str], Any]
"""A function that loads a shared library by name, or raises OSError, such as `ctypes.CDLL`."""


@dataclass(frozen=True, slots=True)
class Cuda:
    """Whether CUDA can run on this machine.

    Attributes:
        missing: What is missing, in words, a library by its file name; empty if CUDA can run.
        remedy: How to install it, with the command; empty if that is impossible.
        device: The GPU and its driver, such as "NVIDIA T4, driver for CUDA 13.0"; empty if there is none.
    """

    missing: str = ""
    remedy: str = ""
    device: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """The providers to ask ONNX Runtime for.

    Attributes:
        providers: Names for `InferenceSession`, the preferred one first.
        notice: One line for the user, such as that a preferred provider is not available; else empty.
        required: Short name of the only provider that is accepted; empty if any is.
        rivals: Other such lists of names, if Inkloop is to measure which is faster; else empty.
        device: As in `Cuda`.
    """

    providers: tuple[str, ...]
    notice: str = ""
    required: str = ""
    rivals: tuple[tuple[str, ...], ...] = ()
    device: str = ""


def choose_providers(
    provider: str, require: str | None, cuda: Cuda, available: Sequence[str] = (CPU,)
) -> Choice:
    """Decide which providers to ask for.

    Args:
        provider: "auto" (the faster of CUDA and the CPU, where both run), "cuda" (with a notice where it does
            not run), "cpu", or ONNX Runtime's own name for another provider.
        require: One of these names except "auto" to refuse any other provider; None to accept any.
        cuda: Whether CUDA can run on this machine.
        available: Providers in this build of ONNX Runtime.

    Raises:
        ValueError: A name is unknown, or `require` contradicts `provider`.
        ProviderError: The required provider does not run here.
    """
    check_provider(provider, require)
    wanted = provider if require is None else require
    if wanted == "cpu":
        return Choice((CPU,))
    if wanted.endswith(OWN_NAME):
        return _passed_through(wanted, require, available)
    if not cuda.missing:
        rivals = ((CPU,),) if wanted == "auto" else ()
        return Choice((CUDA, CPU), required=require or "", rivals=rivals, device=cuda.device)
    remedy = f"; {cuda.remedy}" if cuda.remedy else ""
    if require == "cuda":
        raise ProviderError(f"CUDA is required and cannot run here: {cuda.missing}{remedy}")
    if provider == "cuda":
        return Choice((CPU,), f"recognition runs on the CPU, not on CUDA: {cuda.missing}{remedy}")
    return Choice((CPU,), f"recognition runs on the CPU: {cuda.missing}")


def _passed_through(name: str, require: str | None, available: Sequence[str]) -> Choice:
    if name in available:
        notice = f"{name} is asked for as it is: Inkloop is not tested with it"
        required = "" if require is None else short_name(name)
        return Choice((name,) if name == CPU else (name, CPU), notice, required)
    lacks = f"the installed ONNX Runtime does not have it (it has {', '.join(available)})"
    if require is not None:
        raise ProviderError(f"{name} is required and cannot run here: {lacks}; install a build that does")
    return Choice((CPU,), f"recognition runs on the CPU, not on {name}: {lacks}")


def check_provider(provider: str, require: str | None) -> None:
    """Refuse unknown names.

    Raises:
        ValueError: A name is unknown, or `require` contradicts `provider`.
    """
    if provider not in PROVIDERS and not provider.endswith(OWN_NAME):
        raise ValueError(
            f"provider must be one of {', '.join(PROVIDERS)}, or ONNX Runtime's own name for another, "
            f"which ends in {OWN_NAME}; got {provider!r}"
        )
    if require not in REQUIRED and not str(require).endswith(OWN_NAME):
        raise ValueError(
            f"require must be None, 'cuda', 'cpu' or a name that ends in {OWN_NAME}; got {require!r}"
        )
    if require is not None and provider not in ("auto", require):
        raise ValueError(f"provider {provider!r} and require {require!r} contradict each other")


def probe_cuda(
    available: Sequence[str],
    cuda_version: str,
    *,
    platform: str = sys.platform,
    load: Load = ctypes.CDLL,
    preload: Callable[[], None] = lambda: None,
) -> Cuda:
    """Find out whether CUDA can run, without any output from ONNX Runtime.

    Args:
        available: Providers in this build of ONNX Runtime.
        cuda_version: Version of CUDA that it was built for, such as "13.0"; empty if none.
        platform: As `sys.platform`.
        load: Loads a library by name.
        preload: Makes the libraries of installed Python packages loadable by name; called when a driver is
            found.
    """
    if platform not in INSTALL_DRIVER:
        return Cuda("there is no CUDA for this system")
    name = "nvcuda.dll" if platform == "win32" else "libcuda.so.1"
    try:
        driver = load(name)
    except OSError:
        return Cuda(f"there is no NVIDIA driver ({name} is missing)", INSTALL_DRIVER[platform])
    fault = _driver_fault(name, driver, cuda_version)
    if fault:
        return Cuda(fault, INSTALL_DRIVER[platform])
    device, fault = _device(driver, cuda_version)
    if fault:
        return Cuda(fault, device=device)
    if CUDA not in available or not cuda_version:
        return Cuda("the installed ONNX Runtime was built without CUDA", INSTALL_RUNTIME, device)
    preload()
    absent = [name for name in cuda_libraries(platform, cuda_version) if not _loads(name, load)]
    if absent:
        return Cuda(f"missing: {', '.join(absent)}", INSTALL_LIBRARIES, device)
    return Cuda(device=device)


def cuda_libraries(platform: str, cuda_version: str) -> tuple[str, ...]:
    """File names of the libraries that ONNX Runtime's CUDA provider needs in addition to the driver."""
    major = cuda_version.split(".")[0]
    if platform == "win32":
        return (
            f"cudart64_{major}.dll",
            f"cublasLt64_{major}.dll",
            f"cublas64_{major}.dll",
            "curand64_10.dll",
            "cudnn64_9.dll",
        )
    return (
        f"libcudart.so.{major}",
        f"libcublasLt.so.{major}",
        f"libcublas.so.{major}",
        "libcurand.so.10",
        "libcudnn.so.9",
    )


def _driver_fault(name: str, driver: Any, cuda_version: str) -> str:
    if driver.cuInit(0) != 0:
        return f"the NVIDIA driver ({name}) finds no device that it can use"
    has, wanted = _served(driver), _major(cuda_version)
    if has // 1000 < wanted:
        newest = f"{has // 1000}.{has % 1000 // 10}"
        return f"the NVIDIA driver ({name}) is for CUDA {newest}, and CUDA {wanted} is needed"
    return ""


def _device(driver: Any, cuda_version: str) -> tuple[str, str]:
    """The first GPU with its driver, and the reason if this CUDA does not run on it; else empty."""
    device = ctypes.c_int(0)
    if driver.cuDeviceGet(ctypes.byref(device), 0) != 0:
        return "", "the NVIDIA driver finds no device that it can use"
    name = ctypes.create_string_buffer(_NAME_BYTES)
    driver.cuDeviceGetName(name, _NAME_BYTES, device)
    has = _served(driver)
    gpu = name.value.decode("utf-8", "replace") or "a GPU without a name"
    summary = f"{gpu}, driver for CUDA {has // 1000}.{has % 1000 // 10}"
    capability = tuple(
        _attribute(driver, device, number) for number in (_CAPABILITY_MAJOR, _CAPABILITY_MINOR)
    )
    major = _major(cuda_version)
    wanted = OLDEST_GPU.get(major, (0, 0))
    # (0, 0) means that the driver does not report it: then opening the session shows whether CUDA runs.
    if (0, 0) < capability < wanted:
        return summary, (
            f"{gpu} has compute capability {capability[0]}.{capability[1]}, and CUDA {major} needs "
            f"{wanted[0]}.{wanted[1]} or more"
        )
    return summary, ""


def _attribute(driver: Any, device: ctypes.c_int, number: int) -> int:
    value = ctypes.c_int(0)
    return value.value if driver.cuDeviceGetAttribute(ctypes.byref(value), number, device) == 0 else 0


def _served(driver: Any) -> int:
    """The newest CUDA that a driver supports: 1000 times the major version plus ten times the minor one."""
    version = ctypes.c_int(0)
    driver.cuDriverGetVersion(ctypes.byref(version))
    return version.value


def _major(version: str) -> int:
    return int(version.split(".")[0]) if version else 0


def _loads(name: str, load: Load) -> bool:
    try:
        load(name)
    except OSError:
        return False
    return True


def choose_here(provider: str, require: str | None) -> Choice:
    """Run `choose_providers` for this machine; this takes a moment, because it may load libraries.

    Raises:
        ValueError: A name is unknown, or `require` contradicts `provider`.
        ProviderError: The required provider does not run here.
    """
    check_provider(provider, require)
    wanted = provider if require is None else require
    cuda = probe_this_machine() if wanted in ("auto", "cuda") else Cuda()
    available = onnxruntime().get_available_providers() if wanted.endswith(OWN_NAME) else (CPU,)
    clash = wheels_at_odds()
    try:
        choice = choose_providers(provider, require, cuda, available)
    except ProviderError as error:
        raise ProviderError(f"{error} ({clash})" if clash else str(error)) from error
    return replace(choice, notice=". ".join(filter(None, (choice.notice, clash)))) if clash else choice


def probe_this_machine() -> Cuda:
    """Run `probe_cuda` for the installed ONNX Runtime and this machine."""
    runtime = onnxruntime()
    version = getattr(runtime, "cuda_version", "") or ""
    return probe_cuda(runtime.get_available_providers(), version, preload=_preload_quietly)


def _preload_quietly() -> None:
    # It prints what it does not find; `probe_cuda` then reports the same in one line.
    with contextlib.redirect_stdout(io.StringIO()):
        onnxruntime().preload_dlls()
    if sys.platform == "win32":
        spec = importlib.util.find_spec("nvidia")
        folders = spec.submodule_search_locations if spec is not None else None
        preload_curand(map(Path, folders or ()))


def preload_curand(folders: Iterable[Path], load: Load = ctypes.CDLL) -> None:
    """Load cuRAND from NVIDIA's Python packages on Windows: ONNX Runtime's `preload_dlls` omits it.

    Args:
        folders: Folders with the packages `nvidia.*`.
        load: Loads a library by its path.
    """
    for folder in folders:
        for path in sorted(folder.rglob("curand64_*.dll")):
            with contextlib.suppress(OSError):
                load(str(path))
                return


def asked_of(providers: Sequence[Provider]) -> list[Provider]:
    """Providers as passed to ONNX Runtime: CUDA with `CUDA_OPTIONS`, which its own options override."""
    asked: list[Provider] = []
    for each in providers:
        name, options = (each, {}) if isinstance(each, str) else each
        asked.append((name, {**CUDA_OPTIONS, **options}) if name == CUDA else each)
    return asked


def short_name(provider: str) -> str:
    """The short name of a provider: "cuda", "cpu", or else its own name."""
    return _SHORT.get(provider, provider)


def asks_for(providers: Sequence[Provider]) -> str:
    """Short name of the first provider in a list, which is the preferred one."""
    first = providers[0]
    return short_name(first if isinstance(first, str) else first[0])
