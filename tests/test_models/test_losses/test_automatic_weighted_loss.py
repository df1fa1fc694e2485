import math

import pytest
import torch

from mmpose_video.models.losses import AutomaticWeightedLoss


def test_start_and_gradient():
    module = AutomaticWeightedLoss(['loss_a', 'loss_b'])
    losses = dict(loss_a=torch.tensor(3.), loss_b=torch.tensor(0.5),
                  loss_c=torch.tensor(9.), acc=torch.tensor(1.))
    out = module(losses)
    assert (out['loss_a'] + out['loss_b']).item() == pytest.approx(
        3.5 / 2 + 2 * math.log(2))
    assert out['loss_c'] == 9 and out['acc'] == 1
    assert out['a'] == 3 and out['b'] == 0.5
    (out['loss_a'] + out['loss_b']).backward()
    # -L / s^3 + 2 s / (1 + s^2)
    torch.testing.assert_close(module.sigma.grad,
                               torch.tensor([-3. + 1, -0.5 + 1]))


@pytest.mark.parametrize('loss', [0.01, 1., 10.])
def test_equilibrium(loss):
    module = AutomaticWeightedLoss(['loss_a'])
    optimizer = torch.optim.LBFGS(module.parameters(), max_iter=200,
                                  line_search_fn='strong_wolfe')

    def closure():
        optimizer.zero_grad()
        value = module(dict(loss_a=torch.tensor(loss)))['loss_a']
        value.backward()
        return value

    optimizer.step(closure)
    s2 = module.sigma.item()**2
    assert 2 * s2**2 / (1 + s2) == pytest.approx(loss, rel=1e-2)


def test_a_vanishing_loss_keeps_its_weight_finite():
    module = AutomaticWeightedLoss(['loss_a'], min_sigma=0.1)
    module.sigma.data[:] = 0.
    value = torch.tensor(2., requires_grad=True)
    module(dict(loss_a=value))['loss_a'].backward()
    assert value.grad.item() == pytest.approx(50)


def test_refusals():
    with pytest.raises(ValueError, match='loss_mi_fit'):
        AutomaticWeightedLoss(['loss_kpt', 'loss_mi_fit'])
    with pytest.raises(ValueError, match='at least one'):
        AutomaticWeightedLoss([])
    module = AutomaticWeightedLoss(['loss_bone'])
    with pytest.raises(KeyError, match='loss_kpt'):
        module(dict(loss_kpt=torch.tensor(1.)))
    with pytest.raises(ValueError, match='negative'):
        module(dict(loss_bone=torch.tensor(-1.)))
