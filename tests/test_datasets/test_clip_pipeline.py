import numpy as np
import pytest
from mmpose.registry import TRANSFORMS

from mmpose_video.datasets.clip_pipeline import ClipPipeline

STOCK = ['PhotometricDistortion', 'YOLOXHSVRandomAug']


def frames(count=3):
    image = np.random.default_rng(0).integers(0, 256, (32, 24, 3), np.uint8)
    return [image.copy() for _ in range(count)]


def pipeline(*configs):
    return ClipPipeline([TRANSFORMS.build(config) for config in configs])


@pytest.mark.parametrize('name', STOCK)
def test_stock_color_jitter_says_how_to_use_it(name):
    with pytest.raises(TypeError, match=(
            f"`{name}` failed on a clip, a list of 3 frames .*"
            rf"dict\(type='ClipConsistent', transform=dict\(type='{name}'")):
        pipeline(dict(type=name))(dict(img=frames()))


@pytest.mark.parametrize('name', STOCK)
def test_and_works_as_it_says(name):
    steps = pipeline(dict(type='ClipConsistent', transform=dict(type=name)))
    changed = 0
    for _ in range(8):
        first, *others = steps(dict(img=frames()))['img']
        assert len(others) == 2
        assert all(np.array_equal(first, other) for other in others)
        changed += not np.array_equal(first, frames()[0])
    assert changed


def test_other_errors_stay_what_they_are():
    def fail(data):
        raise AttributeError('of an image')

    with pytest.raises(AttributeError, match='^of an image$'):
        ClipPipeline([fail])(dict(img=frames()[0]))

    def refuse(data):
        raise ValueError('no')

    with pytest.raises(ValueError, match='^no$'):
        ClipPipeline([refuse])(dict(img=frames()))


def test_a_dropped_sample_ends_the_pipeline():
    assert ClipPipeline([lambda data: None, lambda data: 1 / 0])({}) is None
    assert ClipPipeline([])(dict(a=1)) == dict(a=1)
