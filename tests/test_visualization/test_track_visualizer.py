"""People in the colors of their tracks."""
import numpy as np
import pytest
from mmengine.structures import InstanceData
from mmpose.structures import PoseDataSample

from mmpose_video.visualization.track_visualizer import (
    TrackLocalVisualizer,
    track_color,
)


def test_track_colors_differ():
    colors = np.array([track_color(i) for i in range(12)], dtype=float)
    assert colors.min() >= 0 and colors.max() <= 255
    distance = np.abs(colors[:, None] - colors[None]).sum(-1)
    assert distance[np.triu_indices(12, 1)].min() > 30


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
