import pytest
from hypothesis import given
from hypothesis import strategies as st

from sketch.render.text.wrapping import wrapped

TEXTS = st.text(st.sampled_from("abcdé  \n漢"), max_size=40)


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("", 5, [""]),
        ("one two three", 7, ["one two", "three"]),
        ("one two three", 100, ["one two three"]),
        ("one\n\ntwo", 9, ["one", "", "two"]),
        ("incomprehensible it is", 6, ["incomp", "rehens", "ible", "it is"]),
        ("漢字漢字漢", 2, ["漢字", "漢字", "漢"]),
        ("a  b", 4, ["a  b"]),
        ("abc", 0.5, ["a", "b", "c"]),
        (" indented", 20, [" indented"]),
    ],
)
def test_a_text_breaks_where_it_should(text, width, lines):
    assert wrapped(text, width, len) == lines


@given(TEXTS, st.floats(0.5, 12))
def test_lines_fit_and_no_letter_is_lost(text, width):
    lines = wrapped(text, width, len)
    assert all(len(line) <= max(width, 1) for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace("\n", "").replace(" ", "")


@pytest.mark.parametrize("width", [1, 30, 100_000])
def test_what_is_measured_grows_with_the_text_and_not_with_its_square(width):
    def measured(count):
        asked = []
        wrapped(" ".join(map(str, range(count))), width, lambda line: asked.append(line) or len(line))
        return sum(map(len, asked))

    assert measured(4000) < 5.5 * measured(1000)  # four times as many words, each a little longer


def test_a_word_without_an_end_is_not_measured_again_for_every_line():
    measured = 0

    def measure(line):
        nonlocal measured
        measured += len(line)
        return len(line)

    lines = wrapped("x" * 100_000, 40, measure)
    assert len(lines) == 2500
    assert measured < 3_000_000
