"""The bar of long work: how far it is, and the time left."""

import io

from sketch.host.progress import Progress, bar, clock_time


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_the_bar_has_what_is_done_and_the_time_left():
    assert bar(30, 120, 10.0) == "[#######.......................] 30 of 120 frames, 30 s left"
    assert bar(0, 120, 1.0) == "[..............................] 0 of 120 frames"
    assert bar(120, 120, 40.0) == "[##############################] 120 of 120 frames"


def test_times_are_written_as_people_do():
    assert [clock_time(each) for each in (9.6, 185, 3725)] == ["10 s", "3:05 min", "1:02:05 h"]


def test_a_terminal_gets_a_line_a_few_times_a_second_and_loses_it_at_the_end():
    terminal, now = Terminal(), [0.0]
    progress = Progress(100, terminal, lambda: now[0])
    for _ in range(100):
        now[0] += 0.05
        progress.step()
    progress.close()
    assert 20 <= terminal.getvalue().count("\r") <= 30
    assert terminal.getvalue().endswith("\r\x1b[K")


def test_a_file_gets_nothing():
    stream = io.StringIO()
    progress = Progress(2, stream, lambda: 0.0)
    progress.step()
    progress.close()
    assert not stream.getvalue()
