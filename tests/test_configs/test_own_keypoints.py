"""Every method trains on keypoints of the user's own, by config alone."""
import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmpose.registry import MODELS, TRANSFORMS
from mmpose.structures import PoseDataSample

from mmpose_video.formats.skeleton import Skeleton
from mmpose_video.tools.get_flops import without_pretrained

from .test_all_configs import ROOT, clip_length

#: All but the bottom-up MoveNet, which is MMPose's estimator for images; its
#: head takes `num_keypoints`.
SMALL = sorted(
    path.relative_to(ROOT / 'configs').as_posix()
    for path in (ROOT / 'configs').glob('*/*-tiny*.py')
    if 'multipose' not in path.name)
LARGE = sorted(
    path.name for path in (ROOT / 'configs/_base_/models').glob('*.py')
    if 'tiny' not in path.name and 'multipose' not in path.name
    and path.name != 'res50.py')  # a backbone alone
FIVE = Skeleton.of(
    'five', ('head', 'left_hand', 'right_hand', 'left_foot', 'right_foot'),
    links=(('head', 'left_hand'), ('head', 'right_hand'),
           ('head', 'left_foot'), ('head', 'right_foot')))
TOO_MANY = Skeleton.of(
    'hand', tuple(f'joint_{i}' for i in range(21)),
    links=tuple((f'joint_{i}', f'joint_{i + 1}') for i in range(20)))


def sample(cfg, K, seed):
    """A training sample of a config's own pipeline, without its files."""
    rng = np.random.default_rng(seed)
    num_frames = clip_length(cfg, 'train_dataloader')
    clip = rng.integers(0, 255, (num_frames, 120, 90, 3), dtype=np.uint8)
    results = dict(
        img=list(clip), img_shape=(120, 90), ori_shape=(120, 90),
        id=seed, img_id=seed, img_path=f'{seed}.jpg', category_id=1,
        frame_paths=[f'{seed}.jpg'] * num_frames,
        frame_offsets=np.arange(num_frames) - num_frames // 2,
        frame_valid=np.ones(num_frames, bool), key_index=num_frames // 2,
        bbox=np.array([[10., 10., 80., 110.]], np.float32),
        bbox_score=np.ones(1, np.float32),
        keypoints=rng.uniform(30, 70, (1, K, 2)).astype(np.float32),
        keypoints_visible=np.ones((1, K), np.float32),
        num_keypoints=K, iscrowd=0, segmentation=None,
        dataset_keypoint_weights=np.ones(K, np.float32),
        flip_indices=list(range(K)), upper_body_ids=list(range(K)),
        lower_body_ids=[], sample_idx=seed, crowd_index=0)
    for step in cfg.train_dataloader.dataset.pipeline[1:]:
        results = TRANSFORMS.build(step)(results)
    return results


def steps_with(name, skeleton, tmp_path):
    """Run a training step and a prediction; return model and result."""
    init_default_scope('mmpose')
    cfg = Config.fromfile(ROOT / 'configs' / name)
    skeleton.write(str(tmp_path / 'skeleton.json'))
    # the whole of what a user's config says
    cfg.merge_from_dict(dict(model=dict(
        metainfo=dict(from_file=str(tmp_path / 'skeleton.json')))))
    model = MODELS.build(without_pretrained(cfg.model.to_dict()))
    model.init_weights()
    K = len(skeleton.keypoints)
    samples = [sample(cfg, K, seed) for seed in range(2)]
    batch = dict(inputs=[s['inputs'] for s in samples],
                 data_samples=[s['data_samples'] for s in samples])
    data = model.data_preprocessor(batch, training=True)
    losses = model(**data, mode='loss')
    total, _ = model.parse_losses(losses)
    total.backward()
    model.eval()
    with torch.no_grad():
        found = model(**data, mode='predict')
    return model, total, found


def check(model, total, found, K):
    assert torch.isfinite(total) and total > -100
    assert model.num_keypoints == K
    gradients = [p.grad for p in model.head.parameters()
                 if p.grad is not None]
    # DCPose's and PoseWarper's heads pass on what the neck made
    assert not list(model.head.parameters()) or gradients
    for prediction in found:
        assert isinstance(prediction, PoseDataSample)
        assert prediction.pred_instances.keypoints.shape == (1, K, 2)
        assert np.isfinite(prediction.pred_instances.keypoints).all()


@pytest.mark.slow
@pytest.mark.parametrize('name', SMALL)
def test_five_keypoints(name, tmp_path):
    check(*steps_with(name, FIVE, tmp_path), 5)


@pytest.mark.slow
@pytest.mark.parametrize('name', [
    name for name in SMALL
    if name.split('/')[0] not in ('single_image', 'movenet', 'baseline')
    and name.split('/')[1].split('_')[0] == name.split('/')[0]])
def test_more_than_the_methods_had(name, tmp_path):
    check(*steps_with(name, TOO_MANY, tmp_path), 21)


def test_seventeen_others_are_not_taken_for_posetracks(tmp_path):
    """DSTA's published assignment lets three keypoints read one token."""
    animal = Skeleton.of('animal', tuple(f'joint_{i}' for i in range(17)))
    model, _, _ = steps_with(
        'dsta/dsta_hrnet-tiny_1xb16-4e_synthetic-96x64.py', animal, tmp_path)
    assert model.neck.joint_tokens == tuple(range(17))


@pytest.mark.slow
@pytest.mark.parametrize('name', LARGE)
def test_models_of_full_size(name, tmp_path):
    """Built on no device: the parts agree on the number."""
    init_default_scope('mmpose')
    model = without_pretrained(Config.fromfile(
        ROOT / 'configs/_base_/models' / name).model.to_dict())
    FIVE.write(str(tmp_path / 'skeleton.json'))
    model['metainfo'] = dict(from_file=str(tmp_path / 'skeleton.json'))
    with torch.device('meta'):
        built = MODELS.build(model)
    assert built.num_keypoints == 5
    if built.with_neck:
        assert getattr(built.neck, 'num_keypoints', 5) == 5
