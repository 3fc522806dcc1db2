"""A model is a set of files, and the set that was looked at is the set that is loaded."""

import json
import os
import shutil

import numpy as np
import onnx
import pytest

from addon.doctor import vetting
from addon.doctor.vetting import Vetting
from addon.errors import ModelError
from addon.features.recipe import FeatureRecipe
from addon.inference.loaded_model import read_pen, try_magnitudes
from addon.inference.opening import read_model
from addon.inference.step import StepOutputs
from addon.model.adaptor import MOST_LABELS, adaptor_from
from addon.model.folder_watch import (
    HALF_SECONDS,
    HOLD_SECONDS,
    PATIENCE_SECONDS,
    STILL_SECONDS,
    Debouncer,
    HalfReplaced,
    folder_message,
    model_at,
    set_is_whole,
    sizes_fit,
)
from addon.model.inspect import PEN, contents_of
from addon.model.metadata import ModelSpec, spec_from_json
from tests.models import make_model
from tests.onnx_files import with_weights_in

DATA = "net 1 (2).onnx.data"


@pytest.fixture
def net(tmp_path):
    return with_weights_in(tmp_path / "net 1 (2).onnx", DATA)


class Looks:
    """A watched folder and its clock."""

    def __init__(self, folder) -> None:
        self.folder, self.now, self.told = folder, 0.0, []
        self.ripening = Debouncer(self.models(), set_is_whole, sizes_fit)

    def models(self):
        found = {path: model_at(path) for path in self.folder.glob("*.onnx")}
        return {path: stamp for path, stamp in found.items() if stamp is not None}

    def after(self, seconds: float) -> list[str]:
        """What has been told of some time later, the newest last."""
        for _ in range(2):
            self.now += seconds / 2
            self.told += self.ripening.look(self.models(), self.now)
        told, self.told = [path.name for path in self.told], []
        return told

    def halves(self) -> list[HalfReplaced]:
        return self.ripening.take_halves()


def put(path, data: bytes, time: int) -> None:
    part = path.with_name(f".{path.name}")
    part.write_bytes(data)
    os.utime(part, ns=(time, time))
    part.replace(path)


def test_weights_that_come_later_are_waited_for_and_half_of_them_too(net):
    looks = Looks(net.parent.parent)
    looks.folder = net.parent
    assert looks.after(2 * STILL_SECONDS) == looks.after(2 * STILL_SECONDS) == []
    put(net.parent / DATA, b"\0" * 23, 1)
    assert looks.after(2 * STILL_SECONDS) == looks.after(2 * STILL_SECONDS) == []
    put(net.parent / DATA, b"\0" * 24, 1)
    assert looks.after(2 * STILL_SECONDS) + looks.after(2 * STILL_SECONDS) == [net.name]


@pytest.mark.parametrize("first", ["network", "weights"])
@pytest.mark.parametrize("apart", [4 * STILL_SECONDS, HALF_SECONDS - 1.0])
def test_of_an_update_both_halves_are_waited_for_in_either_order(net, first, apart):
    put(net.parent / DATA, b"\0" * 24, 1)
    looks = Looks(net.parent)
    pair = [(net, net.read_bytes()), (net.parent / DATA, b"\1" * 24)]
    for path, data in pair if first == "network" else reversed(pair):
        assert looks.after(apart / 2) == looks.after(apart / 2) == []
        put(path, data, 5)
    assert looks.after(2 * STILL_SECONDS) + looks.after(2 * STILL_SECONDS) == [net.name]


@pytest.mark.parametrize("first", ["network", "weights"])
def test_a_half_replaced_model_is_reported_first_and_loaded_again_when_complete(net, first):
    put(net.parent / DATA, b"\0" * 24, 1)
    looks = Looks(net.parent)
    names = (net.name, DATA)
    new, old = names if first == "network" else reversed(names)
    put(net.parent / new, (net.parent / new).read_bytes(), 5)
    assert looks.after(PATIENCE_SECONDS - 1.0) == looks.halves() == []
    assert looks.after(3.0) == []
    (half,) = looks.halves()
    assert half == HalfReplaced(net, (new,), (old,), fits=True)
    assert folder_message(half) == (
        f"{net.name}: {new} was replaced, {old} was not; Inkloop waits for it, and loads them as they are "
        "in 7 seconds otherwise; touch it to load now"
    )
    assert looks.after(2 * HALF_SECONDS) == [net.name]
    assert looks.halves() == looks.after(2 * HALF_SECONDS) == []
    put(net.parent / old, (net.parent / old).read_bytes(), 5)
    assert looks.after(4 * HALF_SECONDS) == [net.name]


def test_one_of_several_weights_is_waited_for_too(net):
    data = {name: b"\0" * 24 for name in ("one.data", "two.data")}
    model = onnx.load(net, load_external_data=False)
    model.graph.initializer.append(model.graph.initializer[0])
    for tensor, name in zip(model.graph.initializer, data, strict=True):
        next(each for each in tensor.external_data if each.key == "location").value = name
    net.write_bytes(model.SerializeToString())
    for name, given in data.items():
        put(net.parent / name, given, 1)
    looks = Looks(net.parent)
    put(net, net.read_bytes(), 5)
    put(net.parent / "one.data", b"\1" * 24, 5)
    assert looks.after(PATIENCE_SECONDS) == looks.after(2.0) == []
    assert [half.kept for half in looks.halves()] == [("two.data",)]
    put(net.parent / "two.data", b"\1" * 24, 5)
    assert looks.after(STILL_SECONDS) + looks.after(2 * STILL_SECONDS) == [net.name]


def test_weights_of_another_size_are_never_loaded_and_hold_up_no_other_model(net, tmp_path):
    put(net.parent / DATA, b"\0" * 24, 1)
    looks = Looks(net.parent)
    put(net.parent / DATA, b"\1" * 32, 5)
    assert looks.after(2 * HALF_SECONDS) == []
    (half,) = looks.halves()
    assert folder_message(half).endswith(
        "was not; Inkloop waits for it, and does not load them as they are: the sizes do not fit"
    )
    make_model(tmp_path / "other", hidden=8)
    put(net.parent / "other.onnx", (tmp_path / "other").read_bytes(), 6)
    assert looks.after(2 * STILL_SECONDS) + looks.after(2 * STILL_SECONDS) == ["other.onnx"]
    put(net.parent / DATA, b"\1" * 24, 7)
    assert looks.after(2 * HALF_SECONDS) + looks.after(2 * HALF_SECONDS) == [net.name]


def test_a_description_and_labels_that_come_later_are_news(tmp_path):
    make_model(tmp_path / "a.onnx", hidden=8)
    looks = Looks(tmp_path)
    for name, text in (("a.toml", '[output]\nlabels = "l.txt"'), ("l.txt", "x"), ("l.txt", "y")):
        put(tmp_path / name, text.encode(), 7)
        assert looks.after(2 * STILL_SECONDS) + looks.after(2 * STILL_SECONDS) == ["a.onnx"]
    put(tmp_path / "other.txt", b"z", 8)
    assert looks.after(9.0) == []


def test_fifty_models_are_reported_once_but_do_not_wait_for_one_that_never_ends(tmp_path):
    make_model(tmp_path / "a.onnx", hidden=8)
    data, looks = (tmp_path / "a.onnx").read_bytes(), Looks(tmp_path)
    told = []
    for number in range(50):
        put(tmp_path / f"b{number:02}.onnx", data, 10 + number)
        told += looks.after(0.04)
    told += looks.after(2 * STILL_SECONDS) + looks.after(2 * STILL_SECONDS)
    assert told == [f"b{number:02}.onnx" for number in range(50)]
    put(tmp_path / "good.onnx", data, 100)
    for number in range(int(2 * HOLD_SECONDS)):
        put(tmp_path / "endless.onnx", data[: 100 + number], 100 + number)
        told = looks.after(1.0)
        if told:
            break
    assert told == ["good.onnx"]
    assert looks.now > HOLD_SECONDS


def test_the_hash_of_a_model_covers_everything_that_belongs_to_it(net):
    folder, seen = net.parent, set()
    for name, text in (
        (DATA, "a" * 24),
        (DATA, "b" * 24),
        ("net 1 (2).toml", '[output]\nlabels = "l.txt"'),
        ("l.txt", "x"),
        ("l.txt", "y"),
    ):
        (folder / name).write_text(text)
        seen.add(read_model(net).content)
    assert len(seen) == 5
    (folder / "other.txt").write_text("z")
    assert read_model(net).content in seen


def test_labels_are_not_read_through_a_link_out_of_the_folder(tmp_path):
    inner = tmp_path / "inner"
    inner.mkdir()
    (tmp_path / "secret").write_text("secret")
    (inner / "l.txt").symlink_to(tmp_path / "secret")
    with pytest.raises(ModelError, match=r"l.txt is a link out of its folder"):
        adaptor_from('[output]\nlabels = "l.txt"', inner / "x.toml")
    (inner / "l.txt").unlink()
    (inner / "real.txt").write_text("a\nb")
    (inner / "l.txt").symlink_to("real.txt")
    assert adaptor_from('[output]\nlabels = "l.txt"', inner / "x.toml").output.labels == ("a", "b")


def test_labels_are_bounded(tmp_path):
    (tmp_path / "l.txt").write_text("\n" * (MOST_LABELS + 1))
    with pytest.raises(ModelError, match="labels are 50001; 50000 are allowed"):
        adaptor_from('[output]\nlabels = "l.txt"', tmp_path / "x.toml")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes in folders are POSIX")
def test_a_pipe_a_device_and_a_file_beyond_bounds_are_refused_unopened(tmp_path):
    os.mkfifo(tmp_path / "pipe.onnx")
    (tmp_path / "device.onnx").symlink_to("/dev/zero")
    with (tmp_path / "sparse.onnx").open("wb") as file:
        file.truncate(30 * 1024**3)
    for name, why in (
        ("pipe", "no ordinary file"),
        ("device", "no ordinary file"),
        ("sparse", "larger than"),
    ):
        with pytest.raises(ModelError, match=f"{name}.onnx: .*{why}"):
            read_pen(tmp_path / f"{name}.onnx")
        assert set_is_whole(tmp_path / f"{name}.onnx") in (True, False)


class Child:
    """Stands in for the process that tries files: reads one, and somebody replaces it meanwhile."""

    replaces = None
    asked = 0

    def __init__(self, *_, **options) -> None:
        pass

    def __enter__(self):
        return self

    def __exit__(self, *error) -> None:
        pass

    def load_as_pen(self, path):
        Child.asked += 1
        if Child.replaces is not None:
            Child.replaces(path)
        return {"verdict": "runs", "content": read_pen(path).content}


def test_what_was_tried_is_what_is_passed(tmp_path, monkeypatch):
    monkeypatch.setattr(vetting, "Examiner", Child)
    for number in range(5):
        make_model(tmp_path / f"{number}", ("A", "B"), hidden=8, seed=number)
    path, vet = tmp_path / "x.onnx", Vetting()
    shutil.copy(tmp_path / "0", path)
    swaps = iter("123456")
    monkeypatch.setattr(Child, "replaces", lambda at: shutil.copy(tmp_path / next(swaps), at))
    with pytest.raises(ModelError, match="it changed while it was tried"):
        vet(path)
    monkeypatch.setattr(Child, "replaces", None)
    monkeypatch.setattr(Child, "asked", 0)
    file = vet(path)
    shutil.copy(tmp_path / "0", path)
    assert file.data == (tmp_path / "3").read_bytes()
    assert vet(path).data == (tmp_path / "0").read_bytes()
    assert Child.asked == 2
    vet(path)
    assert Child.asked == 2


def test_numbers_of_several_magnitudes_are_tried():
    seen = []

    class Session:
        spec = ModelSpec(("A",), FeatureRecipe(1.0), 1, 1, 1)

        def start(self):
            return None

        def step(self, rows, state):
            seen.append(float(np.abs(rows).max()))
            return StepOutputs(np.full(1, np.nan if seen[-1] > 500 else 0.0, np.float32)), state

    with pytest.raises(ModelError, match="fed with numbers around 1000, its answers are not numbers"):
        try_magnitudes(Session())  # pyright: ignore[reportArgumentType]
    assert min(seen) == 0.0


def test_what_a_pen_model_says_is_bounded_before_it_is_read(tmp_path):
    make_model(tmp_path / "a.onnx", ("A", "B"), hidden=8)
    document = json.loads(read_pen(tmp_path / "a.onnx").contents.metadata["inkloop"])
    with pytest.raises(ModelError, match="4,194,304 and 300,000 are allowed"):
        spec_from_json(json.dumps({**document, "x": [0] * 300_001}))
    with pytest.raises(ModelError, match="4,194,304 and 300,000 are allowed"):
        spec_from_json(json.dumps({**document, "x": "y" * 5_000_000}))
    for labels in ([str(each) for each in range(10_001)], ["A" * 201, "B"]):
        with pytest.raises(ModelError, match="10000 of 200 are allowed"):
            spec_from_json(json.dumps({**document, "labels": labels}))
    fine = [[[0, 1], [2, 3]]]
    wrong = {"long": [[[0, 0]] * 2001], "ragged": [[[0]]], "text": "x", "inf": [[[1e30, 0]]], "none": [None]}
    spec = spec_from_json(json.dumps({**document, "thumbnails": {"A": fine, **wrong}}))
    assert dict(spec.thumbnails) == {"A": fine}
    with pytest.raises(ModelError, match="more than 20,000 parts"):
        contents_of((tmp_path / "a.onnx").read_bytes() + b"\x72\x00" * 20_001, PEN)
