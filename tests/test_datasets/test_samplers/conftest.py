import numpy as np
import pytest
from mmengine.dataset import BaseDataset


@pytest.fixture
def make_dataset():
    """Make a dataset of `people` in each of some frames of some videos."""

    def make(videos=3, frames=8, people=2, shuffle_seed=0):
        paths = [f'v{v}/{f:03d}.jpg' for v in range(videos)
                 for f in range(frames) for _ in range(people)]
        if shuffle_seed is not None:
            np.random.default_rng(shuffle_seed).shuffle(paths)
        dataset = BaseDataset(lazy_init=True)
        dataset.load_data_list = lambda: [dict(img_path=p) for p in paths]
        dataset.full_init()
        dataset.paths = paths
        return dataset

    return make


@pytest.fixture
def in_process(monkeypatch):
    """Build a sampler as process `rank` of `world_size`."""

    def build(cls, rank, world_size, *args, **kwargs):
        import importlib
        module = importlib.import_module(cls.__module__)
        monkeypatch.setattr(module, 'get_dist_info',
                            lambda: (rank, world_size))
        return cls(*args, **kwargs)

    return build
