"""The heatmap loss of HRNet's code."""
import pytest
import torch
from mmpose.registry import MODELS


def official(output, target, weight):
    """Compute the loss keypoint by keypoint, as the released code does."""
    total = 0.
    for k in range(output.shape[1]):
        w = weight[:, k, None, None]
        total += ((output[:, k] * w - target[:, k] * w)**2).mean()
    return total / output.shape[1]


def test_weights_count_squared():
    loss = MODELS.build(dict(type='SquaredWeightMSELoss', loss_weight=0.5))
    output, target = torch.rand(2, 3, 4, 5), torch.rand(2, 3, 4, 5)
    weight = torch.tensor([[1., 1.2, 0.], [1.5, 1., 1.2]])
    torch.testing.assert_close(loss(output, target, weight),
                               0.5 * official(output, target, weight))


@pytest.mark.parametrize('weight', [None, torch.tensor([[1., 0., 1.]])])
def test_equal_to_mmpose_without_joint_weights(weight):
    output, target = torch.rand(1, 3, 4, 5), torch.rand(1, 3, 4, 5)
    loss, stock = (
        MODELS.build(dict(type=name, use_target_weight=True))
        for name in ('SquaredWeightMSELoss', 'KeypointMSELoss'))
    torch.testing.assert_close(loss(output, target, weight),
                               stock(output, target, weight))


def test_without_weights():
    loss = MODELS.build(
        dict(type='SquaredWeightMSELoss', use_target_weight=False))
    output, target = torch.rand(1, 2, 4, 5), torch.rand(1, 2, 4, 5)
    value = loss(output, target, torch.tensor([[0., 3.]]))
    torch.testing.assert_close(value, ((output - target)**2).mean())
