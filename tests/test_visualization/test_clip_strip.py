"""Strips of clips."""
import numpy as np
import pytest

from mmpose_video.visualization.clip_strip import clip_strip


def frames(count=3, size=(40, 20)):
    return [np.full((*size, 3), 50 * (i + 1), np.uint8) for i in range(count)]


def test_strip_shows_all_and_marks_the_key_frame():
    strip = clip_strip(frames(), 1, valid=[False, True, True], height=40,
                       border=2)
    assert strip.shape == (44, 3 * 24, 3)
    for t in range(3):
        assert (strip[2:-2, 24 * t + 2:24 * t + 22] == 50 * (t + 1)).all()
    colors = [strip[0, 24 * t].tolist() for t in range(3)]
    assert colors == [[128] * 3, [0, 200, 0], [255] * 3]


def test_strip_of_a_box():
    image = np.zeros((40, 20, 3), np.uint8)
    image[10:20, 5:15] = 255
    strip = clip_strip([image], 0, box=(5, 10, 15, 20), height=20, border=0)
    assert strip.shape == (20, 20, 3) and (strip[1:-1, 1:-1] == 255).all()
    outside = clip_strip([image], 0, box=(-10, 10, 15, 20), height=10,
                         border=0)
    assert not outside[:, :9].any()
    written = clip_strip(frames(1), 0, offsets=[-2], height=40, border=2)
    assert (written == 255).all(-1).any()


@pytest.mark.parametrize('kwargs', [
    dict(key_index=3), dict(key_index=0, offsets=[0]),
    dict(key_index=0, valid=[True]), dict(key_index=0, box=(5, 5, 5, 9))])
def test_strip_refuses(kwargs):
    with pytest.raises(ValueError):
        clip_strip(frames(), **kwargs)
