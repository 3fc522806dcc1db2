"""Models that nobody here wrote, out of other packages: text on a sketch's frame, and faces by MTCNN."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import sketch
from addon.inference.graph import open_graph
from addon.inference.providers import choose_here
from addon.model.image_arrays import Crop, as_batch
from addon.vision.answer import About, answer_from
from addon.vision.opening import open_image_model
from addon.vision.text_detector import put_text_detector
from sketch.examples.text_in_the_ink import CERTAIN, page
from sketch.load import load_sketch
from tests.vision import photograph, wait_for
from tests.wheels import ASTRONAUT, FACE_POINTS, FACE_PROPOSALS, FACE_REFINER, TEXT_DETECTOR, fetched

EXAMPLES = Path(sketch.__file__).parent / "examples"
SIZE = (1280, 720)

# A face as people would frame it, in pixels of the astronaut's photograph (512 × 512).
FACE = (170, 60, 280, 200)


@pytest.fixture(scope="module")
def detector(tmp_path_factory):
    path = tmp_path_factory.mktemp("found") / "text-detector.onnx"
    put_text_detector(fetched(TEXT_DETECTOR), path)
    return open_image_model(str(path), "cpu")


def frame_with(*strokes):
    """A frame of a sketch that draws strokes on paper: uint8 (h, w, 3)."""
    frames = []

    class Page(sketch.Sketch):
        def draw(self, canvas):
            canvas.background(243, 238, 227)
            for stroke in strokes:
                canvas.stroke(stroke, 5, (38, 40, 58))

    sketch.run(Page, headless=True, frames=1, viewer=lambda frame: frames.append(frame.copy()), size=SIZE)
    return frames[0]


def found_in(detector, frame):
    answer = answer_from(detector({"image": frame}), About(), "")
    return [each for each in answer.regions if each.score > CERTAIN]


def box_of(strokes):
    xy = np.concatenate(strokes)[:, :2]
    return [*xy.min(axis=0), *xy.max(axis=0)]


def overlap(one, other):
    """Area of what both boxes have, over that of the first."""
    wide = max(0.0, min(one[2], other[2]) - max(one[0], other[0]))
    tall = max(0.0, min(one[3], other[3]) - max(one[1], other[1]))
    return wide * tall / ((one[2] - one[0]) * (one[3] - one[1]))


def test_writing_on_a_sketchs_frame_is_found_where_it_is(detector):
    words = sketch_words("is not a line", 0.1, 0.1), sketch_words("1000 points", 0.3, 0.55)
    found = found_in(detector, frame_with(*words[0], *words[1]))
    assert len(found) == 2
    for strokes in words:
        written = box_of(strokes)
        assert max(overlap(written, box_of([each.corners])) for each in found) > 0.9


def test_an_empty_page_has_no_writing_and_a_line_across_it_is_none(detector):
    line = np.array([(100, 600, 0, 0.5), (1150, 90, 1, 0.5)], np.float32)
    assert found_in(detector, frame_with()) == []
    assert found_in(detector, frame_with(line)) == []


def sketch_words(text, left, top):
    from sketch.examples.text_in_the_ink import placed
    from sketch.synthetic_hand.hand import write

    return placed(write(text, height=70, seed=5), SIZE, left, top, 0.5)


def test_the_example_finds_what_its_own_hand_has_written(tmp_path):
    put_text_detector(fetched(TEXT_DETECTOR), tmp_path / "models" / "text-detector.onnx")
    kind = load_sketch(EXAMPLES / "text_in_the_ink.py")
    running: Any = kind() if isinstance(kind, type) else kind
    last = page(*SIZE)[-1][-1, 2]
    found = []

    def see(frame):
        # The page is as written as it will be, however long a frame takes.
        running.length = 1e9
        wait_for(lambda: running.eye.state == "ready", lambda: running.eye.update(0.0))
        found.append(sum(each.score > CERTAIN for each in running.eye.answer.regions))
        if found[-1] >= 4:
            running.quit()

    class LongAgo(type(running)):
        def draw(self, canvas):
            self.time = float(last) + self.frame / 10
            super().draw(canvas)

    running.__class__ = LongAgo
    sketch.run(running, headless=True, frames=600, viewer=see, home=tmp_path, size=SIZE)
    assert found[-1] >= 4


def test_a_face_is_found_by_three_networks_in_a_row(tmp_path):
    image = photograph(ASTRONAUT)
    proposals = proposed(tmp_path, image)
    assert max(overlap(FACE, place) for place, _ in proposals[:20]) > 0.5
    refined = [
        (place, refine(FACE_REFINER, 24, image, place)["softmax_1"][0, 1]) for place, _ in proposals[:60]
    ]
    best = max(refined, key=lambda each: each[1])
    assert best[1] > 0.9
    told = refine(FACE_POINTS, 48, image, best[0])
    assert told["softmax_2"][0, 1] > 0.9
    # Five points: x of the left eye, right eye, nose and corners of the mouth, then y of each.
    points = told["dense_6"][0]
    left, top, right, bottom = best[0]
    x, y = left + points[:5] * (right - left), top + points[5:] * (bottom - top)
    assert x[0] < x[2] < x[1]
    assert max(y[0], y[1]) < y[2] < min(y[3], y[4])
    assert all(FACE[0] - 10 < each < FACE[2] + 10 for each in x)


def test_an_empty_wall_has_no_face(tmp_path):
    wall = np.full((400, 400, 3), 180, np.uint8)
    assert all(score < 0.6 for _, score in proposed(tmp_path, wall))


# The networks were trained with rows and columns changed over, so pictures go in on their side.
FED = '[input]\nlayout = "NHWC"\nrange = [-0.99609375, 0.99609375]\n'


def proposed(folder, image):
    """Boxes (left, top, right, bottom) and scores of the first network, the likeliest first."""
    found = []
    for longest in (40, 56, 80, 112, 160):
        path = folder / f"pnet{longest}.onnx"
        path.write_bytes(fetched(FACE_PROPOSALS).read_bytes())
        outputs = "".join(f'[[output]]\nname = "{name}"\n' for name in ("softmax", "conv2d_4"))
        path.with_suffix(".toml").write_text(f'{FED}resize = "keep"\nlongest = {longest}\n{outputs}')
        told = open_image_model(str(path), "cpu")({"image": image.transpose(1, 0, 2).copy()})
        scores, moves = told["out.softmax"][0, :, :, 1], told["out.conv2d_4"][0]
        scale = max(image.shape[:2]) / longest
        for column, row in np.argwhere(scores > 0.6):
            corners = np.array((2 * column, 2 * row, 2 * column + 12, 2 * row + 12)) + 12 * moves[column, row]
            found.append((squared(corners * scale), float(scores[column, row])))
    return sorted(found, key=lambda each: -each[1])


def squared(box):
    side, middle = max(box[2] - box[0], box[3] - box[1]), ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
    return [middle[0] - side / 2, middle[1] - side / 2, middle[0] + side / 2, middle[1] + side / 2]


def refine(member, side, image, box):
    """What the second or the third network says of a box."""
    from addon.model.adaptor import adaptor_from

    wants = adaptor_from(FED, Path("face.toml")).input
    place = Crop(box[1], box[0], box[3] - box[1], box[2] - box[0])
    session = open_graph(fetched(member), choose_here("cpu", None))
    fed = as_batch(image.transpose(1, 0, 2).copy(), [place], wants, (side, side))
    return session.run({session.inputs[0].name: fed})
