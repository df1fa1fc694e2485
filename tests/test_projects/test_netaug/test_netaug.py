"""NetAug: slices, two passes, sorting, export and configs."""
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.logging import MessageHub
from mmengine.registry import init_default_scope
from mmpose.models.backbones import MobileNetV2
from mmpose.registry import MODELS
from mmpose.testing import get_packed_inputs
from torch.nn import functional as F

from mmpose_video.tools.get_flops import without_pretrained
from projects.netaug import (
    NetAugMobileNetV2,
    SlicedBatchNorm2d,
    SlicedConv2d,
)
from projects.netaug.export import main

PROJECT = Path(__file__).parents[3] / 'projects' / 'netaug'
CONFIGS = sorted((PROJECT / 'configs').glob('*.py'))
SMALL = next(p for p in CONFIGS if p.stem.startswith('netaug') and
             'synthetic' in p.stem)


def test_sliced_layers():
    conv = SlicedConv2d(6, 8, 3, padding=1)
    conv.active_in, conv.active_out = 4, 5
    x = torch.randn(2, 4, 7, 7)
    expected = F.conv2d(x, conv.weight[:5, :4], conv.bias[:5], padding=1)
    torch.testing.assert_close(conv(x), expected)
    depthwise = SlicedConv2d(8, 8, 3, groups=8, bias=False)
    depthwise.active_in = depthwise.active_out = 4
    torch.testing.assert_close(
        depthwise(x), F.conv2d(x, depthwise.weight[:4], groups=4))
    norm = SlicedBatchNorm2d(6, momentum=0.5)
    norm.active = 4
    plain = torch.nn.BatchNorm2d(4, momentum=0.5)
    torch.testing.assert_close(norm(x), plain(x))
    torch.testing.assert_close(norm.running_mean[:4], plain.running_mean)
    assert not norm.running_mean[4:].any()
    with pytest.raises(ValueError, match='plain or depthwise'):
        SlicedConv2d(8, 8, 3, groups=2)


@pytest.fixture
def backbone():
    init_default_scope('mmpose')
    backbone = NetAugMobileNetV2(0.35)
    backbone.init_weights()
    return backbone


@pytest.mark.parametrize('width', [0.1, 0.35])
def test_the_slice_is_the_stock_network_bit_for_bit(width):
    init_default_scope('mmpose')
    backbone = NetAugMobileNetV2(width)
    with torch.no_grad():
        for name, buffer in backbone.named_buffers():
            if name.endswith('running_mean'):
                buffer.normal_()
            elif name.endswith('running_var'):
                buffer.uniform_(0.5, 2)
    stock = MobileNetV2(width)
    stock.load_state_dict(backbone.tiny_state_dict(), strict=True)
    x = torch.randn(2, 3, 64, 64)
    for training in (False, True):
        backbone.train(training), stock.train(training)
        assert torch.equal(backbone(x)[0], stock(x)[0])
    # and so are the gradients
    for net in (backbone, stock):
        net.zero_grad()
        net(x)[0].square().sum().backward()
    assert torch.equal(
        backbone.layer3[0].conv[0].conv.weight.grad[
            :stock.layer3[0].conv[0].conv.weight.shape[0],
            :stock.layer3[0].conv[0].conv.weight.shape[1]],
        stock.layer3[0].conv[0].conv.weight.grad)


@pytest.mark.slow
def test_wider_networks_share_the_weights(backbone):
    x, seen = torch.randn(2, 3, 64, 64), set()
    for _ in range(10):
        with backbone.augmented():
            seen.add((backbone.conv1.conv.active_out,
                      backbone.layer2[0].conv[0].conv.active_out))
            assert backbone(x)[0].shape == (2, 1280, 2, 2)
    assert len(seen) > 4
    for _ in range(5):
        with backbone.augmented(vary_width=False):
            assert backbone.conv1.conv.active_out == 16
            assert backbone.layer7[0].conv[-1].conv.active_out == 112
    assert backbone.layer2[0].conv[0].conv.active_out == 48
    # the widest has gradients beyond the tiny one
    backbone.set_active(2.6, [2.8] * 17)
    backbone(x)[0].sum().backward()
    assert backbone.layer2[0].conv[0].conv.weight.grad[200:].any()


def test_sorting_keeps_the_function_and_moves_the_optimizers_state(backbone):
    backbone.eval()
    x = torch.randn(1, 3, 64, 64)
    optimizer = torch.optim.SGD(backbone.parameters(), 0.1, momentum=0.9)
    backbone.set_active(2.6, [2.8] * 17)
    backbone(x)[0].square().sum().backward()
    optimizer.step()
    before = backbone(x)[0]
    project = backbone.layer4[1].conv[2].conv.weight
    momentum = optimizer.state[project]['momentum_buffer']
    pairs = {(round(w, 6), round(m, 6)) for w, m in zip(
        project[0].flatten().tolist(), momentum[0].flatten().tolist())}
    backbone.sort_channels(optimizer)
    torch.testing.assert_close(backbone(x)[0], before, rtol=1e-3, atol=1e-4)
    norm = project.abs().sum(dim=(0, 2, 3))
    assert (norm[:-1] >= norm[1:]).all()
    assert pairs == {(round(w, 6), round(m, 6)) for w, m in zip(
        project[0].flatten().tolist(), momentum[0].flatten().tolist())}


def test_wrong_factors():
    with pytest.raises(ValueError, match='at least 1'):
        NetAugMobileNetV2(0.35, width_factors=(0.5, 1))
    with pytest.raises(ValueError, match='last features only'):
        NetAugMobileNetV2(0.35, out_indices=(3, 7))


def build(path):
    init_default_scope('mmpose')
    config = Config.fromfile(path)
    model = MODELS.build(without_pretrained(config.model.to_dict()))
    model.init_weights()
    return model


def batch(num=2):
    data = get_packed_inputs(
        num, input_size=(64, 96), heatmap_size=(16, 24), img_shape=(96, 64))
    data['inputs'] = [x[None] for x in data['inputs']]
    return data


@pytest.mark.slow
@pytest.mark.parametrize('path', CONFIGS, ids=lambda path: path.stem)
def test_configs_run_forward_and_backward(path):
    model = build(path)
    data = model.data_preprocessor(batch(), True)
    losses = model(**data, mode='loss')
    assert ('aug.loss_kpt' in losses) == path.stem.startswith('netaug')
    loss, _ = model.parse_losses(losses)
    loss.backward()
    assert all(p.grad is not None for p in model.parameters())
    model.eval()
    model.head.decoder.input_size = (64, 96)
    model(**data, mode='predict')


def test_two_passes_a_step():
    model = build(SMALL)
    data = model.data_preprocessor(batch(), True)
    model.alpha = 0.5
    norm = model.backbone.conv1.norm
    head = model.head.deconv_layers[1]
    before = head.running_mean.clone()
    calls = []
    forward = model.backbone.forward

    def recorded(x):
        calls.append((model.backbone.conv1.conv.active_out, norm.momentum))
        return forward(x)

    model.backbone.forward = recorded
    losses = model(**data, mode='loss')
    assert [momentum for _, momentum in calls] == [0.1, 0.]
    assert calls[0][0] == 8 <= calls[1][0]
    # the statistics are those of the tiny pass alone
    expected = head.running_mean.clone()
    head.running_mean.copy_(before)
    with torch.no_grad():
        head(model.head.deconv_layers[0](model.extract_feat(
            data['inputs'])[0]))
    torch.testing.assert_close(head.running_mean, expected)
    # the sum of both is what is minimized
    loss, log = model.parse_losses(losses)
    torch.testing.assert_close(
        loss, losses['loss_kpt'] + losses['aug.loss_kpt'])
    assert norm.momentum == 0.1


def test_widths_are_fixed_in_the_second_half():
    model = build(SMALL)
    hub = MessageHub.get_current_instance()
    for done, expected in ((0, False), (49, False), (50, True)):
        hub.update_info('iter', done)
        hub.update_info('max_iters', 100)
        assert model._in_second_half() is expected
    hub.update_info('max_iters', 0)


@pytest.mark.slow
def test_export(tmp_path, capsys):
    model = build(SMALL).eval()
    path, out = tmp_path / 'wide.pth', tmp_path / 'tiny.pth'
    torch.save(dict(state_dict=model.state_dict(),
                    meta=dict(epoch=3)), path)
    assert main([str(SMALL), str(path), str(out)]) == 0
    stock = build(next(
        p for p in CONFIGS if p.stem == SMALL.stem.replace('netaug',
                                                           'td-hm'))).eval()
    state = torch.load(out, weights_only=True)
    stock.load_state_dict(state['state_dict'], strict=True)
    assert out.stat().st_size < path.stat().st_size
    data = model.data_preprocessor(batch())
    assert torch.equal(model(data['inputs'], None, mode='tensor'),
                       stock(data['inputs'], None, mode='tensor'))
    plain = next(p for p in CONFIGS if p.stem.startswith('td-hm'))
    assert main([str(plain), str(path), str(out)]) == 1
    assert 'no config of NetAug' in capsys.readouterr().err
