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
from mmpose_video.datasets.metainfo import host_metainfo
from mmpose_video.formats.keypoint_mapping import (
    KEYPOINT_SETS,
    keypoint_names,
    map_keypoints,
    mapping_pairs,
)


def by_name(points, source, target):
    at = dict(zip(source, points))
    return np.array([at.get(name, np.zeros(3)) for name in target])


def test_coco_to_posetrack_to_the_official_joints(rng):
    coco, pt17, pt15 = map(keypoint_names,
                           ('coco', 'posetrack17', 'posetrack15'))
    points = rng.uniform(1, 9, (17, 3))
    middle = map_keypoints(points, coco, pt17)
    np.testing.assert_array_equal(middle, by_name(points, coco, pt17))
    # the eyes stand where the neck and the top of the head are, and must
    # not pass for them
    assert coco[1:3] == ('left_eye', 'right_eye')
    assert pt17[1:3] == ('head_bottom', 'head_top')
    assert not middle[1:3].any()
    official = map_keypoints(middle, pt17, pt15)
    at = dict(zip(coco, points))
    for i, name in enumerate(
        ['right_ankle', 'right_knee', 'right_hip', 'left_hip', 'left_knee',
         'left_ankle', 'right_wrist', 'right_elbow', 'right_shoulder',
         'left_shoulder', 'left_elbow', 'left_wrist', None, 'nose', None]):
        wanted = at[name] if name else np.zeros(3)
        np.testing.assert_array_equal(official[i], wanted, err_msg=str(name))


def test_seventeen_to_fifteen_is_the_published_list():
    pairs = mapping_pairs(keypoint_names('posetrack18'),
                          keypoint_names('posetrack15'))
    assert pairs == list(zip(
        [16, 14, 12, 11, 13, 15, 10, 8, 6, 5, 7, 9, 1, 0, 2], range(15)))


@pytest.mark.parametrize('source', KEYPOINT_SETS)
@pytest.mark.parametrize('target', KEYPOINT_SETS)
def test_all_pairs_by_name(source, target, rng):
    names, wanted = keypoint_names(source), keypoint_names(target)
    points = rng.uniform(1, 9, (len(names), 3))
    np.testing.assert_array_equal(
        map_keypoints(points[None], names, wanted)[0],
        by_name(points, names, wanted))


def test_pairs_serve_the_hosts_converter(rng):
    names, wanted = keypoint_names('coco'), keypoint_names('hieve')
    points = rng.uniform(1, 9, (1, 17, 2))
    converter = KeypointConverter(14, mapping_pairs(names, wanted))
    out = converter(
        dict(keypoints=points, keypoints_visible=np.ones((1, 17))))
    np.testing.assert_array_equal(
        out['keypoints'],
        map_keypoints(points, names, wanted))


@pytest.mark.parametrize('dataset, name', [
    (PoseTrack17ClipDataset, 'posetrack17'),
    (PoseTrack18ClipDataset, 'posetrack18'),
    (PoseTrack21ClipDataset, 'posetrack21'),
    (SubJhmdbClipDataset, 'jhmdb'),
    (HiEveClipDataset, 'hieve'),
])
def test_names_are_those_of_the_data_sets(dataset, name):
    info = dataset(lazy_init=True).metainfo
    assert info['dataset_name'] == name
    assert tuple(info['keypoint_id2name'].values()) == keypoint_names(name)


def test_coco_is_the_hosts():
    info = host_metainfo('coco')['keypoint_info']
    assert tuple(info[i]['name'] for i in range(17)) == keypoint_names('coco')


def test_errors():
    with pytest.raises(KeyError, match="'mpii', only"):
        keypoint_names('mpii')
    with pytest.raises(ValueError, match='do not fit'):
        map_keypoints(np.zeros((16, 2)), keypoint_names('coco'),
                      keypoint_names('hieve'))
