"""DSTA's loss, term by term."""
import math

import pytest
import torch
from mmpose.registry import MODELS


def build(**kwargs):
    loss = MODELS.build(dict(type='DSTALoss', **kwargs)).double()
    for net in (*loss.flow_model.s, *loss.flow_model.t):
        for parameter in net.parameters():
            torch.nn.init.normal_(parameter, std=0.2)
    return loss


def log_density(flow, point):
    """Log density of one point (2, ) under the flow."""
    z, log_det = point, 0.
    for i in range(5, -1, -1):
        mask = torch.tensor([[0., 1.], [1., 0.]][i % 2]).double()
        kept = mask * z
        s = flow.s[i](kept) * (1 - mask)
        t = flow.t[i](kept) * (1 - mask)
        z = (1 - mask) * (z - t) * (-s).exp() + kept
        log_det = log_det - s.sum()
    normal = -((z - 0.5)**2).sum() / 2 - math.log(2 * math.pi)
    return normal + log_det


@pytest.mark.parametrize('average', [True, False])
def test_terms(average):
    loss = build(size_average=average)
    pred, target = torch.rand(2, 2, 3, 2, dtype=torch.float64)
    logits = torch.randn(2, 3, 2, dtype=torch.float64)
    weight = torch.tensor([[1., 0., 1.5], [1.2, 1., 0.]]).double()
    expected = 0.
    for n in range(2):
        for k in range(3):
            sigma = 1 / (1 + (-logits[n, k]).exp())
            error = pred[n, k] - target[n, k]
            flow = log_density(loss.flow_model, error / sigma)
            for d in range(2):
                expected += weight[n, k] * (
                    sigma[d].log() - flow
                    + (sigma[d] * math.sqrt(2 * math.pi)).log()
                    + error[d].abs() / (math.sqrt(2) * sigma[d] + 1e-9))
    value = loss(pred, logits, target, weight[..., None])
    torch.testing.assert_close(value, expected / (2 if average else 1))


def test_gradient():
    loss = build()
    pred, logits = torch.randn(2, 1, 2, 2, dtype=torch.float64,
                               requires_grad=True)
    target = torch.rand(1, 2, 2, dtype=torch.float64)
    assert torch.autograd.gradcheck(
        lambda a, b: loss(a, b, target), (pred, logits))


def test_without_weights():
    loss = build(use_target_weight=False)
    tensors = torch.rand(3, 1, 2, 2, dtype=torch.float64)
    torch.testing.assert_close(
        loss(*tensors, torch.zeros(1, 2, 1).double()), loss(*tensors))
