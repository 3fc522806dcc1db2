"""Taught prototypes, made as docs/pen-model.md says and from that page alone, are those of an export."""

from base64 import b64decode
from typing import Any

import numpy as np
import onnxruntime
import pytest

from tests.vectors import decoded, model
from tests.web.pens import kept

Matrix = np.ndarray


@pytest.fixture(scope="module")
def vectors() -> dict[str, Any]:
    return kept("taught")


@pytest.fixture(scope="module")
def tracks(vectors: dict[str, Any]) -> list[Matrix]:
    session = onnxruntime.InferenceSession(model("encoder").read_bytes(), providers=["CPUExecutionProvider"])
    recipe, levels = vectors["metadata"]["recipe"], vectors["metadata"]["reading"]["levels"]
    return [track(session, recipe, levels, one["strokes"]) for one in vectors["examples"]]


def rows_of(recipe: dict[str, float], strokes: list[list[list[float]]]) -> tuple[Matrix, Matrix]:
    """Rows of an ink and the travel at each."""
    scale, limit = recipe["scale"], recipe.get("limit", 50)
    step = recipe["spacing"] * scale
    slack = recipe.get("tolerance", 0.0001) * step
    longest = recipe.get("rows_per_sample", 64) * step
    rows: list[list[float]] = []
    travel: list[float] = []
    x0, y0 = row_x, row_y = np.array(strokes[0][0], dtype=np.float32).astype(float)
    before = 0.0

    def row(x: float, y: float, unit: float, lift: int, jump: int, at: float) -> None:
        nonlocal row_x, row_y
        values = [(x - x0) / scale, (y - y0) / scale, (x - row_x) / unit, (y - row_y) / unit]
        rows.append([*np.clip(values, -limit, limit), lift, jump])
        travel.append(before + at)
        row_x, row_y = x, y

    for number, stroke in enumerate(strokes):
        points = np.array(stroke, dtype=np.float32).astype(float)
        (last_x, last_y), along, made = points[0], 0.0, 0
        row(last_x, last_y, scale, 0, int(number > 0), 0.0)
        for x, y in points[1:]:
            length = min(float(np.hypot(x - last_x, y - last_y)), longest)
            while (made + 1) * step <= along + length + slack:
                made += 1
                f = (made * step - along) / length
                at = min(made * step, along + length)
                row(last_x + (x - last_x) * f, last_y + (y - last_y) * f, step, 0, 0, at)
            last_x, last_y, along = x, y, along + length
        row(last_x, last_y, step, 1, 0, along)
        before += along
    return np.array(rows, dtype=np.float32), np.array(travel)


def track(session: Any, recipe: dict[str, float], levels: int, strokes: list[list[list[float]]]) -> Matrix:
    rows, travel = rows_of(recipe, strokes)
    state = np.zeros((2, 1, 192), dtype=np.float32)
    (embedding,) = session.run(["embedding"], {"features": rows[None], "h": state, "c": state})
    picked: list[int] = []
    for k in range(1, levels + 1):
        reached = [at for at in range(len(rows) - 1) if travel[at] <= travel[-1] * (k / levels + 0.000001)]
        picked.append(reached[-1] if reached else 0)
    return embedding[0][[*picked, len(rows) - 1]].astype(float)


def test_the_scale_is_the_median_of_the_sizes(vectors: dict[str, Any]) -> None:
    sizes = [float(np.ptp(np.concatenate(one["strokes"]), axis=0).max()) for one in vectors["examples"]]
    assert vectors["metadata"]["recipe"]["scale"] == pytest.approx(np.median(sizes), rel=1e-5)


def test_the_head_is_made_of_the_examples(vectors: dict[str, Any], tracks: list[Matrix]) -> None:
    head = {name: decoded(tensor) for name, tensor in vectors["head"].items()}
    reading, labels = vectors["metadata"]["reading"], vectors["metadata"]["labels"]
    sharp, levels = reading["sharpness"], reading["levels"]
    background = np.frombuffer(b64decode(reading["background"]), "<f4").reshape(reading["background_shape"])
    bias = np.frombuffer(b64decode(reading["background_bias"]), "<f4").astype(float)
    weights = np.array([reading["inner"]] * (levels - 1) + [1, 1])
    center = tracks[0].mean(axis=0)
    columns: list[Matrix] = []
    biases: list[Matrix] = []
    groups: list[Matrix] = []
    for place, label in enumerate(labels):
        mine = [each for each, one in zip(tracks, vectors["examples"], strict=True) if one["label"] == label]
        prototypes, counts = [each.copy() for each in mine[:5]], [1] * len(mine[:5])
        for each in mine[5:]:
            nearest = int(np.argmin([((one - each) ** 2).sum() for one in prototypes]))
            counts[nearest] += 1
            prototypes[nearest] += (each - prototypes[nearest]) / counts[nearest]
        for prototype, count in zip(prototypes, counts, strict=True):
            far = prototype - center
            columns.append(sharp * far)
            biases.append(np.log(count / len(mine)) + np.log(weights) - sharp * (far**2).sum(axis=1) / 2)
            group = np.zeros((levels + 1, len(labels) + 1))
            group[:, place], group[:, -1] = 1, reading["detected"]
            groups.append(group)
    far = background - center
    expected = {
        "center": center,
        "prototypes.W": np.concatenate(columns).T,
        "prototypes.B": np.concatenate(biases),
        "groups": np.concatenate(groups),
        "background.W": sharp * far.T,
        "background.B": bias - sharp * (far**2).sum(axis=1) / 2,
        "tiny": np.array([1e-30]),
        "threshold": np.array([threshold(vectors, tracks, background, bias, weights)]),
    }
    assert set(expected) == set(head)
    for name, array in expected.items():
        np.testing.assert_allclose(head[name], array, rtol=1e-4, atol=1e-4, err_msg=name)


def threshold(
    vectors: dict[str, Any], tracks: list[Matrix], background: Matrix, bias: Matrix, weights: Matrix
) -> float:
    sharp = vectors["metadata"]["reading"]["sharpness"]
    names = [one["label"] for one in vectors["examples"]]
    odds: list[float] = []
    for asked, own in enumerate(names):
        e = tracks[asked][-1]
        near = [(weights * np.exp(sharp * (v @ e - (v**2).sum(axis=1) / 2))).sum() for v in tracks]
        likely = sum(
            sum(near[at] for at, name in enumerate(names) if name == label and at != asked)
            / max(names.count(label) - (label == own), 1)
            for label in set(names)
        )
        strange = np.exp(sharp * (background @ e - (background**2).sum(axis=1) / 2) + bias).sum()
        odds.append(float(np.log(strange / likely)))
    return float(np.quantile(odds, 0.95)) * len(odds) / (len(odds) + 20)
