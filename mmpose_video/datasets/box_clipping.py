"""Bring boxes into the image."""
import numpy as np


def shift_into_image(box: np.ndarray, width: int, height: int) -> np.ndarray:
    """Clip a box as the released code of DCPose's lineage does.

    A box that begins outside, at the left or the top, is moved until it
    begins at 0 and keeps its size; what exceeds the right and the bottom
    border is cut off. Corners are the centers of pixels, so a box of width w
    ends at ``x + w - 1``. MMPose cuts at each border and ends at ``x + w``.

    Args:
        box (np.ndarray): x, y, width and height in pixels, (4, ).
        width (int): Width of the image.
        height (int): Height of the image.

    Returns:
        np.ndarray: Corners x1, y1, x2, y2, (4, ) float32.
    """
    begin = np.maximum(0, box[:2])
    end = np.minimum(np.array([width, height]) - 1,
                     begin + np.maximum(0, box[2:] - 1))
    return np.concatenate([begin, end]).astype(np.float32)
