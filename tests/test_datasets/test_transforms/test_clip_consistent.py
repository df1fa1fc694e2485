import random

import numpy as np
import pytest
from mmcv.transforms import BaseTransform
from mmpose.registry import TRANSFORMS

from mmpose_video.datasets.transforms import ClipConsistent


@TRANSFORMS.register_module()
class AddNoiseForTest(BaseTransform):
    """Draws from both generators, and works in place."""

    def transform(self, results):
        results['img'] += np.random.randint(
            0, 50, results['img'].shape).astype(np.uint8)
        results['img'] += np.uint8(random.randrange(50))
        return results


@TRANSFORMS.register_module()
class HalveForTest(BaseTransform):

    def transform(self, results):
        results['img'] = results['img'][::2]
        return results


def test_one_draw_for_all_frames():
    frames = [np.zeros((6, 5, 3), np.uint8) for _ in range(4)]
    transform = ClipConsistent(dict(type='AddNoiseForTest'))
    out = transform(dict(img=frames))['img']
    assert out[0].max() > 0
    assert all(np.array_equal(frame, out[0]) for frame in out)
    assert all(frame.max() == 0 for frame in frames), 'inputs were changed'
    again = transform(dict(img=frames))['img']
    assert not np.array_equal(again[0], out[0])


def test_mmpose_transform_equals_itself_on_each_frame():
    rng = np.random.default_rng(0)
    frames = [rng.integers(0, 255, (8, 8, 3), dtype=np.uint8)
              for _ in range(3)]
    wrapped = ClipConsistent(dict(type='PhotometricDistortion'))
    np.random.seed(4)
    out = wrapped(dict(img=frames))['img']
    for frame, expected in zip(frames, out):
        np.random.seed(4)
        single = wrapped.inner(dict(img=frame.copy()))['img']
        np.testing.assert_array_equal(single, expected)


def test_geometric_transforms_are_refused():
    with pytest.raises(ValueError, match='pixel values'):
        ClipConsistent(dict(type='HalveForTest'))(
            dict(img=[np.zeros((6, 5, 3), np.uint8)]))
