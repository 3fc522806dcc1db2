"""Which screen a window gets, by number and name, and which one when screens come and go."""

from types import SimpleNamespace

import pytest

from sketch.host.errors import HostError
from sketch.host.screens import chosen, matching, next_screen
from sketch.window import Window


def screen(name, x=0, width=800, height=600):
    return SimpleNamespace(name=name, x=x, y=0, width=width, height=height)


A, B, C = screen("eDP-1"), screen("HDMI-1", 800), screen("DP-2", 1600)


def test_a_screen_has_a_number_from_1_and_a_name_in_any_case():
    assert matching([A, B], 2) is B
    assert matching([A, B], "hdmi-1") is B
    assert matching([A, B], 3) is None
    assert matching([A, B], "DP-2") is None


def test_a_screen_that_is_not_there_is_refused_with_those_that_are():
    with pytest.raises(HostError, match=r"no screen 3 .* 1 \(eDP-1 800x600\), 2 \(HDMI-1 800x600\)"):
        chosen([A, B], 3)
    assert chosen([A, B], None) is None


def test_the_window_goes_to_its_screen_else_it_stays_else_it_goes_to_the_first():
    assert next_screen([A, B, C], A, home=B) is B
    assert next_screen([A, C], C, home=B) is C
    assert next_screen([A, C], B, home=B) is A
    assert next_screen([A], B, home=None) is A
    # A screen in front of it went away, so that its number is another.
    assert next_screen([B, C], B, home=B) is B
    moved = screen("HDMI-1", 0, 1920, 1080)
    assert next_screen([A, moved], B, home=None) is moved


def test_a_screen_of_a_window_is_a_number_or_a_name():
    assert Window(screen=2).screen == 2
    assert Window(screen="HDMI-1").screen == "HDMI-1"
    with pytest.raises(ValueError, match="screen"):
        Window(screen=0)
    with pytest.raises(TypeError, match="screen"):
        Window(screen=[1])  # pyright: ignore[reportArgumentType]
