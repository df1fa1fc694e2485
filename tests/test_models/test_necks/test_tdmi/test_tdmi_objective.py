"""TDMI: its mutual-information objective, published and sound."""
import pytest
import torch

from .tdmi_case import MI, build, features, samples

ALL_TERMS = [
    dict(x='useful', y='noisy', goal='min'),
    dict(x='motion', y='useful', goal='max'),
    dict(x='useful', y='appearance', goal='min'),
    dict(x='useful', y='fused', goal='max'),
    dict(x='appearance', y='fused', goal='max'),
    dict(x='useful', y='target', goal='max'),
    dict(x='appearance', y='target', goal='max'),
]


def test_ablation_without_disentanglement():
    neck = build(disentangle=False, mi=MI)
    _, context = neck.encode(features())
    assert context['useful'] is context['motion'] and 'noisy' not in context
    losses = neck.loss(context, samples())
    assert 'mi_useful_target' in losses and 'mi_useful_noisy' not in losses
    only_noisy = build(disentangle=False, mi=dict(terms=MI['terms'][:1]))
    assert only_noisy.mi_loss is None


def test_ablation_without_mi():
    neck = build()
    (fused, ), context = neck.encode(features())
    assert neck.loss(context, samples()) == {} and not neck.uses_heatmaps
    fused.sum().backward()
    # nothing waits for a gradient in vain
    waiting = [
        name for name, p in neck.named_parameters()
        if p.requires_grad and p.grad is None
    ]
    assert waiting == []


def test_gradients():
    """I(useful; noisy) moves both masks; I(useful; y) leaves noisy alone."""
    neck = build(mi=dict(MI, terms=MI['terms'][1:]))
    _, context = neck.encode(features())
    neck.loss(context, samples())['loss_mi_useful_target'].backward()
    assert neck.useful_mask.mlp[0].weight.grad.abs().sum() > 0
    assert all(p.grad is None for p in neck.noisy_mask.parameters())

    neck = build(mi=dict(MI, terms=MI['terms'][:1]))
    feats = tuple(x.requires_grad_() for x in features())
    _, context = neck.encode(feats)
    losses = neck.loss(context, samples())
    assert losses['mi_useful_noisy'] > 0
    losses['loss_mi_useful_noisy'].backward()
    for mask in (neck.useful_mask, neck.noisy_mask):
        assert mask.mlp[0].weight.grad.abs().sum() > 0
    assert all(p.grad is None for p in neck.mi_loss.parameters())
    assert all(p.grad is None for p in neck.aggregate.parameters())
    assert all(x.grad.abs().sum() > 0 for x in feats)


def test_published_objective_sees_the_prediction():
    neck = build(
        mi=dict(
            mode='published',
            terms=[
                dict(x='useful', y='noisy', goal='min', detach=()),
                dict(x='useful', y='heatmaps', goal='max')
            ],
            warmup_iters=0))
    assert neck.uses_heatmaps
    _, context = neck.encode(features())
    heatmaps = torch.rand(2, 3, 6, 5, requires_grad=True)
    losses = neck.loss(context, samples(), heatmaps)
    losses['loss_mi_useful_heatmaps'].backward(retain_graph=True)
    assert heatmaps.grad.abs().sum() > 0
    assert neck.useful_mask.mlp[0].weight.grad is None  # x is detached
    losses['loss_mi_useful_noisy'].backward()
    assert neck.useful_mask.mlp[0].weight.grad.abs().sum() > 0


def test_published_objective_term_by_term():
    """Its seven terms, weights and detached sides, as plain formulas."""
    neck = build(appearance=True, mi=dict(mode='published')).double()
    feats = tuple(0.1 * feat.double() for feat in features())
    _, context = neck.encode(feats)
    heatmaps = torch.rand(2, 3, 6, 5, dtype=torch.float64,
                          requires_grad=True)
    losses = neck.loss(context, samples(), heatmaps)
    names = [name for name in losses if name.startswith('loss')]
    total = sum(losses[name] for name in names)

    def value(p, q):
        p, q = ((z.flatten(2) / 0.05).softmax(2) for z in (p, q))
        return torch.nn.functional.kl_div(p, q, reduction='mean')

    layer = neck.mi_loss.label_layer
    leaves = {name: context[name].detach().requires_grad_()
              for name in ('motion', 'useful', 'noisy', 'appearance',
                           'fused')}
    fixed = {name: leaf.detach() for name, leaf in leaves.items()}
    label = heatmaps.detach().requires_grad_()
    terms = [
        (2, value(leaves['useful'], leaves['noisy'])),
        (-1, value(fixed['motion'], leaves['useful'])),
        (1, value(fixed['useful'], leaves['appearance'])),
        (-2, value(fixed['useful'], leaves['fused'])),
        (-2, value(fixed['appearance'], leaves['fused'])),
        (1, value(layer(fixed['useful']), label)),
        (1, value(layer(fixed['appearance']), label))
    ]
    assert len(names) == len(terms)
    wanted = sum(weight * term for weight, term in terms)
    torch.testing.assert_close(total, wanted, rtol=1e-10, atol=1e-14)

    wanted.backward()
    found = torch.autograd.grad(
        total, [context[name] for name in leaves if name != 'motion'] +
        [heatmaps], retain_graph=True)
    # only what follows from `fused` and `useful` through the network is more
    # than the gradient of the term itself: compare the ends of the graph
    torch.testing.assert_close(found[-1], label.grad, rtol=1e-8, atol=1e-14)
    torch.testing.assert_close(found[1], leaves['noisy'].grad, rtol=1e-8,
                               atol=1e-14)
    torch.testing.assert_close(found[3], leaves['fused'].grad, rtol=1e-8,
                               atol=1e-14)
    assert leaves['motion'].grad is None


@pytest.mark.parametrize('factor, peak', [(1., 0.742), (0.1, 0.884)])
def test_published_label_terms_darken_the_heatmap(factor, peak):
    """The optimum beside the heatmap loss is lower than the target."""
    rows, columns = torch.meshgrid(
        torch.arange(96.), torch.arange(72.), indexing='ij')
    squares = (rows - 48)**2 + (columns - 36)**2
    inside = ((rows - 48).abs() <= 9) & ((columns - 36).abs() <= 9)
    target = ((-squares.double() / 18).exp() * inside)[None, None]
    neck = build(appearance=True, mi=dict(mode='published'))
    estimator = neck.mi_loss.estimators['useful_heatmaps']
    weights = {term.name: term.factor for term in neck.mi_loss.terms}
    weight = factor * (weights['useful_heatmaps'] +
                       weights['appearance_heatmaps'])
    # a feature that looks elsewhere: all of its mass is in one far corner
    other = torch.zeros_like(target)
    other[..., 0, 0] = 100.
    heatmap = target.clone().requires_grad_()
    optimizer = torch.optim.LBFGS(
        [heatmap], max_iter=1000, tolerance_grad=1e-12,
        tolerance_change=1e-16, line_search_fn='strong_wolfe')

    def loss():
        optimizer.zero_grad()
        result = (heatmap - target).square().mean()
        result = result + weight * estimator.estimate(other, heatmap)
        (result * target.numel()).backward()
        return result * target.numel()

    optimizer.step(loss)
    assert heatmap.max().item() == pytest.approx(peak, abs=0.003)


@pytest.mark.slow
@pytest.mark.parametrize('dtype', [torch.float32, torch.bfloat16])
@pytest.mark.parametrize('mode', ['bounds', 'symmetric_kl', 'published'])
def test_training_stays_finite(mode, dtype):
    """Thirty steps with every term and a weight that is much too high."""
    terms = [
        dict(t, y='heatmaps') if t['y'] == 'target'
        and mode == 'published' else t for t in ALL_TERMS
    ]
    neck = build(
        appearance=True,
        mi=dict(mode=mode, terms=terms, warmup_iters=5, loss_weight=1e-2))
    head = torch.nn.Conv2d(8, 3, 1)
    parameters = [
        p for m in (neck, head) for p in m.parameters() if p.requires_grad
    ]
    optimizer = torch.optim.Adam(parameters, lr=1e-3)
    feats = features()
    data_samples = samples()
    target = torch.stack([s.gt_fields.heatmaps for s in data_samples])
    errors = []
    for _ in range(30):
        with torch.autocast(
                'cpu', torch.bfloat16, enabled=dtype == torch.bfloat16):
            outs, context = neck.encode(feats)
            heatmaps = head(outs[0])
            losses = neck.loss(context, data_samples, heatmaps)
        errors.append((heatmaps.float() - target).square().mean())
        total = errors[-1] + sum(
            v for k, v in losses.items() if 'loss' in k)
        assert torch.isfinite(total)
        assert all(v.dtype == torch.float32 for v in losses.values())
        optimizer.zero_grad()
        total.backward()
        assert all(torch.isfinite(p.grad).all() for p in parameters)
        optimizer.step()
    assert len(losses) == 14 + (mode == 'bounds')
    assert errors[-1] < errors[0]
