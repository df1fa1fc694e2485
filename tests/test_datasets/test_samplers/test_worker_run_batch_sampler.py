import pytest
from torch.utils.data import DataLoader, Dataset, get_worker_info

from mmpose_video.datasets.samplers import WorkerRunBatchSampler


def batches(count, batch_size, num_workers):
    sampler = WorkerRunBatchSampler(range(count), batch_size, num_workers)
    result = list(sampler)
    assert len(sampler) == len(result)
    return result


def test_by_hand():
    assert batches(10, 2, 2) == [[0, 1], [5, 6], [2, 3], [7, 8], [4, 9]]
    assert batches(5, 2, None) == [[0, 1], [2, 3], [4]]
    assert batches(5, 2, 0) == [[0, 1], [2, 3], [4]]
    assert batches(3, 4, 2) == [[0, 1, 2]]
    assert batches(0, 4, 2) == []


@pytest.mark.parametrize('count', [1, 2, 7, 64, 65])
@pytest.mark.parametrize('batch_size', [1, 3, 8])
@pytest.mark.parametrize('workers', [1, 2, 3, 5, 9])
def test_each_index_once_in_full_batches_and_the_last_last(
        count, batch_size, workers):
    result = batches(count, batch_size, workers)
    flat = sum(result, [])
    assert sorted(flat) == list(range(count)) and flat[-1] == count - 1
    assert all(len(batch) == batch_size for batch in result[:-1])
    for worker in range(workers):
        # one run, but for the last index
        run = [i for batch in result[worker::workers] for i in batch
               if i != count - 1]
        assert run == list(range(run[0], run[0] + len(run))) if run else True


class WhoReads(Dataset):

    def __len__(self):
        return 23

    def __getitem__(self, index):
        return index, get_worker_info().id


def test_a_data_loaders_workers_get_runs():
    loader = DataLoader(
        WhoReads(), num_workers=2,
        batch_sampler=WorkerRunBatchSampler(range(23), 3, num_workers=2))
    seen = {0: [], 1: []}
    for _ in range(2):  # also in a second epoch
        for indices, workers in loader:
            for index, worker in zip(indices.tolist(), workers.tolist()):
                seen[worker].append(index)
    first = list(range(12))
    second = list(range(12, 23))
    assert seen == {0: first * 2, 1: second * 2}


def test_batch_size_is_checked():
    with pytest.raises(ValueError, match='batch_size'):
        WorkerRunBatchSampler(range(3), 0)
