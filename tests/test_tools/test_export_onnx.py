"""Whole models in onnxruntime, and why some are refused."""
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmpose.registry import MODELS

from mmpose_video.tools.export_onnx import export, main

CONFIGS = Path(__file__).parents[2] / 'configs'


def tiny(kind, pattern='*_hrnet-tiny_*synthetic*.py'):
    return str(sorted((CONFIGS / kind).glob(pattern))[0])


@pytest.fixture
def weights(tmp_path):
    """Random weights: as it is initialized the neck's deformation is none."""

    def save(config):
        init_default_scope('mmpose')
        model = MODELS.build(Config.fromfile(config).model)
        for parameter in model.parameters():
            if parameter.dim() > 1:
                torch.nn.init.normal_(
                    parameter, std=parameter[0].numel()**-0.5)
        path = tmp_path / 'weights.pth'
        torch.save(dict(state_dict=model.state_dict()), path)
        return str(path)

    return save


@pytest.mark.slow
def test_onnxruntime_gives_the_same(weights, tmp_path):
    for name in ('onnxscript', 'onnxruntime'):
        pytest.importorskip(name)
    onnx = pytest.importorskip('onnx')
    config, out = tiny('glsmamba'), str(tmp_path / 'model.onnx')
    result = export(config, out, weights(config), batch_size=2)
    assert result['shape'][:2] == (2, 5)
    assert result['difference'] < 2e-4
    kinds = [node.op_type for node in onnx.load(out).graph.node]
    assert len(kinds) == result['nodes'] < 1000
    assert 'Scan' in kinds


@pytest.mark.parametrize('kind', ['dcpose', 'fami', 'tdmi', 'diffpose'])
def test_refuses_and_says_why(kind, tmp_path):
    reason = 'noise' if kind == 'diffpose' else 'deform_conv2d'
    out = tmp_path / 'model.onnx'
    with pytest.raises(SystemExit, match=reason):
        main([tiny(kind), str(out)])
    assert not out.exists()
