import numpy as np
import pytest

from sketch.input.queue import EventQueue
from sketch.synthetic_hand.writing import centered, writing

SIZE = (400, 300)


def events(player, frames=2000):
    """What the player does at every frame until its script is over."""
    queue, found = EventQueue(), []
    for frame in range(frames):
        if not player(frame / 60, queue):
            return found
        found.append(queue.drain())
    raise AssertionError("the script does not end")


def test_every_letter_is_written_in_the_middle_and_followed_by_a_rest():
    found = events(writing("a B", SIZE, lambda: True))
    strokes = [(at, event) for at, those in enumerate(found) for event in those if event.button]
    letters = np.split(strokes, np.flatnonzero(np.diff([at for at, _ in strokes]) > 60) + 1)
    assert len(letters) == 2
    for letter in letters:
        x, y = [event.x for _, event in letter], [event.y for _, event in letter]
        assert (min(x) + max(x)) / 2 == pytest.approx(SIZE[0] / 2, abs=1)
        assert (min(y) + max(y)) / 2 == pytest.approx(SIZE[1] / 2, abs=1)
        assert max(y) - min(y) < 0.7 * SIZE[1]


def test_it_waits_until_it_may_begin():
    asked = []
    found = events(writing("i", SIZE, lambda: asked.append(True) or len(asked) > 5))
    assert all(not those for those in found[:5])
    assert any(found[5:])


def test_strokes_are_moved_together_and_keep_time_and_pressure():
    strokes = [
        np.array([(0, 0, 0, 0.5), (10, 0, 1, 0.6)], dtype=np.float32) + by for by in (0, (0, 20, 2, 0))
    ]
    moved = centered(strokes, SIZE)
    assert moved[0][:, :2].tolist() == [[195, 140], [205, 140]]
    assert moved[1][:, 1].tolist() == [160, 160]
    assert [(stroke[:, 2:] == old[:, 2:]).all() for stroke, old in zip(moved, strokes, strict=True)]


@pytest.mark.parametrize("text", ["", "  ", "日"])
def test_what_the_hand_cannot_write_is_refused(text):
    with pytest.raises(ValueError, match=r"letter"):
        writing(text, SIZE, lambda: True)
