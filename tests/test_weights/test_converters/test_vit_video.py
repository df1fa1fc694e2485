"""TAR-ViTPose and Poseidon: names, copies and files of other kinds."""
import pytest
import torch
from mmengine.registry import init_default_scope
from mmpose.registry import MODELS

from mmpose_video.tools.convert_checkpoint import main
from mmpose_video.weights.converters import CONVERTERS, LeftoverError

C = 24
VIT = dict(
    type='mmpretrain.VisionTransformer',
    arch=dict(embed_dims=C, num_layers=3, num_heads=2,
              feedforward_channels=2 * C),
    img_size=(64, 48), patch_size=16, with_cls_token=False,
    out_type='featmap', patch_cfg=dict(padding=2))
HEAD = dict(in_channels=C, deconv_out_channels=(8, 8),
            deconv_kernel_sizes=(4, 4))


def linear(name):
    return [f'{name}.weight', f'{name}.bias']


def attention(name):
    return [f'{name}.in_proj_weight', f'{name}.in_proj_bias',
            *linear(f'{name}.out_proj')]


def norm(name):
    return [*linear(name), *(f'{name}.{key}' for key in (
        'running_mean', 'running_var', 'num_batches_tracked'))]


def deconv(name, final):
    """ViTPose's head."""
    return [f'{name}.0.weight', *norm(f'{name}.1'), f'{name}.3.weight',
            *norm(f'{name}.4'), *linear(final)]


def estimator(**parts):
    init_default_scope('mmpose')
    return MODELS.build(dict(type='TopdownVideoPoseEstimator', **parts))


def tarvitpose():
    ours = estimator(
        backbone=dict(VIT),
        neck=dict(type='TARViTPoseNeck', rough_head=dict(HEAD),
                  num_layers=2, layout='published'),
        head=dict(type='HeatmapHead', in_channels=17, out_channels=17,
                  deconv_out_channels=None, final_layer=None))
    names = deconv('heatmap_head.0', 'heatmap_head.1')
    names += ['query_feat.weight', 'query_pe.weight']
    for i in range(2):
        for part in ('masked_attention_layers', 'self_attention_layers'):
            names += attention(f'{part}.{i}.mha')
            names += linear(f'{part}.{i}.norm')
        for layer in ('fc1', 'fc2', 'norm'):
            names += linear(f'ffn_layers.{i}.{layer}')
    names += attention('cross_attention.mha')
    names += linear('cross_attention.norm')
    copies = {'model.head.deconv_layers': 'heatmap_head.0',
              'model.head.final_layer': 'heatmap_head.1',
              'model.backbone': 'backbone'}
    return ours, names, copies


def poseidon(levels=('layer3', 'layer7')):
    ours = estimator(
        backbone=dict(VIT, out_indices=[0, 1, 2]),
        neck=dict(type='PoseidonNeck', channels=C, feature_size=(3, 4),
                  layout='published'),
        head=dict(HEAD, type='HeatmapHead', out_channels=17))
    names = deconv('deconv_layer', 'final_layer')
    for i in range(4):
        path = f'feature_fusion.ppm.paths.{i}'
        names += [f'{path}.1.weight', *norm(f'{path}.2')]
    names += ['feature_fusion.fusion_conv.weight',
              *norm('feature_fusion.fusion_norm')]
    fusion = 'feature_fusion.attention_fusion'
    names += attention(f'{fusion}.attention')
    names += linear(f'{fusion}.norm') + linear(f'{fusion}.final_proj')
    estimator_name = 'adaptive_weighting.frame_quality_estimator'
    names += linear(f'{estimator_name}.0') + linear(f'{estimator_name}.4')
    names += attention('cross_attention.mha') + attention('self_attention')
    for level in levels:
        names += linear(f'intermediate_layer_norms.{level}')
    names += linear('layer_norm')
    copies = {'model.head.deconv_layers': 'deconv_layer',
              'model.head.final_layer': 'final_layer',
              'model.backbone': 'backbone',
              'extract_layers.model': 'backbone'}
    return ours, names, copies


def official(method):
    """Our model, and numbered tensors under all names of the official one."""
    ours, names, copies = dict(tarvitpose=tarvitpose, poseidon=poseidon)[
        method]()
    names += [f'backbone.{key}' for key in ours.backbone.state_dict()]
    state = {name: torch.full((1, ), float(i))
             for i, name in enumerate(names)}
    for copy, original in copies.items():
        for name in names:
            if name.startswith(f'{original}.'):
                state[copy + name[len(original):]] = state[name].clone()
    return ours, names, state


METHODS = ('tarvitpose', 'poseidon')


@pytest.mark.parametrize('method', METHODS)
def test_names_fit_one_to_one(method):
    ours, names, state = official(method)
    assert len(state) > len(names) + len(ours.backbone.state_dict())
    converted, notes = CONVERTERS[method]().convert(state)
    assert set(converted) == set(ours.state_dict())
    assert sorted(v.item() for v in converted.values()) == list(
        range(len(names)))
    assert 'more than once' in notes[0] and len(notes) == 1


@pytest.mark.parametrize('method, old, new', [
    ('tarvitpose', 'self_attention_layers.1.mha.in_proj_bias',
     'neck.layers.1.joints.mha.in_proj_bias'),
    ('tarvitpose', 'masked_attention_layers.0.norm.weight',
     'neck.layers.0.cross.norm.weight'),
    ('tarvitpose', 'query_pe.weight', 'neck.query_position.weight'),
    ('poseidon', 'self_attention.in_proj_weight',
     'neck.support_attention.in_proj_weight'),
    ('poseidon', 'cross_attention.mha.out_proj.bias',
     'neck.key_attention.out_proj.bias'),
    ('poseidon', 'feature_fusion.ppm.paths.2.1.weight',
     'neck.pyramid.paths.2.1.weight'),
    ('poseidon', 'layer_norm.bias', 'neck.norm.bias'),
    ('poseidon', 'intermediate_layer_norms.layer7.bias',
     'neck.level_norms.1.bias'),
])
def test_single_names(method, old, new):
    _, _, state = official(method)
    converted = CONVERTERS[method]().convert(state).weights
    assert converted[new] == state[old]


def test_levels_of_the_huge_poseidon():
    _, names, _ = poseidon(('layer9', 'layer21'))
    state = {name: torch.zeros(1) for name in [*names, 'backbone.ln1.bias']}
    converted = CONVERTERS['poseidon']().convert(state).weights
    assert {'neck.level_norms.0.weight', 'neck.level_norms.1.weight'} < set(
        converted)


@pytest.mark.parametrize('method', METHODS)
def test_copies_that_differ(method):
    _, _, state = official(method)
    name = 'model.backbone.ln1.weight'
    state[name] = state[name] + 1
    with pytest.raises(ValueError, match='`model.backbone.ln1.weight` and '
                       '`backbone.ln1.weight` should be copies'):
        CONVERTERS[method]().convert(state)


@pytest.mark.parametrize('method, other', [METHODS, METHODS[::-1]])
def test_one_in_place_of_the_other(method, other, tmp_path, capsys):
    _, _, state = official(method)
    with pytest.raises(LeftoverError):
        CONVERTERS[other]().convert(state)
    source = tmp_path / 'in.pt'
    torch.save(dict(epoch=3, model_state_dict=state,
                    optimizer_state_dict={}), source)
    assert main([other, str(source), str(tmp_path / 'out.pth')]) == 1
    assert f'the names fit the layout `{method}`' in capsys.readouterr().err
    assert main([method, str(source), str(tmp_path / 'out.pth')]) == 0
