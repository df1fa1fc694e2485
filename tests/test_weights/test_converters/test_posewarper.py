"""Both layouts of PoseWarper, both stages, and files in the wrong place."""
import pytest
import torch
from mmengine.registry import init_default_scope
from mmpose.models.necks.posewarper_neck import PoseWarperNeck
from mmpose.registry import MODELS

from mmpose_video.weights.converters import CONVERTERS

from .test_backbones import hrnet, official_hrnet


def second_stage():
    init_default_scope('mmpose')
    backbone = hrnet().backbone
    ours = MODELS.build(dict(
        type='TopdownVideoPoseEstimator', freeze_backbone=True,
        backbone=dict(type='HRNet', extra=backbone.extra),
        neck=dict(type='PoseWarpingNeck', rough_head=dict(in_channels=8)),
        head=dict(type='HeatmapHead', in_channels=17, out_channels=17,
                  deconv_out_channels=None, final_layer=None)))
    for parameter in ours.parameters():
        if parameter.dim() > 1:
            torch.nn.init.normal_(parameter, std=0.05)
    return ours.eval()


def of_mmpose(ours):
    """The names of MMPose 0.x: those of its neck, which 1.x still has."""
    state = {k: v for k, v in ours.state_dict().items()
             if k.startswith('backbone.')}
    neck = PoseWarperNeck(8, 17, 128, deform_groups=17)
    names = list(neck.state_dict())
    values = ours.neck.state_dict()
    for name in names:
        mine = name.replace('trans_layer', 'rough_head.final_layer').replace(
            'offset_feats', 'difference')
        for theirs, layer in (('offset_layers', 'offset_conv'),
                              ('deform_conv_layers', 'deform_conv')):
            if name.startswith(theirs):
                _, index, leaf = name.split('.')
                mine = f'warps.{index}.{layer}.{leaf}'
        state[f'neck.{name}'] = values[mine]
    return state


def of_facebook(ours):
    state = {}
    for name, value in ours.state_dict().items():
        parts = name.split('.')
        if parts[0] == 'backbone':
            name = '.'.join(parts[1:])
        elif parts[1] == 'rough_head':
            name = '.'.join(parts[2:])
        elif parts[1] == 'difference':
            name = '.'.join(['offset_feats', *parts[2:]])
        else:
            layer = dict(offset_conv='offsets', deform_conv='deform_conv')
            name = f'{layer[parts[3]]}{int(parts[2]) + 1}.{parts[4]}'
        state[name] = value
    return state


LAYOUTS = {'posewarper': of_mmpose, 'posewarper-facebook': of_facebook}


@pytest.mark.parametrize('layout', LAYOUTS)
def test_names_fit_one_to_one(layout):
    ours = second_stage()
    state = LAYOUTS[layout](ours)
    converted = CONVERTERS[layout]().convert(state).weights
    expected = ours.state_dict()
    assert set(converted) == set(expected)
    assert all(converted[k] is expected[k] or torch.equal(
        converted[k], expected[k]) for k in expected)


def test_names_of_facebook():
    """Some that were read in its code, so that the two maps can disagree."""
    state = of_facebook(second_stage())
    assert {'conv1.weight', 'stage4.0.fuse_layers.0.1.0.weight',
            'final_layer.bias', 'offset_feats.0.downsample.1.running_var',
            'offset_feats.19.conv2.weight', 'offsets1.weight',
            'offsets5.weight', 'deform_conv5.weight'} < set(state)
    assert state['offsets3.weight'].shape == (306, 128, 3, 3)
    assert state['deform_conv3.weight'].shape == (17, 17, 3, 3)


def published_stage_1():
    """What the published file holds, by issue 1362 of MMPose."""
    state = of_mmpose(second_stage())
    return {k: v for k, v in state.items()
            if k.startswith(('backbone.', 'neck.trans_layer.'))}


@pytest.mark.slow
@pytest.mark.parametrize('state', [
    published_stage_1,
    lambda: of_mmpose(second_stage()),
    lambda: {k.replace('neck.trans_layer', 'keypoint_head.final_layer'): v
             for k, v in published_stage_1().items()},
], ids=['published', 'second-stage', 'own'])
def test_single_frame_part(state):
    model = hrnet()
    converted = CONVERTERS['posewarper-stage1']().convert(state())
    model.load_state_dict(converted.weights)
    assert bool(converted.notes) == ('neck.offset_layers.0.weight' in state())


def test_first_stage_in_place_of_the_second():
    with pytest.raises(ValueError, match='absent.*`posewarper-stage1` conv'):
        CONVERTERS['posewarper']().convert(published_stage_1())
    with pytest.raises(ValueError, match='absent.*layout `hrnet` converts'):
        CONVERTERS['posewarper-facebook']().convert(official_hrnet(hrnet()))


def test_second_stage_that_was_never_trained():
    ours = second_stage()
    for layer in ours.neck.warps:
        torch.nn.init.zeros_(layer.offset_conv.weight)
    for layout, names in LAYOUTS.items():
        with pytest.raises(ValueError, match='single-frame.* are all 0'):
            CONVERTERS[layout]().convert(names(ours))
