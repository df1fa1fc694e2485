"""Progress of a job, readable on a terminal and in a log alike."""
import sys
import time
from typing import Callable, Optional, TextIO


class Progress:
    """Report how much of a job is done, its speed and the time left.

    On a terminal one line is redrawn several times a second. Elsewhere (a
    file, a pipe, a batch system's log) whole lines are written, without
    carriage returns and seldom.

    Args:
        unit (str): What is counted, in the plural: ``'frames'``.
        total (int, optional): How many there are, if that is known.
        file (TextIO, optional): Where to write. Defaults to stderr.
        clock (Callable): Returns the time in seconds.

    Attributes:
        count (int): How many are done.
    """

    #: Shortest time in seconds between two reports on a terminal, in a log.
    INTERVALS = (0.2, 10.)

    def __init__(self,
                 unit: str,
                 total: Optional[int] = None,
                 file: Optional[TextIO] = None,
                 clock: Callable[[], float] = time.perf_counter) -> None:
        self.unit = unit
        self.total = total
        self.count = 0
        self._file = sys.stderr if file is None else file
        self._redraws = self._file.isatty()
        self._interval = self.INTERVALS[0 if self._redraws else 1]
        self._clock = clock
        self._start = self._shown_at = clock()
        self._shown_count = -1
        self._width = 0

    def update(self, steps: int = 1) -> None:
        """Count what was done, and report it if the last report is old."""
        self.set(self.count + steps)

    def set(self, count: int) -> None:
        """Set how many are done, and report it if the last report is old."""
        self.count = count
        now = self._clock()
        if now - self._shown_at >= self._interval or count == self.total:
            self._show(now)

    def __call__(self, count: int, total: int) -> None:
        """Set how many of how many are done: for jobs that call back."""
        self.total = total
        self.set(count)

    def close(self) -> None:
        """Write the last state, if it is not there, and end the line."""
        if self.count and self._shown_count != self.count:
            self._show(self._clock())
        if self._redraws and self._width:
            self._file.write('\n')
            self._file.flush()
            self._width = 0

    def _show(self, now: float) -> None:
        if self.count == self._shown_count:
            return
        text = self._text(now - self._start)
        if self._redraws:
            # blanks cover what is left of a longer line
            self._file.write('\r' + text.ljust(self._width))
            self._width = len(text)
        else:
            self._file.write(text + '\n')
        self._file.flush()
        self._shown_at, self._shown_count = now, self.count

    def _text(self, seconds: float) -> str:
        speed = self.count / max(seconds, 1e-9)
        rate = f'{speed:.1f} {self.unit}/s'
        if not self.total:
            return f'{self.count} {self.unit}, {rate}'
        text = (f'{self.count}/{self.total} {self.unit} '
                f'({self.count / self.total:.0%}), {rate}')
        if self.count >= self.total:
            return f'{text}, {format_seconds(seconds)}'
        left = (self.total - self.count) / max(speed, 1e-9)
        return f'{text}, {format_seconds(left)} left'


def format_seconds(seconds: float) -> str:
    """Write a duration as ``8 s``, ``3 min 05 s`` or ``2 h 10 min``."""
    whole = round(seconds)
    if whole < 60:
        return f'{whole} s'
    if whole < 3600:
        return f'{whole // 60} min {whole % 60:02d} s'
    return f'{whole // 3600} h {whole % 3600 // 60:02d} min'
