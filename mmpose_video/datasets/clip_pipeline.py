"""The transforms of a clip, with an error that helps."""
from typing import Optional

import cv2
from mmengine.dataset import Compose

from mmpose_video.utils import one_line


class ClipPipeline(Compose):
    """Run transforms one after the other.

    Transforms of single images fail on the list of frames of a clip with
    errors that say nothing of it (OpenCV's "Overload resolution failed"). The
    message tells which transform it was and how to use it.

    Args:
        transforms (Sequence[dict | Callable]): Configs or transforms.
    """

    def __call__(self, data: dict) -> Optional[dict]:
        """Transform a sample; return None if a transform drops it.

        Raises:
            TypeError: If a transform fails on a list of frames.
        """
        current: Optional[dict] = data
        for step in self.transforms:
            frames = current.get('img')  # type: ignore[union-attr]
            try:
                current = step(current)
            except (cv2.error, AttributeError, TypeError) as error:
                if not isinstance(frames, list):
                    raise
                name = type(step).__name__
                raise TypeError(
                    f'`{name}` failed on a clip, a list of {len(frames)} '
                    f'frames ({one_line(error)}). If it takes single images, '
                    'let it change all frames alike: '
                    "dict(type='ClipConsistent', "
                    f"transform=dict(type='{name}', ...))") from error
            if current is None:
                return None
        return current
