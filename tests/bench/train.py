"""What a training iteration costs against the bare PyTorch loop of the same network on the same rows."""

import statistics
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - the name everyone knows it by

from addon.dataset.corpus import corpus_of, inks
from addon.features.recipe import FeatureRecipe
from addon.features.scale import ink_scale
from addon.training.config import TrainConfig
from addon.training.ink_set import BATCHES_AT_ONCE, Batch, batches, ink_set, thinned
from addon.training.nets import StepNet, seeded_net
from addon.training.trainer import new_learner, train
from tests.hands import taught

ROUNDS = 24
GOAL = 1.25
# Each round augments once, as training does once for so many iterations.
ITERATIONS = BATCHES_AT_ONCE


def rows() -> list[dict[str, Any]]:
    """The rows `iteration_ratio` and, for what they are worth on a busy machine, milliseconds."""
    config = TrainConfig(iterations=ITERATIONS * (ROUNDS + 1), patience=0)
    threads = torch.get_num_threads()
    torch.set_num_threads(config.threads)
    try:
        ours, bare = _alternating(config)
    finally:
        torch.set_num_threads(threads)
    ratio = statistics.median(mine / theirs for mine, theirs in zip(ours, bare, strict=True))
    ms, bare_ms = (statistics.median(times) / ITERATIONS * 1e3 for times in (ours, bare))
    figure = {"bench": "train", "better": "lower"}
    return [
        {**figure, "figure": "iteration_ratio", "value": ratio, "unit": "×", "goal": GOAL, "peer": {}},
        {**figure, "figure": "iteration", "value": ms, "unit": "ms", "goal": None, "peer": {"bare": bare_ms}},
    ]


def _alternating(config: TrainConfig) -> tuple[list[float], list[float]]:
    """Seconds of each round: ours, and then the bare loop on the very batches that ours has made."""
    seen: list[Batch] = []
    steps = train(new_learner(_net(config), config), _noted(_stream(config), seen), config)
    bare = _net(config)
    optimizer = torch.optim.Adam(bare.parameters(), lr=config.lr, fused=True)
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(ROUNDS + 1):
        seen.clear()
        began = time.perf_counter()
        for _ in range(ITERATIONS):
            next(steps)
        between = time.perf_counter()
        for batch in seen:
            _bare_iteration(bare, optimizer, batch)
        times[0].append(between - began)
        times[1].append(time.perf_counter() - between)
    # The first round warms up.
    return times[0][1:], times[1][1:]


def _net(config: TrainConfig) -> StepNet:
    return seeded_net(4, config.shape.layers, config.shape.hidden, config.seed)


def _stream(config: TrainConfig) -> Iterator[Batch]:
    corpus = corpus_of(*taught(each=5))
    recipe = FeatureRecipe(ink_scale(inks(corpus)), config.shape.spacing)
    data = ink_set(corpus, "LTVZ")
    data = type(data)(thinned(data.inks, recipe.step / 2), data.classes, data.labels)
    return batches(data, recipe, config, np.random.default_rng(config.seed))


def _noted(stream: Iterator[Batch], seen: list[Batch]) -> Iterator[Batch]:
    for batch in stream:
        seen.append(batch)
        yield batch


def _bare_iteration(net: StepNet, optimizer: torch.optim.Optimizer, batch: Batch) -> None:
    """The least that trains both heads at every row."""
    out = net(batch.rows, *net.start(len(batch.rows)))
    classes = batch.classes[:, None].expand(batch.progress.shape)
    loss = F.cross_entropy(out.scores.flatten(0, 1), classes.flatten())
    loss = loss + F.mse_loss(out.progress[..., 0], batch.progress)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
