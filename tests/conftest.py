"""Fixtures that all tests share."""
import gc
import json
import logging
import os
import random
import signal
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from mmengine.logging import MMLogger

# first: makes MMPose importable for tests that import it directly
import mmpose_video  # noqa: F401

# Tests run side by side (pytest-xdist): one thread each, or they fight.
torch.set_num_threads(1)

# A shell starts background jobs with Ctrl-C ignored, and children inherit it:
# tests that send it to a process of theirs would wait for ever.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_configure(config):
    # Warnings of the OpenMMLab packages that no test is about.
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
    """Seed the generators, so that the order of the tests does not matter."""
    random.seed(0)
    np.random.seed(0)
    torch.manual_seed(0)
    return 0


@pytest.fixture(autouse=True)
def log_files():
    """Detach the log files that a test's runner opened.

    Jupyter and uvicorn configure Python's logging, which closes all handlers
    of the process; MMEngine would write into the closed ones in later tests.
    """
    yield
    for logger in MMLogger._instance_dict.values():
        for handler in list(logger.handlers):
            if isinstance(handler, logging.FileHandler):
                logger.removeHandler(handler)
                handler.close()


@pytest.fixture
def rng():
    """Return a seeded generator of NumPy."""
    return np.random.default_rng(0)


@pytest.fixture
def warned():
    """Messages of level WARNING and above in MMEngine's log."""
    messages = []
    handler = logging.Handler(logging.WARNING)
    handler.emit = lambda record: messages.append(record.getMessage())
    logger = MMLogger.get_current_instance()
    logger.addHandler(handler)
    yield messages
    logger.removeHandler(handler)


@pytest.fixture
def log(caplog):
    """``caplog`` with the records of MMEngine's log, WARNING and above."""
    logger = MMLogger.get_current_instance()
    logger.addHandler(caplog.handler)
    with caplog.at_level(logging.WARNING):
        yield caplog
    logger.removeHandler(caplog.handler)


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


def pytest_collection_finish():
    # MMEngine's datasets collect garbage each time: leave out all that was
    # imported, which takes 0.3 s
    gc.collect()
    gc.freeze()


def pytest_collection_modifyitems(items):
    if torch.cuda.is_available():
        return
    for item in items:
        if item.get_closest_marker('gpu'):
            item.add_marker(pytest.mark.skip(reason='no CUDA device'))

NUM_KEYPOINTS = 17


def annotation(ann_id, image_id, bbox=(10, 10, 20, 30), **changes):
    keypoints = np.zeros((NUM_KEYPOINTS, 3))
    keypoints[:, 0] = np.linspace(12, 28, NUM_KEYPOINTS)
    keypoints[:, 1] = np.linspace(12, 38, NUM_KEYPOINTS)
    keypoints[:, 2] = 1
    keypoints[3:5] = 0
    ann = dict(
        id=ann_id,
        image_id=image_id,
        category_id=1,
        bbox=bbox and list(bbox),
        bbox_head=[12, 12, 6, 6],
        keypoints=keypoints.ravel().tolist(),
        num_keypoints=15,
        track_id=0,
        iscrowd=0)
    ann.update(changes)
    return {k: v for k, v in ann.items() if v is not None}


@pytest.fixture
def make_video(tmp_path):
    """Write a video of gray frames; returns its folder."""

    def write(numbers=(0, 1, 2, 3, 4, 5, 6, 7), digits=6, suffix='.jpg',
              name='000001_test'):
        folder = tmp_path / 'images' / name
        folder.mkdir(parents=True, exist_ok=True)
        for number in numbers:
            frame = np.full((48, 64, 3), number, np.uint8)
            cv2.imwrite(str(folder / f'{number:0{digits}d}{suffix}'), frame)
        return folder

    return write


@pytest.fixture
def make_annotations(tmp_path):
    """Write a COCO-style file over the video; returns its path."""

    def write(key_frames=(0, 3, 7), annotations=None, digits=6,
              suffix='.jpg', **image_changes):
        images, anns = [], []
        for i, number in enumerate(key_frames):
            image = dict(
                id=1000 + i,
                frame_id=1000 + i,
                vid_id='000001',
                nframes=8,
                is_labeled=True,
                width=64,
                height=48,
                file_name=f'images/000001_test/{number:0{digits}d}{suffix}')
            image.update(image_changes)
            images.append({k: v for k, v in image.items() if v is not None})
            anns.append(annotation(i, 1000 + i))
        content = dict(
            images=images,
            annotations=anns if annotations is None else annotations,
            categories=[dict(id=1, name='person')])
        path = tmp_path / 'annotations.json'
        path.write_text(json.dumps(content))
        return path

    return write
