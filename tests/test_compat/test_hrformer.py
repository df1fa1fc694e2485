from pathlib import Path

import torch
from mmengine.config import Config
from mmpose.models.backbones import HRFormer

from mmpose_video.tools.get_flops import without_pretrained

ROOT = Path(__file__).parents[2]


def extra():
    config = Config.fromfile(
        ROOT / 'configs/_base_/models/hrformer-tiny.py')
    return without_pretrained(config.model.backbone.extra.to_dict())


def test_it_is_built_where_there_are_no_numbers():
    with torch.device('meta'):
        empty = HRFormer(extra())
    real = HRFormer(extra())
    assert {p.device.type for p in empty.parameters()} == {'meta'}
    assert {p.device.type for p in empty.buffers()} == {'meta'}
    assert {p.device.type for p in real.parameters()} == {'cpu'}
    shapes = [{name: value.shape for name, value in m.state_dict().items()}
              for m in (empty, real)]
    assert shapes[0] == shapes[1]
    feats = empty(torch.empty(2, 3, 96, 64, device='meta'))
    assert [f.shape for f in feats] == [(2, 16, 24, 16)]
