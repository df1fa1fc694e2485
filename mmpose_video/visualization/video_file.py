"""Write frames to an mp4."""
import logging
from typing import Dict, Optional, Tuple, Type, Union

import cv2
import numpy as np
from mmengine.logging import MMLogger, print_log

from mmpose_video.formats.drafts import Draft, remove_left
from mmpose_video.utils.stated_frames import stated_frames

from .opencv_encoder import OpencvEncoder
from .pyav_encoder import PyavEncoder, import_av

Encoder = Union[OpencvEncoder, PyavEncoder]
ENCODERS: Dict[str, Type[Encoder]] = dict(
    opencv=OpencvEncoder, pyav=PyavEncoder)


class VideoFile:
    """Write an mp4 that gets its name when it is complete.

    A frame that cannot be written never stops a run: a warning says so once,
    and the frames that follow are dropped.

    Args:
        path (str): The file; missing folders are created.
        fps (float): Frames per second.
        backend (str): ``'opencv'`` or ``'pyav'``, which writes H.264 with
            the times of the frames and needs PyAV. Defaults to 'opencv'.

    Attributes:
        failed (bool): True if the file cannot be written.

    Raises:
        ImportError: If PyAV is asked for and not installed.
        ValueError: If there is no such backend.
    """

    def __init__(self, path: str, fps: float, backend: str = 'opencv') -> None:
        check_backend(backend)
        self.path = path
        self.fps = fps
        self.backend = backend
        self._draft: Optional[Draft] = None
        self._encoder: Optional[Encoder] = None
        self._size: Tuple[int, int] = (0, 0)
        self._count = 0
        # now: to find it takes a lock of MMEngine's, which the caller may
        # hold while a thread writes
        self._logger = MMLogger.get_current_instance()
        remove_left(path)  # it logs
        self.failed = False

    def append(self, image: np.ndarray, time: Optional[float] = None) -> None:
        """Add a frame.

        Args:
            image (np.ndarray): (H, W, 3), uint8, BGR. A frame of another size
                than the first is scaled to it.
            time (float, optional): Its time in seconds, which PyAV keeps.
        """
        if self.failed:
            return
        try:
            if self._encoder is None:
                self._size = (image.shape[1], image.shape[0])
                self._draft = Draft(self.path, boxed=True)
                self._encoder = ENCODERS[self.backend](
                    self._draft.name, self.fps, self._size)
            if (image.shape[1], image.shape[0]) != self._size:
                image = cv2.resize(image, self._size)
            self._encoder.write(image, time)
            self._count += 1
        except (OSError, cv2.error) as error:
            self._fail(str(error))

    def _fail(self, why: str) -> None:
        """Stop writing the video and warn."""
        self.failed = True
        print_log(
            f'cannot write the video `{self.path}`: {why}. The results go on '
            'without it', self._logger, logging.WARNING)

    def close(self) -> None:
        """Finish the file and give it its name."""
        draft, self._draft = self._draft, None
        encoder, self._encoder = self._encoder, None
        if draft is None:
            return
        try:
            if encoder is not None:
                encoder.close()
            # OpenCV reports no error
            if not self.failed and stated_frames(draft.name) == self._count:
                draft.finish()
            elif not self.failed:
                self._fail('it is not complete; is the disk full?')
        except OSError as error:
            if not self.failed:
                self._fail(str(error))
        finally:
            draft.close()


def check_backend(backend: str) -> None:
    """Check the name of a library that reads and writes videos.

    Args:
        backend (str): ``'opencv'`` or ``'pyav'``.

    Raises:
        ImportError: If it is not installed.
        ValueError: If there is no such backend.
    """
    if backend not in ENCODERS:
        raise ValueError(f'there is no video backend {backend!r}; there are '
                         f'{", ".join(ENCODERS)}')
    if backend == 'pyav':
        import_av()
