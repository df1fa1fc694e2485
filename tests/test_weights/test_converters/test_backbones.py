"""Starting weights: official HRNet and ViTPose."""
from pathlib import Path

import pytest
import torch
from mmengine.registry import init_default_scope
from mmpose.registry import MODELS

from mmpose_video.tools.convert_checkpoint import write_checkpoint
from mmpose_video.weights.converters import CONVERTERS, LeftoverError
from mmpose_video.weights.converters.describe import describe

from .official_vit import OfficialViT

EMBED, DEPTH = 48, 2


def official_vitpose(seed=0):
    """Random weights under ViTPose's names, and the official formula."""
    torch.manual_seed(seed)
    vit = OfficialViT(EMBED, DEPTH, num_heads=2, num_patches=12)
    for parameter in vit.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    state = {f'backbone.{k}': v for k, v in vit.state_dict().items()}
    head = head_of_mmpose()
    for name, value in head.state_dict().items():
        state[f'keypoint_head.{name}'] = value
    return vit, head, state


def head_of_mmpose():
    init_default_scope('mmpose')
    return MODELS.build(dict(
        type='HeatmapHead', in_channels=EMBED, out_channels=17,
        deconv_out_channels=(8, 8), deconv_kernel_sizes=(4, 4)))


def test_vitpose_gives_the_official_features():
    vit, head, state = official_vitpose()
    ours = MODELS.build(dict(
        type='TopdownVideoPoseEstimator',
        backbone=dict(
            type='mmpretrain.VisionTransformer',
            arch=dict(embed_dims=EMBED, num_layers=DEPTH, num_heads=2,
                      feedforward_channels=4 * EMBED),
            img_size=(64, 48), patch_size=16, qkv_bias=True,
            with_cls_token=False, out_type='featmap',
            patch_cfg=dict(padding=2)),
        head=dict(type='HeatmapHead', in_channels=EMBED, out_channels=17,
                  deconv_out_channels=(8, 8), deconv_kernel_sizes=(4, 4))))
    converted = CONVERTERS['vitpose']().convert(state).weights
    ours.load_state_dict(converted)
    ours.eval()
    head.eval()
    images = torch.rand(2, 3, 64, 48)
    with torch.no_grad():
        expected = vit(images)
        torch.testing.assert_close(
            ours.backbone(images)[-1], expected, atol=2e-5, rtol=1e-5)
        torch.testing.assert_close(
            ours.head.forward(ours.backbone(images)),
            head.forward((expected, )), atol=2e-5, rtol=1e-5)
    # the row of the class token is part of the result
    assert state['backbone.pos_embed'][0, 0].abs().min() > 0
    assert 'ViT of 2 layers and 48 channels, 17 keypoints' in describe(
        converted)


def test_vitpose_without_a_head():
    _, _, state = official_vitpose()
    whole = CONVERTERS['vitpose']().convert(state).weights
    state = {k: v for k, v in state.items() if k.startswith('backbone.')}
    converted = CONVERTERS['vitpose']().convert(state).weights
    assert len(converted) == len(state)
    for name, value in converted.items():
        assert name.startswith('backbone.')
        assert torch.equal(value, whole[name]), name


def test_vitpose_plus_is_refused():
    _, _, state = official_vitpose()
    state['backbone.blocks.0.mlp.experts.0.weight'] = torch.zeros(1)
    with pytest.raises(ValueError, match=r'experts of ViTPose\+'):
        CONVERTERS['vitpose']().convert(state)


def hrnet(width=8):
    init_default_scope('mmpose')
    channels = [(width, 2 * width, 4 * width, 8 * width)[:n]
                for n in range(1, 5)]
    extra = {
        f'stage{n}': dict(
            num_modules=1, num_branches=n, block='BASIC',
            num_blocks=(1, ) * n, num_channels=channels[n - 1])
        for n in (2, 3, 4)
    }
    extra['stage1'] = dict(num_modules=1, num_branches=1, block='BOTTLENECK',
                           num_blocks=(1, ), num_channels=(8, ))
    return MODELS.build(dict(
        type='TopdownVideoPoseEstimator',
        backbone=dict(type='HRNet', extra=extra),
        head=dict(type='HeatmapHead', in_channels=width, out_channels=17,
                  deconv_out_channels=None)))


def official_hrnet(ours):
    return {name.replace('backbone.', '').replace('head.', ''): value
            for name, value in ours.state_dict().items()}


def test_hrnet_for_poses():
    ours = hrnet()
    state = official_hrnet(ours)
    assert {'conv1.weight', 'final_layer.bias'} < set(state)
    converted = CONVERTERS['hrnet']().convert(state).weights
    assert set(converted) == set(ours.state_dict())
    assert all(converted[k] is state[
        k.replace('backbone.', '').replace('head.', '')] for k in converted)
    assert describe(converted).startswith('HRNet-W8, 17 keypoints')


def test_hrnet_for_classes():
    state = official_hrnet(hrnet())
    del state['final_layer.weight'], state['final_layer.bias']
    for name in ('incre_modules.0.0.conv1.weight', 'final_layer.0.weight',
                 'downsamp_modules.0.0.weight', 'classifier.weight'):
        state[name] = torch.zeros(1)
    converted, notes = CONVERTERS['hrnet']().convert(state)
    assert all(name.startswith('backbone.') for name in converted)
    assert 'left out 4 tensors' in notes[0]


def test_other_weights_are_no_hrnet():
    with pytest.raises(LeftoverError):
        CONVERTERS['hrnet']().convert({'layer4.0.conv1.weight': torch.ones(1)})


def test_one_converted_file_starts_all_parts(tmp_path):
    """Backbone, single-frame head and probe of an official HRNet."""
    single = hrnet()
    for parameter in single.parameters():
        torch.nn.init.normal_(parameter)
    path = str(tmp_path / 'hrnet.pth')
    write_checkpoint(
        CONVERTERS['hrnet']().convert(official_hrnet(single)).weights,
        'hrnet', Path(path))

    def start(prefix):
        return dict(type='Pretrained', checkpoint=path, prefix=prefix)

    backbone = dict(type='HRNet', extra=single.backbone.extra,
                    init_cfg=start('backbone.'))
    head = dict(type='HeatmapHead', in_channels=17, out_channels=17,
                deconv_out_channels=None, final_layer=None)
    dcpose = MODELS.build(dict(
        type='TopdownVideoPoseEstimator', backbone=backbone, head=head,
        neck=dict(type='DCPoseNeck', rough_head=dict(
            in_channels=8, init_cfg=start('head.')))))
    fami = MODELS.build(dict(
        type='TopdownVideoPoseEstimator', backbone=backbone,
        head=dict(head, in_channels=8, final_layer=dict(kernel_size=1)),
        neck=dict(type='FAMINeck', in_channels=8, offset_groups=4, mi=dict(
            mode='published', label_init=start('head.final_layer.')))))
    for model, layer in ((dcpose, dcpose.neck.rough_head.final_layer),
                         (fami, fami.neck.mi_loss.label_layer)):
        model.init_weights()
        assert torch.equal(model.backbone.conv1.weight,
                           single.backbone.conv1.weight)
        assert torch.equal(layer.weight, single.head.final_layer.weight)
        assert torch.equal(layer.bias, single.head.final_layer.bias)
