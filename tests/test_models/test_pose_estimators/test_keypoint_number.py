"""One number of keypoints for all parts of a model."""
import pytest
from mmpose.datasets.datasets.utils import parse_pose_metainfo

from mmpose_video.formats.keypoints import POSETRACK_KEYPOINTS
from mmpose_video.formats.skeleton import Skeleton
from mmpose_video.models.pose_estimators.keypoint_number import (
    fit_head,
    fit_neck,
    keypoints_of,
    share_keypoints,
)

META = parse_pose_metainfo(Skeleton.of(
    'five', tuple('abcde'), links=(('a', 'b'), ('b', 'c'))).metainfo())


@pytest.mark.parametrize('key', ['out_channels', 'num_joints',
                                 'num_keypoints'])
def test_whatever_the_head_calls_it(key):
    head = dict(type='HeatmapHead', in_channels=8, **{key: 17})
    fitted = fit_head(head, META)
    assert fitted == dict(head, **{key: 5})
    assert keypoints_of(fitted) == 5
    assert head[key] == 17


def test_by_the_signature():
    """A head that names no number has a default, which is not taken."""
    assert fit_head(dict(type='MoveNetHead', in_channels=8), META)[
        'num_keypoints'] == 5
    with pytest.raises(ValueError, match='takes no number of keypoints'):
        fit_head(dict(type='SinePositionalEncoding'), META)


def test_parts_of_the_head():
    """Channels inside of a head are not keypoints; skeletons are links."""
    head = dict(
        type='JointTokenSimCCHead', out_channels=17,
        skeleton=dict(from_file='posetrack18.py'),
        conv=dict(out_channels=32),
        loss=dict(bone=[dict(num_keypoints=17, skeleton=dict(links=[]))]))
    fitted = fit_head(head, META)
    links = dict(links=[(0, 1), (1, 2)])
    assert fitted == dict(
        type='JointTokenSimCCHead', out_channels=5, skeleton=links,
        conv=dict(out_channels=32),
        loss=dict(bone=[dict(num_keypoints=5, skeleton=links)]))
    assert fit_head(None, META) is None


def test_tokens_of_joints():
    neck = dict(type='DSTANeck', in_channels=8)
    assert fit_neck(neck, META) == dict(neck, joint_tokens=(0, 1, 2, 3, 4))
    given = dict(neck, joint_tokens=(1, 0, 2, 3, 3))
    assert fit_neck(given, META) == given
    posetrack = parse_pose_metainfo(Skeleton.of(
        'p', POSETRACK_KEYPOINTS).metainfo())
    assert fit_neck(neck, posetrack) == neck
    other = dict(type='GLSMambaNeck', in_channels=8)
    assert fit_neck(other, META) == other
    assert fit_neck(None, META) is None


def test_neck_and_head_agree():
    head = dict(type='HeatmapHead', in_channels=8, out_channels=5)
    neck, fitted = share_keypoints(dict(type='DCPoseNeck'), head)
    assert neck['num_keypoints'] == 5 and fitted['in_channels'] == 5
    with pytest.raises(ValueError, match='built for 4 keypoints.*for 5'):
        share_keypoints(dict(type='DCPoseNeck', num_keypoints=4), head)
    stock = dict(type='FeatureMapProcessor')
    assert share_keypoints(stock, head) == (stock, head)
