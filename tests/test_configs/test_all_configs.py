"""Every config is built, run forward and backward, and with one frame."""
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmpose.registry import DATASETS, MODELS, TRANSFORMS
from mmpose.testing import get_packed_inputs

from mmpose_video.datasets.clip_samplers import CLIP_SAMPLERS
from mmpose_video.tools.get_flops import CountDeformConv, without_pretrained

ROOT = Path(__file__).parents[2]
CONFIGS = sorted(
    path.relative_to(ROOT / 'configs').as_posix()
    for path in (ROOT / 'configs').glob('*/*.py')
    # test_movenet.py tests those of MoveNet
    if path.parent.name not in ('_base_', 'movenet'))
#: Input size of the real runs, (W, H): what HRNet's strides of 32 and
#: GLSMamba's windows of 8 x 6 divide.
SIZE = (96, 64)
HEATMAP_SIZE = (24, 16)
#: What decides which checkpoint is best, by metric.
BEST = {'PoseTrackAP': 'posetrack/AP', 'SubJhmdbPCK': 'jhmdb/PCK',
        'HiEveAP': 'hieve/AP'}


def load(name):
    init_default_scope('mmpose')
    return Config.fromfile(ROOT / 'configs' / name)


def model_config(name):
    # tests have no network
    return without_pretrained(load(name).model.to_dict())


def unique(names):
    """Keep one config of those that differ in the dataset alone."""
    seen = {}
    for name in names:
        key = json.dumps(model_config(name), sort_keys=True, default=str)
        seen.setdefault(key, name)
    return sorted(seen.values())


def one_of_each_is_fast(names):
    """The names as parameters; all but a small one of each folder are slow."""
    folders, params = set(), []
    for name in names:
        folder = name.split('/')[0]
        fast = '-tiny' in name and folder not in folders
        if fast:
            folders.add(folder)
        params.append(name if fast else
                      pytest.param(name, marks=pytest.mark.slow))
    return params


UNIQUE = unique(CONFIGS)


def clip_length(cfg, loader='test_dataloader'):
    return CLIP_SAMPLERS.build(cfg[loader].dataset.clip_sampler).num_frames


def num_keypoints(cfg):
    head = cfg.model.head
    return head.get('out_channels', head.get('num_joints', 17))


def small(cfg):
    """The same model for small crops."""
    neck = cfg.get('neck') or {}
    if 'feature_size' in neck:
        width, height = neck['feature_size']
        in_width = cfg['head']['decoder']['input_size'][0]
        stride = in_width // width
        neck['feature_size'] = (SIZE[0] // stride, SIZE[1] // stride)
        if neck['feature_size'][0] % neck.get('patch_size', 1):
            neck['patch_size'] = 1
    head, decoder = cfg['head'], cfg['head']['decoder']
    if 'in_featuremap_size' in head:
        stride = decoder['input_size'][0] // head['in_featuremap_size'][0]
        head['in_featuremap_size'] = (SIZE[0] // stride, SIZE[1] // stride)
    if 'input_size' in head:
        head['input_size'] = SIZE
    for key in ('feature_size', 'heatmap_size'):
        if key in head:
            head[key] = HEATMAP_SIZE
    decoder['input_size'] = SIZE
    if 'heatmap_size' in decoder:
        decoder['heatmap_size'] = HEATMAP_SIZE
    return cfg


def batch(num_frames, K, num_clips=2):
    data = get_packed_inputs(
        num_clips, num_keypoints=K, input_size=SIZE,
        heatmap_size=HEATMAP_SIZE, img_shape=SIZE[::-1])
    data['inputs'] = list(
        torch.randint(0, 255, (num_clips, num_frames, 3, SIZE[1], SIZE[0]),
                      dtype=torch.uint8))
    for i, sample in enumerate(data['data_samples']):
        sample.set_metainfo(dict(
            id=i, img_path=f'{i}.jpg',
            frame_offsets=np.arange(num_frames) - num_frames // 2,
            frame_valid=np.ones(num_frames, bool),
            key_index=num_frames // 2))
    return data


@pytest.mark.parametrize('name', one_of_each_is_fast(CONFIGS))
def test_parts_fit_together(name):
    """Dataset, pipeline, codec, sampler and names, without any data."""
    cfg = load(name)
    codec = cfg.model.head.decoder
    assert cfg.codec.input_size == codec.input_size
    for loader in (cfg.train_dataloader, cfg.val_dataloader,
                   cfg.test_dataloader):
        dataset = DATASETS.get(loader.dataset.type)
        assert dataset is not None
        assert loader.dataset.clip_sampler.type
        points = dataset(lazy_init=True).metainfo['num_keypoints']
        assert num_keypoints(cfg) == points
        neck = cfg.model.get('neck') or {}
        # the head alone says it; the estimator tells the neck
        assert 'num_keypoints' not in neck
        for step in loader.dataset.pipeline:
            transform = TRANSFORMS.build(step)
            if step.type == 'TopdownClipAffine':
                assert transform.input_size == tuple(codec.input_size)
        assert loader.dataset.pipeline[0].type == 'LoadClip'
        assert loader.dataset.pipeline[-1].type == 'PackClipInputs'
    # FAMI-Pose pools to 1x1: batch normalization needs more than one clip,
    # also in the last batch of an epoch
    assert cfg.train_dataloader.drop_last
    if 'num_frames' in (cfg.model.get('neck') or {}):
        assert cfg.model.neck.num_frames == clip_length(cfg)
    best = BEST[cfg.val_evaluator.type]
    assert cfg.default_hooks.checkpoint.save_best == best
    # mim finds a config by its name alone
    assert [path for path in CONFIGS
            if path.endswith('/' + name.split('/')[1])] == [name]
    height, width = name[:-3].rsplit('-', 1)[1].split('x')
    assert list(codec.input_size) == [int(width), int(height)]
    test_cfg = cfg.model.test_cfg
    if test_cfg.get('flip_test') and 'heatmap_size' in codec:
        # only UDP's heatmaps of image and mirror image lie on each other
        assert test_cfg.get('shift_heatmap', False) == (
            codec.type != 'UDPHeatmap')


@pytest.mark.slow
@pytest.mark.parametrize('name', UNIQUE)
def test_full_size_on_no_device(name):
    """Shapes at full size, on the meta device."""
    cfg = load(name)
    width, height = cfg.codec.input_size
    with torch.device('meta'):
        model = MODELS.build(model_config(name))
        inputs = torch.empty(
            1, clip_length(cfg), cfg.model.backbone.get('in_channels', 3),
            height, width)
    model.eval()
    with torch.no_grad(), CountDeformConv():
        feats = model.extract_feat(inputs)
    # maps, or vectors where regression averages over space
    assert all(feat.shape[0] == 1 and feat.dim() in (2, 4) for feat in feats)


@pytest.mark.parametrize(
    'name', one_of_each_is_fast(name for name in UNIQUE
                                if 'huge' not in name
                                and 'large' not in name))
def test_forward_and_backward(name):
    cfg = load(name)
    model = MODELS.build(small(model_config(name)))
    model.train()
    K = num_keypoints(cfg)
    data = model.data_preprocessor(
        batch(clip_length(cfg, 'train_dataloader'), K), training=True)
    total, _ = model.parse_losses(model(**data, mode='loss'))
    total.backward()
    assert torch.isfinite(total)
    trained = [p for p in model.parameters() if p.requires_grad]
    grads = [p.grad for p in trained if p.grad is not None]
    # whatever is trained is reached (a parameter out of reach would also stop
    # distributed training)
    missing = [n for n, p in model.named_parameters()
               if p.requires_grad and p.grad is None]
    assert not missing
    assert all(torch.isfinite(grad).all() for grad in grads)

    model.eval()
    with torch.no_grad():
        for num_frames in {1, clip_length(cfg)}:
            data = model.data_preprocessor(batch(num_frames, K))
            samples = model(**data, mode='predict')
            for sample in samples:
                keypoints = sample.pred_instances.keypoints
                assert keypoints.shape == (1, K, 2)
                assert np.isfinite(keypoints).all()


@pytest.mark.slow
@pytest.mark.parametrize(
    'name', [name for name in CONFIGS
             if 'hrnet-tiny' in name or 'vit-tiny' in name])
def test_the_head_alone_sets_the_number_of_keypoints(name):
    cfg = load(name)
    model_cfg = small(model_config(name))
    key = 'out_channels' if 'out_channels' in model_cfg['head'] else (
        'num_joints')
    model_cfg['head'][key] = 5
    model = MODELS.build(model_cfg)
    data = batch(clip_length(cfg), 5)
    for sample in data['data_samples']:
        sample.set_metainfo(dict(flip_indices=list(range(5))))
    data = model.data_preprocessor(data, training=True)
    total, _ = model.parse_losses(model(**data, mode='loss'))
    total.backward()
    for sample in model.eval()(**data, mode='predict'):
        assert sample.pred_instances.keypoints.shape == (1, 5, 2)
