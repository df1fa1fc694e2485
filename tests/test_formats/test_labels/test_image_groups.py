"""Labeled images are sorted into videos by their names."""
import pytest

from mmpose_video.formats.labels import LabeledFrame
from mmpose_video.formats.labels.image_groups import group_images, series_name


@pytest.mark.parametrize('image, series', [
    ('a/000012.jpg', 'a/*'), ('a/img12.png', 'a/img*'),
    ('a\\b\\frame_000012.PNG', 'a/b/frame_*'),
    ('0a1b2c3d-clip_0012.jpg', 'clip_*'), ('x/portrait.jpg', 'x/portrait'),
    ('12.jpg', '*')])
def test_series_name(image, series):
    assert series_name(image) == series


@pytest.mark.parametrize('images, videos', [
    (['frame_000001.PNG', 'frame_000002.PNG'], {'task': [1, 2]}),
    (['cage1_01.png', 'cage2_01.png', 'cage1_02.png'],
     {'cage1': [1, 2], 'cage2': [1]}),
    (['images/a/01.png', 'images/b/01.png'], {'a': [1], 'b': [1]}),
    (['images/train/a_01.png', 'images/val/a_02.png'],
     {'a': [1], 'a ': [2]}),
    (['x/a_01.png', 'x/b_01.png'], {'x/a': [1], 'x/b': [1]}),
    (['labeled-data/m3/img0001.png'], {'m3': [1]}),
    (['one.png', 'two.png'], {'one': [0], 'two': [0]})])
def test_group_images(images, videos):
    frames = []
    for image in images:
        digits = ''.join(filter(str.isdigit, image.rsplit('_')[-1].rsplit(
            '/')[-1]))
        frames.append((image, LabeledFrame(int(digits or 0), [], image)))
    found = group_images(frames, 'labels.json', 'task')
    assert [(v.name, [f.number for f in v.frames]) for v in found] == [
        (name.strip(), numbers) for name, numbers in videos.items()]
    assert {video.source for video in found} == {'labels.json'}
