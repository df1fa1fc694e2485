"""Whole models in onnxruntime, for any number of clips."""
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmpose.apis import init_model
from mmpose.registry import MODELS

from mmpose_video.models.diffusion import SeededNoise, sample_key
from mmpose_video.tools.export_onnx import ExportedPart, export, main

CONFIGS = Path(__file__).parents[2] / 'configs'


def tiny(kind, pattern='*_hrnet-tiny_*synthetic*.py'):
    return str(sorted((CONFIGS / kind).glob(pattern))[0])


@pytest.fixture
def small(tmp_path):
    """The small config with a much smaller backbone: exports take long."""

    def write(kind, pattern='*_hrnet-tiny_*synthetic*.py'):
        path = tmp_path / f'{kind}.py'
        neck = 'dict(in_channels=(16, ))' if kind == 'tdmi' else 'dict()'
        path.write_text(f"""
_base_ = {tiny(kind, pattern)!r}
model = dict(
    neck={neck},
    backbone=dict(
        _delete_=True, type='ResNet', depth=18, stem_channels=16,
        base_channels=16, num_stages=1, strides=(1, ), dilations=(1, ),
        out_indices=(0, )))
""")
        return str(path)

    return write


@pytest.fixture
def weights(tmp_path):
    """Random weights: as it is initialized the neck's deformation is none."""

    def save(config):
        init_default_scope('mmpose')
        torch.manual_seed(0)
        model = MODELS.build(Config.fromfile(config).model)
        for parameter in model.parameters():
            if parameter.dim() > 1:
                torch.nn.init.normal_(
                    parameter, std=parameter[0].numel()**-0.5)
        path = tmp_path / 'weights.pth'
        torch.save(dict(state_dict=model.state_dict()), path)
        return str(path)

    return save


@pytest.fixture(autouse=True)
def packages():
    for name in ('onnxscript', 'onnxruntime'):
        pytest.importorskip(name)


@pytest.mark.slow
@pytest.mark.parametrize('kind', [
    'single_image', 'glsmamba', 'dcpose', 'fami', 'tdmi', 'posewarper',
    'dsta', 'tarvitpose'])
def test_onnxruntime_gives_the_same_for_any_number_of_clips(
        kind, small, weights, tmp_path):
    """The trace has 2 clips; 1 and 3 are compared."""
    onnx = pytest.importorskip('onnx')
    if kind == 'tarvitpose':
        config = tiny(kind, '*_vit-tiny_*')
    else:
        config = (tiny(kind, 'td-hm_hrnet-tiny_*')
                  if kind == 'single_image' else small(kind))
    out = str(tmp_path / 'model.onnx')
    result = export(config, out, weights(config))
    frames = dict(single_image=1, dcpose=3, dsta=3).get(kind, 5)
    assert result['shape'] == ('N', frames, 3, 96, 64)
    assert result['difference'] < 2e-4
    graph = onnx.load(out).graph
    kinds = [node.op_type for node in graph.node]
    assert len(kinds) == result['nodes'] < 3000
    assert ('Scan' in kinds) == (kind == 'glsmamba')
    output, = graph.output
    assert output.name == ('keypoints' if kind == 'dsta' else 'heatmaps')
    size = [dim.dim_value for dim in output.type.tensor_type.shape.dim[1:]]
    assert size == ([17, 2] if kind == 'dsta' else [17, 24, 16])
    batch = graph.input[0].type.tensor_type.shape.dim[0]
    assert batch.dim_param and not batch.dim_value


@pytest.mark.slow
@pytest.mark.parametrize('pattern', [
    'diffpose_hrnet-tiny*', 'diffpose-regression_hrnet-tiny*'])
def test_diffpose_takes_its_noise_as_an_input(
        pattern, small, weights, tmp_path):
    config, out = small('diffpose', pattern), str(tmp_path / 'model.onnx')
    saved = weights(config)
    result = export(config, out, saved, cfg_options={
        'model.test_cfg.sampling.hypotheses': 2,
        'model.test_cfg.sampling.steps': 2})
    assert result['difference'] < 2e-4
    # the head's own noise as that input gives the head's own answer
    model = init_model(config, saved, 'cpu')
    part = ExportedPart(model).eval()
    clips, noise = part.draw_inputs((3, 3, 3, 96, 64), seed=1)
    keys = [sample_key(None)] * 3
    own = SeededNoise(keys, noise.shape[1], noise.shape[2:],
                      part.settings.seed, torch.device('cpu'))()
    with torch.no_grad():
        wanted = model.head.generate(
            model.extract_feat(clips), keys, part.settings)[-1].mean(dim=1)
        assert torch.equal(part(clips, own), wanted)
        assert not torch.allclose(part(clips, noise), wanted)


@pytest.mark.slow
def test_a_fixed_number_of_clips(small, tmp_path, capsys):
    out = tmp_path / 'model.onnx'
    main([small('dcpose'), str(out), '--batch-size', '1'])
    assert 'clips (1, 3, 3, 96, 64)' in capsys.readouterr().out


def test_refuses_noise_in_each_step(tmp_path):
    out = tmp_path / 'model.onnx'
    with pytest.raises(ValueError, match='eta=0'):
        export(tiny('diffpose', 'diffpose_hrnet-tiny*'), str(out),
               cfg_options={'model.test_cfg.sampling.eta': 0.5})
    assert not out.exists()


def test_command_changes_the_config(tmp_path, capsys):
    out = tmp_path / 'model.onnx'
    assert main([tiny('diffpose', 'diffpose_hrnet-tiny*'), str(out),
                 '--cfg-options', 'model.test_cfg.sampling.eta=0.5']) == 1
    assert 'sampling.eta=0.5` each step draws' in capsys.readouterr().err


@pytest.mark.slow
def test_deploy_merges_branches(tmp_path, weights):
    """RepVGG's three branches become one convolution; SimCC's two outputs."""
    config = tiny('single_image', 'simcc_repvgg-tiny*')
    path = weights(config)
    results = [
        export(config, str(tmp_path / f'{deploy}.onnx'), path, deploy=deploy)
        for deploy in (False, True)
    ]
    assert results[1]['nodes'] < results[0]['nodes']
    assert all(result['difference'] < 1e-5 for result in results)

    import onnx
    graph = onnx.load(str(tmp_path / 'True.onnx')).graph
    assert [output.name for output in graph.output] == ['simcc_x', 'simcc_y']
    # the stem, seven blocks, and the head's own layer
    assert sum(node.op_type == 'Conv' for node in graph.node) == 9
