"""The network: an LSTM with explicit state, and two heads, class and progress."""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from addon.features.recipe import COLUMNS


class StepOutput(NamedTuple):
    """The outputs of the network at every row.

    Attributes:
        embedding: Shape (batch, time, hidden): the output of the top layer.
        h, c: The state for the next call, each of shape (layers, batch, hidden).
        scores: Shape (batch, time, classes), before the softmax.
        progress: Shape (batch, time, 1), 0..1.
    """

    embedding: Tensor
    h: Tensor
    c: Tensor
    scores: Tensor
    progress: Tensor


class StepNet(nn.Module):
    """An LSTM over feature rows.

        net = StepNet(classes=4, layers=1, hidden=64)
        out = net(rows, *net.start(batch=20))

    Args:
        classes: Number of classes, at least 1.
        layers: LSTM layers, at least 1.
        hidden: Width of each layer, at least 1.

    Raises:
        ValueError: A number is below 1.
    """

    def __init__(self, classes: int, layers: int, hidden: int) -> None:
        if min(classes, layers, hidden) < 1:
            raise ValueError(
                f"classes, layers and hidden must be at least 1; got {classes}, {layers}, {hidden}"
            )
        super().__init__()
        self.classes, self.layers, self.hidden = classes, layers, hidden
        self.lstm = nn.LSTM(len(COLUMNS), hidden, layers, batch_first=True)
        self.score_head = nn.Linear(hidden, classes)
        self.progress_head = nn.Linear(hidden, 1)

    def start(self, batch: int) -> tuple[Tensor, Tensor]:
        """The state before the first row: h and c, zeros of shape (layers, batch, hidden)."""
        zeros = torch.zeros(self.layers, batch, self.hidden)
        return zeros, zeros

    def forward(self, features: Tensor, h: Tensor, c: Tensor) -> StepOutput:
        """Compute rows of shape (batch, time, columns) from the state before them."""
        embedding, (h_next, c_next) = self.lstm(features, (h, c))
        progress = torch.sigmoid(self.progress_head(embedding))
        return StepOutput(embedding, h_next, c_next, self.score_head(embedding), progress)


def seeded_net(classes: int, layers: int, hidden: int, seed: int) -> StepNet:
    """A network with random weights from `seed`; torch's own random state is not changed."""
    state = torch.random.get_rng_state()
    torch.manual_seed(seed)  # pyright: ignore[reportUnknownMemberType]
    try:
        return StepNet(classes, layers, hidden)
    finally:
        torch.random.set_rng_state(state)
