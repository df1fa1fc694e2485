"""Draw keypoints under NumPy 2.4 and newer.

What is broken
    numpy 2.4 refuses ``int()`` of an array with one element. mmpose 1.3.2
    gives ``radius=np.array([radius])`` to
    ``OpencvBackendVisualizer.draw_circles``
    (``visualization/opencv_backend_visualizer.py``), which does just that.

When it can go
    When mmpose passes a number.
"""
import functools
from typing import Any

import numpy as np


def needed() -> bool:
    """Return whether numpy refuses ``int()`` of a one-element array."""
    import warnings
    try:
        with warnings.catch_warnings():
            warnings.simplefilter('ignore', DeprecationWarning)
            int(np.array([1]))
    except TypeError:
        return True
    return False


def take_number_as_radius(cls: type) -> None:
    """Turn a radius given as an array into a number in ``draw_circles``.

    Args:
        cls (type): A visualizer with ``draw_circles(center, radius, ...)``
            and an attribute ``backend``.
    """
    original = cls.draw_circles  # type: ignore[attr-defined]

    @functools.wraps(original)
    def draw_circles(self: Any, center: Any, radius: Any, *args: Any,
                     **kwargs: Any) -> Any:
        # matplotlib's backend wants the array
        if self.backend == 'opencv' and np.size(radius) == 1:
            radius = float(np.reshape(radius, ()))
        return original(self, center, radius, *args, **kwargs)

    cls.draw_circles = draw_circles  # type: ignore[attr-defined]


def install() -> None:
    """Change mmpose's visualizer, if this numpy needs it."""
    if needed():
        from mmpose.visualization.opencv_backend_visualizer import (
            OpencvBackendVisualizer,
        )
        take_number_as_radius(OpencvBackendVisualizer)
