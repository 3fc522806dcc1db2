import pytest

from sketch.host.server_clock import ServerClock


def test_samples_keep_their_distance_however_late_they_are_seen():
    clock = ServerClock()
    clock.seconds(1000, now=5.0)
    late = [clock.seconds(1000 + ms, now=5.5) for ms in (10, 11, 12)]
    assert late == pytest.approx([5.010, 5.011, 5.012])


def test_an_event_never_lies_in_the_future():
    clock = ServerClock()
    clock.seconds(1000, now=5.5)
    assert clock.seconds(1200, now=5.6) == pytest.approx(5.6)


def test_a_server_that_was_set_again_is_followed():
    clock = ServerClock()
    clock.seconds(900_000, now=5.0)
    assert clock.seconds(100, now=6.0) == pytest.approx(6.0)
