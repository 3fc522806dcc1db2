"""The base encoder in training: an LSTM and a projection, its answers to episodes, and their loss."""

from typing import NamedTuple

import torch
import torch.nn.functional as F  # noqa: N812 - the name everyone knows it by
from torch import Tensor, nn

from addon.features.recipe import COLUMNS
from addon.training.episodes import Episode, EpisodeBatch
from addon.training.plan import UNKNOWN


class EncoderNet(nn.Module):
    """Rows to an embedding at every row.

    Args:
        layers: LSTM layers.
        hidden: Width of each.
        embedding: Width of the embedding.
        background: Number of vectors that stand for unknown signs.
    """

    def __init__(self, layers: int, hidden: int, embedding: int, background: int = 64) -> None:
        super().__init__()
        self.layers, self.hidden, self.size = layers, hidden, embedding
        self.mixed = False
        self.lstm = nn.LSTM(len(COLUMNS), hidden, layers)
        self.project = nn.Linear(hidden, embedding)
        nn.init.orthogonal_(self.project.weight, gain=4.0)
        self.background = nn.Parameter(torch.randn(background, embedding))
        self.background_bias = nn.Parameter(torch.zeros(background))

    def forward(self, rows: Tensor) -> Tensor:
        """Embeddings of shape (inks, time, embedding) for rows of shape (inks, time, columns)."""
        with torch.autocast(rows.device.type, torch.bfloat16, enabled=self.training and self.mixed):
            out = self.lstm(rows.transpose(0, 1))[0]
        return self.project(out.float().transpose(0, 1))


class EpisodeAnswers(NamedTuple):
    """The answers to some rows of tested inks.

    Attributes:
        scores: Shape (asked, judged, classes).
        progress: Shape (asked, judged).
        unknown: Shape (asked, judged): log odds that it is none of the classes.
    """

    scores: Tensor
    progress: Tensor
    unknown: Tensor


def embed(net: nn.Module, episode_batch: EpisodeBatch) -> Tensor:
    """Embeddings of all inks, shape (inks, longest, embedding), zero past their ends."""
    pieces = [
        F.pad(e := net(b.rows), (0, 0, 0, episode_batch.longest - e.shape[1])) for b in episode_batch.blocks
    ]
    order = torch.cat([b.inks for b in episode_batch.blocks])
    return torch.cat(pieces)[torch.argsort(order)]


def merged(tracks: Tensor, classes: Tensor) -> tuple[Tensor, Tensor]:
    """The mean track of each class, and the classes of these."""
    count = int(classes.max()) + 1
    sums = tracks.new_zeros(count, *tracks.shape[1:]).index_add(0, classes, tracks)
    means = sums / torch.bincount(classes, minlength=count).view(-1, 1, 1)
    return means, torch.arange(count, device=classes.device)


def answers(net: EncoderNet, tracks: Tensor, classes: Tensor, asked: Tensor) -> EpisodeAnswers:
    """Classify some rows of tested inks.

    Args:
        net: The encoder; its background stands for unknown signs.
        tracks: Tracks of the taught inks, separate or merged by class; shape (taught, levels + 1, embedding).
        classes: Their classes, shape (taught,).
        asked: Shape (asked, judged, embedding).
    """
    near = _nearness(asked, tracks.flatten(0, 1)).view(*asked.shape[:2], *tracks.shape[:2])
    by_class = F.one_hot(classes).T.float()
    weight = (by_class / by_class.sum(1, keepdim=True)).sum(0).log()[:, None]
    near = near + weight
    top = near.detach().amax((2, 3), keepdim=True)
    likely = (near - top).exp()
    scores = (likely.sum(3) @ by_class.T).clamp_min(1e-37).log() + top[..., 0]
    total = likely.sum((2, 3))
    progress = (likely.sum(2) @ shares(tracks.shape[1] - 1).to(near.device)) / total
    background = _nearness(asked, net.background) + net.background_bias
    return EpisodeAnswers(scores, progress, _joined(background) - _joined(scores))


def _joined(scores: Tensor) -> Tensor:
    return torch.logsumexp(scores, dim=2)  # pyright: ignore[reportUnknownMemberType]


def _nearness(asked: Tensor, vectors: Tensor) -> Tensor:
    # Half the negative squared distance, without the term that is the same for all vectors.
    return asked @ vectors.T - vectors.square().sum(1) / 2


def shares(levels: int) -> Tensor:
    """Progress at each level, and with the pen lifted."""
    return torch.cat([torch.arange(1, levels + 1) / levels, torch.ones(1)])


# Weights of the judged rows: 1 for random ones, for the whole ink, and for the lifted pen.
WHOLE, LIFTED = 2.0, 3.0
PROGRESS, ALIEN = 1.0, 0.3


def loss_of(net: EncoderNet, embedded: Tensor, part: Episode) -> tuple[Tensor, Tensor]:
    """The loss of an episode and its parts, from embeddings of shape (inks, longest, embedding)."""
    return loss_at(net, embedded[part.taught[:, None], part.levels], embedded[part.asked, part.rows], part)


def loss_at(net: EncoderNet, tracks: Tensor, asked: Tensor, part: Episode) -> tuple[Tensor, Tensor]:
    """An episode's loss, and its parts: classes, progress, unknown; and the share recognised.

    Args:
        net: The encoder.
        tracks: Embeddings at the levels of the taught inks, shape (taught, levels + 1, embedding).
        asked: Embeddings at the judged rows, shape (asked, judged, embedding).
        part: The episode.
    """
    classes = part.classes
    if bool(part.merge):
        tracks, classes = merged(tracks, classes)
    given = answers(net, tracks, classes, asked)
    known, judged = part.answers != UNKNOWN, asked.shape[1]
    weight = torch.tensor([*[1.0] * (judged - 2), WHOLE, LIFTED], device=asked.device)
    weight = weight / weight.sum()
    target = part.answers[known][:, None].expand(-1, judged)
    wrong = F.cross_entropy(given.scores[known].transpose(1, 2), target, reduction="none")
    off = (given.progress[known] - part.progress[known]).abs()
    alien = (~known).float()[:, None].expand(-1, judged)
    taken = F.binary_cross_entropy_with_logits(given.unknown, alien, reduction="none")
    parts = torch.stack([(each * weight).sum(1).mean() for each in (wrong, off, taken)])
    right = (given.scores[known][:, -1].argmax(1) == part.answers[known]).float().mean()
    return parts[0] + PROGRESS * parts[1] + ALIEN * parts[2], torch.cat([parts.detach(), right[None]])
