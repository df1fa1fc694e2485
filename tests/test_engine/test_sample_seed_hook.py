"""Randomness is a function of the seed and the training's progress."""
import pickle
import random
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from mmengine.dataset import BaseDataset
from mmengine.hooks import CheckpointHook
from mmengine.logging import MessageHub
from mmengine.model import BaseModel
from mmengine.runner import Runner
from mmpose.registry import DATASETS, MODELS
from torch.utils.data import DataLoader

from mmpose_video.engine.hooks import SampleSeedHook
from mmpose_video.engine.seeded_samples import (
    NumberedIndex,
    NumberedSampler,
    SeededFetch,
    seed_samples,
)

LENGTH = 6


class Draws(BaseDataset):
    """Each sample is its index and what the three generators drew."""

    def load_data_list(self):
        return [dict(index=index) for index in range(LENGTH)]

    def prepare_data(self, idx):
        index = self.get_data_info(idx)['index']
        return dict(inputs=torch.tensor(
            [index, np.random.rand(), random.random(), float(torch.rand(()))],
            dtype=torch.float64))


class Noisy(BaseModel):
    """A model with draws of its own, which keeps what it was given."""

    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(4, 1).double()
        self.seen = []

    def forward(self, inputs, mode='loss'):
        batch = torch.stack(inputs)
        self.seen += batch.tolist()
        noise = torch.rand(4) * np.random.rand() * random.random()
        return dict(loss=(self.layer(batch + noise)**2).mean())


@pytest.fixture(autouse=True)
def register():
    for registry, part in ((MODELS, Noisy), (DATASETS, Draws)):
        registry.register_module(module=part, force=True)
    yield
    MessageHub._instance_dict.clear()


def train(work_dir, dataset=None, workers=0, sampler=None, epochs=3,
          iterations=None, persistent=True, interval=1, **kwargs):
    by_epoch = iterations is None
    runner = Runner(
        model=dict(type='Noisy'),
        work_dir=str(work_dir),
        train_dataloader=dict(
            dataset=dataset or dict(type='Draws'),
            sampler=sampler or dict(type='DefaultSampler', shuffle=True),
            batch_size=2, num_workers=workers,
            persistent_workers=persistent and workers > 0),
        train_cfg=(dict(by_epoch=True, max_epochs=epochs) if by_epoch else
                   dict(by_epoch=False, max_iters=iterations)),
        optim_wrapper=dict(optimizer=dict(type='SGD', lr=.01)),
        default_hooks=dict(
            checkpoint=CheckpointHook(interval=interval, by_epoch=by_epoch),
            sample_seed=dict(type='SampleSeedHook')),
        randomness=dict(seed=5), default_scope='mmpose',
        experiment_name=f'{work_dir.name}{random.random()}',
        log_level='WARNING', **kwargs)
    runner.train()
    # end the workers here: garbage collection would wait for each of them
    runner.train_dataloader._iterator = None
    runner.train_loop.dataloader_iterator = None
    return runner


def same_weights(a, b):
    return all(
        torch.equal(x, y) for x, y in zip(a.model.state_dict().values(),
                                          b.model.state_dict().values()))


@pytest.mark.slow
@pytest.mark.parametrize('workers, persistent', [(0, False), (1, False),
                                                 (2, True)])
def test_resumed_equals_uninterrupted_with_any_workers(
        workers, persistent, tmp_path):
    whole = train(tmp_path / 'whole', workers=0)
    other = train(tmp_path / 'a', workers=workers, persistent=persistent)
    assert other.model.seen == whole.model.seen
    assert same_weights(other, whole)
    for epoch in (1, 2):
        resumed = train(
            tmp_path / f'resumed{epoch}', workers=workers,
            persistent=persistent, resume=True,
            load_from=str(tmp_path / 'a' / f'epoch_{epoch}.pth'))
        assert resumed.model.seen == whole.model.seen[epoch * LENGTH:]
        assert same_weights(resumed, whole)


def test_the_models_draws_change_each_iteration(tmp_path):
    hook, draws = SampleSeedHook(), []
    for iteration, seed in ((0, 1), (1, 1), (0, 1), (0, 2)):
        hook.before_train_iter(
            SimpleNamespace(seed=seed, iter=iteration), batch_idx=0)
        draws.append((torch.rand(()).item(), np.random.rand(),
                      random.random()))
    assert draws[0] == draws[2]
    assert len({draw[0] for draw in draws}) == 3


@pytest.mark.slow
@pytest.mark.parametrize('sampler', ['InfiniteSampler', 'DefaultSampler'])
@pytest.mark.parametrize('workers', [0, 2])
def test_iteration_based_loops_augment_anew_and_resume(
        sampler, workers, tmp_path, monkeypatch):
    monkeypatch.setattr('time.sleep', lambda seconds: None)  # of MMEngine
    settings = dict(sampler=dict(type=sampler, shuffle=True), iterations=9,
                    interval=4)
    whole = train(tmp_path / 'whole', **settings)
    seen = whole.model.seen
    assert len(seen) == 3 * LENGTH
    assert sorted(sample[0] for sample in seen) == sorted(
        3 * list(range(LENGTH)))
    for column in (1, 2, 3):
        assert len({sample[column] for sample in seen}) == 3 * LENGTH
    other = train(tmp_path / 'other', workers=workers, **settings)
    assert other.model.seen == seen
    resumed = train(
        tmp_path / 'resumed', workers=workers, resume=True,
        load_from=str(tmp_path / 'other' / 'iter_4.pth'), **settings)
    assert resumed.model.seen == seen[8:]
    assert same_weights(resumed, whole)


WRAPPED = dict(
    repeated=dict(type='RepeatDataset', times=2, dataset=dict(type='Draws')),
    concatenated=dict(type='ConcatDataset', datasets=[dict(type='Draws')] * 2),
    both=dict(type='ConcatDataset', datasets=[
        dict(type='RepeatDataset', times=2, dataset=dict(type='Draws')),
        dict(type='Draws')]))


@pytest.mark.slow
@pytest.mark.parametrize('name', WRAPPED)
def test_repeats_are_augmented_anew_and_resume(name, tmp_path):
    whole = train(tmp_path / 'whole', WRAPPED[name], epochs=2)
    seen = whole.model.seen
    repeats = 3 if name == 'both' else 2
    assert len(seen) == 2 * repeats * LENGTH
    for column in (1, 2, 3):
        assert len({sample[column] for sample in seen}) == len(seen)
    other = train(tmp_path / 'other', WRAPPED[name], workers=2, epochs=2)
    assert other.model.seen == seen
    resumed = train(
        tmp_path / 'resumed', WRAPPED[name], workers=2, epochs=2,
        resume=True, load_from=str(tmp_path / 'other' / 'epoch_1.pth'))
    assert resumed.model.seen == seen[len(seen) // 2:]
    assert same_weights(resumed, whole)


def test_two_processes_number_their_samples_as_one(monkeypatch):
    one = list(NumberedSampler([3, 1, 2, 0]))
    numbers = dict(zip(map(int, one), (index.number for index in one)))
    for rank in (0, 1):
        monkeypatch.setattr('mmpose_video.engine.seeded_samples.get_dist_info',
                            lambda rank=rank: (rank, 2))
        for index in NumberedSampler([3, 1, 2, 0][rank::2]):
            assert numbers[int(index)] == index.number


def test_numbers_survive_the_way_to_a_worker():
    index = pickle.loads(pickle.dumps(NumberedIndex(4, 9)))
    assert index == 4 and index.number == 9


def test_samples_depend_on_seed_epoch_and_number_alone():
    fetch = SeededFetch(Draws())

    def read(seed, epoch, number, burn=0):
        fetch.seeds.copy_(torch.tensor([seed, epoch]))
        np.random.seed(burn)
        random.seed(burn)
        torch.manual_seed(burn)
        return tuple(fetch.read(NumberedIndex(2, number))['inputs'].tolist())

    assert read(1, 2, 1, burn=7) == read(1, 2, 1, burn=8)
    assert len({read(1, 2, 1), read(1, 2, 2), read(1, 3, 1),
                read(2, 2, 1)}) == 4


def test_loaders_without_a_sampler_are_seeded_by_index():
    dataset = Draws()
    loader = DataLoader(dataset, batch_sampler=[[0, 1], [1, 0]],
                        collate_fn=lambda batch: batch)
    assert seed_samples(loader, 0, 0) and not seed_samples(loader, 0, 0)
    first, second = loader
    assert torch.equal(first[0]['inputs'], second[1]['inputs'])
    assert not torch.equal(first[0]['inputs'][1:], first[1]['inputs'][1:])
