"""A keypoint set from one small file."""
import json

import pytest
from mmpose.datasets.datasets.utils import parse_pose_metainfo

from mmpose_video.formats.keypoints import COCO_KEYPOINTS
from mmpose_video.formats.schema import FormatError
from mmpose_video.formats.skeleton import (
    LEFT,
    MIDDLE,
    RIGHT,
    Skeleton,
    expand_metainfo,
    mirror_names,
)

MOUSE = dict(
    name='mouse',
    keypoints=['snout', 'left_ear', 'right_ear', 'back', 'tail_base'],
    links=[['snout', 'left_ear'], ['snout', 'right_ear'], ['snout', 'back']],
    colors=dict(back=[1, 2, 3]),
    sigmas=dict(snout=.03, left_ear=.04, right_ear=.04, back=.08,
                tail_base=.05),
    lower=['tail_base'], reference=['snout', 'tail_base'])


def write(path, **changes):
    content = {k: v for k, v in dict(MOUSE, **changes).items()
               if v is not None}
    path.write_text(json.dumps(content))
    return str(path)


@pytest.mark.parametrize('names, pairs', [
    (COCO_KEYPOINTS, [
        ('left_eye', 'right_eye'), ('left_ear', 'right_ear'),
        ('left_shoulder', 'right_shoulder'), ('left_elbow', 'right_elbow'),
        ('left_wrist', 'right_wrist'), ('left_hip', 'right_hip'),
        ('left_knee', 'right_knee'), ('left_ankle', 'right_ankle')]),
    (['R_Eye', 'L_Eye', 'Nose'], [('L_Eye', 'R_Eye')]),
    (['ear-Left', 'ear-Right', 'tail'], [('ear-Left', 'ear-Right')]),
    (['LEFT PAW', 'RIGHT PAW'], [('LEFT PAW', 'RIGHT PAW')]),
    (['left_ear', 'rightear', 'leftover', 'rightover'], []),
    (['left_ear', 'ear'], [])])
def test_mirror_names(names, pairs):
    assert list(mirror_names(names)) == pairs


def test_metainfo(tmp_path):
    """MMPose parses it: indices, colors, halves of the body, sigmas."""
    path = write(tmp_path / 'mouse.json')
    info = expand_metainfo(dict(from_file=path))
    assert info['reference'] == ('snout', 'tail_base')
    assert info['has_sigmas'] is True
    meta = parse_pose_metainfo(info)
    assert meta['dataset_name'] == 'mouse'
    assert list(meta['keypoint_id2name'].values()) == MOUSE['keypoints']
    assert meta['flip_indices'] == [0, 2, 1, 3, 4]
    assert meta['upper_body_ids'] == [0, 1, 2, 3]
    assert meta['lower_body_ids'] == [4]
    assert meta['skeleton_links'] == [(0, 1), (0, 2), (0, 3)]
    assert meta['keypoint_colors'].tolist() == [
        list(MIDDLE), list(LEFT), list(RIGHT), [1, 2, 3], list(MIDDLE)]
    assert meta['skeleton_link_colors'].tolist()[:2] == [
        list(LEFT), list(RIGHT)]
    assert meta['sigmas'].tolist() == pytest.approx(
        [.03, .04, .04, .08, .05])
    assert meta['dataset_keypoint_weights'].tolist() == [1] * 5


def test_least_that_is_needed(tmp_path):
    path = tmp_path / 'a.json'
    path.write_text('{"name": "a", "keypoints": ["left_x", "right_x"]}')
    skeleton = Skeleton.read(str(path))
    assert skeleton.swap == (('left_x', 'right_x'), )
    info = skeleton.metainfo()
    assert info['has_sigmas'] is False and info['reference'] is None
    assert parse_pose_metainfo(info)['flip_indices'] == [1, 0]


def test_yaml_and_a_second_way_to_give_sigmas(tmp_path):
    path = tmp_path / 'a.yaml'
    path.write_text('name: a\nkeypoints: [x, y]\nsigmas: 0.1\nswap: []\n')
    skeleton = Skeleton.read(str(path))
    assert skeleton.sigmas == dict(x=.1, y=.1)
    path.write_text('name: a\nkeypoints: [x, y]\nsigmas: [0.1, 0.2]\n')
    assert Skeleton.read(str(path)).sigmas == dict(x=.1, y=.2)


def test_round_trip(tmp_path):
    first = Skeleton.read(write(tmp_path / 'a.json'))
    first.write(str(tmp_path / 'b.json'))
    assert Skeleton.read(str(tmp_path / 'b.json')) == first
    assert first.category()['skeleton'] == [[1, 2], [1, 3], [1, 4]]


def test_mmposes_own_files_stay(tmp_path):
    given = dict(from_file='configs/_base_/datasets/coco.py')
    assert expand_metainfo(given) is given
    assert expand_metainfo(dict(dataset_name='x')) == dict(dataset_name='x')


@pytest.mark.parametrize('changes, message', [
    (dict(keypoints=None), "'keypoints' must be a list, got|'keypoints' is"),
    (dict(keypoints=[]), "'keypoints' must be a list of names"),
    (dict(keypoints=['a', 'a']), "names 'a' twice"),
    (dict(name=None), "'name' is missing"),
    (dict(sigma=.1), "unknown key 'sigma'; there are name, keypoints"),
    (dict(links=[['snout', 'nose']]), "'links' names 'nose'"),
    (dict(links=[['snout']]), 'in place of two names'),
    (dict(links=[['snout', 'snout']]), 'with itself'),
    (dict(swap=[['left_ear', 'right_ear'], ['left_ear', 'back']]),
     'holds a keypoint twice'),
    (dict(colors=dict(back=[1, 2, 300])), 'from 0 to 255'),
    (dict(colors=[1]), "'colors' must be an object"),
    (dict(sigmas=[.1]), '1 numbers for 5 keypoints'),
    (dict(sigmas=dict(snout=.1)), "'left_ear' is missing"),
    (dict(sigmas=0), 'must be positive'),
    (dict(sigmas='x'), "'sigmas' must be an object"),
    (dict(lower=['foot']), "'lower' names 'foot'"),
    (dict(reference=['snout']), 'in place of two names')])
def test_bad_files(changes, message, tmp_path):
    path = write(tmp_path / 'mouse.json', **changes)
    with pytest.raises(FormatError, match=message) as error:
        Skeleton.read(path)
    assert 'mouse.json' in str(error.value)
    assert '\n' not in str(error.value)
