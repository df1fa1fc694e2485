"""Names and orders of keypoints."""
import numpy as np
import pytest
from mmpose.datasets.transforms import KeypointConverter

from mmpose_video.datasets.body import (
    HiEveClipDataset,
    PoseTrack17ClipDataset,
    PoseTrack18ClipDataset,
    PoseTrack21ClipDataset,
    SubJhmdbClipDataset,
)
from mmpose_video.datasets.metainfo import mmpose_metainfo
from mmpose_video.formats.keypoints import (
    COCO_KEYPOINTS,
    HIEVE_JOINTS,
    JHMDB_JOINTS,
    POSETRACK_JOINTS,
    POSETRACK_KEYPOINTS,
    columns_of,
    mapping_pairs,
    named_links,
    posetrack_category,
)


def test_seventeen_to_fifteen_is_the_published_list():
    assert columns_of(POSETRACK_KEYPOINTS).tolist() == [
        16, 14, 12, 11, 13, 15, 10, 8, 6, 5, 7, 9, 1, 0, 2]


def test_cocos_eyes_do_not_pass_for_head_points():
    pairs = mapping_pairs(COCO_KEYPOINTS, POSETRACK_KEYPOINTS)
    assert pairs == [(i, i) for i in range(17) if i not in (1, 2)]


def test_pairs_serve_mmposes_converter(rng):
    points = rng.uniform(1, 9, (1, 17, 2))
    converter = KeypointConverter(
        14, mapping_pairs(COCO_KEYPOINTS, HIEVE_JOINTS))
    out = converter(
        dict(keypoints=points, keypoints_visible=np.ones((1, 17))))
    at = dict(zip(COCO_KEYPOINTS, points[0]))
    at['chest'] = np.zeros(2)
    np.testing.assert_array_equal(
        out['keypoints'][0], [at[name] for name in HIEVE_JOINTS])


@pytest.mark.parametrize('dataset, names', [
    (PoseTrack17ClipDataset, POSETRACK_KEYPOINTS),
    (PoseTrack18ClipDataset, POSETRACK_KEYPOINTS),
    (PoseTrack21ClipDataset, POSETRACK_KEYPOINTS),
    (SubJhmdbClipDataset, JHMDB_JOINTS),
    (HiEveClipDataset, HIEVE_JOINTS),
])
def test_names_are_those_of_the_datasets(dataset, names):
    info = dataset(lazy_init=True).metainfo
    assert tuple(info['keypoint_id2name'].values()) == names


def test_coco_is_mmposes():
    info = mmpose_metainfo('coco')['keypoint_info']
    assert tuple(info[i]['name'] for i in range(17)) == COCO_KEYPOINTS


def test_columns_need_each_name_once():
    with pytest.raises(ValueError, match="lack .'head_bottom', 'head_top'"):
        columns_of(COCO_KEYPOINTS)
    with pytest.raises(ValueError, match="repeat .'nose'"):
        columns_of([*POSETRACK_JOINTS, 'nose'])


def test_limbs_count_from_one():
    assert named_links(('a', 'b', 'c'), [('a', 'c'), ('c', 'b')]) == [
        (1, 3), (3, 2)]
    category = posetrack_category()
    limbs = {frozenset(category['keypoints'][i - 1] for i in limb)
             for limb in category['skeleton']}
    assert {'left_hip', 'left_knee'} in limbs
    assert {'head_bottom', 'head_top'} in limbs
