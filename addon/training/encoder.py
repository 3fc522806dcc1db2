"""The base encoder in training: an LSTM and a projection, and how episodes are answered with it."""

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
        background: Vectors that stand for what is none of the taught classes.
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
    """What is said of some rows of asked inks.

    Attributes:
        scores: Shape (asked, judged, classes).
        progress: Shape (asked, judged).
        unknown: Shape (asked, judged): how much likelier, as a logarithm, that it is none of the classes.
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
    """Answer some rows of asked inks.

    Args:
        net: Its background stands for what is not taught.
        tracks: Of the taught inks, each by itself or merged by class; shape (taught, levels + 1, embedding).
        classes: Theirs, shape (taught,).
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
    # Half the negative squared distance, less what is the same for all vectors.
    return asked @ vectors.T - vectors.square().sum(1) / 2


def shares(levels: int) -> Tensor:
    """Progress at each level, and with the pen lifted."""
    return torch.cat([torch.arange(1, levels + 1) / levels, torch.ones(1)])


# Weight of the judged rows: each random one 1, the whole ink, the pen lifted.
WHOLE, LIFTED = 2.0, 3.0
PROGRESS, ALIEN = 1.0, 0.3


def loss_of(net: EncoderNet, embedded: Tensor, part: Episode) -> tuple[Tensor, Tensor]:
    """The loss of an episode among embeddings of shape (inks, longest, embedding), and what it is made of."""
    return loss_at(net, embedded[part.taught[:, None], part.levels], embedded[part.asked, part.rows], part)


def loss_at(net: EncoderNet, tracks: Tensor, asked: Tensor, part: Episode) -> tuple[Tensor, Tensor]:
    """An episode's loss, and what it is made of: classes, progress, unknown; and the share recognised.

    Args:
        net: The encoder.
        tracks: Embeddings at the levels of the taught inks, shape (taught, levels + 1, embedding).
        asked: Embeddings at the judged rows, shape (asked, judged, embedding).
        part: The episode.
    """
    classes = part.classes
    if bool(part.merge):
        tracks, classes = merged(tracks, classes)
    said = answers(net, tracks, classes, asked)
    known, judged = part.answers != UNKNOWN, asked.shape[1]
    weight = torch.tensor([*[1.0] * (judged - 2), WHOLE, LIFTED], device=asked.device)
    weight = weight / weight.sum()
    target = part.answers[known][:, None].expand(-1, judged)
    wrong = F.cross_entropy(said.scores[known].transpose(1, 2), target, reduction="none")
    off = (said.progress[known] - part.progress[known]).abs()
    alien = (~known).float()[:, None].expand(-1, judged)
    taken = F.binary_cross_entropy_with_logits(said.unknown, alien, reduction="none")
    parts = torch.stack([(each * weight).sum(1).mean() for each in (wrong, off, taken)])
    right = (said.scores[known][:, -1].argmax(1) == part.answers[known]).float().mean()
    return parts[0] + PROGRESS * parts[1] + ALIEN * parts[2], torch.cat([parts.detach(), right[None]])
