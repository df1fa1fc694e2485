"""Clips at a time: few large ones on a CPU."""
import pytest
from mmengine.dataset import Compose

from mmpose_video.apis.batch_size import default_batch_size, input_size_of


@pytest.mark.parametrize('device, frames, size, clips', [
    ('cpu', 1, (256, 256), 4),
    ('cpu', 5, (192, 256), 1),
    ('cpu', 5, (384, 288), 1),  # one clip above the limit
    ('cpu', 1, (64, 96), 32),
    ('cuda', 5, (384, 288), 32)])
def test_default(device, frames, size, clips):
    assert default_batch_size(device, frames, size) == clips


def test_input_size():
    pipeline = Compose([
        dict(type='mmpose.GetBBoxCenterScale'),
        dict(type='mmpose.TopdownAffine', input_size=(48, 64))])
    assert tuple(input_size_of(pipeline)) == (48, 64)
    assert tuple(input_size_of(Compose([]))) == (256, 256)
