"""Centered coordinates: codecs and heads."""
import numpy as np
import pytest
import torch
from mmengine.structures import InstanceData
from mmpose.registry import KEYPOINT_CODECS, MODELS
from mmpose.structures import PoseDataSample

SIZE = (64, 96)
FLIP = [0, 2, 1]
CODEC = dict(type='CenteredRegressionLabel', input_size=SIZE)
INTEGRAL = dict(type='CenteredIntegralRegressionLabel', input_size=SIZE,
                heatmap_size=(16, 24), sigma=1.)


def samples(count=1):
    sample = PoseDataSample(metainfo=dict(
        flip_indices=FLIP, input_size=SIZE))
    sample.gt_instances = InstanceData(bbox_scores=np.ones(1))
    return [sample] * count


@pytest.mark.parametrize('offset', [0.5, 0.25])
def test_round_trip(offset):
    codec = KEYPOINT_CODECS.build({**CODEC, 'offset': offset})
    points = np.array([[[0., 0.], [32., 48.], [63., 95.]]])
    encoded = codec.encode(points)['keypoint_labels']
    assert np.allclose(encoded[0, 1], 0.5 - offset)
    assert np.allclose(encoded[0, 0], -offset)
    decoded, scores = codec.decode(encoded)
    assert np.allclose(decoded, points, atol=1e-4)
    assert (scores == 1).all()


def test_deviations_are_not_shifted():
    codec = KEYPOINT_CODECS.build(CODEC)
    keypoints, scores = codec.decode(
        np.array([[[0., 0., 0.2, 0.4]]], dtype=np.float32))
    assert np.allclose(keypoints, [[[32., 48.]]])
    assert np.allclose(scores, 0.7)


def heads(kind, in_channels=4):
    """A head on (0, 1), its centered sibling, and features for both."""
    plain = dict(type='RegressionLabel', input_size=SIZE)
    if kind in ('DSNTHead', 'IntegralRegressionHead'):
        common = dict(in_channels=in_channels, in_featuremap_size=(4, 6),
                      num_joints=3, deconv_out_channels=None,
                      deconv_kernel_sizes=None)
        plain = {**INTEGRAL, 'type': 'IntegralRegressionLabel'}
        if kind == 'DSNTHead':
            common['loss'] = dict(type='MultipleLossWrapper', losses=[
                dict(type='SmoothL1Loss', use_target_weight=True),
                dict(type='KeypointMSELoss', use_target_weight=True)])
        codec = INTEGRAL
    else:
        common = dict(in_channels=in_channels * 24, num_joints=3)
        codec = CODEC
    torch.manual_seed(3)
    one = MODELS.build(dict(type=kind, decoder=plain, **common))
    centered = MODELS.build(dict(type=f'Centered{kind}', decoder=codec,
                                **common))
    state = {k: v for k, v in one.state_dict().items()
             if 'linspace' not in k}
    centered.load_state_dict(state, strict=False)
    for head in (one, centered):
        if hasattr(head, 'fc'):
            torch.nn.init.normal_(head.fc.weight, std=0.01)
            torch.nn.init.normal_(head.fc.bias, std=0.1)
    if hasattr(one, 'fc'):
        centered.fc.weight.data.copy_(one.fc.weight)
        centered.fc.bias.data.copy_(one.fc.bias)
        # coordinates (0, 1) are centered ones plus one half
        width = one.fc.bias.numel() // 3
        bias = one.fc.bias.data.view(3, width)
        bias[:, :2] += 0.5
    feats = torch.randn(1, in_channels, 6, 4)
    if hasattr(one, 'fc'):
        feats = feats.reshape(1, -1, 1, 1)
    return one.eval(), centered.eval(), feats


@pytest.mark.parametrize('kind', ['RegressionHead', 'RLEHead', 'DSNTHead',
                                  'IntegralRegressionHead'])
@pytest.mark.parametrize('flip', [False, True])
def test_predicts_what_the_plain_head_predicts(kind, flip):
    """For a linear head the two differ by their bias alone."""
    one, centered, feats = heads(kind)
    other = torch.randn_like(feats)
    given = [(feats, ), (other, )] if flip else (feats, )
    cfg = dict(flip_test=flip, shift_coords=True, input_size=SIZE)
    expected = one.predict(given, samples(), cfg)
    got = centered.predict(given, samples(), cfg)
    if isinstance(expected, tuple):
        expected, got = expected[0], got[0]
    np.testing.assert_allclose(got[0].keypoints, expected[0].keypoints,
                               atol=1e-3)
    np.testing.assert_allclose(got[0].keypoint_scores,
                               expected[0].keypoint_scores, atol=1e-6)


def test_a_mirrored_pose_is_itself():
    _, head, _ = heads('RegressionHead')
    torch.nn.init.zeros_(head.fc.weight)
    # left and right at -0.2 and 0.2, the middle at 0
    head.fc.bias.data = torch.tensor([0., .1, -.2, .3, .2, .3])
    feats = torch.zeros(1, 96, 1, 1)
    plain = head.predict((feats, ), samples(), {})
    flipped = head.predict([(feats, ), (feats, )], samples(),
                           dict(flip_test=True, shift_coords=False))
    np.testing.assert_allclose(flipped[0].keypoints, plain[0].keypoints,
                               atol=1e-5)


def test_another_codec_is_refused():
    with pytest.raises(ValueError, match='CenteredRegressionLabel'):
        MODELS.build(dict(
            type='CenteredRegressionHead', in_channels=8, num_joints=3,
            decoder=dict(type='RegressionLabel', input_size=SIZE)))


def test_ranges_of_a_plain_head_are_refused():
    one, centered, _ = heads('IntegralRegressionHead')
    with pytest.raises(RuntimeError, match='around 0'):
        centered.load_state_dict(one.state_dict())
