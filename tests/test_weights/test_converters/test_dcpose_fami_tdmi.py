"""Official names of the methods with deformable alignment."""
import pytest
import torch
from mmpose.registry import MODELS

from mmpose_video.engine.checkpoint_match import match_checkpoint
from mmpose_video.weights.converters import CONVERTERS, LeftoverError

RSB_STEPS = [(i, j) for i in range(1, 5) for j in range(1, i + 1)]


def model(neck, head):
    branches = [(8, 16, 32, 64)[:n] for n in range(1, 5)]
    stages = {
        f'stage{n}': dict(
            num_modules=1, num_branches=n, block='BASIC',
            num_blocks=(1, ) * n, num_channels=branches[n - 1])
        for n in (2, 3, 4)
    }
    stages['stage1'] = dict(
        num_modules=1, num_branches=1, block='BOTTLENECK', num_blocks=(1, ),
        num_channels=(8, ))
    return MODELS.build(dict(
        type='TopdownVideoPoseEstimator',
        backbone=dict(type='HRNet', extra=stages), neck=neck, head=head))


def norm(name):
    return [f'{name}.{key}' for key in (
        'weight', 'bias', 'running_mean', 'running_var',
        'num_batches_tracked')]


def conv_bn(name):
    return [f'{name}.conv.weight', f'{name}.conv.bias', *norm(f'{name}.bn')]


def rsb_chain(name, num_blocks):
    keys = []
    for i in range(num_blocks):
        block = f'{name}.layers.{i}'
        keys += conv_bn(f'{block}.conv_bn_relu1')
        for step in RSB_STEPS:
            keys += conv_bn(f'{block}.conv_bn_relu2_{step[0]}_{step[1]}')
        keys += conv_bn(f'{block}.conv_bn_relu3')
        if i == 0:
            keys += conv_bn(f'{block}.downsample')
    return keys


def basic_chain(name, num_blocks):
    keys = []
    for i in range(num_blocks):
        block = f'{name}.layers.{i}'
        for j in (1, 2):
            keys += [f'{block}.conv{j}.weight', *norm(f'{block}.bn{j}')]
        if i == 0:
            keys += [f'{block}.downsample.0.weight',
                     *norm(f'{block}.downsample.1')]
    return keys


def dcpose():
    ours = model(
        dict(type='DCPoseNeck', rough_head=dict(in_channels=8)),
        dict(type='HeatmapHead', in_channels=17, out_channels=17,
             deconv_out_channels=None, final_layer=None))
    names = rsb_chain('support_temporal_fuse', 1)
    names += rsb_chain('diff_temporal_fuse', 2)
    names += rsb_chain('offset_mask_combine_conv', 2)
    for i in range(5):
        names += [f'offsets_list.{i}.0.weight', f'masks_list.{i}.0.weight',
                  f'modulated_deform_conv_list.{i}.deform_conv.weight',
                  f'modulated_deform_conv_list.{i}.deform_conv.bias']
    return ours, names, 'rough_pose_estimation_net', 'neck.rough_head.'


def fami(mi=None):
    ours = model(
        dict(type='FAMINeck', in_channels=8, offset_groups=4,
             mi=mi or dict(mode='published')),
        dict(type='HeatmapHead', in_channels=8, out_channels=17,
             deconv_out_channels=None,
             final_layer=dict(kernel_size=3, padding=1)))
    names = basic_chain('feat_global_offset_layers.0', 1)
    for i in range(1, 6):
        names += conv_bn(f'feat_global_offset_layers.{i}')
    for i in (7, 8, 9):
        names += [f'feat_global_offset_layers.{i}.weight',
                  f'feat_global_offset_layers.{i}.bias']
    names += basic_chain('sup_agg_block', 2)
    names += basic_chain('combined_feat_layers', 1)
    names += basic_chain('init_feature_agg_block', 3)
    for i in range(1, 5):
        names += [f'dcn_offset_{i}.conv.weight', f'dcn_offset_{i}.conv.bias',
                  f'dcn_mask_{i}.conv.weight', f'dcn_mask_{i}.conv.bias',
                  f'dcn_{i}.weight', f'dcn_{i}.bias']
    names += ['agg_final_layer.weight', 'agg_final_layer.bias']
    return ours, names, 'hrnet', 'neck.mi_loss.label_layer.'


def tdmi(mi=None):
    ours = model(
        dict(type='TDMINeck', in_channels=8, channels=8, offset_groups=4,
             appearance=True, mi=mi or dict(mode='published')),
        dict(type='HeatmapHead', in_channels=8, out_channels=17,
             deconv_out_channels=None,
             final_layer=dict(kernel_size=3, padding=1)))
    names = []
    aligned = [('', i) for i in range(1, 5)]
    for i in range(1, 5):
        names += basic_chain(f'motion_fusion_s{i}', 2)
        names += basic_chain(f'm_a_agg_s{i}', 1)
        if i > 1:
            names += basic_chain(f'motion_smooth_s{i}', 1)
        aligned.append(('m_a_', f's{i}'))
    for start, i in aligned:
        names += [f'{start}dcn_{kind}{i}.{key}'
                  for kind in ('offset_', 'mask_')
                  for key in ('conv.weight', 'conv.bias')]
        names += [f'{start}dcn_{i}.weight', f'{start}dcn_{i}.bias']
    for mask in ('use_motion_structure', 'noisy_motion_structure'):
        names += [f'{mask}.{i}.{key}' for i in (0, 2)
                  for key in ('weight', 'bias')]
    names += basic_chain('sup_agg', 2)
    names += basic_chain('combined_feat_layers', 1)
    names += basic_chain('all_agg_block', 3)
    names += basic_chain('multimodal_fusion.0', 3)
    names += ['heatmap_head.weight', 'heatmap_head.bias']
    return ours, names, 'hrnet', 'neck.mi_loss.label_layer.'


def official(method):
    """Our model, and names as the official code gives them."""
    build = dict(dcpose=dcpose, fami=fami, tdmi=tdmi)[method]
    ours, names, backbone, _ = build()
    names += [f'{backbone}.{key}' for key in ours.backbone.state_dict()]
    names += [f'{backbone}.final_layer.weight',
              f'{backbone}.final_layer.bias']
    return ours, names


@pytest.mark.parametrize('method', ['dcpose', 'fami', 'tdmi'])
def test_names_fit_one_to_one(method):
    ours, names = official(method)
    state = {name: torch.tensor(float(i)) for i, name in enumerate(names)}
    converted = CONVERTERS[method]().convert(state).weights
    expected = {name for name in ours.state_dict()
                if not name.endswith('warmup.iteration')}
    assert set(converted) == expected
    assert len(converted) == len(names)


@pytest.mark.slow
@pytest.mark.parametrize('method', [fami, tdmi])
@pytest.mark.parametrize('mode', ['published', 'bounds'])
def test_converted_weights_are_complete_for_a_test(method, mode):
    """Tensors of the objective alone never stop a test."""
    ours, names = official(method.__name__)
    converted = CONVERTERS[method.__name__]().convert(
        {name: torch.zeros(1) for name in names}).weights
    weights = {name: ours.state_dict()[name] for name in converted}
    tested = method(dict(mode=mode))[0]
    assert match_checkpoint(tested, dict(state_dict=weights)).complete
    del weights['head.final_layer.bias']
    assert not match_checkpoint(tested, dict(state_dict=weights)).complete


@pytest.mark.parametrize('method, old, new', [
    ('dcpose', 'diff_temporal_fuse.layers.1.conv_bn_relu2_4_3.bn.bias',
     'neck.residual.1.branches.3.2.1.bias'),
    ('dcpose', 'support_temporal_fuse.layers.0.conv_bn_relu2_1_1.conv.weight',
     'neck.merge.0.branches.0.0.0.weight'),
    ('dcpose', 'offset_mask_combine_conv.layers.0.downsample.conv.bias',
     'neck.guide.0.shortcut.0.bias'),
    ('dcpose', 'masks_list.4.0.weight',
     'neck.corrections.4.mask_conv.weight'),
    ('dcpose', 'rough_pose_estimation_net.layer1.0.downsample.1.running_var',
     'backbone.layer1.0.downsample.1.running_var'),
    ('dcpose', 'rough_pose_estimation_net.final_layer.bias',
     'neck.rough_head.final_layer.bias'),
    ('fami', 'feat_global_offset_layers.2.bn.running_mean',
     'neck.transform.convs.1.1.running_mean'),
    ('fami', 'feat_global_offset_layers.9.bias', 'neck.transform.mlp.2.bias'),
    ('fami', 'dcn_offset_3.conv.weight',
     'neck.calibrate.stages.2.offset_conv.weight'),
    ('fami', 'dcn_4.bias', 'neck.calibrate.stages.3.deform_conv.bias'),
    ('fami', 'sup_agg_block.layers.0.downsample.0.weight',
     'neck.merge.0.downsample.0.weight'),
    ('fami', 'agg_final_layer.weight', 'head.final_layer.weight'),
    ('tdmi', 'motion_smooth_s2.layers.0.bn2.bias',
     'neck.fusions.1.0.bn2.bias'),
    ('tdmi', 'm_a_dcn_mask_s4.conv.bias',
     'neck.motion_stages.3.modulate.mask_conv.bias'),
    ('tdmi', 'dcn_2.weight',
     'neck.appearance.align.stages.1.deform_conv.weight'),
    ('tdmi', 'all_agg_block.layers.2.conv1.weight',
     'neck.appearance.aggregate.2.conv1.weight'),
    ('tdmi', 'multimodal_fusion.0.layers.0.downsample.1.bias',
     'neck.aggregate.0.downsample.1.bias'),
    ('tdmi', 'use_motion_structure.2.bias', 'neck.useful_mask.mlp.2.bias'),
])
def test_single_names(method, old, new):
    value = torch.rand(2)
    converted = CONVERTERS[method]().convert(
        {old: value}, allow_leftover=True).weights
    assert list(converted) == [new]
    assert converted[new] is value


def test_unused_parts_of_tdmi_are_left_out_and_named():
    _, names = official('tdmi')
    unused = ['motion_heatmap_head.weight', 'motion_heatmap_head.bias',
              *(f'hrnet.stage4.2.fuse_layers.{row}.0.1.weight'
                for row in (1, 2, 3))]
    state = {name: torch.zeros(1) for name in [*names, *unused]}
    converted, notes = CONVERTERS['tdmi']().convert(state)
    assert len(converted) == len(names)
    assert [note.split(':')[0] for note in notes] == [
        'left out 2 tensors', 'left out 3 tensors']
    assert 'never called' in notes[0] and 'stage 4' in notes[1]


def test_unknown_name():
    _, names = official('fami')
    state = {name: torch.zeros(1) for name in [*names, 'dcn_5.weight']}
    with pytest.raises(LeftoverError, match='no place.*\n  dcn_5.weight'):
        CONVERTERS['fami']().convert(state)


def test_missing_part():
    _, names = official('fami')
    state = {name: torch.zeros(1) for name in names
             if not name.startswith('dcn_mask_')}
    with pytest.raises(LeftoverError, match='nothing in.*\n  dcn_mask_'):
        CONVERTERS['fami']().convert(state)


def test_wrong_method():
    _, names = official('dcpose')
    with pytest.raises(LeftoverError):
        CONVERTERS['fami']().convert({n: torch.zeros(1) for n in names})
