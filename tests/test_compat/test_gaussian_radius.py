import numpy as np
import pytest
from mmpose.registry import KEYPOINT_CODECS

from mmpose_video import compat  # noqa: F401


def codec(sigma, **kwargs):
    return KEYPOINT_CODECS.build(dict(
        type='MSRAHeatmap', input_size=(64, 96), heatmap_size=(16, 24),
        sigma=sigma, **kwargs))


def peak(built):
    target = built.encode(np.array([[[32., 48.]]]), np.ones((1, 1)))
    row, column = np.unravel_index(target['heatmaps'][0].argmax(), (24, 16))
    return row, column


@pytest.mark.parametrize('sigma', [1., 2., 3, 2 / 3, 4 / 3, 1.5, 2.5])
def test_the_peak_is_where_the_joint_is(sigma):
    assert peak(codec(sigma)) == (12, 8)


@pytest.mark.parametrize('sigma', [0.667, 0.7, 0.1, 1.1])
def test_widths_that_would_move_it_are_refused(sigma):
    with pytest.raises(ValueError, match=f'sigma={sigma} a cell off') as info:
        codec(sigma)
    proposed = float(str(info.value).split('take sigma=')[1].split(' ')[0])
    assert peak(codec(proposed)) == (12, 8)
    assert peak(codec(sigma, unbiased=True)) == (12, 8)
