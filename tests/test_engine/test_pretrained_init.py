"""``init_cfg`` loads the module's weights, or says whose they are."""
import re
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.model import BaseModule
from mmengine.registry import init_default_scope
from mmpose.registry import MODELS

from mmpose_video.engine.checkpoint_match import match_checkpoint
from mmpose_video.weights.converters import CONVERTERS

CONFIGS = Path(__file__).parents[2] / 'configs'


class Backbone(BaseModule):

    def __init__(self, **init_cfg):
        super().__init__(init_cfg and dict(type='Pretrained', **init_cfg))
        self.conv = torch.nn.Conv2d(3, 4, 1)
        self.bn = torch.nn.BatchNorm2d(4)


@pytest.fixture
def weights():
    return Backbone().state_dict()


@pytest.fixture
def load(tmp_path):
    """Initialize a backbone from a checkpoint of some content."""

    def call(content, module=Backbone, **init_cfg):
        path = tmp_path / 'weights.pth'
        torch.save(content, path)
        backbone = module(checkpoint=str(path), **init_cfg)
        backbone.init_weights()
        return backbone.state_dict()

    return call


def prefixed(prefix, weights):
    return {prefix + name: value for name, value in weights.items()}


@pytest.mark.parametrize('prefix, init_cfg', [
    ('', {}), ('module.', {}), ('backbone.', dict(prefix='backbone.')),
    ('module.backbone.', dict(prefix='backbone'))])
def test_all_weights_are_loaded(prefix, init_cfg, weights, load):
    content = dict(state_dict=prefixed(prefix, weights))
    content['state_dict']['module.head.weight'] = torch.zeros(1)
    torch.testing.assert_close(load(content, **init_cfg), weights)


def test_a_part_is_loaded_and_summed_up(weights, load, warned):
    found = load({name: value for name, value in weights.items()
                  if name.startswith('bn.')})
    for name in ('bn.weight', 'bn.running_var'):
        assert torch.equal(found[name], weights[name])
    lines = [line for line in warned if 'in part' in line]
    assert len(lines) == 1 and '5 of 7 tensors' in lines[0]
    assert 'conv.weight, conv.bias' in lines[0]


def test_old_checkpoints_lack_counters(weights, load, warned):
    del weights['bn.num_batches_tracked']
    load(weights)
    assert not warned


def test_of_another_model(weights, load):
    with pytest.raises(ValueError) as error:
        load(dict(state_dict=prefixed('encoder.', weights)))
    message = str(error.value)
    assert 'cannot initialize a Backbone' in message
    assert '0 of 6 tensors' in message and 'weights.pth' in message
    assert '`encoder.conv.weight`, the model such as `conv.weight`' in message


@pytest.mark.parametrize('content, message', [
    (dict(state_dict={'neck.a': torch.zeros(1), 'head.b': torch.zeros(1)}),
     'no weights under `backbone.`; it has `head.`, `neck.`'),
    ({}, 'holds no weights'), ([1], 'holds no weights'),
    (dict(state_dict=3), 'holds no weights'),
    ({'backbone.conv.weight': torch.full((4, 3, 1, 1), float('nan'))},
     r'not finite: 1 \(conv.weight\)')])
def test_useless_checkpoints(content, message, load):
    with pytest.raises(ValueError, match=message):
        load(content, prefix='backbone.')


def tiny(name):
    init_default_scope('mmpose')
    cfg = Config.fromfile(
        CONFIGS / 'single_image' /
        f'td-hm_{name}-tiny_1xb16-4e_synthetic-96x64.py')
    return cfg.model


# from MMPose's names to the official ones
OFFICIAL = dict(
    hrnet=((r'^(backbone|head)\.', ''), ),
    vitpose=((r'^head', 'keypoint_head'), ('projection', 'proj'),
             (r'layers\.(\d+)\.ln', r'blocks.\1.norm'),
             (r'layers\.(\d+)\.attn', r'blocks.\1.attn'),
             (r'layers\.(\d+)\.ffn\.layers\.0\.0', r'blocks.\1.mlp.fc1'),
             (r'layers\.(\d+)\.ffn\.layers\.1', r'blocks.\1.mlp.fc2'),
             (r'backbone\.ln1', 'backbone.last_norm')))


@pytest.mark.parametrize('layout, name', [('hrnet', 'hrnet'),
                                          ('vitpose', 'vit')])
def test_official_names_name_the_converter(layout, name, tmp_path):
    official = MODELS.build(tiny(name)).state_dict()
    for pattern, new in OFFICIAL[layout]:
        official = {re.sub(pattern, new, old): value
                    for old, value in official.items()}
    if layout == 'vitpose':  # has a row for the class token
        embedding = official['backbone.pos_embed']
        official['backbone.pos_embed'] = torch.cat(
            [torch.zeros_like(embedding[:, :1]), embedding], dim=1)
    path = tmp_path / 'official.pth'
    torch.save(official, path)
    backbone = tiny(name).backbone
    # as in all recipes
    backbone.init_cfg = dict(
        type='Pretrained', checkpoint=str(path), prefix='backbone.')
    with pytest.raises(ValueError) as error:
        MODELS.build(backbone).init_weights()
    message = str(error.value)
    assert f'mmpose-video convert-checkpoint {layout} IN OUT' in message
    assert str(path) in message
    if layout == 'vitpose':
        assert 'names such as `backbone.pos_embed`, the model' in message
    # the converter's output loads
    weights, _ = CONVERTERS[layout]().convert(official)
    torch.save(dict(state_dict=weights), path)
    model = MODELS.build(backbone)
    model.init_weights()
    name = next(key for key in weights if key.endswith('weight'))
    assert torch.equal(model.state_dict()[name.removeprefix('backbone.')],
                       weights[name])


def test_the_share_counts_the_smaller_side():
    model = torch.nn.ModuleDict(dict(
        backbone=torch.nn.Linear(2, 3), neck=torch.nn.Linear(3, 3),
        head=torch.nn.Linear(3, 4)))
    state = model.state_dict()
    part = {name: state[name] for name in ('backbone.weight', 'backbone.bias')}
    match = match_checkpoint(model, part)
    assert match.share == 1 and match.total == 6
    assert match.find_fault(predicting=False) is None
    assert 'of another model' in match.find_fault(predicting=True)
    # a quarter of the checkpoint, a third of the model
    other = {**part, **{f'x.{i}': torch.zeros(1) for i in range(6)}}
    match = match_checkpoint(model, other)
    assert match.share == pytest.approx(1 / 3)
    assert 'of another model' in match.find_fault(predicting=False)
    assert match_checkpoint(model, {}).find_fault(predicting=False)
