"""The weighted objective and its parts."""
import pytest
import torch
from mmpose.registry import MODELS

from mmpose_video.models.losses import MutualInfoLoss, PublishedMI
from mmpose_video.models.losses.mutual_info.weight_warmup import WeightWarmup

CHANNELS = dict(a=6, b=6, target=4, heatmaps=4)
TERMS = [
    dict(x='a', y='b', goal='min', weight=2.),
    dict(x='a', y='target', goal='max', weight=0.5),
]


def tensors(seed=0, requires_grad=False):
    torch.manual_seed(seed)
    return {
        name: torch.randn(2, c, 6, 5, requires_grad=requires_grad)
        for name, c in CHANNELS.items()
    }


def build(**kwargs):
    torch.manual_seed(1)
    loss = MODELS.build({
        'type': 'MutualInfoLoss',
        'terms': TERMS,
        'channels': CHANNELS,
        'loss_weight': 0.1,
        'warmup_iters': 0,
        'fit_weight': 0.7,
        **kwargs
    })
    for parameter in loss.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    return loss


def test_bounds_weights_and_signs():
    loss = build()
    maps = tensors()
    torch.manual_seed(2)
    got = loss(maps)
    assert set(got) == {
        'loss_mi_a_b', 'mi_a_b', 'loss_mi_a_target', 'mi_a_target',
        'loss_mi_fit'
    }
    assert loss.estimators['a_b'].bound == 'upper'
    assert loss.estimators['a_target'].bound == 'lower'
    upper, lower = got['mi_a_b'], got['mi_a_target']
    torch.testing.assert_close(got['loss_mi_a_b'],
                               0.1 * 2 * upper.clamp(min=0))
    torch.testing.assert_close(got['loss_mi_a_target'], -0.1 * 0.5 * lower)
    torch.manual_seed(2)
    first = loss.estimators['a_b']
    first(maps['a'], maps['b'])
    fit = first.fit(maps['a'], maps['b'])
    second = loss.estimators['a_target']
    second(maps['a'], maps['target'])
    fit = fit + second.fit(maps['a'], maps['target'])
    torch.testing.assert_close(got['loss_mi_fit'], 0.7 * fit)


def test_one_backward_serves_both_sides():
    """A step lowers I(a; b) by the maps and fits q by its parameters."""
    loss = build(terms=TERMS[:1])
    maps = tensors(requires_grad=True)
    got = loss(maps)
    sum(v for k, v in got.items() if 'loss' in k).backward()
    got_own = [p.grad.clone() for p in loss.parameters()]
    loss.zero_grad()
    torch.manual_seed(0)
    assert maps['target'].grad is None
    if got['mi_a_b'] > 0:
        assert maps['a'].grad.abs().sum() > 0
        assert maps['b'].grad.abs().sum() > 0
    # the loss weight does not scale the estimator's own learning
    torch.manual_seed(1)
    other = build(terms=TERMS[:1], loss_weight=0.)
    maps = tensors(requires_grad=True)
    sum(v for k, v in other(maps).items() if 'loss' in k).backward()
    assert maps['a'].grad.abs().sum() == 0
    for wanted, parameter in zip(got_own, other.parameters()):
        torch.testing.assert_close(parameter.grad, wanted)


def test_minimised_term_stops_at_zero():
    """What an imperfect bound shows below zero must not be exploited."""
    loss = build(terms=TERMS[:1])
    with torch.no_grad():
        conditional = loss.estimators['a_b'].conditional
        for parameter in conditional.parameters():
            parameter.zero_()
        conditional.linear.weight.copy_(-3 * torch.eye(6))
    maps = tensors(requires_grad=True)
    maps['b'] = maps['a']
    got = loss(maps)
    assert got['mi_a_b'] < 0
    assert got['loss_mi_a_b'] == 0
    got['loss_mi_a_b'].backward()
    assert maps['a'].grad.abs().sum() == 0


@pytest.mark.slow
def test_minimising_separates_masked_copies():
    """What TDMI needs: masks of one map learn to share no channel."""
    torch.manual_seed(0)
    channels = 4
    base = torch.randn(4, channels, 12, 10)
    logits = torch.nn.Parameter(0.1 * torch.randn(2, channels))
    loss = MutualInfoLoss([dict(x='u', y='n', goal='min')],
                          dict(u=channels, n=channels),
                          loss_weight=0.05,
                          warmup_iters=20)
    optimizer = torch.optim.Adam([*loss.parameters(), logits], lr=0.02)
    history = []
    for _ in range(250):
        mask = logits.sigmoid()[:, None, :, None, None]
        got = loss(dict(u=mask[0] * base, n=mask[1] * base))
        # a task that wants every channel in one of the two
        task = (mask[0] + mask[1] - 1).square().mean()
        total = task + got['loss_mi_u_n'] + got['loss_mi_fit']
        optimizer.zero_grad()
        total.backward()
        optimizer.step()
        history.append(got['mi_u_n'].item())
    mask = logits.detach().sigmoid()
    assert sum(history[-20:]) / 20 < 0.3 * max(history)
    assert ((mask[0] - mask[1]).abs() > 0.5).all()


def test_published_mode_is_the_published_objective():
    """Value and gradient of FAMI-like terms, written out with kl_div."""
    loss = build(
        mode='published',
        loss_weight=0.5,
        terms=[
            dict(x='a', y='b', goal='min', weight=0.1),
            dict(x='b', y='heatmaps', goal='max')
        ])
    maps = tensors(requires_grad=True)
    got = loss(maps)
    assert set(got) == {
        'loss_mi_a_b', 'mi_a_b', 'loss_mi_b_heatmaps', 'mi_b_heatmaps'
    }
    layer = loss.label_layer
    assert not any(p.requires_grad for p in layer.parameters())
    with torch.no_grad():
        projected = layer(maps['b'])

    def kl(x, y):
        p, q = (torch.softmax(z.flatten(2) / 0.05, 2) for z in (x, y))
        return (q * (q.clamp(min=1e-30).log() - p)).mean()

    copies = tensors(requires_grad=True)
    expected = 0.5 * (
        0.1 * kl(copies['a'].detach(), copies['b']) -
        kl(projected, copies['heatmaps']))
    total = got['loss_mi_a_b'] + got['loss_mi_b_heatmaps']
    torch.testing.assert_close(total, expected, rtol=1e-4, atol=1e-7)
    total.backward()
    expected.backward()
    assert maps['a'].grad is None  # x is detached
    for name in ('b', 'heatmaps'):
        torch.testing.assert_close(
            maps[name].grad, copies[name].grad, rtol=1e-3, atol=1e-7)


def test_detach_is_a_switch():
    loss = build(
        mode='published', terms=[dict(x='a', y='b', goal='min', detach=())])
    maps = tensors(requires_grad=True)
    loss(maps)['loss_mi_a_b'].backward()
    assert maps['a'].grad.abs().sum() > 0
    loss = build(terms=[dict(x='a', y='b', goal='max', detach=('y', ))])
    maps = tensors(requires_grad=True)
    loss(maps)['loss_mi_a_b'].backward()
    assert maps['a'].grad.abs().sum() > 0 and maps['b'].grad is None


def test_symmetric_kl_mode():
    loss = build(mode='symmetric_kl')
    maps = tensors(requires_grad=True)
    got = loss(maps)
    assert 'loss_mi_fit' not in got and got['mi_a_b'] < 0
    (got['loss_mi_a_b'] + got['loss_mi_a_target']).backward()
    assert maps['a'].grad.abs().sum() > 0
    assert maps['target'].grad.abs().sum() > 0
    with torch.autocast('cpu', torch.bfloat16):
        torch.testing.assert_close(loss(maps)['mi_a_target'],
                                   got['mi_a_target'])


def test_other_estimators():
    loss = build(
        upper=dict(type='LeaveOneOutUpperBound', num_samples=16),
        lower=dict(type='NWJLowerBound'),
        terms=[*TERMS, dict(x='b', y='a', goal='min',
                            estimator=dict(type='CLUBUpperBound'))])
    kinds = [type(e).__name__ for e in loss.estimators.values()]
    assert kinds == [
        'LeaveOneOutUpperBound', 'NWJLowerBound', 'CLUBUpperBound'
    ]
    assert loss.estimators['a_b'].samples.num_samples == 16
    mixed = build(terms=[
        dict(x='a', y='b', goal='min', estimator=dict(type='PublishedMI'))
    ])
    assert isinstance(mixed.estimators['a_b'], PublishedMI)


def test_label_layer_loads_a_head(tmp_path):
    head = torch.nn.Conv2d(6, 4, 1)
    path = tmp_path / 'pose.pth'
    torch.save({
        'state_dict': {
            f'head.final_layer.{k}': v
            for k, v in head.state_dict().items()
        }
    }, path)
    loss = build(
        mode='published',
        terms=[dict(x='a', y='heatmaps', goal='max')],
        label_init=dict(
            type='Pretrained',
            checkpoint=str(path),
            prefix='head.final_layer.'))
    loss.init_weights()
    torch.testing.assert_close(loss.label_layer.weight, head.weight)
    torch.testing.assert_close(loss.label_layer.bias, head.bias)


def test_no_fit_and_no_counting_outside_training():
    loss = build(warmup_iters=4).eval()
    assert 'loss_mi_fit' not in loss(tensors())
    assert loss.warmup.iteration == 0


def test_warmup_survives_resume():
    warmup = WeightWarmup(4)
    assert [warmup().item() for _ in range(6)] == [0, 0.25, 0.5, 0.75, 1, 1]
    warmup = WeightWarmup(4)
    warmup(), warmup()
    resumed = WeightWarmup(4)
    resumed.load_state_dict(warmup.state_dict())
    assert resumed().item() == 0.5
    resumed.eval()
    assert [resumed().item() for _ in range(2)] == [0.75, 0.75]
    assert WeightWarmup()().item() == 1
    with pytest.raises(ValueError, match='num_iters'):
        WeightWarmup(-1)


def test_warmup_scales_the_terms():
    loss = build(warmup_iters=2, terms=TERMS[1:])
    ratios = []
    for _ in range(4):
        got = loss(tensors())
        ratios.append((got['loss_mi_a_target'] / got['mi_a_target']).item())
        assert got['loss_mi_fit'] != 0
    assert ratios == pytest.approx([0, -0.025, -0.05, -0.05], rel=1e-5)


@pytest.mark.parametrize('kwargs,message', [
    (dict(mode='mine'), 'mode'),
    (dict(terms=[dict(x='a', y='c', goal='min')]), "tensor 'c'"),
    (dict(terms=[TERMS[0], TERMS[0]]), 'two terms'),
    (dict(terms=[dict(x='a', y='b', goal='both')]), 'goal'),
    (dict(terms=[dict(x='a', y='b', goal='min', weight=-1.)]), 'negative'),
    (dict(terms=[dict(x='a', y='b', goal='min', detach=('z', ))]), 'detach'),
    (dict(upper=dict(type='NWJLowerBound')), 'from the other side'),
    (dict(mode='published', terms=[dict(x='target', y='a', goal='max')]),
     'a feature x and a label y'),
])
def test_bad_arguments(kwargs, message):
    with pytest.raises(ValueError, match=message):
        build(**kwargs)


def test_missing_tensor():
    maps = tensors()
    del maps['target']
    loss = build()
    assert loss.needs('target') and not loss.needs('heatmaps')
    with pytest.raises(KeyError, match='target'):
        loss(maps)


def test_only_the_training_needs_its_tensors():
    loss = build()
    assert loss.training_only and len(loss.state_dict())
