"""Normalizing flows (RLE) start as they were built, in all configs.

MMPose's settings of ``RLEHead`` are for all of its linear layers, those of
the flow included.
"""
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmpose.models.utils.realnvp import RealNVP
from mmpose.registry import MODELS

ROOT = Path(__file__).parents[2]
#: Words of the types that hold a flow.
TYPES = ('RLE', 'DSTALoss', 'PoseurHead')


def heads():
    """Each different head with a flow, by the first config that has it."""
    found = {}
    paths = [*ROOT.glob('configs/[!_]*/*.py'),
             *ROOT.glob('projects/*/configs/*.py')]
    for path in sorted(paths):
        # what a config inherits from tells its head, or its own text
        if not any(word in path.name + path.read_text()
                   for word in ('rle', 'dsta', 'poseur', *TYPES)):
            continue
        head = Config.fromfile(path).model.get('head')
        if any(word in str(head) for word in TYPES):
            found.setdefault(str(head), (path.stem, head))
    return list(found.values())


HEADS = heads()


def test_all_systems_are_there():
    assert {name.split('_')[0] for name, _ in HEADS} == {
        'rle', 'rle-centered', 'dsta', 'poseur'}


@pytest.mark.parametrize('cfg', [h[1] for h in HEADS],
                         ids=[h[0] for h in HEADS])
def test_flow_keeps_its_start(cfg):
    init_default_scope('mmpose')
    head = MODELS.build(cfg)
    flows = [m for m in head.modules() if isinstance(m, RealNVP)]
    before = [{k: v.clone() for k, v in flow.state_dict().items()}
              for flow in flows]
    head.init_weights()
    assert flows
    for flow, values in zip(flows, before):
        for key, value in flow.state_dict().items():
            assert torch.equal(value, values[key])


@pytest.mark.parametrize('name, std', [('rle_', 1e-3), ('rle-', 1e-3)])
def test_the_layer_itself_is_drawn(name, std):
    init_default_scope('mmpose')
    head = MODELS.build(next(
        cfg for stem, cfg in HEADS
        if stem.startswith(name) and 'tiny' in stem))
    head.init_weights()
    assert head.fc.weight.std().item() == pytest.approx(std, rel=0.1)
    assert not head.fc.bias.any()
