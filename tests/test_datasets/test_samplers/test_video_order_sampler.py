from itertools import chain, zip_longest

import pytest
from mmengine.dataset import BaseDataset, ConcatDataset
from mmengine.runner.runner import _SlicedDataset
from mmpose.registry import DATA_SAMPLERS

from mmpose_video.datasets.samplers import VideoOrderSampler
from mmpose_video.datasets.samplers.video_order import video_order


def test_order_is_by_video_frame_and_then_as_given(make_dataset):
    dataset = make_dataset()
    order = video_order(dataset)
    assert sorted(order) == list(range(48))
    keys = [(dataset.paths[i], i) for i in order]
    assert keys == sorted(keys)


def test_frames_are_sorted_as_numbers():
    dataset = BaseDataset(lazy_init=True)
    names = ['v/10.jpg', 'v/9.jpg', 'a/2.jpg', 'v/100.jpg', 'v/cam_9.jpg',
             'v/cover.jpg', 'v/cam_1.jpg']
    dataset.load_data_list = lambda: [dict(img_path=n) for n in names]
    dataset.full_init()
    assert video_order(dataset).tolist() == [2, 5, 1, 0, 3, 6, 4]


def test_wrapped_datasets(make_dataset):
    parts = [make_dataset(videos=2, shuffle_seed=s) for s in (1, 2)]
    paths = parts[0].paths + parts[1].paths
    both = ConcatDataset(parts)
    ordered = [paths[i] for i in video_order(both)]
    assert ordered == sorted(paths)
    cut = video_order(_SlicedDataset(parts[0], 5))
    assert sorted(cut) == [0, 1, 2, 3, 4]
    with pytest.raises(TypeError, match='_SlicedDataset has 99 samples'):
        video_order(_SlicedDataset(parts[0], 99))


def test_datasets_without_an_order_are_refused():
    with pytest.raises(TypeError, match='list'):
        video_order([1, 2])


@pytest.mark.parametrize('round_up', [False, True])
@pytest.mark.parametrize('world_size', [1, 2, 3, 4, 7])
@pytest.mark.parametrize('people', [1, 2])
def test_the_interleaved_and_cut_results_are_complete(
        make_dataset, in_process, world_size, round_up, people):
    """As MMEngine's `collect_results` puts them together."""
    dataset = make_dataset(videos=1, frames=11, people=people)
    runs = [list(in_process(VideoOrderSampler, rank, world_size, dataset,
                            round_up=round_up))
            for rank in range(world_size)]
    if round_up:
        assert len({len(run) for run in runs}) == 1
    collected = [i for i in chain.from_iterable(zip_longest(*runs))
                 if i is not None][:len(dataset)]
    assert sorted(collected) == list(range(len(dataset)))
    # and the processes' parts follow each other in the videos
    ordered = video_order(dataset).tolist()
    start = 0
    for run in runs:
        own = list(dict.fromkeys(run))
        assert own == ordered[start:start + len(own)]
        start += len(own)


def test_more_processes_than_samples(make_dataset, in_process):
    dataset = make_dataset(videos=1, frames=2, people=1)
    runs = [list(in_process(VideoOrderSampler, rank, 4, dataset,
                            round_up=True)) for rank in range(4)]
    assert [len(run) for run in runs] == [1] * 4
    assert {run[0] for run in runs[:2]} == {0, 1}


def test_is_built_as_the_runner_does(make_dataset):
    sampler = DATA_SAMPLERS.build(
        dict(type='VideoOrderSampler'),
        default_args=dict(dataset=make_dataset(), seed=3))
    assert len(sampler) == len(list(sampler)) == 48
