"""A classification head over a base encoder: a small network on its LSTM, which is not changed.

    hidden ─ MatMul, Add, Relu ─ MatMul, Add ─ Split ─┬─ scores
                                                      ├─ Sigmoid ─ progress
                                                      └─ unknown

As the encoder is not changed, classes can still be taught to it.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import onnx
import torch
import torch.nn.functional as F  # noqa: N812 - the name everyone knows it by
from onnx import helper, numpy_helper
from torch import Tensor, nn

from addon.arrays import Ints
from addon.model.metadata import UNKNOWN_OUTPUT, ModelSpec
from addon.training.encoder import LIFTED, WHOLE
from addon.training.graph import array_of
from addon.training.nodes import described, tensors, value
from addon.training.plan import UNKNOWN

# Width of the hidden layer, inks a step, highest learning rate, steps over which it rises.
WIDTH, BATCH, RATE, RISE = 256, 512, 2e-3, 100
SMOOTHING = 0.02
ALIEN = 0.5


class HeadDataset(NamedTuple):
    """The LSTM's output for inks at some rows; the last two are the whole ink, and the pen lifted.

    Attributes:
        hidden: Float16, shape (inks, rows, hidden).
        progress: Float32, shape (inks, rows).
        classes: Int64, shape (inks,): the class, or `UNKNOWN`.
    """

    hidden: Tensor
    progress: Tensor
    classes: Tensor


class Head(nn.Module):
    """A classifier of the LSTM's output.

    Args:
        hidden: Width of the LSTM.
        classes: Number of classes.
    """

    def __init__(self, hidden: int, classes: int) -> None:
        super().__init__()
        self.classes = classes
        self.between = nn.Linear(hidden, WIDTH)
        self.last = nn.Linear(WIDTH, classes + 2)

    def forward(self, hidden: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Scores, progress before its sigmoid, and the log odds that it is none of the classes."""
        out = self.last(torch.relu(self.between(hidden)))
        return out[..., :-2], out[..., -2], out[..., -1]


def trained(practice: HeadDataset, classes: int, epochs: int, seed: int) -> Iterator[tuple[Head, float]]:
    """Train a head; yields it and the mean loss after every epoch."""
    torch.manual_seed(seed)  # pyright: ignore[reportUnknownMemberType]
    head = Head(practice.hidden.shape[-1], classes)
    optimizer = torch.optim.AdamW(head.parameters(), lr=RATE, weight_decay=1e-4)
    chance = np.random.default_rng(seed)
    steps = max(1, len(practice.classes) // BATCH)
    for epoch in range(epochs):
        order = chance.permutation(len(practice.classes))
        total = 0.0
        for step in range(steps):
            for group in optimizer.param_groups:
                group["lr"] = RATE * _rate(epoch * steps + step, epochs * steps)
            loss = loss_of(head, practice, order[step * BATCH : (step + 1) * BATCH])
            optimizer.zero_grad()
            loss.backward()  # pyright: ignore[reportUnknownMemberType]
            optimizer.step()  # pyright: ignore[reportUnknownMemberType]
            total += float(loss.detach())
        yield head, total / steps


def _rate(step: int, steps: int) -> float:
    return min(1.0, (step + 1) / RISE) * max(0.02, 1 - step / steps)


def loss_of(head: Head, practice: HeadDataset, chosen: Ints) -> Tensor:
    """Cross-entropy of the class, plus the error of the progress and of unknown."""
    at = torch.as_tensor(np.sort(chosen))
    scores, progress, unknown = head(practice.hidden[at].float())
    classes, rows = practice.classes[at], scores.shape[1]
    weight = torch.tensor([*[1.0] * (rows - 2), WHOLE, LIFTED])
    weight = weight / weight.sum()
    known = classes != UNKNOWN
    target = classes[known][:, None].expand(-1, rows)
    wrong = F.cross_entropy(
        scores[known].transpose(1, 2), target, reduction="none", label_smoothing=SMOOTHING
    )
    off = (torch.sigmoid(progress[known]) - practice.progress[at][known]).abs()
    alien = (~known).float()[:, None].expand(-1, rows)
    taken = F.binary_cross_entropy_with_logits(unknown, alien, reduction="none")
    return (wrong * weight).sum(1).mean() + off.mean() + ALIEN * (taken * weight).sum(1).mean()


def headed(base: onnx.ModelProto, spec: ModelSpec, head: Head) -> onnx.ModelProto:
    """Add the head to an encoder's graph.

    Args:
        base: From `addon.training.bake.read_base`, with the LSTM's output named `hidden`; not changed.
        spec: The description for the file.
        head: For the spec's labels.
    """
    node = helper.make_node
    graph = onnx.GraphProto()
    graph.CopyFrom(base.graph)
    graph.node.extend(
        [
            node("MatMul", ["hidden", "between.W"], ["between_product"]),
            node("Add", ["between_product", "between.B"], ["between_sum"]),
            node("Relu", ["between_sum"], ["between"]),
            node("MatMul", ["between", "last.W"], ["last_product"]),
            node("Add", ["last_product", "last.B"], ["said"]),
            node("Split", ["said", "said.sizes"], ["scores", "progress_score", UNKNOWN_OUTPUT], axis=2),
            node("Sigmoid", ["progress_score"], ["progress"]),
        ]
    )
    for name, layer in (("between", head.between), ("last", head.last)):
        weights = {f"{name}.W": array_of(layer.weight).T, f"{name}.B": array_of(layer.bias)}
        graph.initializer.extend(tensors(weights))
    sizes = np.array([head.classes, 1, 1], dtype=np.int64)
    graph.initializer.append(numpy_helper.from_array(sizes, "said.sizes"))
    for name, size in (("scores", head.classes), ("progress", 1), (UNKNOWN_OUTPUT, 1)):
        graph.output.append(value(name, "batch", "time", size))
    return described(graph, spec)
