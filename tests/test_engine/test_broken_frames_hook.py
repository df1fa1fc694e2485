"""A training and a test on a dataset with broken files."""
import json
import logging

import cv2
import numpy as np
import pytest
import torch
from mmengine.evaluator import BaseMetric
from mmengine.model import BaseModel
from mmengine.runner import Runner
from mmpose.registry import METRICS, MODELS

from mmpose_video.engine.seeded_samples import SeededFetch

FRAMES = 200


class Nothing(BaseModel):
    """A model that only remembers the samples."""

    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(1))
        self.batches = []

    def forward(self, inputs, data_samples=None, mode='tensor'):
        self.batches.append([s.img_path for s in data_samples])
        if mode == 'loss':
            return dict(loss=self.weight.sum())
        return data_samples


class Count(BaseMetric):

    def process(self, data_batch, data_samples):
        self.results += [s['id'] for s in data_samples]

    def compute_metrics(self, results):
        return dict(count=len(results), different=len(set(results)))


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
    """200 frames with a person each; every 100th file is cut short."""
    root = tmp_path_factory.mktemp('broken')
    (root / 'v').mkdir()
    images, annotations = [], []
    for number in range(FRAMES):
        path = root / 'v' / f'{number:06d}.jpg'
        cv2.imwrite(str(path), np.full((24, 32, 3), number, np.uint8))
        if number % 100 == 50:
            path.write_bytes(path.read_bytes()[:200])
        images.append(dict(id=number, frame_id=number, vid_id='1', width=32,
                           height=24, file_name=f'v/{number:06d}.jpg'))
        annotations.append(dict(
            id=number, image_id=number, category_id=1, bbox=[4, 4, 16, 16],
            keypoints=[8, 8, 1] * 17, num_keypoints=17, iscrowd=0,
            track_id=0))
    (root / 'all.json').write_text(json.dumps(dict(
        images=images, annotations=annotations,
        categories=[dict(id=1, name='person')])))
    return root


def loader(folder, test_mode, broken_key, **order):
    return dict(
        batch_size=10, num_workers=2,
        collate_fn=dict(type='collate_clips'),
        dataset=dict(
            type='PoseTrack18ClipDataset', data_root=str(folder),
            ann_file='all.json', data_prefix=dict(img=''),
            test_mode=test_mode,
            clip_sampler=dict(type='FixedOffsets', offsets=(-1, 0, 1)),
            pipeline=[dict(type='LoadClip', broken_key=broken_key),
                      dict(type='GetBBoxCenterScale'),
                      dict(type='TopdownClipAffine', input_size=(24, 32)),
                      dict(type='PackClipInputs')]), **order)


@pytest.fixture
def run(folder, tmp_path):
    """Build a runner and collect what it logs at the level of warnings."""

    def build(**cfg):
        for registry, part in ((MODELS, Nothing), (METRICS, Count)):
            registry.register_module(module=part, force=True)
        runner = Runner(
            model=dict(type='Nothing'), work_dir=str(tmp_path),
            default_hooks=dict(
                checkpoint=None, sample_seed=dict(type='SampleSeedHook'),
                broken_frames=dict(type='BrokenFramesHook'),
                worker_runs=dict(type='WorkerRunsHook')),
            default_scope='mmpose', randomness=dict(seed=0),
            experiment_name=tmp_path.name, log_level='WARNING', **cfg)
        messages = []
        monitor = runner.logger.log

        def log(level, message, *args):
            if level == logging.WARNING and message.startswith('Broken'):
                messages.append(message)
            monitor(level, message, *args)

        runner.logger.log = log
        return runner, messages

    return build


@pytest.mark.slow
def test_a_percent_of_broken_files_is_counted_each_epoch(run, folder):
    runner, messages = run(
        train_dataloader=loader(
            folder, False, 'skip',
            sampler=dict(type='ClipGroupSampler', group_size=5)),
        train_cfg=dict(by_epoch=True, max_epochs=2),
        optim_wrapper=dict(optimizer=dict(type='SGD', lr=0.1)))
    runner.train()
    seen = sum(runner.model.batches, [])
    assert len(seen) == 2 * FRAMES  # others came in their place
    assert not [path for path in seen if path.endswith(
        ('000050.jpg', '000150.jpg'))]
    # two key frames, and each of them a neighbor of two others
    assert len(messages) == 2
    for message in messages:
        assert 'Broken frames in train: 2 samples were dropped' in message
        assert '4 neighbors' in message and '2 different files' in message


def test_two_broken_samples_do_not_draw_each_other_for_ever(folder):
    from mmengine.registry import init_default_scope
    from mmpose.registry import DATASETS
    init_default_scope('mmpose')
    dataset = DATASETS.build(loader(folder, False, 'skip')['dataset'])
    intact = dataset.pipeline.transforms[0].transform
    asked = []

    def only_one_is_intact(results):
        asked.append(results['id'])
        return intact(results) if results['id'] == 7 else None

    dataset.pipeline.transforms[0].transform = only_one_is_intact
    fetch = SeededFetch(dataset)
    first = fetch.read(3)['data_samples'].id
    again = list(asked)
    asked.clear()
    assert first == 7 and fetch.read(3)['data_samples'].id == 7
    assert asked == again  # what is drawn is a function of seed and index
    assert len(set(asked)) > 5


@pytest.mark.slow
def test_runs_of_workers_leave_the_predictions_complete(run, folder):
    test = loader(folder, True, 'error',
                  sampler=dict(type='VideoOrderSampler'),
                  batch_sampler=dict(type='WorkerRunBatchSampler'))
    # the broken key frames cannot be tested on
    test['dataset']['indices'] = 50
    runner, messages = run(test_dataloader=test, test_cfg={},
                           test_evaluator=[dict(type='Count')])
    metrics = runner.test()
    assert metrics == dict(count=50, different=50)
    assert runner.test_dataloader.batch_sampler.num_workers == 2
    firsts = [int(batch[0][-10:-4]) for batch in runner.model.batches]
    # runs 0-28 and 29-48, and the last sample last
    assert firsts == [0, 29, 10, 39, 20]
    # number 49 has a broken neighbor, 50
    assert len(messages) == 1 and '0 samples were dropped' in messages[0]
    assert '1 neighbors were replaced' in messages[0]
    assert 'in test' in messages[0]


@pytest.mark.slow
def test_a_number_of_workers_that_was_given_stays(run, folder):
    test = loader(folder, True, 'error',
                  sampler=dict(type='VideoOrderSampler'),
                  batch_sampler=dict(type='WorkerRunBatchSampler',
                                     num_workers=1))
    test['dataset']['indices'] = 50
    runner, _ = run(test_dataloader=test, test_cfg={},
                    test_evaluator=[dict(type='Count')])
    runner.test()
    assert runner.test_dataloader.batch_sampler.num_workers == 1
