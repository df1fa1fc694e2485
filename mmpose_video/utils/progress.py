"""Show the progress of a job that counts its steps."""
import time
from typing import Callable, Optional, TextIO

from .status_line import StatusLine


class Progress:
    """Report how much of a job is done, its speed and the time left.

    Args:
        unit (str): What is counted, in the plural: ``'frames'``.
        total (int, optional): How many there are, if that is known.
        file (TextIO, optional): Where to write, see :class:`StatusLine`.
            Defaults to stderr.
        clock (Callable): Returns the time in seconds.

    Attributes:
        count (int): How many are done.
    """

    def __init__(self,
                 unit: str,
                 total: Optional[int] = None,
                 file: Optional[TextIO] = None,
                 clock: Callable[[], float] = time.perf_counter) -> None:
        self.unit = unit
        self.total = total
        self.count = 0
        self._clock = clock
        self._line = StatusLine(file, clock)
        self._shown_count = -1

    def update(self, steps: int = 1) -> None:
        """Add to the count, and report it if the last report is old."""
        self.set(self.count + steps)

    def set(self, count: int) -> None:
        """Set the count, and report it if the last report is old."""
        self.count = count
        now = self._clock()
        if self._line.is_due(now) or count == self.total:
            self._show(now)

    def __call__(self, count: int, total: int) -> None:
        """Set count and total, for jobs that call back."""
        self.total = total
        self.set(count)

    def close(self) -> None:
        """Write the last state unless it is shown, and end the line."""
        if self.count and self._shown_count != self.count:
            self._show(self._clock())
        self._line.close()

    def _show(self, now: float) -> None:
        if self.count != self._shown_count:
            self._line.show(self._text(now - self._line.started), now)
            self._shown_count = self.count

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
