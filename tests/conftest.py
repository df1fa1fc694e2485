"""What all tests share."""
import os
import random
from pathlib import Path

import numpy as np
import pytest
import torch

# first: makes the hosts importable for tests that import them on their own
import mmpose_video  # noqa: F401

# Tests run side by side (pytest-xdist): one thread each, or they fight.
torch.set_num_threads(1)


def pytest_configure(config):
    # Noise of the hosts that no test is about.
    for line in (
            'ignore:pkg_resources is deprecated',
            'ignore:Deprecated call to `pkg_resources',
            'ignore:Fail to import ``MultiScaleDeformableAttention``',
            'ignore:.*__array_wrap__ must accept context:DeprecationWarning',
            'ignore:The given NumPy array is not writable:UserWarning',
            'ignore:torch.meshgrid:UserWarning',
            'ignore:.torch.jit:DeprecationWarning',
            "ignore:.*'pin_memory' argument is set as true:UserWarning",
    ):
        config.addinivalue_line('filterwarnings', line)


@pytest.fixture(autouse=True)
def seed():
    """The same random numbers for each test, in whatever order they run."""
    random.seed(0)
    np.random.seed(0)
    torch.manual_seed(0)
    return 0


@pytest.fixture
def rng():
    """A generator of numpy's own."""
    return np.random.default_rng(0)


@pytest.fixture(scope='session')
def samples():
    """Folder of the sample data; skips where there is none."""
    folder = os.environ.get('MMPOSE_VIDEO_SAMPLES')
    if not folder:
        pytest.skip('MMPOSE_VIDEO_SAMPLES names no folder with sample data')
    folder = Path(folder)
    if not folder.is_dir():
        pytest.fail(f'MMPOSE_VIDEO_SAMPLES: there is no folder {folder}')
    return folder


def pytest_collection_modifyitems(items):
    if torch.cuda.is_available():
        return
    for item in items:
        if item.get_closest_marker('gpu'):
            item.add_marker(pytest.mark.skip(reason='no CUDA device'))
