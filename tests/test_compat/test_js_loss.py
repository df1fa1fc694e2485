import pytest
import torch
from mmpose.models.losses import JSDiscretLoss

from mmpose_video.compat import js_loss


def heatmaps(logits):
    return logits.flatten(2).softmax(-1).view_as(logits)


def batch():
    logits = torch.randn(2, 3, 4, 5, dtype=torch.float64)
    target = heatmaps(torch.randn(2, 3, 4, 5, dtype=torch.float64))
    return logits.requires_grad_(), target


def by_hand(pred, target):
    """The definition, as a loop."""
    total = 0.
    for p, g in zip(pred.flatten().tolist(), target.flatten().tolist()):
        m = (p + g) / 2
        for x in (p, g):
            total += x * float(torch.tensor(x / m).log()) / 2 if x else 0.
    return total / len(pred)


def test_value_is_the_definition():
    logits, target = batch()
    target[0, 0, 0] = 0.
    loss = JSDiscretLoss(use_target_weight=False)(heatmaps(logits), target)
    assert float(loss.detach()) == pytest.approx(
        by_hand(heatmaps(logits).detach(), target), rel=1e-6)


def test_gradient_of_unlabeled_joints_is_zero():
    logits, target = batch()
    weights = torch.ones(2, 3, dtype=torch.float64)
    weights[0, 1] = 0.
    JSDiscretLoss()(heatmaps(logits), target, weights).backward()
    assert torch.isfinite(logits.grad).all()
    assert logits.grad[0, 1].abs().max() < 1e-12
    assert (logits.grad[0, 0].abs() > 0).all()


def test_gradient_is_mmposes_where_that_is_finite():
    class Host(JSDiscretLoss):
        kl = _host_kl

    grads = []
    for cls in (JSDiscretLoss, Host):
        torch.manual_seed(0)
        logits, target = batch()
        cls(use_target_weight=False)(heatmaps(logits), target).backward()
        grads.append(logits.grad)
    torch.testing.assert_close(*grads, rtol=1e-9, atol=1e-12)


def _host_kl(self, p, q):
    return self.kl_loss((q + 1e-24).log(), p)


def test_needed_follows_torch():
    target = torch.zeros(1, requires_grad=True)
    torch.nn.functional.kl_div(
        torch.zeros(1), target, reduction='sum').backward()
    assert js_loss.needed() == bool(target.grad.isnan())
    assert (JSDiscretLoss.kl is js_loss.kl) == js_loss.needed()
