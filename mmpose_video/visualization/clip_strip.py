"""Draw the frames of a clip side by side."""
from typing import Optional, Sequence

import cv2
import numpy as np


def clip_strip(frames: Sequence[np.ndarray],
               key_index: int,
               offsets: Optional[Sequence[int]] = None,
               valid: Optional[Sequence[bool]] = None,
               box: Optional[Sequence[float]] = None,
               height: int = 160,
               border: int = 4) -> np.ndarray:
    """Draw T frames in a row, with the key frame marked.

    The key frame has a green border, frames that stand in for a missing
    one a gray border, and all others a white one.

    Args:
        frames (Sequence[np.ndarray]): T images of one size, (H, W, 3) uint8
            BGR.
        key_index (int): Position of the key frame.
        offsets (Sequence[int], optional): T distances from the key frame, to
            be written into the corners.
        valid (Sequence[bool], optional): False where a frame stands in.
        box (Sequence[float], optional): The part to show, x1, y1, x2, y2 in
            pixels; what lies outside of the frames is black. Defaults to
            None, the whole frames.
        height (int): Height of a picture in pixels. Defaults to 160.
        border (int): Width of the borders in pixels. Defaults to 4.

    Returns:
        np.ndarray: Shape (height + 2 border, W', 3), uint8, BGR.

    Raises:
        ValueError: If the lengths differ or the box is empty.
    """
    for name, values in (('offsets', offsets), ('valid', valid)):
        if values is not None and len(values) != len(frames):
            raise ValueError(f'`{name}` has {len(values)} entries for '
                             f'{len(frames)} frames')
    if not 0 <= key_index < len(frames):
        raise ValueError(f'`key_index` {key_index} is out of range for '
                         f'{len(frames)} frames')
    full = frames[0].shape
    x1, y1, x2, y2 = box if box is not None else (0, 0, full[1], full[0])
    if x2 <= x1 or y2 <= y1:
        raise ValueError(f'the box {box} is empty')
    scale = height / (y2 - y1)
    size = (max(1, round((x2 - x1) * scale)), height)
    # output pixel centers to input pixel centers
    matrix = np.array([[scale, 0, (0.5 - x1) * scale - 0.5],
                       [0, scale, (0.5 - y1) * scale - 0.5]])
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    pictures = []
    for t, frame in enumerate(frames):
        picture = cv2.warpAffine(frame, matrix, size, flags=cv2.INTER_LINEAR)
        if box is None:
            picture = cv2.resize(frame, size, interpolation=method)
        color = (255, 255, 255)
        if valid is not None and not valid[t]:
            color = (128, 128, 128)
        if t == key_index:
            color = (0, 200, 0)
        picture = cv2.copyMakeBorder(
            picture, border, border, border, border, cv2.BORDER_CONSTANT,
            value=color)
        if offsets is not None:
            _write(picture, f'{int(offsets[t]):+d}', border)
        pictures.append(picture)
    return np.concatenate(pictures, axis=1)


def _write(picture: np.ndarray, text: str, border: int) -> None:
    """Write text into the upper left corner, readable on any background."""
    place = (border + 3, border + 15)
    for color, width in (((0, 0, 0), 3), ((255, 255, 255), 1)):
        cv2.putText(picture, text, place, cv2.FONT_HERSHEY_SIMPLEX, 0.45,
                    color, width, cv2.LINE_AA)
