import subprocess
import sys

import pytest

from addon.errors import ProviderError
from addon.inference.providers import (
    CPU,
    CUDA,
    INSTALL_DRIVER,
    INSTALL_LIBRARIES,
    Choice,
    Cuda,
    asked_of,
    asks_for,
    choose_here,
    choose_providers,
    cuda_libraries,
    preload_curand,
    probe_cuda,
)

LINUX = cuda_libraries("linux", "13.0")
BUILT_WITH_CUDA = [CUDA, CPU]


class Driver:
    """Stands in for libcuda."""

    def __init__(
        self, version: int = 13000, init: int = 0, capability: tuple[int, int] = (7, 5), device: int = 0
    ) -> None:
        self.version = version
        self.init = init
        self.capability = capability
        self.device = device

    def cuInit(self, flags):  # noqa: N802 - the driver's own name
        return self.init

    def cuDriverGetVersion(self, pointer):  # noqa: N802
        pointer._obj.value = self.version
        return 0

    def cuDeviceGet(self, pointer, ordinal):  # noqa: N802
        return self.device

    def cuDeviceGetName(self, buffer, size, device):  # noqa: N802
        buffer.value = b"NVIDIA T4"
        return 0

    def cuDeviceGetAttribute(self, pointer, attribute, device):  # noqa: N802
        pointer._obj.value = self.capability[{75: 0, 76: 1}[attribute]]
        return 0


T4 = "NVIDIA T4, driver for CUDA 13.0"


def machine(*libraries: str, driver: Driver | None = None):
    """Loads what the machine has; anything else is missing."""

    def load(name: str) -> object:
        if driver is not None and name in ("libcuda.so.1", "nvcuda.dll"):
            return driver
        if name in libraries:
            return object()
        raise OSError(f"{name}: cannot open shared object file")

    return load


def probed(load, available=BUILT_WITH_CUDA, version="13.0", platform="linux", **more) -> Cuda:
    return probe_cuda(available, version, platform=platform, load=load, **more)


def test_a_machine_with_everything_runs_cuda_first():
    cuda = probed(machine(*LINUX, driver=Driver()))
    assert cuda == Cuda(device=T4)
    assert choose_providers("auto", None, cuda).providers == (CUDA, CPU)
    assert choose_providers("cuda", "cuda", cuda) == Choice((CUDA, CPU), required="cuda", device=T4)


def test_without_a_driver_nothing_else_is_touched():
    loaded = []

    def load(name):
        loaded.append(name)
        raise OSError

    cuda = probed(load, preload=lambda: loaded.append("preload"))
    assert loaded == ["libcuda.so.1"]
    assert "libcuda.so.1" in cuda.missing
    assert cuda.remedy == INSTALL_DRIVER["linux"]


@pytest.mark.parametrize("absent", LINUX)
def test_the_library_that_is_missing_is_named_with_the_command(absent):
    cuda = probed(machine(*(set(LINUX) - {absent}), driver=Driver()))
    with pytest.raises(ProviderError, match=absent.replace(".", r"\.")) as caught:
        choose_providers("auto", "cuda", cuda)
    assert INSTALL_LIBRARIES in str(caught.value)
    assert "\n" not in str(caught.value)


def test_libraries_of_python_packages_are_made_loadable_first():
    there: list[str] = []

    def load(name):
        return machine(*there, driver=Driver())(name)

    assert probed(load, preload=lambda: there.extend(LINUX)).missing == ""


def test_windows_libraries_have_windows_names():
    names = cuda_libraries("win32", "13.0")
    blas = ("cublasLt64_13.dll", "cublas64_13.dll")
    assert names == ("cudart64_13.dll", *blas, "curand64_10.dll", "cudnn64_9.dll")
    assert probed(machine(*names, driver=Driver()), platform="win32").missing == ""
    assert "nvcuda.dll" in probed(machine(), platform="win32").missing


def test_a_driver_that_is_too_old_is_named_with_its_version():
    cuda = probed(machine(*LINUX, driver=Driver(version=12040)))
    assert "for CUDA 12.4, and CUDA 13 is needed" in cuda.missing


def test_a_driver_without_a_device_is_no_cuda():
    assert "no device" in probed(machine(*LINUX, driver=Driver(init=100))).missing


def test_the_wheel_without_cuda_is_distinguished():
    cuda = probed(machine(*LINUX, driver=Driver()), available=[CPU], version="")
    assert "built without CUDA" in cuda.missing
    assert "pip uninstall -y onnxruntime " in cuda.remedy


def test_there_is_no_cuda_on_a_mac():
    assert probed(machine(), platform="darwin").missing == "there is no CUDA for this system"


def test_falling_back_is_reported_in_one_line():
    cuda = Cuda("libcudnn.so.9 is missing", "install it")
    for provider in ("auto", "cuda"):
        choice = choose_providers(provider, None, cuda)
        assert choice.providers == (CPU,)
        assert "CPU" in choice.notice
        assert "libcudnn.so.9" in choice.notice
        assert "\n" not in choice.notice
    assert choose_providers("cpu", None, cuda).notice == ""


@pytest.mark.parametrize(
    ("provider", "require"), [("gpu", None), ("auto", "tpu"), ("cpu", "cuda"), ("cuda", "cpu")]
)
def test_names_that_mean_nothing_are_refused(provider, require):
    with pytest.raises(ValueError, match=r"provider|require"):
        choose_providers(provider, require, Cuda())


def test_auto_leaves_both_open_where_both_run_and_a_wish_does_not():
    assert choose_providers("auto", None, Cuda()).rivals == ((CPU,),)
    assert choose_providers("cuda", None, Cuda()).rivals == ()
    assert choose_providers("auto", "cuda", Cuda()).rivals == ()


def test_any_other_provider_passes_through_by_its_own_name_and_is_marked_untested():
    coreml = "CoreMLExecutionProvider"
    choice = choose_providers(coreml, None, Cuda("none"), [coreml, CPU])
    assert choice.providers == (coreml, CPU)
    assert "not tested" in choice.notice
    assert choose_providers(coreml, coreml, Cuda("none"), [coreml, CPU]).required == coreml


def test_another_provider_that_is_not_there_is_reported_or_raised():
    coreml = "CoreMLExecutionProvider"
    choice = choose_providers(coreml, None, Cuda(), [CPU])
    assert choice.providers == (CPU,)
    assert f"not on {coreml}" in choice.notice
    with pytest.raises(ProviderError, match=f"{coreml} is required.*it has {CPU}"):
        choose_providers("auto", coreml, Cuda(), [CPU])


def test_a_list_of_providers_asks_for_its_first():
    assert asks_for([CUDA, CPU]) == "cuda"
    assert asks_for([(CUDA, {"enable_cuda_graph": "1"}), CPU]) == "cuda"
    assert asks_for([CPU]) == "cpu"
    assert asks_for(["CoreMLExecutionProvider", CPU]) == "CoreMLExecutionProvider"


def test_cuda_is_asked_for_without_tf32_and_without_an_exhaustive_search():
    options = {"use_tf32": "0", "cudnn_conv_algo_search": "HEURISTIC"}
    assert asked_of([CUDA, CPU]) == [(CUDA, options), CPU]
    assert asked_of([(CUDA, {"enable_cuda_graph": "1"})]) == [(CUDA, {**options, "enable_cuda_graph": "1"})]
    assert asked_of([CPU]) == [CPU]


@pytest.mark.parametrize(
    ("capability", "version", "runs"),
    [((7, 5), "13.0", True), ((6, 1), "13.0", False), ((7, 0), "13.0", False), ((6, 1), "12.8", True)],
)
def test_a_gpu_too_old_for_this_cuda_is_named_and_the_cpu_taken(capability, version, runs):
    libraries = cuda_libraries("linux", version)
    cuda = probed(machine(*libraries, driver=Driver(capability=capability)), version=version)
    assert (cuda.missing == "") is runs
    if not runs:
        has = ".".join(map(str, capability))
        assert cuda.missing == f"NVIDIA T4 has compute capability {has}, and CUDA 13 needs 7.5 or more"
        assert choose_providers("auto", None, cuda).providers == (CPU,)


def test_a_driver_that_does_not_tell_its_gpu_is_left_to_the_session():
    assert probed(machine(*LINUX, driver=Driver(capability=(0, 0)))).missing == ""
    assert "no device" in probed(machine(*LINUX, driver=Driver(device=101))).missing


def test_curand_is_loaded_out_of_nvidias_packages_where_onnx_runtime_leaves_it_out(tmp_path):
    there = tmp_path / "cu13" / "bin" / "x86_64" / "curand64_10.dll"
    there.parent.mkdir(parents=True)
    there.touch()
    loaded: list[str] = []
    preload_curand([tmp_path / "none", tmp_path], loaded.append)
    assert loaded == [str(there)]


def test_this_machine_answers_the_truth_and_prints_nothing():
    script = """
from addon.inference.providers import choose_here
from addon.errors import ProviderError
choice = choose_here("auto", None)
try:
    required = choose_here("auto", "cuda").providers
except ProviderError as error:
    required = str(error)
    assert choice.providers == ("CPUExecutionProvider",), choice
    assert "install it" in required and choice.notice
else:
    assert choice.providers[0] == "CUDAExecutionProvider"
"""
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")


def test_the_cpu_is_chosen_without_probing(monkeypatch):
    monkeypatch.setattr("addon.inference.providers.probe_this_machine", lambda: pytest.fail("it was probed"))
    assert choose_here("cpu", None) == Choice((CPU,))
