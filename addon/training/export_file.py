"""A model and a taught set become one pen file, for a command line that waits for it."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from sqlite3 import DatabaseError

import numpy as np

from addon.dataset.corpus import inks, read_corpus, write_corpus
from addon.dataset.taught import Example
from addon.dataset.taught_file import read_only
from addon.errors import ModelError, TaughtError
from addon.inference.answers import PrototypeReader
from addon.inference.loaded_model import copied, load_model
from addon.inference.providers import choose_here
from addon.model.metadata import ModelSpec
from addon.training.bake import bake
from addon.training.protocol import Baking


def read_taught(path: Path) -> list[Example]:
    """The examples of a taught set: `taught.sqlite3`, the folder that it is in, or an `.npz` corpus.

    Raises:
        TaughtError: It is missing, cannot be read, or is empty.
    """
    if path.is_dir():
        path = path / "taught.sqlite3"
    if path.suffix.lower() == ".npz":
        corpus = read_corpus(path)
        pairs = zip(corpus.labels.tolist(), inks(corpus), strict=True)
        examples = [Example(number, label, ink) for number, (label, ink) in enumerate(pairs)]
    else:
        if not path.is_file():
            raise TaughtError(f"{path.name}: there is no such file in {path.absolute().parent}")
        try:
            records, _ = read_only(path)
        except (DatabaseError, OSError) as error:
            raise TaughtError(f"{path.name} cannot be read: {error}") from error
        examples = [Example(one.id, one.label, one.strokes) for one in records if not one.removed]
    if not examples:
        raise TaughtError(f"nothing is taught in {path.name}; draw a sign first")
    return examples


def export_file(model: Path, examples: Sequence[Example], out: Path) -> ModelSpec:
    """Write one pen file: what is taught, baked into its encoder; or the model as it is.

    Args:
        model: A pen model.
        examples: What is taught, oldest first; none to take the model's own classes.
        out: The file to write or to replace; its folder is made if need be.

    Returns:
        What the file says of itself.

    Raises:
        ModelError: The model cannot be read, cannot be taught, or knows no classes and nothing is taught.
        TaughtError: The examples cannot be read by it.
        OSError: The file cannot be written; an older one is as it was.
    """
    loaded = load_model(model, choose_here("cpu", None))
    out.parent.mkdir(parents=True, exist_ok=True)
    if not examples:
        if not loaded.spec.labels:
            raise ModelError(f"{model.name} has no classes of its own; add a taught set to export it with")
        copied(loaded, out)
        return loaded.spec
    if loaded.spec.scoring is None:
        raise ModelError(
            f"{model.name} has {len(loaded.spec.labels)} classes of its own and cannot be taught others; "
            "export it without a taught set, or use the model encoder"
        )
    reader = PrototypeReader(loaded.session, loaded.spec.scoring)
    reader.learn(examples)
    with tempfile.TemporaryDirectory(prefix="inkloop-export-") as folder:
        data, tracks = Path(folder) / "taught.npz", Path(folder) / "tracks.npy"
        write_corpus(data, [one.strokes for one in examples], [one.label for one in examples])
        np.save(tracks, reader.prototypes.tracks, allow_pickle=False)
        bake(Baking(loaded.path, data, tracks, reader.recipe.scale, out, model.stem))
    return load_model(out, choose_here("cpu", None)).spec
