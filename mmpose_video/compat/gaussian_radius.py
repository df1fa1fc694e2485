"""Reject sigmas for which MMPose's heatmap targets are shifted by one cell.

What is broken
    mmpose 1.3.2's ``generate_gaussian_heatmaps``
    (``codecs/utils/gaussian_heatmap.py``) assumes that ``3 sigma`` is a whole
    number. Where its fraction is below one half, as at ``sigma=0.7``, the
    patch begins a cell further to the upper left than its center does: the
    peak of every keypoint is shifted by one cell without a warning, and a
    model learns that.
    (From one half on, as at ``sigma=1.5``, only peaks at the border are.)

What this does
    ``MSRAHeatmap`` raises when it is built with such a width. Its unbiased
    variant draws them differently and accepts any.

When it can go
    When mmpose rounds the radius.
"""
from typing import Any


def install() -> None:
    """Wrap the constructor of mmpose's codec."""
    from mmpose.codecs import MSRAHeatmap
    construct = MSRAHeatmap.__init__

    def checked(self: Any, *args: Any, **kwargs: Any) -> None:
        construct(self, *args, **kwargs)
        fraction = 3 * self.sigma % 1
        if not self.unbiased and 0 < fraction < 0.5:
            lower, upper = ((3 * self.sigma // 1 + i) / 3 for i in (0, 1))
            raise ValueError(
                f'MMPose draws the targets of sigma={self.sigma} a cell off '
                '(3 * sigma must be whole, or its fraction one half or more);'
                f' take sigma={lower or upper!r} or sigma={upper!r}, or '
                '`unbiased=True`')

    checked.__doc__ = construct.__doc__
    MSRAHeatmap.__init__ = checked
