import copy

from torch.utils.data import DataLoader, Dataset

from mmpose_video.datasets.loading.broken_frames import BrokenFrameCounter


class Breaking(Dataset):
    """Sample i meets a broken key frame `i % 3` and a neighbor."""

    def __init__(self):
        self.counter = BrokenFrameCounter()

    def __len__(self):
        return 20

    def __getitem__(self, index):
        self.counter.add(f'key {index % 3}', is_key=True)
        self.counter.add('neighbor', is_key=False)
        return index


def test_counts_of_all_workers_arrive():
    dataset = Breaking()
    for num_workers in (0, 2):
        list(DataLoader(dataset, num_workers=num_workers))
    tally = dataset.counter.read()
    assert (tally.key_frames, tally.neighbors) == (40, 40)
    assert len(tally.files) == 4


def test_a_copy_counts_in_its_own_shared_memory():
    dataset = Breaking()
    dataset.counter.add('x', is_key=True)
    other = copy.deepcopy(dataset)
    list(DataLoader(other, num_workers=1))
    assert other.counter.read().key_frames == 21
    assert dataset.counter.read().key_frames == 1


def test_tells_the_first_time_of_a_file():
    counter = BrokenFrameCounter()
    assert counter.add('a', is_key=True)
    assert not counter.add('a', is_key=False)
    assert counter.add('b', is_key=False)
    assert counter.read()[:2] == (1, 2)


def test_more_files_than_it_tells_apart():
    counter = BrokenFrameCounter()
    for number in range(600):
        assert counter.add(f'{number}', is_key=False)
    tally = counter.read()
    assert tally.neighbors == 600 and len(tally.files) == 512
