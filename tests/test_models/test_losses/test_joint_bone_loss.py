import math

import pytest
import torch
from mmpose.registry import MODELS

from mmpose_video.models.losses import JointBoneLoss, WithBoneLoss
from mmpose_video.models.losses.loss_terms import LossTerms, split_loss_terms

PLAIN = dict(use_target_weight=False)


def test_two_keypoints_by_hand():
    target = torch.tensor([[[0., 0.], [3., 4.]]])
    pred = torch.tensor([[[0., 0.], [6., 8.]]])
    assert JointBoneLoss(**PLAIN)(pred, target).item() == pytest.approx(5)


def test_against_loops():
    pred, target = torch.randn(2, 3, 4, 2, dtype=torch.float64)
    weight = torch.tensor([[1., 1., 0., 2.]] * 3, dtype=torch.float64)
    total = norm = 0.
    for n in range(3):
        for i in range(4):
            for j in range(i):
                w = weight[n, i] * weight[n, j]
                total += w * abs((pred[n, i] - pred[n, j]).norm() -
                                 (target[n, i] - target[n, j]).norm())
                norm += w
    loss = JointBoneLoss(eps=1e-20).double()
    torch.testing.assert_close(loss(pred, target, weight), total / norm)
    torch.testing.assert_close(
        loss(pred, target, weight[..., None].expand(3, 4, 2)), total / norm)


def test_rigid_motion_is_free_and_scaling_costs_lengths():
    target = torch.randn(2, 5, 2, dtype=torch.float64)
    angle = torch.tensor(0.7)
    turn = torch.tensor([[angle.cos(), -angle.sin()],
                         [angle.sin(), angle.cos()]], dtype=torch.float64)
    loss = JointBoneLoss(eps=0., **PLAIN).double()
    assert loss(target @ turn + 3, target) < 1e-6
    lengths = torch.pdist(target[0]).sum() + torch.pdist(target[1]).sum()
    torch.testing.assert_close(loss(1.5 * target, target), lengths / 20 / 2)


def test_scale_of_normalized_coordinates():
    target = torch.tensor([[[0., 0.], [0.5, 0.5]]])
    loss = JointBoneLoss(scale=(60, 80), **PLAIN)
    assert loss(torch.zeros(1, 2, 2), target).item() == pytest.approx(
        50, abs=1e-3)


@pytest.mark.parametrize('distance', [1., 4., 20.])
def test_closed_form_of_heatmaps(distance):
    grid = torch.arange(64, dtype=torch.float64)

    def gaussian(x):
        column = torch.exp(-(grid - x)**2 / (2 * 2**2))
        row = torch.exp(-(grid - 32)**2 / (2 * 2**2))
        return row[:, None] * column

    maps = torch.stack([gaussian(20.), gaussian(20. + distance)])[None]
    same = torch.stack([gaussian(20.)] * 2)[None]
    expected = math.sqrt(2 * math.pi * 4 *
                         (1 - math.exp(-distance**2 / 16)))
    loss = JointBoneLoss(eps=1e-16, **PLAIN).double()
    assert loss(maps, same).item() == pytest.approx(expected, abs=1e-4)


def test_simcc_takes_expected_bins():
    x = torch.full((1, 2, 10), -1e4)
    x[0, 0, 2], x[0, 1, 6] = 0, 0
    y = torch.full((1, 2, 8), -1e4)
    y[0, :, 3] = 0
    target = (torch.zeros(1, 2, 10), torch.zeros(1, 2, 8))
    target[0][0, 0, 2], target[0][0, 1, 8] = 0.5, 0.5
    target[1][0, 0, 3], target[1][0, 1, 3] = 0.5, 0.5
    loss = JointBoneLoss()(( x, y), target, torch.ones(1, 2))
    assert loss.item() == pytest.approx(2, abs=1e-3)


def test_keypoints_without_weight_get_no_gradient():
    pred = torch.randn(1, 4, 2, requires_grad=True)
    weight = torch.tensor([[1., 1., 1., 0.]])
    JointBoneLoss()(pred, torch.randn(1, 4, 2), weight).backward()
    assert (pred.grad[0, 3] == 0).all() and (pred.grad[0, :3] != 0).any()


def test_coincident_and_unlabeled_keypoints_are_no_nan():
    pred = torch.zeros(1, 3, 2, requires_grad=True)
    loss = JointBoneLoss()(pred, torch.randn(1, 3, 2), torch.ones(1, 3))
    loss.backward()
    assert torch.isfinite(pred.grad).all()
    assert JointBoneLoss()(pred, pred, torch.zeros(1, 3)) == 0


def test_skeleton_and_lists():
    links = dict(links=[(0, 1), (1, 2)])
    loss = JointBoneLoss('skeleton', links, num_keypoints=3, **PLAIN)
    assert loss.pairs == [(0, 1), (1, 2)]
    pred, target = torch.randn(2, 1, 3, 2)
    expected = JointBoneLoss([(1, 2), (1, 0)], **PLAIN)(pred, target)
    torch.testing.assert_close(loss(pred, target), expected)
    posetrack = dict(from_file='configs/_base_/datasets/posetrack18.py')
    assert len(JointBoneLoss('skeleton', posetrack, 17).pairs) == 16


@pytest.mark.parametrize('wrong, message', [
    (dict(pairs='limbs'), "'all', 'skeleton'"),
    (dict(pairs='skeleton'), 'num_keypoints'),
    (dict(pairs='skeleton', num_keypoints=3), 'no pairs'),
    (dict(pairs='skeleton', num_keypoints=3,
          skeleton=dict(links=[(0, 3)])), "model's 3"),
    (dict(pairs='skeleton', num_keypoints=3, skeleton=dict(
        from_file='configs/_base_/datasets/coco.py')), '17'),
])
def test_wrong_pairs(wrong, message):
    with pytest.raises(ValueError, match=message):
        JointBoneLoss(**wrong)


def test_wrapper_of_heatmap_losses():
    own = dict(type='KeypointMSELoss', use_target_weight=True)
    wrapped = WithBoneLoss(own, dict(loss_weight=1e-3))
    pred, target = torch.rand(2, 2, 3, 8, 6)
    weight = torch.tensor([[1., 1., 0.]] * 2)
    terms = wrapped(pred, target, weight)
    assert isinstance(terms, list) and terms.names == ('loss_bone', )
    assert terms[0] == MODELS.build(own)(pred, target, weight)
    assert terms[1] == JointBoneLoss(loss_weight=1e-3)(pred, target, weight)


def test_wrapper_of_rle():
    wrapped = WithBoneLoss(dict(type='RLELoss', use_target_weight=True), {})
    pred, sigma, target = torch.rand(3, 2, 3, 2)
    weight = torch.ones(2, 3, 2)
    terms = wrapped(pred, sigma, target, weight)
    assert terms[1] == JointBoneLoss()(pred, target, weight)


def test_wrapper_of_dsnt():
    wrapped = WithBoneLoss(dict(type='MultipleLossWrapper', losses=[
        dict(type='SmoothL1Loss'), dict(type='KeypointMSELoss')]), {})
    coords, other = torch.rand(2, 1, 3, 2)
    maps = torch.rand(1, 3, 8, 6)
    weight = torch.ones(1, 3)
    terms = wrapped([coords, maps], [other, maps], weight)
    assert len(terms) == 2 and terms[1] == 0
    torch.testing.assert_close(
        terms[0], wrapped.loss.loss_modules[0](coords, other) +
        JointBoneLoss()(coords, other, weight))


def test_terms_are_split_by_name():
    one, two, three = torch.tensor([1., 2., 3.])
    losses = split_loss_terms(
        dict(loss_kpt=LossTerms([one, two], ['loss_bone']), acc=three))
    assert losses == dict(loss_kpt=one, loss_bone=two, acc=three)
    with pytest.raises(KeyError, match='loss_bone'):
        split_loss_terms(dict(
            loss_bone=one, loss_kpt=LossTerms([one, two], ['loss_bone'])))
    with pytest.raises(ValueError, match='names'):
        LossTerms([one], ['loss_bone'])
