import math

import pytest
import torch
from mmengine.logging import MessageHub
from mmengine.structures import InstanceData, PixelData
from mmpose.registry import MODELS
from mmpose.structures import PoseDataSample

MSE = dict(type='KeypointMSELoss', use_target_weight=True)
BRANCH = dict(type='HeatmapHead', in_channels=4, out_channels=3,
              deconv_out_channels=None, loss=MSE)
SIMCC = dict(type='SimCCHead', in_channels=4, out_channels=3,
             input_size=(16, 24), in_featuremap_size=(4, 6),
             deconv_out_channels=None,
             loss=dict(type='KLDiscretLoss', use_target_weight=True))


def build(head=BRANCH, **kwargs):
    torch.manual_seed(0)
    module = MODELS.build({
        **head, 'branch': head['type'], 'type': 'OnlineDistillHead',
        **kwargs})
    module.init_weights()
    for p in module.parameters():
        torch.nn.init.normal_(p, std=0.3)
    return module


@pytest.fixture
def feats():
    return (torch.randn(2, 4, 6, 4), )


@pytest.fixture
def samples():
    out = []
    for _ in range(2):
        sample = PoseDataSample(metainfo=dict(
            flip_indices=[0, 2, 1], input_size=(16, 24)))
        sample.gt_fields = PixelData(heatmaps=torch.rand(3, 6, 4))
        x, y = torch.rand(1, 3, 32), torch.rand(1, 3, 48)
        sample.gt_instance_labels = InstanceData(
            keypoint_weights=torch.tensor([[1., 1., 0.]]),
            keypoint_x_labels=x / x.sum(-1, keepdim=True),
            keypoint_y_labels=y / y.sum(-1, keepdim=True))
        out.append(sample)
    return out


@pytest.fixture(autouse=True)
def first_epoch():
    MessageHub.get_current_instance().update_info('epoch', 0)


@pytest.mark.parametrize('trunk', [
    None, dict(type='HeatmapHead', in_channels=4, out_channels=4,
               deconv_out_channels=None, loss=MSE)])
def test_branches_start_as_the_plain_head_does(trunk):
    """A list of PyTorch's would hide them from ``init_weights``."""
    head = MODELS.build({
        **BRANCH, 'branch': 'HeatmapHead', 'type': 'OnlineDistillHead',
        'trunk': trunk, 'out_channels': 200})
    head.init_weights()
    layers = [branch.final_layer for branch in head.branches]
    layers += [layer.final_layer for layer in head.trunks or ()]
    assert len(layers) == (6 if trunk else 3)
    for layer in layers:
        # MMPose's, where PyTorch's own has 0.29
        assert layer.weight.std().item() == pytest.approx(1e-3, rel=0.5)
        assert not layer.bias.any()


@pytest.mark.parametrize('cfg', [BRANCH, SIMCC])
def test_one_branch_is_the_plain_head(feats, samples, cfg):
    head = build(cfg, num_branches=1)
    plain = MODELS.build(cfg)
    plain.load_state_dict(head.branches[0].state_dict())
    losses = head.loss(feats, samples)
    assert set(losses) == {'loss_kpt'}
    assert losses['loss_kpt'] == plain.loss(feats, samples)['loss_kpt']


@pytest.mark.parametrize('ensemble', ['mean', 'fau'])
def test_losses_by_formula(feats, samples, ensemble):
    head = build(ensemble=ensemble, kd=dict(ramp_epochs=0, beta=2.)).eval()
    maps = [branch(feats) for branch in head.branches]
    weights = ([1 / 3] * 3 if ensemble == 'mean' else
               [w[..., None, None] for w in head.weigh(feats[0])])
    mean = sum(w * m for w, m in zip(weights, maps))
    target = torch.stack([s.gt_fields.heatmaps for s in samples])
    mask = torch.tensor([1., 1., 0.]).reshape(1, 3, 1, 1)

    def mse(x):
        return ((x - target)**2 * mask).mean()

    losses = head.loss(feats, samples)
    torch.testing.assert_close(losses['loss_kpt'], sum(map(mse, maps)))
    torch.testing.assert_close(losses['loss_ens'], 6 * mse(mean))
    divergence = 0.
    for out in maps:
        for n in range(2):
            for k in range(2):
                p = (2 * mean[n, k].flatten()).softmax(0)
                q = (2 * out[n, k].flatten()).softmax(0)
                divergence += (p * (p / q).log()).sum() / (2 * 24)
    torch.testing.assert_close(losses['loss_kd'], 5 * divergence,
                               rtol=1e-4, atol=1e-6)


def test_weights_of_branches_sum_to_one(feats):
    weights = build().weigh(feats[0])
    assert weights.shape == (3, 2, 3)
    torch.testing.assert_close(weights.sum(0), torch.ones(2, 3))


def test_equal_branches_agree(feats, samples):
    head = build(kd=dict(ramp_epochs=0))
    for branch in head.branches[1:]:
        branch.load_state_dict(head.branches[0].state_dict())
    outputs = [branch(feats) for branch in head.branches]
    torch.testing.assert_close(head.ensemble_of(outputs, feats), outputs[0])
    assert head.loss(feats, samples)['loss_kd'].item() == pytest.approx(
        0, abs=1e-6)


def test_ramp_grows_with_the_epoch(feats, samples):
    head = build(kd=dict(ramp_epochs=10))
    steady = build(kd=dict(ramp_epochs=0)).loss(feats, samples)['loss_kd']
    for epoch, factor in [(0, math.exp(-5)), (5, math.exp(-1.25)), (20, 1.)]:
        MessageHub.get_current_instance().update_info('epoch', epoch)
        torch.testing.assert_close(
            head.loss(feats, samples)['loss_kd'], factor * steady)


def test_detached_target(feats):
    for detach in (False, True):
        head = build(kd=dict(detach=detach))
        target = torch.randn(2, 3, 6, 4, requires_grad=True)
        head.divergence(target, torch.randn(2, 3, 6, 4, requires_grad=True),
                        torch.ones(2, 3)).backward()
        assert (target.grad is None) == detach


def test_keypoints_without_weight_do_not_count(feats):
    head = build()
    a, b = torch.randn(2, 2, 3, 6, 4)
    weight = torch.tensor([[1., 0., 1.], [0., 0., 1.]])
    changed = b.clone()
    changed[weight == 0] += torch.randn(3, 6, 4)
    assert head.divergence(a, b, weight) == head.divergence(
        a, changed, weight)


def test_trunks_and_groups(feats, samples):
    head = build(trunk=dict(type='LargeSelectiveKernel', channels=4),
                 groups=[(0, 1), (0, 1, 2)])
    assert len(head.branches) == 5
    assert head.branches[4].in_channels == 12
    read = [trunk(feats[0]) for trunk in head.trunks]
    torch.testing.assert_close(
        head._outputs(feats)[3],
        head.branches[3]((torch.cat(read[:2], 1), )))
    torch.testing.assert_close(head(feats), head.branches[0]((read[0], )))
    losses = head.loss(feats, samples)
    sum(losses.values()).backward()
    assert all(p.grad is not None for p in head.trunks.parameters())


@pytest.mark.parametrize('flip', [False, True])
def test_first_branch_predicts(feats, samples, flip):
    cfg = {**BRANCH, 'decoder': dict(
        type='MSRAHeatmap', input_size=(16, 24), heatmap_size=(4, 6),
        sigma=1.)}
    head = build(cfg)
    given = [feats, (feats[0].flip(3), )] if flip else feats
    test_cfg = dict(flip_test=flip)
    expected = head.branches[0].predict(given, samples, test_cfg)
    got = head.predict(given, samples, test_cfg)
    for a, b in zip(got, expected):
        assert (a.keypoints == b.keypoints).all()


@pytest.mark.parametrize('changes, message', [
    (dict(ensemble='max'), 'ensemble'), (dict(kd=dict(alpha=1)), 'alpha'),
    (dict(num_branches=0), 'branch'), (dict(groups=[(0, 1)]), 'trunk'),
    (dict(groups=[(0, 3)], trunk=dict(
        type='LargeSelectiveKernel', channels=4)), 'beyond'),
    (dict(head=dict(type='RegressionHead', in_channels=4, num_joints=3)),
     'RegressionHead')])
def test_bad_settings_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        build(**changes)
