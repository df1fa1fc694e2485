from collections import Counter

import numpy as np
import pytest
from mmpose.registry import DATA_SAMPLERS

from mmpose_video.datasets.samplers import ClipGroupSampler
from mmpose_video.datasets.samplers.video_order import video_order


def runs(in_process, dataset, world_size, epoch=0, **kwargs):
    result = []
    for rank in range(world_size):
        sampler = in_process(ClipGroupSampler, rank, world_size, dataset,
                             seed=5, **kwargs)
        sampler.set_epoch(epoch)
        result.append(list(sampler))
        assert len(result[-1]) == len(sampler)
    return result


@pytest.mark.parametrize('group_size', [1, 4, 5, 100])
@pytest.mark.parametrize('world_size', [1, 2, 3])
def test_all_samples_once_but_for_the_padding(
        make_dataset, in_process, group_size, world_size):
    dataset = make_dataset(videos=1, frames=35, people=1)
    parts = runs(in_process, dataset, world_size, group_size=group_size)
    assert len({len(part) for part in parts}) == 1
    counts = Counter(sum(parts, []))
    assert set(counts) == set(range(35))
    assert sum(counts.values()) - 35 < world_size


@pytest.mark.parametrize('world_size', [1, 2])
def test_groups_are_neighbors_and_fit_in_batches(
        make_dataset, in_process, world_size):
    dataset = make_dataset(videos=4, frames=8, people=3)  # 96 samples
    place = {index: i for i, index in enumerate(video_order(dataset))}
    for part in runs(in_process, dataset, world_size, group_size=8):
        for start in range(0, len(part), 8):
            places = [place[i] for i in part[start:start + 8]]
            # a group may hold the seam of the ring
            assert [(p - places[0]) % 96 for p in places] == list(range(8))


def test_groups_are_shuffled_and_cut_anew_each_epoch(
        make_dataset, in_process):
    dataset = make_dataset(videos=4, frames=8, people=3)
    place = {index: i for i, index in enumerate(video_order(dataset))}
    orders, companies = [], []
    for epoch in range(20):
        part, = runs(in_process, dataset, 1, epoch, group_size=8)
        orders.append(part)
        companies.append(place[part[0]] % 8)
        firsts = [place[i] for i in part[::8]]
        assert firsts != sorted(firsts)
    assert len({tuple(order) for order in orders}) == 20
    assert len(set(companies)) > 3


def test_an_epoch_is_the_same_after_a_resume(make_dataset, in_process):
    dataset = make_dataset()
    whole = in_process(ClipGroupSampler, 0, 1, dataset, seed=1)
    for epoch in range(3):
        whole.set_epoch(epoch)
        expected = list(whole)
    resumed = in_process(ClipGroupSampler, 0, 1, dataset, seed=1)
    resumed.set_epoch(2)
    assert list(resumed) == expected


def test_groups_of_one_are_uniform(make_dataset, in_process):
    """Each sample comes first about equally often."""
    dataset = make_dataset(videos=1, frames=4, people=1)
    firsts = Counter(
        runs(in_process, dataset, 1, epoch, group_size=1)[0][0]
        for epoch in range(400))
    # 5 standard deviations of a binomial with 400 draws at 1/4
    assert all(abs(firsts[i] - 100) < 44 for i in range(4))


def test_no_sample_is_always_last(make_dataset, in_process):
    """With `drop_last` the same samples would never be trained on."""
    dataset = make_dataset(videos=1, frames=33, people=1)
    lasts = {runs(in_process, dataset, 1, epoch, group_size=8)[0][-1]
             for epoch in range(100)}
    assert len(lasts) > 20


def test_is_built_as_the_runner_does(make_dataset):
    sampler = DATA_SAMPLERS.build(
        dict(type='ClipGroupSampler', group_size=4),
        default_args=dict(dataset=make_dataset(), seed=3))
    assert len(np.unique(list(sampler))) == 48
    with pytest.raises(ValueError, match='group_size'):
        ClipGroupSampler(make_dataset(), group_size=0)
