"""What of a text is drawn, and with which face."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sketch.render.text.characters import clusters, lines_of
from sketch.render.text.fonts import NO_RAQM, OWN, Fonts, Run


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", [""]),
        ("plain", ["plain"]),
        ("a\tb", ["a b"]),
        ("a\r\nb\rc\n\nd\v\x85e", ["a", "b", "c", "", "d", "", "e"]),
        ("e\u0301", ["é"]),
        ("a\x00\x1b[31mb\x7f", ["a[31mb"]),
        ("\ud83d", ["\ufffd"]),
        ("soft\u00adhyphen\u200b\u2060\ufeff", ["softhyphen"]),
        ("می\u200cروم", ["می\u200cروم"]),
        ("a\u00a0b\u3000c", ["a b c"]),
    ],
)
def test_the_lines_of_a_text(text, lines):
    assert lines_of(text) == lines


@given(st.text(st.characters(), max_size=30))
def test_any_text_has_lines_and_clusters_that_lose_nothing(text):
    for line in lines_of(text):
        assert "\n" not in line
        assert "".join(clusters(line)) == line
        assert not any(unicodedata.category(char) in ("Cc", "Cs") for char in line)


@pytest.mark.parametrize(
    ("line", "parts"),
    [
        ("abc", ["a", "b", "c"]),
        ("x̂y", ["x̂", "y"]),
        ("👩‍👩‍👧!", ["👩‍👩‍👧", "!"]),
        ("👍🏽", ["👍🏽"]),
        ("🇩🇪🇫🇷", ["🇩🇪", "🇫🇷"]),
    ],
)
def test_what_is_drawn_as_one(line, parts):
    assert list(clusters(line)) == parts


@pytest.fixture(scope="module")
def fonts():
    return Fonts(fallbacks=[])


def test_the_face_that_ships_has_latin_greek_cyrillic_and_common_symbols(fonts):
    wanted = [*range(0x20, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x180)]
    text = "".join(map(chr, wanted)).replace("\u0149", "")  # a letter that Unicode gave up
    text += "ΑΒΓαβγωЖжя–—‘’“”„…•€£¥→←↑↓↔⇒×÷±≈≠≤≥∞√∑∂∆π°©®™✓✗★☆♥●○■□▲▼◆½¼¾²³№"
    for line in lines_of(text):
        (run,) = fonts.runs(line)
        assert run == Run(line, OWN, "ltr")
    assert fonts.notices == []


def test_another_face_writes_what_one_lacks_and_nothing_else(fonts, monkeypatch):
    both = Fonts(fallbacks=[])
    both._fallbacks = ["other"]
    monkeypatch.setattr(both, "_knows", lambda path, char: (char == "λ") == (path == "other"))
    assert both.runs("aλ b") == [Run("a", OWN, "ltr"), Run("λ", "other", "ltr"), Run(" b", OWN, "ltr")]
    assert both.notices == []


def test_an_authors_font_that_lacks_a_character_leaves_it_to_the_one_that_ships(fonts, monkeypatch):
    both = Fonts(fallbacks=[])
    monkeypatch.setattr(both, "face", lambda path, size: None)
    monkeypatch.setattr("sketch.render.text.fonts.asset_path", lambda path: path)
    monkeypatch.setattr(both, "_knows", lambda path, char: path == OWN or char.isalpha())
    assert both.runs("a→b", "mine.ttf") == [
        Run("a", "mine.ttf", "ltr"),
        Run("→", OWN, "ltr"),
        Run("b", "mine.ttf", "ltr"),
    ]


def test_a_font_that_is_missing_is_refused_by_name(fonts, tmp_path):
    with pytest.raises(ValueError, match=r"missing\.ttf"):
        fonts.runs("plain", str(tmp_path / "missing.ttf"))


def test_marks_and_control_characters_are_never_boxes(fonts):
    for code in [*range(0x20), *range(0x7F, 0xA0), *range(0x300, 0x370), 0x20E3, 0xFE0F, 0x200D, 0x2066]:
        for line in lines_of("a" + chr(code)):
            assert not any("□" in run.text for run in fonts.runs(line))


def test_a_box_stands_for_what_no_font_has_and_is_reported_once():
    fonts = Fonts(fallbacks=[])
    for _ in range(2):
        assert fonts.runs("你👩‍👩‍👧a") == [Run("□□a", OWN, "ltr")]
    assert [notice.split(":")[0] for notice in fonts.notices] == [
        "no font here has U+4F60",
        "no font here has U+1F469 U+1F469 U+1F467",
    ]


def test_many_such_characters_are_not_reported_one_by_one():
    fonts = Fonts(fallbacks=[])
    fonts.runs("".join(map(chr, range(0x4E00, 0x4F00))))
    assert len(fonts.notices) == 21
    assert "more characters" in fonts.notices[-1]


def test_runs_stand_in_the_order_of_the_screen(monkeypatch):
    fonts = Fonts(fallbacks=[])
    fonts._fallbacks = ["hebrew"]
    monkeypatch.setattr(
        fonts, "_knows", lambda path, char: (path == OWN) == (not "\u0590" < char < "\u0600") or char in " 1"
    )
    shalom = "שלום"
    assert fonts.runs(f"a {shalom} b") == [
        Run("a ", OWN, "ltr"),
        Run(f"{shalom} ", "hebrew", "rtl"),
        Run("b", OWN, "ltr"),
    ]
    assert fonts.runs(f"{shalom} 1 abc") == [Run("abc", OWN, "ltr"), Run(f"{shalom} 1 ", "hebrew", "rtl")]


def test_without_raqm_it_is_reported_and_text_is_drawn_all_the_same(monkeypatch):
    monkeypatch.setattr("sketch.render.text.fonts.features.check", lambda name: False)
    fonts = Fonts(fallbacks=[])
    assert fonts.notices == [NO_RAQM]
    assert fonts.runs("a\u200db") == [Run("ab", OWN, "ltr")]


@given(st.text(st.characters(), max_size=20))
def test_any_line_has_runs(text):
    fonts = FONTS
    for line in lines_of(text):
        for run in fonts.runs(line):
            assert run.text


FONTS = Fonts(fallbacks=[])


def test_of_a_flood_of_marks_on_one_letter_thirty_stay():
    assert lines_of("x" + 200 * "\u0323" + "o\u0323") == ["x" + 30 * "\u0323" + "ọ"]
