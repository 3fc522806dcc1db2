import string

import numpy as np
import pytest

from sketch.synthetic_hand.alphabet import CAP_HEIGHT, FACES, join, letter
from sketch.synthetic_hand.hand import SAMPLE_RATE, TEACH_FACE, TEST_FACE, pace_along, rounded, spaced, write


@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize("character", string.ascii_uppercase + string.digits)
def test_every_capital_and_digit_can_be_written(face: str, character: str):
    strokes = write(character, face=face, seed=1, origin=(100.0, 50.0), height=200.0)
    ink = np.concatenate(strokes)
    assert ink.dtype == np.float32
    assert ink.shape[1] == 4
    assert np.isfinite(ink).all()
    assert 0.0 < ink[:, 3].min() < ink[:, 3].max() <= 1.0
    assert ink[0, 2] == 0.0
    assert (np.diff(ink[:, 2]) > 0.0).all()
    assert 40.0 < ink[:, 0].min() < 160.0
    assert 0.0 < ink[:, 1].min() < 130.0


def test_the_same_seed_writes_the_same_ink_and_another_does_not():
    first, again, other = (np.concatenate(write("A", seed=seed)) for seed in (5, 5, 6))
    assert np.array_equal(first, again)
    assert first.shape != other.shape or not np.allclose(first, other)


@pytest.mark.parametrize(
    ("character", "face", "count"),
    [
        ("A", "print", 2),
        ("B", "print", 2),
        ("C", "print", 1),
        ("D", "print", 2),
        ("M", "print", 2),
        ("W", "print", 1),
        ("Z", "print", 1),
        ("B", "italic", 2),
        ("B", "script", 1),
        (" ", "print", 0),
    ],
)
def test_a_letter_is_written_in_as_many_strokes_as_a_person_takes(character: str, face: str, count: int):
    assert len(letter(character, face)) == count


def test_an_a_goes_up_one_leg_and_down_the_other():
    legs, bar = letter("A", "print")
    assert legs[0, 1] == legs[-1, 1] == CAP_HEIGHT
    assert legs[:, 1].min() == 0.0
    assert bar[0, 0] < bar[-1, 0]


def test_lines_that_do_not_touch_are_not_joined():
    bar, mark = np.array([[0.0, 0.0], [5.0, 0.0]]), np.array([[0.0, 9.0], [5.0, 9.0]])
    assert join(bar, mark) is None


@pytest.mark.parametrize("character", "ABCD")
def test_the_two_faces_of_a_demonstration_differ(character: str):
    taught, tested = (outline(character, face) for face in (TEACH_FACE, TEST_FACE))
    gaps = np.hypot(*(taught[:, None] - tested[None]).transpose(2, 0, 1))
    assert max(gaps.min(axis=1).max(), gaps.min(axis=0).max()) > 0.15


def outline(character: str, face: str) -> np.ndarray:
    return np.concatenate([spaced(stroke / CAP_HEIGHT, 0.02) for stroke in letter(character, face)])


def test_points_come_at_the_rate_of_a_real_pointer():
    for stroke in write("B", seed=3):
        gaps = np.diff(stroke[:, 2])
        assert abs(1.0 / np.median(gaps) - SAMPLE_RATE) < 10.0


def test_the_pen_takes_time_through_the_air():
    strokes = write("A", seed=2)
    pause = strokes[1][0, 2] - strokes[0][-1, 2]
    assert 0.08 < pause < 1.0


def test_speed_follows_the_two_thirds_power_law_on_an_ellipse():
    angle = np.linspace(0.0, 2.0 * np.pi, 4000)
    a, b = 0.5, 0.25
    path = spaced(np.column_stack([a * np.cos(angle), b * np.sin(angle)]), 0.001)
    t = np.arctan2(path[:, 1] / b, path[:, 0] / a)
    radius = ((a * np.sin(t)) ** 2 + (b * np.cos(t)) ** 2) ** 1.5 / (a * b)
    middle = slice(len(path) // 10, -len(path) // 10)
    slope = np.polyfit(np.log(radius[middle]), np.log(pace_along(path, 1.0)[middle]), 1)[0]
    assert slope == pytest.approx(1.0 / 3.0, abs=0.06)


def test_the_hand_is_slower_in_a_corner():
    path = spaced(rounded(np.array([[0.0, 0.0], [0.5, 1.0], [1.0, 0.0]])), 0.005)
    speed = pace_along(path, 4.0)
    corner, leg = speed[len(path) // 2], speed[len(path) // 4]
    assert corner < 0.7 * leg


def test_rounding_keeps_the_ends_and_leaves_its_input_alone():
    path = np.array([[0.0, 0.0], [0.5, 1.0], [1.0, 0.0]])
    before = path.copy()
    curve = rounded(path)
    assert np.array_equal(path, before)
    assert np.array_equal(curve[[0, -1]], path[[0, -1]])
    assert curve[:, 1].max() < 1.0


def test_a_slant_leans_the_stem_to_the_right():
    stem = write("I", slant=20.0, irregularity=0.0)[0]
    lean = np.degrees(np.arctan2(stem[0, 0] - stem[-1, 0], stem[-1, 1] - stem[0, 1]))
    assert lean == pytest.approx(20.0, abs=1.0)


def test_size_scales_with_height():
    small, large = (write("I", height=height, irregularity=0.0)[0] for height in (100.0, 300.0))
    assert np.ptp(large[:, 1]) == pytest.approx(3.0 * np.ptp(small[:, 1]), rel=1e-4)


def test_text_goes_to_the_right():
    strokes = write("A B", seed=1)
    assert len(strokes) == 4
    assert strokes[2][:, 0].min() > strokes[0][:, 0].max() + 100.0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"text": ""}, "nothing to write"),
        ({"text": " "}, "nothing to write"),
        ({"text": "A\n"}, "one printable character"),
        ({"text": "Ж"}, "has no letter 'Ж'"),
        ({"text": "A", "face": "gothic"}, "print, italic, script; got 'gothic'"),
        ({"text": "A", "height": 0.0}, "above 0"),
        ({"text": "A", "speed": float("nan")}, "above 0"),
        ({"text": "A", "slant": 90.0}, "-45..45"),
        ({"text": "A", "irregularity": 3.0}, "0..2"),
    ],
)
def test_a_wrong_argument_is_named(arguments: dict[str, object], message: str):
    with pytest.raises(ValueError, match=message):
        write(**arguments)  # pyright: ignore[reportArgumentType]
