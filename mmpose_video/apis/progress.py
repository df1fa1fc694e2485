"""Frames per second on the terminal."""
import sys
import time
from typing import Optional, TextIO


class FrameProgress:
    """A line that tells how many frames are done, and how fast.

    Args:
        total (int, optional): Number of frames, if it is known.
        file (TextIO, optional): Where to write. Defaults to stderr.
        interval (float): Least time between two updates in seconds.
    """

    def __init__(self,
                 total: Optional[int] = None,
                 file: Optional[TextIO] = None,
                 interval: float = 0.2) -> None:
        self.total = total
        self.file = file or sys.stderr
        self.interval = interval
        self.count = 0
        self._start = self._shown = time.perf_counter()

    def update(self) -> None:
        """Count a frame."""
        self.count += 1
        now = time.perf_counter()
        if now - self._shown >= self.interval or self.count == self.total:
            self._shown = now
            self.show(now)

    def show(self, now: float) -> None:
        """Write the line."""
        speed = self.count / max(now - self._start, 1e-9)
        text = f'{self.count}'
        if self.total:
            left = max(0, self.total - self.count) / speed
            text += (f'/{self.total} frames ({self.count / self.total:.0%}), '
                     f'{speed:.1f} frames/s, {left:.0f} s left')
        else:
            text += f' frames, {speed:.1f} frames/s'
        self.file.write(f'\r{text}   ')
        self.file.flush()
