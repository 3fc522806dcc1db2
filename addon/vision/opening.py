"""From a path to a model that looks at pictures: open, warm, and on the provider that is faster for it."""

from dataclasses import replace
from pathlib import Path
from time import perf_counter

from addon.doctor.limits import limit_this_process
from addon.inference.autotune import Names, Trial, faster, model_key
from addon.inference.loaded_model import here
from addon.inference.opening import read_model
from addon.inference.placement import or_on_cpu
from addon.inference.providers import Choice, asks_for, choose_here
from addon.vision.image_model import GRAY, ImageModel

MEASURED_RUNS = 5


def open_limited(
    path: str, provider: str = "auto", require: str | None = None, threads: int = 1
) -> ImageModel:
    """`open_image_model` in a process whose memory and time are then limited: the file is not trusted.

    Raises:
        ModelError: As `open_image_model`.
        ProviderError: Likewise.
    """
    limit_this_process()
    return open_image_model(path, provider, require, threads)


def open_image_model(
    path: str, provider: str = "auto", require: str | None = None, threads: int = 1
) -> ImageModel:
    """Open a model and warm it.

    Where the choice leaves several providers open, the one that is faster for this model is taken.

    Args:
        path: The ONNX file.
        provider: As for `ImageClassifier`.
        require: Likewise.
        threads: For one operator.

    Raises:
        ModelError: It is broken, or does not look at pictures; one line says why.
        ProviderError: What is required does not run here.
    """
    choice = choose_here(provider, require)
    file = read_model(Path(path))

    def opened(choice: Choice) -> ImageModel:
        looker = ImageModel(file, choice, threads)
        run_us(looker)  # the first one allocates and is no measure
        return looker

    if not choice.rivals:
        return or_on_cpu(choice, opened)

    def attempt(names: Names) -> Trial[ImageModel]:
        looker = opened(replace(choice, providers=names, rivals=()))
        times = sorted(run_us(looker) for _ in range(MEASURED_RUNS))
        return Trial(looker, looker.provider, times[MEASURED_RUNS // 2])

    rivals = (choice.providers, *choice.rivals)
    trial, line = faster(rivals, asks_for, attempt, here(choice.device), model_key(file.sha256, batch=1))
    trial.opened.compared = line
    return trial.opened


def run_us(looker: ImageModel) -> float:
    """Look at a gray picture; gives the microseconds that it took."""
    began = perf_counter()
    looker({"image": GRAY})
    return 1e6 * (perf_counter() - began)
