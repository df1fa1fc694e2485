import itertools

import numpy as np
import pytest
from mmengine.structures import InstanceData
from mmpose.registry import VISUALIZERS
from mmpose.structures import PoseDataSample

NUMBERS = itertools.count()
META = dict(
    keypoint_colors=[(255, 0, 0)] * 3,
    skeleton_links=[(0, 1)],
    skeleton_link_colors=[(0, 255, 0)])


def draw(kind='SpreadLocalVisualizer', spread=None, kpt_thr=0.3, **kwargs):
    # one of a name is made once per process and handed out again after that
    name = f'test_{kind}_{next(NUMBERS)}'
    visualizer = VISUALIZERS.build(dict(type=kind, name=name, **kwargs))
    visualizer.set_dataset_meta(
        dict(META, keypoint_colors=np.array(META['keypoint_colors']),
             skeleton_link_colors=np.array(META['skeleton_link_colors'])))
    instances = InstanceData(
        keypoints=np.array([[[20., 30.], [60., 30.], [40., 70.]]]),
        keypoints_visible=np.array([[0.9, 0.9, 0.1]]))
    if spread is not None:
        instances.keypoint_spread = np.array([spread])
    sample = PoseDataSample(pred_instances=instances)
    image = np.full((90, 80, 3), 128, dtype=np.uint8)
    return visualizer.add_datasample(
        'x', image, sample, draw_gt=False, kpt_thr=kpt_thr)


def test_without_spread_it_is_mmposes_visualizer():
    np.testing.assert_array_equal(
        draw(), draw('PoseLocalVisualizer'))


def test_disks_have_the_radius_of_the_spread():
    plain = draw('PoseLocalVisualizer')
    drawn = draw(spread=[5., 0., 5.], spread_scale=2.)
    changed = (drawn != plain).any(axis=-1)
    rows, columns = np.nonzero(changed)
    # only the first keypoint: the second has no spread, the third no score
    distance = np.hypot(columns - 20, rows - 30)
    assert 9 <= distance.max() <= 10.7
    assert changed.sum() == pytest.approx(np.pi * 10**2, rel=0.2)
    # cyan, mixed with the grey image: RGB
    np.testing.assert_allclose(drawn[38, 20], [77, 179, 179], atol=2)
    # the keypoint itself is drawn on top
    np.testing.assert_array_equal(drawn[30, 20], plain[30, 20])


def test_threshold():
    drawn = draw(spread=[5., 5., 5.], kpt_thr=0.95)
    assert (drawn == 128).all()


def test_bad_scale():
    with pytest.raises(ValueError, match='spread_scale'):
        draw(spread_scale=0)
