from types import SimpleNamespace

import torch
from mmengine.dataset import ConcatDataset

from mmpose_video.datasets import BaseVideoDataset
from mmpose_video.engine.hooks import SampleSeedHook


class Recorder(BaseVideoDataset):

    def __init__(self):
        self.seen = []

    def set_sample_seed(self, seed, epoch):
        self.seen.append((seed, epoch))


def call(dataset, seed=3, epoch=2):
    SampleSeedHook().before_train_epoch(SimpleNamespace(
        seed=seed, epoch=epoch,
        train_dataloader=SimpleNamespace(dataset=dataset)))


def test_seed_and_epoch_reach_the_data_sets_inside_of_wrappers():
    first, second = Recorder(), Recorder()
    wrapped = ConcatDataset.__new__(ConcatDataset)
    wrapped.datasets = [first, SimpleNamespace(dataset=second)]
    call(wrapped)
    assert first.seen == second.seen == [(3, 2)]
    call(object())  # data sets of others are left alone


def test_the_models_draws_are_a_function_of_seed_and_epoch():
    call(object())
    draw = torch.rand(3)
    torch.rand(100)
    call(object())
    assert torch.equal(draw, torch.rand(3))
    call(object(), epoch=3)
    assert not torch.equal(draw, torch.rand(3))
