"""Heads that mix keypoint tokens."""
import pytest
import torch
from mmpose.models.heads import HeatmapHead
from mmpose.registry import MODELS

from mmpose_video.models.heads.token_mixers import TokenMixers

LINKS = ((0, 1), (1, 2))
GAU = dict(type='GatedAttentionUnit', query_dims=8)
GCN = dict(type='SemGCNBlock')
SIMCC = dict(
    type='JointTokenSimCCHead', in_channels=4, out_channels=3,
    input_size=(32, 48), in_featuremap_size=(8, 12), hidden_dims=16)
HEATMAP = dict(
    type='JointTokenHeatmapHead', in_channels=4, out_channels=3,
    heatmap_size=(8, 12), deconv_out_channels=None, hidden_dims=16)
SKELETON = dict(links=LINKS)
ARRANGEMENTS = [
    dict(token_mixers=[GAU]),
    dict(token_mixers=[GCN, GAU], skeleton=SKELETON),
    dict(token_mixers=[GAU, GCN], order='parallel', skeleton=SKELETON),
    dict(token_mixers=[GCN, GAU, GAU], order='cross', skeleton=SKELETON),
    dict(token_mixers=[dict(type='GraFormerBlock', dropout=0.)],
         skeleton=SKELETON),
]
FEATS = (torch.linspace(-1, 1, 2 * 4 * 12 * 8).reshape(2, 4, 12, 8), )


def build(cfg, **changes):
    head = MODELS.build({**cfg, **changes})
    head.init_weights()
    return head.eval()


@pytest.mark.parametrize('arrangement', ARRANGEMENTS)
@pytest.mark.parametrize('cfg', [SIMCC, HEATMAP], ids=['simcc', 'heatmap'])
def test_starts_as_the_head_without_mixers(cfg, arrangement):
    plain, mixed = build(cfg), build(cfg, **arrangement)
    mixed.load_state_dict(plain.state_dict(), strict=False)
    for a, b in zip(plain(FEATS), mixed(FEATS)):
        assert torch.equal(a, b)


@pytest.mark.parametrize('arrangement', ARRANGEMENTS)
def test_mixers_learn(arrangement):
    head = build(SIMCC, **arrangement).train()
    x, y = head(FEATS)
    (x.square().sum() + y.sum()).backward()
    for mixer in head.gau.mixers:
        moved = [p for p in mixer.parameters()
                 if p.grad is not None and p.grad.abs().sum() > 0]
        # in a cross arrangement, what the zero layer hides moves later
        assert moved or arrangement.get('order') == 'cross'
    assert any(p.grad is not None and p.grad.abs().sum() > 0
               for p in head.gau.parameters())


def test_simcc_by_rtmposes_layers():
    head = build(SIMCC, token_mixers=[GAU])
    torch.nn.init.normal_(head.gau.mixers[0].to_out.weight)
    tokens = head.mlp(head.final_layer(FEATS[0]).flatten(2))
    tokens = head.gau.mixers[0](tokens)
    x, y = head(FEATS)
    assert x.shape == (2, 3, 64) and y.shape == (2, 3, 96)
    torch.testing.assert_close(x, tokens @ head.cls_x.weight.T)
    torch.testing.assert_close(y, tokens @ head.cls_y.weight.T)


def test_heatmap_head_is_mmposes_at_the_start():
    head = build(HEATMAP, token_mixers=[GAU])
    plain = HeatmapHead(4, 3, deconv_out_channels=None).eval()
    plain.load_state_dict({
        k: v for k, v in head.state_dict().items()
        if k in plain.state_dict()})
    assert torch.equal(head(FEATS), plain(FEATS))
    torch.nn.init.normal_(head.unembed.weight)
    maps = plain(FEATS)
    tokens = head.mixers(head.embed(maps.flatten(2)))
    torch.testing.assert_close(
        head(FEATS), maps + head.unembed(tokens).reshape(maps.shape))


def test_orders_by_hand():
    class Add(torch.nn.Module):

        def __init__(self, value, factor=1):
            super().__init__()
            self.value, self.factor = value, factor

        def forward(self, x, context=None):
            extra = 0 if context is None else 100 * context
            return self.factor * x + self.value + extra

    def arrange(order, *mixers):
        module = TokenMixers([], 1, 3)
        module.order, module.mixers = order, torch.nn.ModuleList(mixers)
        return module(torch.tensor(1.)).item()

    assert arrange('series', Add(2, 10), Add(3, 10)) == 123
    assert arrange('parallel', Add(2), Add(3)) == 6
    # queries from the first, keys and values from the second
    assert arrange('cross', Add(2), Add(3), Add(0)) == 403


@pytest.mark.parametrize('changes, message', [
    (dict(token_mixers=[GCN]), 'skeleton'),
    (dict(token_mixers=[GAU], order='sum'), 'order'),
    (dict(token_mixers=[GAU], order='cross'), 'three'),
    (dict(skeleton=dict(links=[(0, 3)])), "model's 3"),
    (dict(skeleton=dict(
        from_file='configs/_base_/datasets/coco.py')), '3 keypoints'),
])
def test_bad_settings_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        build(SIMCC, **changes)


def test_unknown_mixer():
    with pytest.raises(KeyError, match='NoSuchMixer'):
        build(SIMCC, token_mixers=[dict(type='NoSuchMixer')])


def test_heatmaps_of_another_size():
    head = build(HEATMAP, heatmap_size=(12, 8))
    with pytest.raises(ValueError, match='width, height'):
        head(FEATS)
