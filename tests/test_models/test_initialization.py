"""``init_weights()`` keeps the start values that a constructor chose.

MMEngine calls ``init_weights`` on the children of a ``BaseModule`` after the
module's own ``init_cfg`` has been applied, but it does not look into plain
``nn.Module`` containers: a start value that is set inside of one is lost
without a word, and the ``init_cfg`` of a module inside of one does nothing.
"""
import copy
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.model import BaseModule
from mmengine.registry import init_default_scope
from mmpose.registry import MODELS
from torch import nn

import mmpose_video.models  # noqa: F401
from mmpose_video.tools.get_flops import without_pretrained

CONFIGS = Path(__file__).parents[2] / 'configs'
#: Registered parts that no config of the package names.
ESTIMATOR = dict(x_channels=4, y_channels=3)
HEAD = dict(type='DiffPoseHead', in_channels=8, out_channels=3,
            denoiser=dict(channels=16, time_dims=8))
DCPOSE = dict(type='DCPoseNeck', rough_head=dict(in_channels=8))
FAMI = dict(type='FAMINeck', in_channels=24, unit_modulation=True)
TDMI = dict(type='TDMINeck', in_channels=24, channels=24, appearance=True)
GLSMAMBA = dict(type='GLSMambaNeck', in_channels=8, channels=16)
STRL = dict(type='SpatioTemporalRepresentationLearner', in_channels=8,
            feature_size=(8, 8))
GRAPH = dict(links=((0, 1), (1, 2)), num_keypoints=3)
MIXERS = [dict(type='SemGCNBlock'), dict(type='GatedAttentionUnit')]
CENTERED = dict(type='CenteredRegressionLabel', input_size=(32, 32))
LITE = dict(type='HRNetLite', num_stages=1, extra=dict(stage1=dict(
    num_modules=1, num_branches=1, block='BOTTLENECK', num_blocks=(1, ),
    num_channels=(8, ))))
PARTS = [
    dict(type='CLUBUpperBound', **ESTIMATOR),
    dict(type='LeaveOneOutUpperBound', **ESTIMATOR),
    dict(type='InfoNCELowerBound', **ESTIMATOR),
    dict(type='NWJLowerBound', **ESTIMATOR),
    dict(type='SpatialSymmetricKL'),
    dict(type='PublishedMI'),
    dict(type='DISFlow'),
    DCPOSE,
    FAMI,
    FAMI | dict(design='paper'),
    TDMI,
    GLSMAMBA,
    GLSMAMBA | dict(scan_cfg=dict(share_directions=False)),
    STRL,
    STRL | dict(aggregation='deconv', downsample='pool'),
    HEAD,
    HEAD | dict(denoiser=dict(
        channels=16, time_dims=8, time_conditioning='scale_shift')),
    dict(type='DiffPoseRegressionHead', in_channels=8, num_joints=3,
         denoiser=dict(channels=16, time_dims=8)),
    dict(type='GatedAttentionUnit', dims=16),
    dict(type='LargeSelectiveKernel', channels=16),
    dict(type='SemGCNBlock', dims=16, **GRAPH),
    dict(type='GraFormerBlock', dims=16, **GRAPH),
    dict(type='JointTokenSimCCHead', in_channels=8, out_channels=3,
         input_size=(32, 32), in_featuremap_size=(8, 8),
         token_mixers=MIXERS, skeleton=dict(links=GRAPH['links'])),
    dict(type='JointTokenHeatmapHead', in_channels=8, out_channels=3,
         heatmap_size=(8, 8), deconv_out_channels=None,
         token_mixers=MIXERS, skeleton=dict(links=GRAPH['links'])),
    dict(type='TokenPoseHead', in_channels=8, out_channels=3,
         feature_size=(8, 8), heatmap_size=(8, 8), patch_size=(4, 4)),
    dict(type='OnlineDistillHead', in_channels=8, out_channels=3,
         deconv_out_channels=None),
    dict(type='MoveNetMultiPoseHead', in_channels=8),
    dict(type='CenteredRegressionHead', in_channels=8, num_joints=3,
         decoder=CENTERED),
    dict(type='CenteredRLEHead', in_channels=8, num_joints=3,
         decoder=CENTERED),
    *(dict(type=name, in_channels=8, in_featuremap_size=(8, 8), num_joints=3,
           deconv_out_channels=None, deconv_kernel_sizes=None,
           decoder=CENTERED | dict(
               type='CenteredIntegralRegressionLabel', heatmap_size=(8, 8),
               sigma=1.))
      for name in ('CenteredIntegralRegressionHead', 'CenteredDSNTHead')),
    dict(type='TopdownVideoPoseEstimator', backbone=LITE, head=dict(
        type='HeatmapHead', in_channels=8, out_channels=3,
        deconv_out_channels=None)),
]


def of_configs():
    """Each different neck and head of the configs, and small models."""
    init_default_scope('mmpose')
    found = {}
    for path in sorted(CONFIGS.glob('*/*.py')):
        if path.parent.name in ('_base_', 'single_image'):
            continue  # parts of MMPose
        model = without_pretrained(Config.fromfile(path).model.to_dict())
        if '-tiny' in path.name:
            found.setdefault(str(model), (path.stem, model))
            continue
        for part in ('neck', 'head'):
            cfg = model.get(part)
            if cfg and 'decoder' not in cfg:
                found.setdefault(str(cfg), (f'{path.stem}-{part}', cfg))
    return list(found.values())


def label(cfg):
    changes = '-'.join(f'{v}' for k, v in cfg.items()
                       if k != 'type' and isinstance(v, (str, bool)))
    return f'{cfg["type"]}-{changes}'


CASES = of_configs() + [(label(cfg), cfg) for cfg in PARTS]


def build(cfg, seed):
    torch.manual_seed(seed)
    return MODELS.build(copy.deepcopy(cfg))


def owners(model):
    """Names of parameters and the modules that hold them."""
    for prefix, module in model.named_modules():
        for name, parameter in module.named_parameters(recurse=False):
            yield f'{prefix}.{name}'.lstrip('.'), name, module, parameter


def default_std(module, name):
    """Spread of a parameter as its layer alone draws it."""
    fresh = copy.deepcopy(module)
    fresh.reset_parameters()
    return getattr(fresh, name).std()


@pytest.mark.slow
@pytest.mark.parametrize('cfg', [c[1] for c in CASES],
                         ids=[c[0] for c in CASES])
def test_constructors_start_survives(cfg):
    model, other = build(cfg, 0), build(cfg, 1)
    before = copy.deepcopy(model)
    model.init_weights()
    # plain containers of PyTorch's would hide a part and its `init_cfg`
    unreached = [name for name, module in model.named_modules()
                 if isinstance(module, BaseModule) and module.init_cfg
                 and not module.is_init and not name.startswith('backbone.')]
    assert not unreached
    # what does not depend on the seed was set on purpose
    constants = [name for (name, p), q in zip(
        before.named_parameters(), other.parameters()) if torch.equal(p, q)]
    lost = []
    for (path, name, module, start), now in zip(owners(before),
                                                model.parameters()):
        if path.startswith('backbone.'):
            continue  # MMPose's and mmpretrain's own affair
        if path in constants or not hasattr(module, 'reset_parameters'):
            kept = torch.equal(start, now)
        elif start.numel() < 64:
            continue  # too few to tell their spread
        else:
            # a spread other than the layer's own was set on purpose
            chosen = start.std() / default_std(module, name)
            kept = 0.7 < chosen < 1.4 or 0.7 < now.std() / start.std() < 1.4
        if not kept:
            lost.append(path)
    assert not lost


def test_all_registered_parts_are_checked():
    checked = set()
    for _, cfg in CASES:
        checked |= {type(module) for module in build(cfg, 0).modules()}
    registered = {
        cls for cls in MODELS.module_dict.values()
        if cls.__module__.startswith('mmpose_video.')
        and issubclass(cls, nn.Module)
        # a loss of MMPose's without weights has nothing to initialize
        and hasattr(cls, 'init_weights')}
    # RAFT's weights come from a file, always
    assert {cls.__name__ for cls in registered - checked} == {'RAFTFlow'}
