"""The page on keypoints of one's own, and keypoint sets beyond people."""
import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.dataset import pseudo_collate
from mmengine.registry import init_default_scope
from mmpose.datasets.datasets.utils import parse_pose_metainfo
from mmpose.registry import DATASETS, METRICS, MODELS

from mmpose_video.formats.results import read_results
from mmpose_video.formats.skeleton import Skeleton
from mmpose_video.tools.import_labels import main as import_labels

from ..test_datasets.test_convert import label_tools as tools

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / 'docs/own_keypoints.md').read_text()
SKELETONS = ROOT / 'configs/_base_/skeletons'
#: Frames that are labeled, of the two videos that are.
LABELED = {'cage_a': (1, 2, 4), 'cage_b': (2, 3)}


def blocks(language):
    return re.findall(rf'```{language}\n(.*?)```', PAGE, re.DOTALL)


def config(method):
    """The page's config for another method."""
    code, = blocks('python')
    return code.replace(
        'configs/dcpose/dcpose_hrnet-tiny_1xb16-4e_synthetic-96x64.py',
        method)


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A working folder in which the page's paths exist."""
    (tmp_path / 'configs').symlink_to(ROOT / 'configs')
    monkeypatch.chdir(tmp_path)
    init_default_scope('mmpose')
    return tmp_path


def labels(checkout, skeleton):
    """Frames and a COCO file of a keypoint set; returns the points."""
    rng = np.random.default_rng(1)
    points = {
        (video, number, 0): rng.uniform(
            (6, 6), (tools.WIDTH - 6, tools.HEIGHT - 6),
            (len(skeleton.keypoints), 2))
        for video, numbers in LABELED.items() for number in numbers}
    tools.write_images(checkout / 'frames', '{video}/{number:06d}.png')
    tools.coco(checkout / 'annotations.json', points,
               '{video}/{number:06d}.png', names=skeleton.keypoints)
    return points


@pytest.mark.slow
@pytest.mark.parametrize('name, method', [
    ('mouse_5', 'dcpose/dcpose_hrnet-tiny_1xb16-4e_synthetic-96x64.py'),
    ('hand_21', 'dsta/dsta_hrnet-tiny_1xb16-4e_synthetic-96x64.py'),
    ('animal_17', 'tarvitpose/tarvitpose_vit-tiny_1xb16-4e_synthetic-96x64.py')
])
def test_labels_to_metric(name, method, checkout):
    """Import, a training step and an evaluation, by the page's config."""
    skeleton = Skeleton.read(str(SKELETONS / f'{name}.json'))
    points = labels(checkout, skeleton)
    assert import_labels([
        'annotations.json', 'data/mouse', '--images', 'frames', '--skeleton',
        str(SKELETONS / f'{name}.json'), '--val', 'cage_b']) == 0
    (checkout / 'mouse.py').write_text(config(f'configs/{method}'))
    cfg = Config.fromfile('mouse.py')
    train = DATASETS.build(cfg.train_dataloader.dataset)
    assert len(train) == 3
    assert train.metainfo['flip_indices'] == parse_pose_metainfo(
        skeleton.metainfo())['flip_indices']
    assert 'reference' in train.metainfo
    model = MODELS.build(cfg.model)
    model.init_weights()
    optimizer = torch.optim.SGD(model.parameters(), 1e-4)
    data = model.data_preprocessor(
        pseudo_collate([train[i] for i in range(2)]), training=True)
    total, _ = model.parse_losses(model(**data, mode='loss'))
    before = [p.detach().clone() for p in model.parameters()]
    total.backward()
    optimizer.step()
    assert any(not torch.equal(a, b)
               for a, b in zip(before, model.parameters()))

    val = DATASETS.build(cfg.val_dataloader.dataset)
    metric = METRICS.build(cfg.val_evaluator)
    metric.dataset_meta = val.metainfo
    exact = METRICS.build(cfg.val_evaluator)
    exact.dataset_meta = val.metainfo
    model.eval()
    for i in range(len(val)):
        batch = model.data_preprocessor(pseudo_collate([val[i]]))
        with torch.no_grad():
            found, = model(**batch, mode='predict')
        truth = found.to_dict()
        metric.process(None, [truth])
        image = Path(found.img_path)
        table = points[image.parent.name, int(image.stem), 0]
        truth['pred_instances'] = dict(
            keypoints=table[None],
            keypoint_scores=np.ones((1, len(table))))
        exact.process(None, [truth])
    assert cfg.default_hooks.checkpoint.save_best == 'own/PCK'
    result = metric.evaluate(len(val))
    assert {'own/PCK', 'own/OKS AP', 'own/AP'} <= set(result)
    assert all(0 <= value <= 100 for value in result.values())
    # labels moved by name and found again: the truth is right
    best = exact.evaluate(len(val))
    assert best['own/PCK'] == 1
    assert best['own/OKS AP'] == pytest.approx(100)
    assert best['own/AP'] == 100


@pytest.mark.parametrize('name, file', [
    ('hand_21', 'coco_wholebody_hand.py'), ('animal_17', 'ap10k.py')])
def test_shipped_sets_are_mmposes(name, file):
    ours = parse_pose_metainfo(
        Skeleton.read(str(SKELETONS / f'{name}.json')).metainfo())
    theirs = parse_pose_metainfo(
        dict(from_file=f'configs/_base_/datasets/{file}'))
    for key in ('keypoint_id2name', 'flip_indices', 'skeleton_links'):
        assert ours[key] == theirs[key]
    np.testing.assert_allclose(ours['sigmas'], theirs['sigmas'])


def test_page_shows_the_shipped_file():
    text, = blocks('json')
    assert json.loads(text) == json.loads(
        (SKELETONS / 'mouse_5.json').read_text())


@pytest.mark.slow
def test_commands_of_the_page(checkout):
    """Each line, as it stands there, from labels to drawn poses."""
    pytest.importorskip('sleap_io', reason='the extra `formats`')
    points = tools.truth(2)
    tools.write_videos(checkout / 'videos')
    tools.write_images(checkout / 'frames', '{video}/{number:06d}.png')
    tools.coco(checkout / 'annotations.json', points,
               '{video}/{number:06d}.png')
    tools.deeplabcut(checkout / 'mouse-project', points, 2)
    tools.write_videos(checkout / 'mouse-project/videos')
    tools.sleap(checkout / 'labels.slp', points, Path('/elsewhere'))
    tools.yolo(checkout / 'yolo', points)
    (checkout / 'mouse.py').write_text(config(
        'configs/dcpose/dcpose_hrnet-tiny_1xb16-4e_synthetic-96x64.py'))
    imports, uses = [
        block.strip().splitlines() for block in blocks('shell')]

    def run(line):
        words = shlex.split(line)
        assert words[0] == 'mmpose-video'
        done = subprocess.run(
            [sys.executable, '-m', '_mmpose_video_cli', *words[1:]],
            capture_output=True, text=True, timeout=600)
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]

    for line in imports:
        shutil.rmtree('data', ignore_errors=True)
        run(line)
        found = set()
        for split in ('train', 'val'):
            content = json.loads(
                Path(f'data/mouse/annotations/{split}.json').read_text())
            assert len(content['annotations']) == 2 * len(content['images'])
            found |= {image['vid_id'] for image in content['images']}
            for image in content['images']:
                assert cv2.imread(
                    f'data/mouse/{image["file_name"]}') is not None
        assert found == {'cage_a', 'cage_b'}
    for line in uses:
        run(line)
    assert list(Path('shown').glob('*'))
    assert Path('work_dirs/mouse/epoch_4.pth').exists()
    results = read_results('results/predictions/cage_b.json')
    assert results.info.keypoints == tools.NAMES
    assert len(results.frames) == tools.FRAMES
