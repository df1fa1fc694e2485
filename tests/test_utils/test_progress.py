"""Progress on a terminal and in a log."""
import io

import pytest

from mmpose_video.utils import Progress, format_seconds


class Terminal(io.StringIO):
    """A file that says that it is a terminal."""

    def isatty(self):
        return True


class Clock:
    """Advances by a fixed time per reading."""

    def __init__(self, step):
        self.now, self.step = -step, step

    def __call__(self):
        self.now += self.step
        return self.now


def test_a_log_gets_whole_lines_and_few_of_them():
    log = io.StringIO()
    bar = Progress('clips', 100, log, Clock(1.))
    for _ in range(100):
        bar.update()
    bar.close()
    text = log.getvalue()
    assert '\r' not in text and text.endswith('\n')
    lines = text.splitlines()
    assert len(lines) == 10
    assert lines[0] == '10/100 clips (10%), 1.0 clips/s, 1 min 30 s left'
    assert lines[-1] == '100/100 clips (100%), 1.0 clips/s, 1 min 40 s'


def test_a_terminal_gets_one_line():
    terminal = Terminal()
    bar = Progress('frames', 3, terminal, Clock(0.25))
    for _ in range(3):
        bar.update()
    bar.close()
    text = terminal.getvalue()
    assert text.count('\r') == 3 and text.count('\n') == 1
    assert text.endswith('\n')
    first, *rest = text.strip('\r\n').split('\r')
    assert first == '1/3 frames (33%), 4.0 frames/s, 0 s left'
    # a shorter line leaves nothing of a longer one
    assert all(len(line) >= len(first.rstrip()) for line in rest)


def test_close_shows_what_was_not_shown():
    log = io.StringIO()
    bar = Progress('frames', None, log, Clock(0.5))
    bar.update(3)
    assert not log.getvalue()
    bar.close()
    assert log.getvalue() == '3 frames, 3.0 frames/s\n'


def test_nothing_done_writes_nothing():
    terminal = Terminal()
    Progress('frames', 5, terminal).close()
    assert not terminal.getvalue()


@pytest.mark.parametrize('seconds, text', [
    (0, '0 s'), (59.4, '59 s'), (59.6, '1 min 00 s'), (185, '3 min 05 s'),
    (7805, '2 h 10 min')])
def test_durations(seconds, text):
    assert format_seconds(seconds) == text
