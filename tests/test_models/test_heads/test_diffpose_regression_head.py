"""Diffusion over coordinates with MMPose's codec and flip test."""
import numpy as np
import pytest
import torch
from mmengine.structures import InstanceData
from mmpose.registry import MODELS
from mmpose.structures import PoseDataSample

K, SIZE = 5, (48, 64)
FLIP = [0, 2, 1, 4, 3]


def make(**kwargs):
    torch.manual_seed(0)
    kwargs = dict(
        type='DiffPoseRegressionHead',
        in_channels=8,
        num_joints=K,
        denoiser=dict(channels=16, time_dims=8, num_heads=2),
        sampling=dict(steps=2),
        decoder=dict(type='RegressionLabel', input_size=SIZE)) | kwargs
    head = MODELS.build(kwargs).eval()
    head.init_weights()
    return head


def sample(i):
    out = PoseDataSample(
        metainfo=dict(
            id=i,
            flip_indices=FLIP,
            input_size=SIZE,
            input_center=np.array([100., 120.]),
            input_scale=np.array([96., 128.])))
    generator = torch.Generator().manual_seed(i)
    out.gt_instance_labels = InstanceData(
        keypoint_labels=torch.rand(1, K, 2, generator=generator),
        keypoint_weights=torch.ones(1, K))
    return out


def feats():
    torch.manual_seed(1)
    return (torch.randn(2, 8, 4, 3), )


SAMPLES = [sample(1), sample(2)]
KEYS = ['id 1', 'id 2']


@torch.no_grad()
def test_predict():
    head = make()
    preds = head.predict(feats(), SAMPLES, {})
    coords = head.generate(feats(), KEYS, head.sampling)[-1]
    assert coords.shape == (2, 1, K, 2)
    np.testing.assert_allclose(
        preds[1].keypoints, coords[1].numpy() * SIZE, rtol=1e-6)
    assert 'keypoint_spread' not in preds[0]
    assert (preds[0].keypoint_scores == 1).all()
    torch.testing.assert_close(head(feats()).shape, (2, K, 2))


@torch.no_grad()
def test_hypotheses_give_scores_and_spread():
    head = make()
    torch.nn.init.normal_(head.denoiser.final.weight)
    cfg = dict(sampling=dict(hypotheses=4, steps=3, eta=0.5))
    preds = head.predict(feats(), SAMPLES, cfg)
    settings = head.sampling.override(cfg['sampling'])
    each = head.generate(feats(), KEYS, settings)[-1].numpy()
    for n in range(2):
        np.testing.assert_allclose(
            preds[n].keypoints[0], each[n].mean(0) * SIZE, rtol=1e-4)
        deviation = np.sqrt(((each[n] - each[n].mean(0))**2).mean(0))
        np.testing.assert_allclose(
            preds[n].keypoint_scores[0], 1 - deviation.mean(-1), rtol=1e-4)
        # the crop is twice as large in the image
        wanted = np.sqrt(((deviation * SIZE * 2)**2).sum(-1))
        assert wanted.max() > 0.1
        np.testing.assert_allclose(
            preds[n].keypoint_spread[0], wanted, rtol=1e-4)


@torch.no_grad()
def test_flip_test_mirrors_the_noise():
    """With a denoiser that is mirror-symmetric, flipping changes nothing."""
    head = make()
    head.denoiser.forward = lambda x, t, prepared: x * 0.1 + 0.5
    x, = feats()
    plain = head.predict((x, ), SAMPLES, {})
    cfg = dict(flip_test=True, shift_coords=False)
    both = head.predict([(x, ), (x.flip(-1), )], SAMPLES, cfg)
    np.testing.assert_allclose(
        both[0].keypoints, plain[0].keypoints, rtol=1e-5)


def test_loss_falls():
    head = make(draws_per_sample=2).train()
    x = feats()
    optimizer = torch.optim.Adam(head.parameters(), 3e-3)
    values = []
    for _ in range(60):
        optimizer.zero_grad()
        losses = head.loss(x, SAMPLES)
        losses['loss_kpt'].backward()
        optimizer.step()
        values.append(losses['loss_kpt'].item())
    assert set(losses) == {'loss_kpt', 'acc_pose'}
    assert np.mean(values[-5:]) < 0.5 * np.mean(values[:5])


def test_loss_is_the_weighted_l1_of_the_clean_coordinates():
    head = make()
    head.denoiser.forward = lambda x, t, prepared: torch.full_like(x, 0.25)
    samples = [sample(1), sample(2)]
    samples[0].gt_instance_labels.keypoint_weights[0, 1] = 0
    labels = torch.cat(
        [s.gt_instance_labels.keypoint_labels for s in samples])
    error = (labels - 0.25).abs()
    error[0, 1] = 0
    loss = head.loss(feats(), samples)['loss_kpt']
    torch.testing.assert_close(loss, error.mean())


def test_bad_arguments():
    with pytest.raises(ValueError, match='hypotheses.*at least 1'):
        make(sampling=dict(hypotheses=0))
    with pytest.raises(ValueError, match='rough'):
        make(sampling=dict(start='rough'))
    with pytest.raises(ValueError, match='draws_per_sample'):
        make(draws_per_sample=0)
