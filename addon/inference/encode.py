"""The tracks of finished inks, from which classes are made; a base encoder runs many inks at once."""

from collections.abc import Sequence

import numpy as np

from addon.arrays import Floats, Ints
from addon.features.batch import RowTable, ink_rows
from addon.features.points import Strokes
from addon.features.recipe import FeatureRecipe
from addon.fewshot.prototypes import level_rows, track
from addon.fewshot.scoring import Scoring
from addon.inference.described_step import DescribedStep, samples_of
from addon.inference.step import StepSession

# Most inks in one batch of the encoder.
AT_ONCE = 32


def tracks_of(
    session: StepSession, recipe: FeatureRecipe, scoring: Scoring, inks: Sequence[Strokes]
) -> list[Floats]:
    """The track of each ink.

    Args:
        session: A base encoder.
        recipe: How points become rows; its scale is that of the taught inks.
        scoring: How the encoder's embeddings are read.
        inks: At least one ink, each with at least one stroke.

    Raises:
        PointsError: A point is not finite.
    """
    if isinstance(session, DescribedStep):
        return [described_track(session, scoring, ink) for ink in inks]
    table = ink_rows(recipe, inks)
    lengths = np.diff(table.offsets)
    order = np.argsort(lengths, kind="stable")
    tracks: dict[int, Floats] = {}
    for at in range(0, len(order), AT_ONCE):
        chosen = order[at : at + AT_ONCE]
        outputs, _ = session.step(_side_by_side(table, chosen), session.start(len(chosen)))
        for place, ink in enumerate(chosen.tolist()):
            rows = slice(table.offsets[ink], table.offsets[ink + 1])
            tracks[ink] = track(scoring, outputs.embedding[place, : lengths[ink]], table.travel[rows])
    return [tracks[ink] for ink in range(len(lengths))]


def described_track(session: DescribedStep, scoring: Scoring, ink: Strokes) -> Floats:
    """The track of an ink for a model by someone else: its embedding of the ink so far, at each level."""
    samples = samples_of(ink)
    moves = np.hypot(*np.diff(samples[:, :2], axis=0, prepend=samples[:1, :2]).T)
    # The way from one stroke to the next is not drawn.
    moves[1:][samples[:-1, 4] > 0] = 0.0
    rows = level_rows(np.cumsum(moves), scoring.levels)
    made = [
        session.step(samples[None, : row + 1], session.start())[0].embedding[0, -1] for row in rows.tolist()
    ]
    return np.stack(made)


def _side_by_side(table: RowTable, chosen: Ints) -> Floats:
    # The zeros after the end of a shorter ink are never used: no row depends on a later one.
    starts, stops = table.offsets[chosen], table.offsets[chosen + 1]
    rows = np.zeros((len(chosen), int((stops - starts).max()), table.rows.shape[1]), dtype=np.float32)
    for place, (start, stop) in enumerate(zip(starts.tolist(), stops.tolist(), strict=True)):
        rows[place, : stop - start] = table.rows[start:stop]
    return rows
