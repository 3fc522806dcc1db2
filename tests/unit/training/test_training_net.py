import math
from itertools import islice, pairwise

import numpy as np
import pytest
import torch

from addon.dataset.corpus import corpus_of
from addon.errors import TrainingError
from addon.features.recipe import FeatureRecipe
from addon.training.checkpoint import load_checkpoint, resumed, save_checkpoint
from addon.training.config import TrainConfig
from addon.training.ink_set import Batch, batches, ink_set
from addon.training.nets import StepNet, StepOutput, seeded_net
from addon.training.run import measure
from addon.training.trainer import LAST_RATE, Learner, accuracy_of, loss_of, new_learner, rate, train
from tests.hands import taught

RECIPE = FeatureRecipe(180.0)


pytestmark = pytest.mark.usefixtures("one_thread")


def a_net(classes: int = 4, seed: int = 0) -> StepNet:
    return seeded_net(classes, layers=1, hidden=64, seed=seed)


def a_stream(config: TrainConfig, labels: str = "LTVZ", seed: int = 0):
    data = ink_set(corpus_of(*taught(labels)), labels)
    return batches(data, RECIPE, config, np.random.default_rng(seed))


def a_run(config: TrainConfig, learner: Learner | None = None) -> tuple[Learner, list[float]]:
    learner = learner or new_learner(a_net(), config)
    return learner, [step.loss for step in train(learner, a_stream(config), config)]


def test_a_network_refuses_a_size_below_one():
    for numbers in [(0, 1, 8), (2, 0, 8), (2, 1, 0)]:
        with pytest.raises(ValueError, match="at least 1"):
            StepNet(*numbers)


def test_a_seed_decides_the_weights_and_leaves_torchs_state_alone():
    before = torch.random.get_rng_state()
    one, same, other = a_net(seed=1), a_net(seed=1), a_net(seed=2)
    assert torch.equal(before, torch.random.get_rng_state())
    assert torch.equal(one.score_head.weight, same.score_head.weight)
    assert not torch.equal(one.score_head.weight, other.score_head.weight)


def test_a_row_at_a_time_gives_what_all_rows_give():
    net = seeded_net(3, layers=2, hidden=8, seed=0)
    rows = torch.randn(2, 6, 6, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        whole = net(rows, *net.start(2))
        h, c = net.start(2)
        for index in range(6):
            out = net(rows[:, index : index + 1], h, c)
            h, c = out.h, out.c
            torch.testing.assert_close(out.scores[:, 0], whole.scores[:, index], atol=1e-6, rtol=0)


def a_batch(lengths: list[int], progress: list[list[float]]) -> Batch:
    classes = torch.zeros(len(lengths), dtype=torch.int64)
    rows = torch.zeros(len(lengths), max(lengths), 6)
    return Batch(rows, classes, torch.tensor(progress), torch.tensor(lengths))


def an_output(scores: torch.Tensor, progress: torch.Tensor) -> StepOutput:
    nothing = torch.zeros(0)
    return StepOutput(nothing, nothing, nothing, scores, progress[..., None])


def test_the_loss_is_that_of_the_definition():
    batch = a_batch([2, 1], [[0.0, 1.0], [1.0, 0.0]])
    scores = torch.tensor([[[1.0, 0.0], [3.0, 0.0]], [[0.0, 2.0], [9.0, -9.0]]])
    progress = torch.tensor([[0.25, 0.75], [0.5, 0.0]])
    config = TrainConfig(early_weight=0.5, smoothing=0.0)

    def surprise(right: float, wrong: float) -> float:
        return math.log(1 + math.exp(wrong - right))

    first = (0.5 * surprise(1, 0) + 1.0 * surprise(3, 0)) / 1.5 + (0.25 + 0.25) / 2
    second = surprise(0, 2) + 0.5
    found = float(loss_of(an_output(scores, progress), batch, config))
    assert found == pytest.approx((first + second) / 2, rel=1e-5)


def test_padding_counts_for_nothing():
    batch = a_batch([2, 1], [[0.5, 1.0], [1.0, 0.0]])
    scores, progress = torch.zeros(2, 2, 3), torch.full((2, 2), 0.5)
    changed_scores, changed_progress = scores.clone(), progress.clone()
    changed_scores[1, 1], changed_progress[1, 1] = 7.0, 0.9
    config = TrainConfig()
    assert loss_of(an_output(scores, progress), batch, config) == loss_of(
        an_output(changed_scores, changed_progress), batch, config
    )


def test_accuracy_looks_at_the_last_row_of_each_ink():
    batch = a_batch([2, 1], [[0.5, 1.0], [1.0, 0.0]])
    scores = torch.tensor([[[0.0, 1.0], [1.0, 0.0]], [[0.0, 1.0], [1.0, 0.0]]])
    assert accuracy_of(an_output(scores, torch.zeros(2, 2)), batch) == 0.5


def test_the_rate_rises_then_falls_to_its_last_share():
    rates = [rate(index, 2000) for index in range(2000)]
    assert rates[0] < 0.05
    assert 0.99 < max(rates) <= 1.0
    assert rates[-1] == pytest.approx(LAST_RATE, abs=1e-3)
    assert all(later <= earlier for earlier, later in pairwise(rates[50:]))


def test_the_same_seed_gives_the_same_run_twice():
    config = TrainConfig(iterations=25)
    (one, losses), (two, again) = a_run(config), a_run(config)
    assert losses == again
    for ours, theirs in zip(one.net.parameters(), two.net.parameters(), strict=True):
        assert torch.equal(ours, theirs)


def test_another_seed_gives_another_run():
    config = TrainConfig(iterations=5)
    learner = new_learner(a_net(), config)
    other = [step.loss for step in train(learner, a_stream(config, seed=1), config)]
    assert other != a_run(config)[1]


def test_a_short_training_learns_four_signs_of_the_same_hand():
    config = TrainConfig(iterations=300)
    learner, losses = a_run(config)
    fresh = ink_set(corpus_of(*taught(each=10, seed=7)), "LTVZ")
    found = measure(learner.net, fresh, RECIPE)
    assert losses[-1] < losses[0] / 2
    assert found.accuracy["lifted"] >= 0.95
    assert found.accuracy["0.25"] <= found.accuracy["1.0"]
    assert found.progress_error < 0.12


def test_it_gives_way_after_each_iteration_and_stops_when_nobody_asks():
    config = TrainConfig(iterations=1000)
    learner = new_learner(a_net(), config)
    steps = list(islice(train(learner, a_stream(config), config), 3))
    assert [step.index for step in steps] == [1, 2, 3]
    assert learner.iteration == 3


def test_a_plateau_ends_it_early():
    # A rate too small to learn anything: the smoothed loss only trembles.
    config = TrainConfig(iterations=5000, lr=1e-6, patience=40)
    assert len(a_run(config)[1]) < 500


def test_without_patience_it_makes_every_iteration():
    assert len(a_run(TrainConfig(iterations=60, lr=1e-6, patience=0))[1]) == 60


def test_a_loss_that_is_no_number_ends_it_with_a_reason():
    config = TrainConfig(iterations=5)
    learner = new_learner(a_net(), config)
    with torch.no_grad():
        learner.net.score_head.bias.fill_(float("nan"))
    with pytest.raises(TrainingError, match="loss is nan"):
        list(train(learner, a_stream(config), config))


def test_a_training_continues_where_it_was_kept(tmp_path):
    config = TrainConfig(iterations=20)
    learner, _ = a_run(config)
    save_checkpoint(tmp_path / "c.pt", learner, config.preset, tuple("LTVZ"), RECIPE)
    kept = load_checkpoint(tmp_path / "c.pt")
    again = resumed(kept, tuple("LTVZ"), config)
    assert kept.recipe == RECIPE
    assert (again.iteration, again.loss) == (20, learner.loss)
    assert a_run(config, learner)[1] == a_run(config, again)[1]
    assert again.iteration == 40


def test_new_labels_grow_the_head_and_old_ones_keep_their_weights(tmp_path):
    config = TrainConfig(iterations=20)
    learner, _ = a_run(config)
    save_checkpoint(tmp_path / "c.pt", learner, config.preset, tuple("LTVZ"), RECIPE)
    grown = resumed(load_checkpoint(tmp_path / "c.pt"), ("A", "V", "L", "B"), config)
    assert torch.equal(grown.net.score_head.weight[1], learner.net.score_head.weight[2])
    assert torch.equal(grown.net.score_head.weight[2], learner.net.score_head.weight[0])
    for ours, theirs in zip(grown.net.lstm.parameters(), learner.net.lstm.parameters(), strict=True):
        assert torch.equal(ours, theirs)
    assert grown.loss == math.inf


def test_another_preset_cannot_go_on(tmp_path):
    learner = new_learner(a_net(), TrainConfig())
    save_checkpoint(tmp_path / "c.pt", learner, "lstm_short", tuple("LTVZ"), RECIPE)
    with pytest.raises(TrainingError, match="lstm_short, not lstm_long"):
        resumed(load_checkpoint(tmp_path / "c.pt"), tuple("LTVZ"), TrainConfig(preset="lstm_long"))


def test_there_must_be_something_to_go_on_with(tmp_path):
    with pytest.raises(TrainingError, match="train first"):
        load_checkpoint(tmp_path / "none.pt")


@pytest.mark.parametrize("content", [b"", b"text", b"PK\x03\x04"])
def test_a_broken_checkpoint_is_refused_in_one_line(tmp_path, content):
    (tmp_path / "c.pt").write_bytes(content)
    with pytest.raises(TrainingError, match="start a new training") as caught:
        load_checkpoint(tmp_path / "c.pt")
    assert "\n" not in str(caught.value)


def test_a_checkpoint_that_would_run_code_is_refused(tmp_path):
    torch.save({"format": 1, "net": print}, tmp_path / "c.pt")
    with pytest.raises(TrainingError, match="start a new training"):
        load_checkpoint(tmp_path / "c.pt")
