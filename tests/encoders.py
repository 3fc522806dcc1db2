"""Small base encoders for tests: random weights, exported as the trained one is."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch

from addon.runtime import model
from addon.training.encoder import EncoderNet
from addon.training.encoder_export import encoder_spec, export_encoder

SMALL = {"layers": 2, "hidden": 32, "embedding": 16, "background": 4}


@contextmanager
def inline_steps() -> Iterator[None]:
    """Have steps run on the calling thread, however slow a busy machine makes them look."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(model, "INLINE_BELOW_US", float("inf"))
        yield


def make_encoder(path: Path, seed: int = 3) -> Path:
    """Export an encoder to `path`; the same seed gives the same weights."""
    torch.manual_seed(seed)
    net = EncoderNet(**SMALL)
    # Far enough apart that a sign which was taught is told from another.
    torch.nn.init.orthogonal_(net.project.weight, gain=60.0)
    export_encoder(net, encoder_spec(net, spacing=1 / 12, levels=8), path)
    return path
