"""The command `inkloop evaluate`: read, measure, compare, draw, and collect the results in one document."""

from pathlib import Path

from addon.dataset.corpus import read_corpus
from addon.evaluation.confusions import confusions, pair_lines, worst_pairs
from addon.evaluation.measure import Plan, Say, measure, same_ink_twice
from addon.evaluation.model import open_model
from addon.evaluation.report import Document, document


def evaluate(
    data: Path,
    plan: Plan,
    model: str | Path = "encoder",
    peers: bool = False,
    pictures: Path | None = None,
    say: Say = print,
) -> Document:
    """Measure a base encoder on a file of labelled inks.

    Args:
        data: A file in the layout of `addon.dataset.corpus`.
        plan: What to measure.
        model: Name or path of a base encoder.
        peers: Whether other methods are measured, too.
        pictures: Folder for pictures of the confusions; None for none.
        say: Called with messages about the progress and the data.

    Raises:
        AddonError: The data or the model cannot be read, or there is too little data.
        OSError: The pictures cannot be written.
        ValueError: The plan is not possible.
    """
    corpus = read_corpus(data)
    loaded = open_model(model)
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
