"""Frames of two files pair by their position."""

import pytest

from mmpose_video.formats.frame_pairs import check_frame_order
from mmpose_video.formats.schema import FormatError


def new(*names, ids=None):
    """A file in the layout of PoseTrack18."""
    return dict(images=[
        dict(id=1000 + i if ids is None else ids[i], file_name=name)
        for i, name in enumerate(names)
    ])


def old(*names):
    """A file in the layout of PoseTrack17."""
    return dict(annolist=[dict(image=[dict(name=name)]) for name in names])


def check(gt, pred):
    check_frame_order(gt, pred, 'gt.json', 'pred.json')


GT = new('val/a/000000.jpg', 'val/a/000001.jpg', 'val/a/000002.jpg')


@pytest.mark.parametrize('pred', [
    GT,
    new('/data/val/a/000000.jpg', 'a/000001.jpg', 'x/a/000002.jpg'),
    new('0.png', '1.png', '2.png', ids='xyz'),  # by number
    new(None, None, None),  # by id
    new('a/1.jpg', 'a/2.jpg', 'a/3.jpg', ids='xyz'),  # counted from 1
    old('images/a/000000.jpg', 'images/a/000001.jpg', 'images/a/000002.jpg'),
    old('a/00000001.jpg', 'a/00000002.jpg', 'a/00000003.jpg'),
])
def test_the_same_order(pred, log):
    check(GT, pred)
    assert not log.messages


@pytest.mark.parametrize('pred, found, wanted', [
    (new('a/000001.jpg', 'a/000000.jpg', 'a/000002.jpg'), 'a/000001.jpg',
     'a/000000.jpg'),
    (new('b/000001.jpg', 'b/000000.jpg', 'b/000002.jpg'), '000001.jpg',
     '000000.jpg'),
    (new(None, None, None, ids=[1001, 1000, 1002]), 1001, 1000),
    (new('2.png', '1.png', '0.png', ids='xyz'), 2, 0),
    (old('a/000002.jpg', 'a/000001.jpg', 'a/000000.jpg'), 'a/000002.jpg',
     'a/000000.jpg'),
])
def test_another_order(pred, found, wanted):
    with pytest.raises(FormatError, match=(
            'pred.json lists the frames in another order than gt.json: frame '
            f'0 is {found!r}, in the ground truth it is {wanted!r}')):
        check(GT, pred)


def test_frames_that_have_nothing_in_common(log):
    check(GT, new('x.jpg', 'y.jpg', 'z.jpg', ids='xyz'))
    check(GT, new('10.jpg', '13.jpg', '14.jpg', ids='xyz'))
    assert len(log.messages) == 2
    assert ("they pair by their position. The first are 'val/a/000000.jpg' "
            "and 'x.jpg'") in log.messages[0]
