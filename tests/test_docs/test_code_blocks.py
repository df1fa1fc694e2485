"""The Python code of the pages runs as printed."""
import json
import re
import shutil
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmengine.runner import Runner
from mmpose.registry import (
    DATASETS,
    METRICS,
    MODELS,
    TRANSFORMS,
    VISUALIZERS,
)
from mmpose.testing import get_packed_inputs

from mmpose_video.datasets.clip_samplers import CLIP_SAMPLERS
from mmpose_video.datasets.loading.collate import collate_clips
from mmpose_video.formats.keypoints import posetrack_category

ROOT = Path(__file__).parents[2]
TINY = 'configs/{0}/{0}_hrnet-tiny_1xb16-4e_synthetic-96x64.py'
BASELINE = ('configs/single_image/'
            'td-hm_hrnet-tiny_1xb16-4e_synthetic-96x64.py')
#: Pages with the number of their blocks of Python code. All are run here but
#: the one of docs/movenet.md, which needs the published weights; its parts
#: are in tests/test_apis/test_movenet_inference.py, and the one of
#: docs/own_keypoints.md, which test_own_keypoints.py runs.
PAGES = {
    'docs/add_method.md': 2, 'docs/data_pipeline.md': 2, 'docs/datasets.md': 4,
    'docs/diffpose.md': 2, 'docs/evaluation.md': 3, 'docs/inference.md': 3,
    'docs/movenet.md': 1, 'docs/mutual_information.md': 2,
    'docs/own_keypoints.md': 1, 'docs/selective_scan.md': 1,
    'docs/synthetic.md': 1,
}


def python_blocks(document):
    """Return the Python code of a page, block by block."""
    return re.findall(r'```python\n(.*?)```', (ROOT / document).read_text(),
                      re.DOTALL)


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A working folder in which the pages' paths exist."""
    shutil.copytree(ROOT / 'configs', tmp_path / 'configs')
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    init_default_scope('mmpose')
    return tmp_path


def clips(cfg, num=2):
    """Return a batch of random clips and samples for a config."""
    pipeline = cfg.train_dataloader.dataset.pipeline
    width, height = cfg.codec.input_size
    sampler = CLIP_SAMPLERS.build(cfg.train_dataloader.dataset.clip_sampler)
    assert pipeline[0].type == 'LoadClip'
    batch = get_packed_inputs(
        num, img_shape=(height, width), input_size=(width, height),
        heatmap_size=cfg.codec.heatmap_size,
        num_keypoints=cfg.model.head.out_channels)
    offsets = np.array(sampler())
    batch['inputs'] = [torch.rand(len(offsets), 3, height, width)
                       for _ in range(num)]
    for sample in batch['data_samples']:
        sample.set_metainfo(dict(
            frame_offsets=offsets, key_index=offsets.tolist().index(0),
            frame_valid=np.ones(len(offsets), bool)))
    return batch


def step(cfg):
    """Build a config's model and return its losses and itself."""
    model = MODELS.build(cfg.model)
    batch = clips(cfg)
    losses = model(torch.stack(batch['inputs']), batch['data_samples'],
                   mode='loss')
    sum(value for name, value in losses.items()
        if 'loss' in name).backward()
    return model, losses


def test_the_neck_in_thirty_lines(checkout, monkeypatch):
    neck, config = python_blocks('docs/add_method.md')
    assert len(neck.splitlines()) <= 30
    # saved under the names that the page gives
    (checkout / 'weighted_mean_neck.py').write_text(neck)
    (checkout / 'weighted_mean.py').write_text(config)
    cfg = Config.fromfile('weighted_mean.py')  # imports the neck
    try:
        model, losses = step(cfg)
        # clips of several frames, and an objective that says something
        assert clips(cfg)['inputs'][0].shape[0] > 1
        assert abs(losses['loss_entropy'].item()) > 0
        assert model.neck.proj.weight.grad.abs().sum() > 0
    finally:
        MODELS.module_dict.pop('WeightedMeanNeck')
        sys.modules.pop('weighted_mean_neck')


def overlay(block, base):
    """Return a config with a block of a page over another config."""
    Path('overlay.py').write_text(f"_base_ = '{base}'\n{block}")
    return Config.fromfile('overlay.py')


def run(block, **names):
    """Run a block and return its names."""
    exec(block, names)
    return names


def test_all_pages_with_code_are_here():
    pages = {
        path.relative_to(ROOT).as_posix(): len(python_blocks(path))
        for path in (ROOT / 'README.md', ROOT / 'CONTRIBUTING.md',
                     *(path for folder in ('docs', 'configs', 'projects')
                       for path in (ROOT / folder).rglob('*.md')))}
    assert {page: n for page, n in pages.items() if n} == PAGES


@pytest.fixture
def clip_set(checkout, make_video, make_annotations):
    """A dataset of eight frames in the working folder."""
    make_video()
    return make_annotations()


@pytest.mark.slow
@pytest.mark.parametrize('number, sampler', [
    (0, 'ClipGroupSampler'), (1, 'DefaultSampler')])
def test_loaders(clip_set, number, sampler):
    cfg = overlay(python_blocks('docs/data_pipeline.md')[number],
                  TINY.format('dcpose'))
    loader = cfg.train_dataloader
    loader.update(num_workers=0, persistent_workers=False, batch_size=2)
    loader.dataset.update(ann_file=str(clip_set),
                          data_root=str(clip_set.parent))
    loader = Runner.build_dataloader(loader, seed=0)
    assert type(loader.sampler).__name__ == sampler
    assert loader.collate_fn.func is collate_clips
    assert len(next(iter(loader))['inputs']) == 2


def test_datasets(clip_set):
    copy, boxes, offsets, converter = python_blocks('docs/datasets.md')
    Path('configs/dcpose/copy.py').write_text(copy)
    cfg = Config.fromfile('configs/dcpose/copy.py')
    for loader in (cfg.train_dataloader, cfg.val_dataloader,
                   cfg.test_dataloader):
        assert loader.dataset.data_root == '/data/posetrack18/'

    cfg = overlay(boxes, TINY.format('dcpose')).test_dataloader.dataset
    file = Path(cfg.bbox_file)
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps([
        dict(image_id=1000, category_id=1, bbox=[x, 10, 20, 30], score=score)
        for x, score in ((10, .9), (11, .8), (40, .5), (10, .1))]))
    cfg.update(ann_file=str(clip_set), data_root='.', test_mode=True)
    # one overlaps with a better one, and one has a low score
    assert sorted(DATASETS.build(cfg)[i]['data_samples'].gt_instances
                  .bboxes[0, 0] for i in range(2)) == [10, 40]
    assert len(DATASETS.build(cfg)) == 2

    cfg = overlay(offsets, TINY.format('dcpose'))
    cfg.test_dataloader.dataset.update(
        ann_file=str(clip_set), data_root=str(clip_set.parent),
        clip_sampler=cfg.clip_sampler)
    Path('images/000001_test/000004.jpg').unlink()
    # the third frame has the files 1, 2, 3, 5 and 6 around it
    info = DATASETS.build(cfg.test_dataloader.dataset).get_data_info(1)
    assert [Path(p).stem[-1] for p in info['frame_paths']] == list('12356')

    transform = TRANSFORMS.build(run(converter)['converter'])
    points = np.arange(34.).reshape(1, 17, 2)
    found = transform(dict(
        keypoints=points, keypoints_visible=np.ones((1, 17))))['keypoints']
    np.testing.assert_array_equal(found[0, [0, 5, 16]], points[0, [0, 5, 16]])


def test_diffpose(checkout):
    visualizer, rough = python_blocks('docs/diffpose.md')
    cfg = overlay(visualizer, TINY.format('diffpose'))
    assert VISUALIZERS.build(cfg.visualizer).spread_scale == 2
    model, _ = step(overlay(rough, TINY.format('diffpose')))
    assert model.head.rough_head is not None


def test_evaluation(clip_set):
    single, function, both = python_blocks('docs/evaluation.md')
    cfg = overlay(single, TINY.format('dcpose'))
    assert METRICS.build(cfg.val_evaluator).prefix == 'posetrack'
    assert cfg.default_hooks.checkpoint.save_best == 'posetrack/AP'
    for folder in ('annotations/val', 'predictions'):
        Path(folder).mkdir(parents=True)
        record = json.loads(clip_set.read_text())
        record['categories'] = [posetrack_category()]
        for ann in record['annotations']:
            ann['scores'] = [1.] * 17
        Path(folder, 'a.json').write_text(json.dumps(record))
    assert run(function)['table']['Total'] == pytest.approx(100)
    kinds = [type(METRICS.build(entry)).__name__
             for entry in run(both)['test_evaluator']]
    assert kinds == ['PoseTrackAP', 'PoseTrackErrorKinds']


def weights(config, path):
    """Write random weights for a config; returns them."""
    torch.manual_seed(0)
    content = MODELS.build(Config.fromfile(config).model).state_dict()
    torch.save(dict(state_dict=content, meta={}), path)
    return content


@pytest.fixture
def video(clip_set):
    """A video, and the files that pages name beside it."""
    writer = cv2.VideoWriter('video.mp4', cv2.VideoWriter_fourcc(*'mp4v'), 25,
                             (64, 48))
    for number in range(3):
        writer.write(np.full((48, 64, 3), 80 * number, np.uint8))
    writer.release()
    Path('boxes.json').write_text(json.dumps([
        dict(image_id=i, category_id=1, bbox=[10, 10, 20, 30], score=.9)
        for i in range(3)]))
    Path('config.py').write_text(f"_base_ = '{TINY.format('glsmamba')}'")
    weights('config.py', 'weights.pth')
    return 'video.mp4'


@pytest.mark.slow
def test_inference(video):
    call, detector, smoothing = python_blocks('docs/inference.md')
    names = run(call)
    assert len(names['person']['keypoints']) == 17
    assert Path('results/predictions/video.json').is_file()
    # the second block goes on from the first; a detector of MMDetection's
    # takes longer to build than all of this: a bottom-up model stands in
    config = ROOT / ('projects/yolopose/configs/'
                     'yoloxpose-pico_1xb8-8e_synthetic-256x160.py')
    Path('rtmdet.py').write_text(f"_base_ = '{config}'")
    weights('rtmdet.py', 'rtmdet.pth')
    names = run(detector, VideoPoseInferencer=names['VideoPoseInferencer'])
    assert len(list(names['infer'](video))) == 3
    track = np.cumsum(np.ones((20, 17, 2)), axis=0)
    found = run(smoothing + 'found = ' + smoothing.splitlines()[1],
                track=track)['found']
    np.testing.assert_allclose(found, track)


def test_mutual_information(checkout):
    terms, published = python_blocks('docs/mutual_information.md')
    _, losses = step(overlay(terms, TINY.format('tdmi')))
    assert {'loss_mi_useful_noisy', 'loss_mi_useful_target'} <= set(losses)
    known = weights(BASELINE, 'td-hm_hrnet-w48_coco.pth')
    model = MODELS.build(overlay(published, TINY.format('tdmi')).model)
    model.init_weights()
    layer = dict(model.named_modules())
    name, = (name for name in layer if name.endswith('label_layer'))
    torch.testing.assert_close(
        layer[name].weight, known['head.final_layer.weight'])


def test_selective_scan():
    code, = python_blocks('docs/selective_scan.md')
    shapes = dict(u=(1, 4, 7), delta=(1, 4, 7), A=(4, 3), B=(1, 3, 7),
                  C=(1, 3, 7), D=(4, ), z=(1, 4, 7), delta_bias=(4, ))
    values = {name: torch.randn(shape) for name, shape in shapes.items()}
    values['A'] = -values['A'].abs()
    found = run(code, **values)
    expected = found['selective_scan'](
        *(value.double() for value in values.values()), delta_softplus=True,
        backend='reference')
    torch.testing.assert_close(found['y'].double(), expected)


def test_synthetic(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, = python_blocks('docs/synthetic.md')
    # a dataset of two small clips in place of fifty
    small = code.replace('SyntheticConfig(effects', 'SyntheticConfig(**small, '
                         'effects')
    names = run(small, small=dict(train_videos=1, val_videos=1, frames=2,
                                  width=64, height=64))
    assert len(names['frames']) == 20 == len(names['record']['images'])
    assert len(list(Path('data/no_blur/images').glob('*/*'))) == 2
