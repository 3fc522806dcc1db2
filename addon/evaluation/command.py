"""The command `inkloop evaluate`: read, measure, compare, draw, and collect the results in one document."""

from pathlib import Path

from addon.dataset.corpus import read_corpus
from addon.errors import EvaluationError
from addon.evaluation.confusions import confusions, pair_lines, worst_pairs
from addon.evaluation.described import MOST_INKS, evaluate_described, usual_lengths
from addon.evaluation.measure import Plan, Say, measure, same_ink_twice
from addon.evaluation.model import is_described, open_model
from addon.evaluation.report import Document, document


def evaluate(
    data: Path,
    plan: Plan,
    model: str | Path = "encoder",
    peers: bool = False,
    pictures: Path | None = None,
    say: Say = print,
    most: int = MOST_INKS,
) -> Document:
    """Measure a base encoder, or a stroke model by someone else, on a file of labelled inks.

    A stroke model with classes of its own is asked as it is described: the plan, peers and pictures do not
    apply to it.

    Args:
        data: A file in the layout of `addon.dataset.corpus`.
        plan: What to measure.
        model: Name or path of a base encoder.
        peers: Whether other methods are measured, too.
        pictures: Folder for pictures of the confusions; None for none.
        say: Called with messages about the progress and the data.
        most: At most so many inks for a stroke model by someone else.

    Raises:
        AddonError: The data or the model cannot be read, or there is too little data.
        OSError: The pictures cannot be written.
        ValueError: The plan is not possible.
    """
    corpus = read_corpus(data)
    loaded = open_model(model)
    if is_described(loaded):
        if peers or pictures is not None:
            say("peers and pictures are left out: this model is asked as it is described")
        return evaluate_described(data.stem, corpus, loaded, most, say=say)
    for first, second in same_ink_twice(corpus):
        say(f"{data.name}: the same ink is labelled {first!r} and {second!r}")
    found = measure(loaded, corpus, plan, say)
    made = document(data.stem, corpus, plan, found)
    confused = confusions(found.outcomes)
    pairs = worst_pairs(confused)
    for line in pair_lines(confused, pairs):
        say(line)
    made["confused"] = [[pair.first, pair.second, pair.mistaken, pair.asked] for pair in pairs]
    if peers:
        from addon.evaluation.peers.compare import compare

        made |= compare(loaded, corpus, plan, say)
    if pictures is not None:
        from addon.evaluation.pictures import draw_all

        for path in draw_all(pictures, corpus, found.outcomes, confused, pairs):
            say(f"drew {path}")
    return made


def lengths(data: Path, model: str | Path) -> dict[str, float]:
    """The usual length of the ink of each class of a stroke model, for `[lengths]` in its description.

    Raises:
        AddonError: The data or the model cannot be read, or the model is not described.
    """
    loaded = open_model(model)
    if not is_described(loaded):
        raise EvaluationError(
            f"{loaded.path.name} has no description, so it needs no [lengths]; they are for models by others"
        )
    found = usual_lengths(read_corpus(data), loaded.spec.labels)
    if not found:
        raise EvaluationError(f"{data.name}: no ink has a label of {loaded.path.name}")
    return found
