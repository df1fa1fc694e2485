"""Split an image into parts that overlap."""
from typing import List, NamedTuple, Tuple

import numpy as np


class Tile(NamedTuple):
    """A part of an image.

    Attributes:
        image (np.ndarray): The part, shape (h, w, 3), a view.
        corner (tuple[int, int]): x and y of its first pixel.
        inner (np.ndarray): Which of its left, upper, right and lower sides
            lie inside of the image, (4, ) bool.
    """

    image: np.ndarray
    corner: Tuple[int, int]
    inner: np.ndarray

    def holds(self, boxes: np.ndarray, margin: float = 2) -> np.ndarray:
        """Return which boxes are whole.

        Args:
            boxes (np.ndarray): In pixels of the part, (P, 4).
            margin (float): A box that is nearer to an inner side may have
                been cut there. Defaults to 2 pixels.

        Returns:
            np.ndarray: Shape (P, ), bool.
        """
        height, width = self.image.shape[:2]
        room = np.column_stack([boxes[:, :2],
                                [width, height] - boxes[:, 2:]])
        return ~((room < margin) & self.inner).any(1)


def split_image(image: np.ndarray, count: int,
                overlap: float = 0.25) -> List[Tile]:
    """Split an image into rows and columns of equal parts.

    Args:
        image (np.ndarray): Shape (H, W, 3).
        count (int): Number of rows and of columns.
        overlap (float): Of neighbors, as a share of a part. Defaults to
            0.25.

    Returns:
        list[Tile]: The parts, row by row.
    """
    rows, columns = (_spans(side, count, overlap) for side in image.shape[:2])
    return [
        Tile(image[top:bottom, left:right], (left, top),
             np.array([left > 0, top > 0, right < image.shape[1],
                       bottom < image.shape[0]]))
        for top, bottom in rows for left, right in columns
    ]


def _spans(side: int, count: int, overlap: float) -> List[Tuple[int, int]]:
    """Return first and last pixel (excluded) of equal parts of a side."""
    length = side / (count - (count - 1) * overlap)
    starts = np.arange(count) * length * (1 - overlap)
    return [(int(round(start)), min(side, int(round(start + length))))
            for start in starts]
