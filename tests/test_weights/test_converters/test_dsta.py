"""Official names of DSTA."""
import pytest
import torch
from mmengine.registry import init_default_scope
from mmpose.registry import MODELS

from mmpose_video.weights.converters import CONVERTERS, LeftoverError
from mmpose_video.weights.converters.describe import describe


def build():
    init_default_scope('mmpose')
    return MODELS.build(dict(
        type='TopdownVideoPoseEstimator',
        backbone=dict(type='ResNet', depth=50, base_channels=4),
        neck=dict(type='DSTANeck', in_channels=128, num_frames=3),
        head=dict(type='TokenRLEHead', in_channels=32, num_joints=17)))


def linear(name):
    return [f'{name}.weight', f'{name}.bias']


def official(ours, flow=True):
    names = [f'preact.{key}' for key in ours.backbone.state_dict()]
    names += [*linear('fc_coord.linear'), 'Spatial_pos_embed',
              'Temporal_pos_embed']
    for blocks in ('Spatial_blocks', 'blocks'):
        for i in range(4):
            for layer in ('norm1', 'attn.qkv', 'attn.proj', 'norm2',
                          'mlp.fc1', 'mlp.fc2'):
                names += linear(f'{blocks}.{i}.{layer}')
    for layer in ('Spatial_norm', 'Temporal_norm', 'weighted_mean',
                  'head_coord.0', 'head_coord.1', 'head_sigma.0',
                  'head_sigma.1'):
        names += linear(layer)
    if flow:
        names.append('flow.mask')
        for net in ('s', 't'):
            for i in range(6):
                for j in (0, 2, 4):
                    names += linear(f'flow.{net}.{i}.{j}')
    return {name: torch.full((1, ), float(i)) for i, name in enumerate(names)}


def test_names_fit_one_to_one():
    ours = build()
    state = official(ours)
    converted = CONVERTERS['dsta']().convert(state).weights
    assert set(converted) == set(ours.state_dict())
    prior = 'head.loss_module.flow_model'
    assert converted.pop(f'{prior}.loc').tolist() == [0.5, 0.5]
    assert torch.equal(converted.pop(f'{prior}.cov'), torch.eye(2))
    assert sorted(v.item() for v in converted.values()) == list(
        range(len(state)))


@pytest.mark.parametrize('old, new', [
    ('Spatial_blocks.3.attn.qkv.weight',
     'neck.spatial_layers.3.self_attn.in_proj_weight'),
    ('blocks.0.attn.proj.bias',
     'neck.temporal_layers.0.self_attn.out_proj.bias'),
    ('blocks.2.mlp.fc2.weight', 'neck.temporal_layers.2.linear2.weight'),
    ('weighted_mean.weight', 'neck.mix.weight'),
    ('head_sigma.1.bias', 'head.sigma.1.bias'),
    ('flow.t.5.4.weight', 'head.loss_module.flow_model.t.5.4.weight'),
    ('preact.layer1.0.downsample.0.weight',
     'backbone.layer1.0.downsample.0.weight'),
])
def test_single_names(old, new):
    state = official(build())
    assert CONVERTERS['dsta']().convert(state).weights[new] == state[old]


def test_without_the_flow():
    state = official(build(), flow=False)
    converted = CONVERTERS['dsta']().convert(state).weights
    assert not any('flow' in name for name in converted)
    assert len(converted) == len(state)
    assert describe(converted).startswith('ResNet-50')


def test_another_number_of_frames_keeps_its_weights():
    state = official(build())
    state['Temporal_pos_embed'] = torch.rand(1, 5, 32)
    converted = CONVERTERS['dsta']().convert(state).weights
    assert torch.equal(converted['neck.temporal_embed'],
                       state['Temporal_pos_embed'])


def test_missing_branch():
    state = {k: v for k, v in official(build()).items()
             if not k.startswith('Spatial_blocks')}
    with pytest.raises(LeftoverError, match='Spatial_blocks'):
        CONVERTERS['dsta']().convert(state)
