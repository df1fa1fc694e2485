"""Other libraries and precisions give the keypoints of PyTorch."""
import importlib.util
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from mmpose_video.apis import VideoPoseInferencer
from mmpose_video.apis.runtimes.onnx_graph import export_graph

BOXES = [np.array([[5. + t, 5, 70 + t, 110], [80, 10, 150, 115]])
         for t in range(9)]
# a few layers: exports take long
SMALL_BACKBONE = dict(
    type='ResNet', depth=18, stem_channels=16, base_channels=16,
    num_stages=1, strides=(1, ), dilations=(1, ), out_indices=(0, ))
RUNTIMES = [
    pytest.param(name, marks=pytest.mark.skipif(
        importlib.util.find_spec(name) is None,
        reason=f'{name} is not installed'))
    for name in ('onnxruntime', 'openvino')]


@pytest.fixture(scope='module')
def baseline(make_config, clip_set, tmp_path_factory):
    """Config with a flip test, and clear heatmaps."""
    config = make_config(clip_set, flip=True, kind='baseline')
    config.model.backbone = SMALL_BACKBONE
    return config, save_weights(config, tmp_path_factory.mktemp('w'))


def save_weights(config, folder):
    torch.manual_seed(0)
    model = VideoPoseInferencer(config, device='cpu').model
    for parameter in model.parameters():
        if parameter.dim() > 1:
            torch.nn.init.normal_(
                parameter, std=parameter[0].numel()**-0.5)
    path = str(folder / 'weights.pth')
    torch.save(dict(state_dict=model.state_dict(), meta={}), path)
    return path


def keypoints(results):
    return np.array([[p['keypoints'] for p in r['predictions'][0]]
                     for r in results])


@pytest.mark.slow
@pytest.mark.parametrize('runtime', RUNTIMES)
def test_same_keypoints(baseline, images, runtime):
    """With the flip test, and batches of several sizes."""
    pytest.importorskip('onnxscript', reason='exporting needs onnxscript')
    wanted, found = (
        keypoints(VideoPoseInferencer(*baseline, 'cpu', batch_size=4,
                                      runtime=name)(images, boxes=BOXES))
        for name in ('torch', runtime))
    np.testing.assert_allclose(found, wanted, atol=1e-2)


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which('g++'), reason='there is no g++')
def test_compiled_models_give_the_same(baseline, images):
    wanted, found = (
        keypoints(VideoPoseInferencer(*baseline, 'cpu', batch_size=4,
                                      runtime=name)(images[:5],
                                                    boxes=BOXES[:5]))
        for name in ('torch', 'compile'))
    np.testing.assert_allclose(found, wanted, atol=1e-2)


@pytest.mark.parametrize('name', ['no-such-compiler', ''])
def test_compiling_needs_a_compiler(name, baseline, monkeypatch):
    monkeypatch.setenv('CXX', name)
    with pytest.raises(ValueError, match=f"no '{name}'.*CXX"):
        VideoPoseInferencer(*baseline, 'cpu', runtime='compile')


@pytest.mark.slow
@pytest.mark.parametrize('runtime', RUNTIMES)
@pytest.mark.parametrize('kind', ['dcpose', 'glsmamba'])
def test_video_methods(make_config, clip_set, images, tmp_path, runtime,
                       kind):
    """Also at a video's ends, where DCPose weighs frames by their times."""
    pytest.importorskip('onnxscript', reason='exporting needs onnxscript')
    config = make_config(clip_set, kind=kind)
    weights = save_weights(config, tmp_path)
    wanted, found = (
        keypoints(VideoPoseInferencer(config, weights, 'cpu', batch_size=4,
                                      runtime=name)(images, boxes=BOXES))
        for name in ('torch', runtime))
    np.testing.assert_allclose(found, wanted, atol=1e-2)


@pytest.mark.parametrize('dtype', ['bfloat16', 'float16'])
def test_precision(baseline, images, dtype):
    """Heatmaps in float32 near those of full precision; poses are finite."""
    full, low = (VideoPoseInferencer(*baseline, 'cpu', dtype=name)
                 for name in ('float32', dtype))
    clips = torch.randn(2, 1, 3, 96, 64, generator=torch.manual_seed(0))
    with torch.no_grad():
        wanted, found = (i.model.head.forward(i.model.extract_feat(clips))
                         for i in (full, low))
        if isinstance(wanted, tuple):
            wanted, found = wanted[0], found[0]
    assert found.dtype == torch.float32
    error = (found - wanted).abs().max() / wanted.abs().max()
    assert 0 < error < 0.05
    assert np.isfinite(keypoints(low(images[:2], boxes=BOXES))).all()


def test_a_head_that_predicts_by_itself_runs_in_bfloat16(
        make_config, clip_set, images):
    """DiffPose's ``predict`` does not call ``forward``."""
    config = make_config(clip_set, kind='diffpose')
    config.model.backbone = SMALL_BACKBONE
    low = VideoPoseInferencer(config, device='cpu', dtype='bfloat16')
    assert np.isfinite(keypoints(low(images[:2], boxes=BOXES))).all()


@pytest.mark.parametrize('options, message', [
    (dict(runtime='tflite'), "no runtime 'tflite'.*onnxruntime"),
    (dict(dtype='int8'), "no dtype 'int8'.*bfloat16"),
    (dict(runtime='onnxruntime', dtype='bfloat16'), 'whole clips'),
    (dict(runtime='onnxruntime', reuse_features=True), 'whole clips')])
def test_refuses(baseline, options, message):
    with pytest.raises(ValueError, match=message):
        VideoPoseInferencer(*baseline, 'cpu', **options)


def test_diffusion_is_refused():
    """Its noise would not be PyTorch's."""
    config = str(Path(__file__).parents[2] / 'configs' / 'diffpose' /
                 'diffpose_hrnet-tiny_1xb16-4e_synthetic-96x64.py')
    with pytest.raises(ValueError, match='draws noise'):
        VideoPoseInferencer(config, device='cpu', runtime='onnxruntime')


@pytest.mark.parametrize('affine', [True, False])
def test_layer_norm_of_values_with_a_large_mean(affine, tmp_path):
    """onnxruntime's variance loses all digits where the mean is large."""
    pytest.importorskip('onnxscript', reason='exporting needs onnxscript')
    onnxruntime = pytest.importorskip('onnxruntime')
    layer = torch.nn.LayerNorm((3, 8), elementwise_affine=affine).eval()
    if affine:
        torch.nn.init.normal_(layer.weight)
        torch.nn.init.normal_(layer.bias)
    x = 1. + 1e-2 * torch.randn(2, 5, 3, 8)
    path = str(tmp_path / 'norm.onnx')
    export_graph(layer, (x, ), path, ['x'], ['y'])
    session = onnxruntime.InferenceSession(path)
    found, = session.run(None, {'x': x.numpy()})
    expected = layer.double()(x.double())
    np.testing.assert_allclose(found, expected.detach().numpy(), atol=1e-4)
