"""Regression from tokens: layers, loss and prediction."""
import numpy as np
import torch
import torch.nn.functional as F
from mmengine.structures import InstanceData
from mmpose.registry import MODELS
from mmpose.structures import PoseDataSample

D, K = 6, 4


def build(**kwargs):
    return MODELS.build(dict(
        type='TokenRLEHead', in_channels=D, num_joints=K,
        decoder=dict(type='RegressionLabel', input_size=(96, 64)), **kwargs))


def samples(labels, weights):
    result = []
    for label, weight in zip(labels, weights):
        sample = PoseDataSample(metainfo=dict(
            flip_indices=[1, 0, 2, 3], input_size=(96, 64)))
        sample.gt_instance_labels = InstanceData(
            keypoint_labels=label[None], keypoint_weights=weight[None])
        result.append(sample)
    return result


def test_all_keypoints_share_the_layers():
    head = build()
    tokens = torch.randn(2, D, K, 1)
    out = head.forward((tokens, ))
    assert out.shape == (2, K, 4)
    for k in range(K):
        token = F.layer_norm(tokens[:, :, k, 0], (D, ))
        for part, layer in ((slice(0, 2), head.coord),
                            (slice(2, 4), head.sigma)):
            torch.testing.assert_close(
                out[:, k, part], token @ layer[1].weight.T + layer[1].bias)
    assert not any('fc' in name for name, _ in head.named_parameters())


def test_start_is_not_redrawn():
    head = build()
    before = {k: v.clone() for k, v in head.state_dict().items()}
    head.init_weights()
    assert all(torch.equal(v, before[k])
               for k, v in head.state_dict().items())


def test_loss_and_gradients():
    head = build()
    tokens = torch.randn(2, D, K, 1, requires_grad=True)
    labels, weights = torch.rand(2, K, 2), torch.tensor([[1., 0, 1, 1.5]] * 2)
    losses = head.loss((tokens, ), samples(labels, weights))
    out = head.forward((tokens, ))
    torch.testing.assert_close(
        losses['loss_kpt'], head.loss_module(
            out[..., :2], out[..., 2:], labels, weights[..., None]))
    losses['loss_kpt'].backward()
    assert all(p.grad is not None for p in head.parameters())
    # the keypoint without a label counts for nothing
    assert tokens.grad[:, :, 1].abs().max() == 0
    assert tokens.grad[:, :, 3].abs().max() > 0


def test_prediction():
    head = build()
    tokens = torch.randn(1, D, K, 1)
    out = head.forward((tokens, )).detach()
    pred = head.predict((tokens, ), samples(*torch.rand(2, 1, K, 2)))[0]
    np.testing.assert_allclose(
        pred.keypoints[0], out[0, :, :2] * torch.tensor([96, 64]), rtol=1e-5)
    np.testing.assert_allclose(
        pred.keypoint_scores[0], 1 - out[0, :, 2:].sigmoid().mean(-1),
        rtol=1e-5)


def test_flip_test():
    head = build()
    tokens = torch.randn(1, D, K, 1)
    # the mirrored image of a perfect network: swapped tokens, x -> 1 - x
    pred = head.predict(
        [(tokens, ), (tokens, )], samples(*torch.rand(2, 1, K, 2)),
        test_cfg=dict(flip_test=True, shift_coords=False))[0]
    out = head.forward((tokens, ))[0, :, :2].detach()
    mirrored = out[[1, 0, 2, 3]]
    mirrored[:, 0] = 1 - mirrored[:, 0]
    np.testing.assert_allclose(
        pred.keypoints[0], (out + mirrored) / 2 * torch.tensor([96, 64]),
        rtol=1e-4)
