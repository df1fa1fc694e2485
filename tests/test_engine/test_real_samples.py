"""Overfit 14 people on real frames, and test on a video."""
import json
import shutil

import pytest

from .conftest import ROOT, read_metrics

BASE = 'glsmamba/glsmamba_hrnet-tiny_1xb16-4e_synthetic-96x64.py'


@pytest.fixture
def real(tmp_path, samples):
    """Config of the small GLSMamba on the real annotated frames."""
    root = samples / 'posetrack18'
    text = f"""
_base_ = '{ROOT}/configs/{BASE}'
root = '{root}/'
ann_file = 'annotations/test_posetrack18_val.json'
pipeline = [step for step in _base_.train_pipeline
            if step['type'] != 'RandomBBoxTransform']
train_dataloader = dict(
    batch_size=14, num_workers=0, persistent_workers=False, dataset=dict(
        data_root=root, ann_file=ann_file, pipeline=pipeline))
val_dataloader = dict(
    batch_size=14, num_workers=0, persistent_workers=False, dataset=dict(
        data_root=root, ann_file=ann_file))
test_dataloader = val_dataloader
val_evaluator = [dict(type='PoseTrackAP'), dict(type='PCKAccuracy', thr=0.2)]
test_evaluator = dict(type='PoseTrackAP')
train_cfg = dict(max_epochs=120, val_interval=120)
param_scheduler = [dict(type='LinearLR', start_factor=0.1, end=10,
                        by_epoch=False)]
optim_wrapper = dict(optimizer=dict(lr=3e-3))
default_hooks = dict(checkpoint=dict(interval=120, save_best=None),
                     logger=dict(interval=40))
"""
    path = tmp_path / 'real.py'
    path.write_text(text)
    return path, root


@pytest.mark.slow
@pytest.mark.samples
def test_overfit_then_test_with_detected_boxes(mim, real, tmp_path):
    """An overfit check: PCK@0.2 on the very people that were trained on."""
    config, root = real
    mim('train', 'mmpose', config, '--work-dir', tmp_path / 'run')
    assert read_metrics(tmp_path / 'run')['PCK'] > 0.9

    checkpoint = tmp_path / 'run' / 'epoch_120.pth'
    boxes = root / 'annotations' / 'test_posetrack18_human_detections.json'
    mim('test', 'mmpose', config, '-C', checkpoint,
        '--work-dir', tmp_path / 'detected', '--show-dir', tmp_path / 'shown',
        '--cfg-options', f'test_dataloader.dataset.bbox_file={boxes}',
        'test_dataloader.dataset.bbox_score_thr=0.5',
        'test_evaluator.dump_dir=dumped')
    files = list((tmp_path / 'dumped').glob('*.json'))
    assert len(files) == 3
    people = [ann for file in files
              for ann in json.loads(file.read_text())['annotations']]
    # at least 14 people are there, and the boxes find them
    assert len(people) >= 14
    assert list((tmp_path / 'detected').rglob('shown/**/*.*g')) or list(
        (tmp_path).rglob('shown/**/*.*g'))


@pytest.mark.slow
@pytest.mark.samples
def test_five_consecutive_real_frames(mim, real, tmp_path, samples):
    """Each frame is tested as a clip of its neighbors."""
    config, _ = real
    source = samples / 'posetrack18' / 'videos' / '000001_mpiinew_test'
    folder = tmp_path / 'video' / 'images' / '000001_mpiinew_test'
    shutil.copytree(source, folder, ignore=shutil.ignore_patterns('*.mp4'))
    frames = sorted(path.name for path in folder.iterdir())
    assert len(frames) == 5
    images = [dict(id=i, frame_id=i, vid_id='000001', nframes=5, width=1280,
                   height=720, is_labeled=True,
                   file_name=f'images/000001_mpiinew_test/{name}')
              for i, name in enumerate(frames)]
    # two players, boxes drawn by hand, in the layout of a detector's file
    boxes = [dict(image_id=i, category_id=1, score=0.9, bbox=box)
             for i in range(5)
             for box in ([350, 270, 210, 330], [590, 265, 290, 280])]
    annotations = tmp_path / 'video' / 'video.json'
    annotations.write_text(json.dumps(dict(
        images=images, annotations=[],
        categories=[dict(id=1, name='person')])))
    box_file = tmp_path / 'video' / 'boxes.json'
    box_file.write_text(json.dumps(boxes))
    mim('train', 'mmpose', config, '--work-dir', tmp_path / 'run',
        '--cfg-options', 'train_cfg.max_epochs=1', 'train_cfg.val_interval=5',
        'default_hooks.checkpoint.interval=1')
    mim('test', 'mmpose', config, '-C', tmp_path / 'run' / 'epoch_1.pth',
        '--work-dir', tmp_path / 'test', '--cfg-options',
        f'test_dataloader.dataset.data_root={tmp_path}/video/',
        'test_dataloader.dataset.ann_file=video.json',
        f'test_dataloader.dataset.bbox_file={box_file}',
        'test_evaluator.dump_dir=dumped', 'test_evaluator.format_only=True')
    file, = (tmp_path / 'dumped').glob('*.json')
    people = json.loads(file.read_text())['annotations']
    assert len(people) == 10
    for ann in people:
        assert len(ann['keypoints']) == 51
