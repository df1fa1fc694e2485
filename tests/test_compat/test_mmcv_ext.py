"""The operators of mmcv._ext, through mmcv.ops' public functions."""
import importlib.util
import pkgutil
import subprocess
import sys

import mmcv.ops
import numpy as np
import pytest
import torch
import torchvision
from torch.autograd import gradcheck

from mmpose_video.compat import startup

ext = importlib.import_module('mmcv._ext')
if 'mmpose_video' not in (ext.__file__ or ''):
    pytest.skip(
        'full mmcv is installed: its operators are its own business',
        allow_module_level=True)


def double(*shape, low=-1., high=1.):
    return torch.empty(*shape, dtype=torch.float64).uniform_(low, high)


def boxes(num):
    corners = torch.rand(num, 2) * 50
    return torch.cat((corners, corners + 5 + torch.rand(num, 2) * 40), dim=1)


def iou(a, b, offset=0):
    width = min(a[2], b[2]) - max(a[0], b[0]) + offset
    height = min(a[3], b[3]) - max(a[1], b[1]) + offset
    inter = max(width, 0) * max(height, 0)
    area = sum((x[2] - x[0] + offset) * (x[3] - x[1] + offset)
               for x in (a, b))
    return inter / (area - inter)


def greedy(dets, scores, threshold, offset):
    kept = []
    for i in np.argsort(-scores):
        if all(iou(dets[i], dets[j], offset) <= threshold for j in kept):
            kept.append(i)
    return kept


@pytest.mark.parametrize('offset', [0, 1])
def test_nms(offset):
    dets, scores = boxes(40), torch.rand(40)
    kept_dets, kept = mmcv.ops.nms(dets, scores, 0.3, offset)
    expected = greedy(dets.double().numpy(), scores.numpy(), 0.3, offset)
    assert kept.tolist() == expected
    assert 1 < len(expected) < 40
    torch.testing.assert_close(
        kept_dets, torch.cat((dets, scores[:, None]), 1)[expected])


def test_nms_offset_decides():
    # IoU 9/23 without, 16/34 with the last pixel
    dets = torch.tensor([[0., 0, 4, 4], [1., 1, 5, 5]])
    scores = torch.tensor([.9, .8])
    assert len(mmcv.ops.nms(dets, scores, 0.43, 0)[1]) == 2
    assert len(mmcv.ops.nms(dets, scores, 0.43, 1)[1]) == 1


def test_batched_nms_keeps_classes_apart():
    dets = torch.tensor([[0., 0, 4, 4], [0., 0, 4, 4], [0., 0, 4, 4]])
    _, kept = mmcv.ops.batched_nms(
        dets, torch.tensor([.5, .9, .7]), torch.tensor([0, 1, 0]),
        dict(type='nms', iou_threshold=.5))
    assert kept.tolist() == [1, 2]


@pytest.mark.parametrize('method', ['naive', 'linear', 'gaussian'])
def test_soft_nms(method):
    dets, scores = boxes(12), torch.rand(12)
    result, indices = mmcv.ops.soft_nms(
        dets, scores, 0.3, sigma=0.5, min_score=0.1, method=method)

    left = {i: float(s) for i, s in enumerate(scores)}
    expected = []
    while left:
        best = max(left, key=left.get)
        expected.append((best, left.pop(best)))
        for i in list(left):
            overlap = iou(dets[best].tolist(), dets[i].tolist())
            left[i] *= dict(
                naive=float(overlap < 0.3),
                linear=1 - overlap if overlap >= 0.3 else 1.,
                gaussian=np.exp(-overlap**2 / 0.5))[method]
            if left[i] < 0.1:
                del left[i]
    assert indices.tolist() == [i for i, _ in expected]
    np.testing.assert_allclose(
        result[:, 4], [s for _, s in expected], rtol=1e-5)
    torch.testing.assert_close(result[:, :4], dets[indices])


def test_nms_match():
    dets = torch.cat((boxes(15), torch.rand(15, 1)), dim=1)
    groups = [group.tolist() for group in mmcv.ops.nms_match(dets, 0.2)]
    left = np.argsort(-dets[:, 4].numpy()).tolist()
    expected = []
    while left:
        best = left.pop(0)
        joins = [
            i for i in left
            if iou(dets[best].tolist(), dets[i].tolist()) >= 0.2
        ]
        expected.append([best, *joins])
        left = [i for i in left if i not in joins]
    assert groups == expected
    assert any(len(group) > 1 for group in expected)


@pytest.mark.parametrize('aligned', [True, False])
@pytest.mark.parametrize('sampling_ratio', [0, 2])
def test_roi_align(aligned, sampling_ratio):
    features = double(2, 3, 9, 11)
    rois = torch.tensor([[0, 1.3, 2, 30, 20], [1, 4, 4.5, 15, 35]],
                        dtype=torch.float64)
    layer = mmcv.ops.RoIAlign((3, 4), 0.25, sampling_ratio, aligned=aligned)
    expected = torchvision.ops.roi_align(features, rois, (3, 4), 0.25,
                                         sampling_ratio, aligned)
    torch.testing.assert_close(layer(features, rois), expected)
    features.requires_grad_()
    assert gradcheck(lambda x: layer(x, rois), features)


def test_roi_align_value():
    # A ramp is reproduced exactly by bilinear samples: the mean over a bin
    # is the ramp's value at the bin's center.
    ramp = torch.arange(8.).expand(1, 1, 8, 8)
    rois = torch.tensor([[0., 1, 1, 5, 5]])
    result = mmcv.ops.RoIAlign((1, 2), 1., 2)(ramp, rois)
    np.testing.assert_allclose(result.flatten(), [1.5, 3.5], rtol=1e-6)


def bilinear(image, y, x):
    """Sample (C, h, w) at one point, zero outside."""
    _, height, width = image.shape
    y0, x0 = int(np.floor(y)), int(np.floor(x))
    value = np.zeros(image.shape[0])
    for yy, wy in ((y0, y0 + 1 - y), (y0 + 1, y - y0)):
        for xx, wx in ((x0, x0 + 1 - x), (x0 + 1, x - x0)):
            if 0 <= yy < height and 0 <= xx < width:
                value += wy * wx * image[:, yy, xx]
    return value


def deform_loops(image, offset, mask, weight, stride, pad, dilation, groups,
                 deform_groups):
    """Deformable convolution of one image (Zhu et al. 2019, eq. 1)."""
    c_out, c_in, kh, kw = weight.shape
    channels = image.shape[0]
    per_deform = channels // deform_groups
    offset = offset.reshape(deform_groups, kh * kw, 2, *offset.shape[1:])
    mask = mask.reshape(deform_groups, kh * kw, *mask.shape[1:])
    height, width = offset.shape[-2:]
    out = np.zeros((c_out, height, width))
    for i in range(height):
        for j in range(width):
            sampled = np.zeros((channels, kh, kw))
            for g in range(deform_groups):
                part = slice(g * per_deform, (g + 1) * per_deform)
                for k in range(kh * kw):
                    a, b = divmod(k, kw)
                    dy, dx = offset[g, k, :, i, j]
                    sampled[part, a, b] = mask[g, k, i, j] * bilinear(
                        image[part],
                        i * stride[0] - pad[0] + a * dilation[0] + dy,
                        j * stride[1] - pad[1] + b * dilation[1] + dx)
            for o in range(c_out):
                first = o // (c_out // groups) * c_in
                out[o, i, j] = (weight[o] *
                                sampled[first:first + c_in]).sum()
    return out


# kernel, stride, padding and dilation differ between the two axes, so that
# an exchange of height and width cannot pass
GEOMETRY = dict(
    kernel_size=(3, 2),
    stride=(2, 1),
    padding=(1, 2),
    dilation=(1, 2),
    groups=2,
    deform_groups=2)


def deform_inputs(layer):
    image = double(2, 4, 6, 5)
    kh, kw = GEOMETRY['kernel_size']
    size = (3, 7)
    taps = GEOMETRY['deform_groups'] * kh * kw
    layer.double()
    return image, double(2, 2 * taps, *size, low=-2, high=2), double(
        2, taps, *size, low=0.1)


def test_deform_conv():
    layer = mmcv.ops.DeformConv2d(4, 6, **GEOMETRY, bias=False)
    image, offset, mask = deform_inputs(layer)
    output = layer(image, offset)
    for n in range(2):
        expected = deform_loops(image[n].numpy(), offset[n].numpy(),
                                np.ones(mask.shape[1:]),
                                layer.weight.detach().numpy(), (2, 1), (1, 2),
                                (1, 2), 2, 2)
        np.testing.assert_allclose(output[n].detach(), expected, atol=1e-12)
    image.requires_grad_()
    offset.requires_grad_()
    assert gradcheck(layer, (image, offset))
    assert gradcheck(
        lambda w: mmcv.ops.deform_conv2d(image.detach(), offset.detach(), w,
                                         (2, 1), (1, 2), (1, 2), 2, 2),
        layer.weight)


@pytest.mark.parametrize('bias', [True, False])
def test_modulated_deform_conv(bias):
    layer = mmcv.ops.ModulatedDeformConv2d(4, 6, **GEOMETRY, bias=bias)
    image, offset, mask = deform_inputs(layer)
    if bias:
        torch.nn.init.uniform_(layer.bias)
    output = layer(image, offset, mask)
    shift = layer.bias.detach().numpy()[:, None, None] if bias else 0
    for n in range(2):
        expected = shift + deform_loops(
            image[n].numpy(), offset[n].numpy(), mask[n].numpy(),
            layer.weight.detach().numpy(), (2, 1), (1, 2), (1, 2), 2, 2)
        np.testing.assert_allclose(output[n].detach(), expected, atol=1e-12)
    inputs = [image, offset, mask, layer.weight]
    if bias:
        inputs.append(layer.bias)
    inputs = [tensor.detach().requires_grad_() for tensor in inputs]

    def function(image, offset, mask, weight, bias=None):
        return mmcv.ops.modulated_deform_conv2d(image, offset, mask, weight,
                                                bias, (2, 1), (1, 2), (1, 2),
                                                2, 2)

    assert gradcheck(function, inputs)


@pytest.mark.parametrize('groups, deform_groups, dilation', [
    (2, 2, 1), (1, 2, 2), (1, 1, 1)])
def test_deform_conv_that_keeps_the_size(groups, deform_groups, dilation,
                                         monkeypatch):
    """Its gradients are the package's own on a CPU, not torchvision's."""
    monkeypatch.setattr('torch.ops.torchvision._deform_conv2d_backward', None)
    image = double(2, 4, 5, 6)
    offset = double(2, 18 * deform_groups, 5, 6, low=-2, high=2)
    mask = double(2, 9 * deform_groups, 5, 6, low=0.1)
    weight = double(6, 4 // groups, 3, 3)
    leaves = [tensor.requires_grad_()
              for tensor in (image, offset, mask, weight)]
    geometry = (1, dilation, dilation, groups, deform_groups)
    assert gradcheck(
        lambda image, offset, weight: mmcv.ops.deform_conv2d(
            image, offset, weight, *geometry), leaves[:2] + leaves[3:])
    assert gradcheck(
        lambda image, offset, mask, weight: mmcv.ops.modulated_deform_conv2d(
            image, offset, mask, weight, None, *geometry), leaves)


def test_multi_scale_deformable_attention():
    shapes = torch.tensor([[3, 4], [2, 2]])
    start = torch.tensor([0, 12])
    value = double(1, 16, 2, 3).requires_grad_()
    places = double(1, 5, 2, 2, 2, 2, low=0.05, high=0.95).requires_grad_()
    weights = double(1, 5, 2, 2, 2, low=0.).requires_grad_()
    function = mmcv.ops.multi_scale_deform_attn \
        .MultiScaleDeformableAttnFunction.apply
    output = function(value, shapes, start, places, weights, 64)
    expected = np.zeros((5, 2, 3))
    levels = [
        value[0, :12].detach().reshape(3, 4, 2, 3).numpy(),
        value[0, 12:].detach().reshape(2, 2, 2, 3).numpy()
    ]
    for query, head, level, point in np.ndindex(5, 2, 2, 2):
        x, y = places[0, query, head, level, point].tolist()
        image = levels[level][:, :, head].transpose(2, 0, 1)
        height, width = image.shape[1:]
        expected[query, head] += weights[
            0, query, head, level, point].item() * bilinear(
                image, y * height - 0.5, x * width - 0.5)
    np.testing.assert_allclose(
        output.detach()[0], expected.reshape(5, 6), atol=1e-12)
    assert gradcheck(
        lambda v, p, w: function(v, shapes, start, p, w, 64),
        (value, places, weights))


@pytest.mark.gpu
def test_same_on_cuda():
    layer = mmcv.ops.ModulatedDeformConv2d(4, 6, **GEOMETRY, bias=True)
    inputs = [tensor.float() for tensor in deform_inputs(layer)]
    layer.float()
    expected = layer(*inputs)
    result = layer.cuda()(*[tensor.cuda() for tensor in inputs])
    torch.testing.assert_close(result.cpu(), expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize('call, name', [
    (lambda: mmcv.ops.box_iou_rotated(torch.rand(2, 5), torch.rand(2, 5)),
     'box_iou_rotated'),
    (lambda: mmcv.ops.RoIPool(2)(torch.rand(1, 1, 4, 4),
                                 torch.tensor([[0., 0, 0, 2, 2]])),
     'roi_pool_forward'),
    (lambda: mmcv.ops.RoIAlign(2, pool_mode='max')
     (torch.rand(1, 1, 4, 4), torch.tensor([[0., 0, 0, 2, 2]])), "'max'"),
])
def test_other_operators_say_how_to_get_them(call, name):
    with pytest.raises(NotImplementedError) as error:
        call()
    message = str(error.value)
    assert name in message
    assert 'MMCV_WITH_OPS=1' in message  # build it
    assert 'mim install mmcv==2.1.0' in message  # or the wheel


def test_looks_like_a_module():
    assert pkgutil.find_loader('mmcv._ext') is not None
    assert importlib.util.find_spec('mmcv._ext').origin == ext.__file__
    from mmengine.utils.dl_utils import mmcv_full_available
    assert mmcv_full_available()
    assert not hasattr(ext, '__wrapped__')
    assert 'not compiled' in mmcv.ops.get_compiler_version()


def test_finder_is_last_and_single():
    startup.install()
    found = [
        finder for finder in sys.meta_path
        if getattr(finder, '__name__', '') == 'CompatFinder'
    ]
    assert len(found) == 1
    assert startup.CompatFinder.find_spec('mmcv._ext2') is None
    assert startup.CompatFinder.find_spec('mmcv') is None


@pytest.fixture
def fake_mmcv(tmp_path):
    """A folder with a fake package mmcv that has a compiled module."""
    (tmp_path / 'mmcv').mkdir()
    (tmp_path / 'mmcv' / '__init__.py').write_text('')
    (tmp_path / 'mmcv' / '_ext.py').write_text('kind = "compiled"')
    return tmp_path


def test_full_mmcv_is_left_alone(fake_mmcv, monkeypatch):
    import mmcv as real
    monkeypatch.delitem(sys.modules, 'mmcv._ext')
    monkeypatch.setattr(real, '__path__', [str(fake_mmcv / 'mmcv')])
    monkeypatch.delattr(real, '_ext')
    assert importlib.import_module('mmcv._ext').kind == 'compiled'


def test_broken_full_mmcv_is_not_hidden(fake_mmcv, monkeypatch):
    # the wrong build of mmcv must fail as it always did, not run slowly
    import mmcv as real
    (fake_mmcv / 'mmcv' / '_ext.py').write_text(
        'raise ImportError("undefined symbol")')
    monkeypatch.delitem(sys.modules, 'mmcv._ext')
    monkeypatch.setattr(real, '__path__', [str(fake_mmcv / 'mmcv')])
    monkeypatch.delattr(real, '_ext')
    with pytest.raises(ImportError, match='undefined symbol'):
        importlib.import_module('mmcv._ext')


def test_startup_needs_nothing_but_the_standard_library(tmp_path):
    # -S: no site-packages, as in a process without the OpenMMLab packages
    result = subprocess.run(
        [sys.executable, '-S', '-c', 'import sys\n'
         f'exec(open({startup.__file__!r}).read())\n'
         'assert CompatFinder in sys.meta_path\n'
         'assert CompatFinder.find_spec("mmcv._ext") is None\n'
         'print(sorted(m for m in sys.modules if "torch" in m))'],
        cwd=tmp_path,
        capture_output=True,
        text=True)
    assert result.stdout.strip() == '[]', result.stderr
