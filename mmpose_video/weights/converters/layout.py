"""Recognize the layout of a checkpoint by its names."""
from typing import Optional, Sequence

from . import CONVERTERS

#: A layout is recognized if more than this share of the names belong to it.
_MIN_SHARE = 0.9


def find_layout(names: Sequence[str]) -> Optional[str]:
    """Return the layout that the names of a checkpoint's tensors fit.

    Args:
        names (Sequence[str]): The names.

    Returns:
        str, optional: A key of :data:`CONVERTERS`; None if none fits.
    """
    shares = {
        layout: converter().known_share(names)
        for layout, converter in CONVERTERS.items()
    }
    best = max(shares, key=lambda layout: shares[layout])
    return best if shares[best] > _MIN_SHARE else None
