"""Losses with several terms, and weights of losses, in the estimator."""
import pytest
import torch
from mmpose.registry import MODELS
from mmpose.testing import get_packed_inputs
from mmpose.utils import register_all_modules

register_all_modules()
BONE = dict(type='WithBoneLoss', loss=dict(type='KeypointMSELoss'),
            bone=dict(loss_weight=0.5))


def build(loss=BONE, names=None, **head):
    weighting = names and dict(type='AutomaticWeightedLoss', names=names)
    head = head or dict(type='HeatmapHead', out_channels=17,
                        deconv_out_channels=None)
    return MODELS.build(dict(
        type='TopdownVideoPoseEstimator',
        data_preprocessor=dict(type='ClipDataPreprocessor'),
        backbone=dict(type='ResNet', depth=18, base_channels=8,
                      stem_channels=8, num_stages=1, out_indices=(0, ),
                      strides=(1, ), dilations=(1, )),
        head=dict(in_channels=8, loss=loss, **head),
        loss_weighting=weighting))


def losses_of(model):
    data = get_packed_inputs(
        2, num_instances=1, num_keypoints=17, img_shape=(64, 48),
        input_size=(48, 64), heatmap_size=(12, 16), with_heatmap=True)
    torch.manual_seed(0)
    inputs = torch.randn(2, 1, 3, 64, 48)
    return model.loss(inputs, data['data_samples'])


def test_each_term_has_its_name():
    losses = losses_of(build())
    assert {k for k in losses if 'loss' in k} == {'loss_kpt', 'loss_bone'}
    total, log = build().parse_losses(losses)
    torch.testing.assert_close(
        total, losses['loss_kpt'] + losses['loss_bone'])


def test_losses_are_weighed_and_logged():
    torch.manual_seed(1)
    model = build(names=['loss_kpt', 'loss_bone'])
    losses = losses_of(model)
    for name in ('kpt', 'bone'):
        torch.testing.assert_close(
            losses[f'loss_{name}'],
            losses[name] / 2 + torch.log(torch.tensor(2.)))
    total, _ = model.parse_losses(losses)
    total.backward()
    assert (model.loss_weighting.sigma.grad != 0).all()


def test_a_likelihood_is_refused():
    with pytest.raises(ValueError, match='RLE'):
        build(loss=dict(type='RLELoss'), names=['loss_kpt'], type='RLEHead',
              num_joints=17)


def test_a_loss_that_does_not_exist():
    model = build(names=['loss_limb'])
    with pytest.raises(KeyError, match='loss_bone'):
        losses_of(model)
