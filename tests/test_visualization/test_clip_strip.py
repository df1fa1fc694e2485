"""Strips of clips, and colours of tracks."""
import numpy as np
import pytest
from mmengine.structures import InstanceData
from mmpose.structures import PoseDataSample

from mmpose_video.visualization.clip_strip import clip_strip
from mmpose_video.visualization.track_visualizer import (
    TrackLocalVisualizer,
    track_color,
)


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


def test_track_colors_differ():
    colors = np.array([track_color(i) for i in range(12)], dtype=float)
    assert colors.min() >= 0 and colors.max() <= 255
    distance = np.abs(colors[:, None] - colors[None]).sum(-1)
    assert distance[np.triu_indices(12, 1)].min() > 30
    assert track_color(5) == track_color(5)


def draw(color_by, with_ids=True):
    visualizer = TrackLocalVisualizer(color_by=color_by, radius=4)
    visualizer.set_dataset_meta(dict(
        keypoint_colors=[(10, 20, 30)] * 2, skeleton_links=[(0, 1)],
        skeleton_link_colors=[(10, 20, 30)], bbox_color='green'))
    found = InstanceData(
        keypoints=np.array([[[20., 30], [40, 30]], [[60, 70], [80, 70]]]),
        keypoints_visible=np.ones((2, 2)),
        bboxes=np.array([[10., 20, 50, 45], [55, 60, 90, 90]]))
    if with_ids:
        found.track_ids = np.array([3, 8])
    image = np.full((100, 100, 3), 255, np.uint8)
    return visualizer.add_datasample(
        'a', image, PoseDataSample(pred_instances=found), draw_gt=False,
        draw_bbox=True)


def test_people_have_the_colors_of_their_tracks():
    by_track, by_part = draw('track'), draw('part')
    for (x, y), (bx, by), track in (((20, 30), (10, 40), 3),
                                    ((60, 70), (55, 85), 8)):
        assert tuple(by_track[y, x]) == track_color(track)
        assert tuple(by_part[y, x]) == (10, 20, 30)
        for picture in (by_track, by_part):
            assert tuple(picture[by, bx]) == track_color(track)


def test_without_ids_it_is_mmposes():
    np.testing.assert_array_equal(draw('track', False), draw('part', False))
    with pytest.raises(ValueError, match='color_by'):
        TrackLocalVisualizer(color_by='mood')
