"""Show the state of a job on a terminal or in a log."""
import sys
import time
from typing import Callable, Optional, TextIO


class StatusLine:
    """Show the latest state of a job.

    On a terminal one line is redrawn several times a second. Elsewhere (a
    file, a pipe, a batch system's log) whole lines are written, without
    carriage returns and seldom.

    Args:
        file (TextIO, optional): Where to write. Defaults to stderr.
        clock (Callable): Returns the time in seconds.

    Attributes:
        started (float): When the line was made, by ``clock``.
    """

    #: Shortest time in seconds between two reports on a terminal, in a log.
    INTERVALS = (0.2, 10.)

    def __init__(self,
                 file: Optional[TextIO] = None,
                 clock: Callable[[], float] = time.perf_counter) -> None:
        self._file = sys.stderr if file is None else file
        self._redraws = self._file.isatty()
        self._interval = self.INTERVALS[0 if self._redraws else 1]
        self._clock = clock
        self.started = self._shown_at = clock()
        self._width = 0

    def is_due(self, now: Optional[float] = None) -> bool:
        """Return whether the last report is old enough for another one.

        Args:
            now (float, optional): The time, if it has been read already.
        """
        now = self._clock() if now is None else now
        return now - self._shown_at >= self._interval

    def show(self, text: str, now: Optional[float] = None) -> None:
        """Write a state, over the last one on a terminal.

        Args:
            text (str): One line, without its end.
            now (float, optional): The time, if it has been read already.
        """
        if self._redraws:
            # blanks cover what is left of a longer line
            self._file.write('\r' + text.ljust(self._width))
            self._width = len(text)
        else:
            self._file.write(text + '\n')
        self._file.flush()
        self._shown_at = self._clock() if now is None else now

    def close(self) -> None:
        """End the line."""
        if self._redraws and self._width:
            self._file.write('\n')
            self._file.flush()
            self._width = 0
