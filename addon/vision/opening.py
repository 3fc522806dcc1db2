"""Open and warm an image model, on the provider that is faster for it."""

from dataclasses import replace
from pathlib import Path
from time import perf_counter

from addon.background.limits import limit_this_process
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
    """Limit this process and open an untrusted image model.

    Raises:
        ModelError: As for `open_image_model`.
        ProviderError: As for `open_image_model`.
    """
    limit_this_process()
    return open_image_model(path, provider, require, threads)


def open_image_model(
    path: str, provider: str = "auto", require: str | None = None, threads: int = 1
) -> ImageModel:
    """Open a model and warm it.

    If several providers are possible, the one that is faster for this model is used.

    Args:
        path: The ONNX file.
        provider: As for `ImageClassifier`.
        require: As for `ImageClassifier`.
        threads: Threads for one operator.

    Raises:
        ModelError: It is damaged, or not an image model; one line says why.
        ProviderError: The required provider does not run here.
    """
    choice = choose_here(provider, require)
    file = read_model(Path(path))

    def opened(choice: Choice) -> ImageModel:
        model = ImageModel(file, choice, threads)
        run_us(model)  # the first run allocates memory and is not measured
        return model

    if not choice.rivals:
        return or_on_cpu(choice, opened)

    def attempt(names: Names) -> Trial[ImageModel]:
        model = opened(replace(choice, providers=names, rivals=()))
        times = sorted(run_us(model) for _ in range(MEASURED_RUNS))
        return Trial(model, model.provider, times[MEASURED_RUNS // 2])

    rivals = (choice.providers, *choice.rivals)
    trial, line = faster(rivals, asks_for, attempt, here(choice.device), model_key(file.sha256, batch=1))
    trial.opened.compared = line
    return trial.opened


def run_us(model: ImageModel) -> float:
    """Run a model on a gray picture; returns the microseconds that it took."""
    began = perf_counter()
    model({"image": GRAY})
    return 1e6 * (perf_counter() - began)
