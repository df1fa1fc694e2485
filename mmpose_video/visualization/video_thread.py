"""Draw and write a video in a thread of its own."""
import queue
import threading
from typing import Callable, Optional, Tuple

import numpy as np

from .video_file import VideoFile

# CPython misses a signal that comes right before a wait begins, until that
# wait ends: Ctrl-C is answered after so many seconds at the latest.
_INTERVAL = 0.2

_Job = Tuple[Callable[[], np.ndarray], Optional[float]]


class VideoThread:
    """Draw and encode the frames of a video while the caller goes on.

    OpenCV and FFmpeg work without Python's global lock, so that drawing and
    encoding cost the caller little where another core is free.

    Args:
        video (VideoFile): The file; closed by :meth:`close`.
        max_waiting (int): Number of frames that may wait. When there are
            more, the caller waits too, so that memory is bounded. Defaults
            to 16.
    """

    def __init__(self, video: VideoFile, max_waiting: int = 16) -> None:
        self.video = video
        self._jobs: queue.Queue[Optional[_Job]] = queue.Queue(max_waiting)
        self._error: Optional[BaseException] = None
        self._stopped = False
        self._ended = threading.Event()
        self._thread = threading.Thread(
            target=self._work, name='video writer', daemon=True)
        self._thread.start()

    def append(self, draw: Callable[[], np.ndarray],
               time: Optional[float] = None) -> None:
        """Add a frame.

        Args:
            draw (Callable): Returns the frame, (H, W, 3) uint8 BGR. Called in
                the thread.
            time (float, optional): See :meth:`VideoFile.append`.

        Raises:
            Exception: What drawing an earlier frame raised.
        """
        self._raise()
        self._jobs.put((draw, time))

    def close(self) -> None:
        """Wait for the frames that were added, and finish the file.

        Ctrl-C drops the frames that wait; the file holds those before.

        Raises:
            Exception: What drawing a frame raised.
            KeyboardInterrupt: If Ctrl-C was pressed meanwhile.
        """
        interrupt: Optional[KeyboardInterrupt] = None
        told = False
        # not Thread.join: Ctrl-C in it makes a thread that runs count as
        # ended (CPython 3.11), and then two would write the file
        while not self._ended.is_set():
            try:
                if not told:
                    self._jobs.put(None)
                    told = True
                self._ended.wait(_INTERVAL)
            except KeyboardInterrupt as error:
                interrupt, self._stopped = error, True
        self.video.close()
        self._thread.join()
        if interrupt is not None:
            raise interrupt
        self._raise()

    def _work(self) -> None:
        """Draw and write until :meth:`close`; after an error, drop frames."""
        try:
            for draw, time in iter(self._jobs.get, None):
                if self._stopped or self.video.failed:
                    continue
                try:
                    self.video.append(draw(), time)
                except Exception as error:  # raised in the caller's thread
                    self._error, self._stopped = error, True
        finally:
            self._ended.set()

    def _raise(self) -> None:
        """Raise the error of the thread, once."""
        error, self._error = self._error, None
        if error is not None:
            raise error
