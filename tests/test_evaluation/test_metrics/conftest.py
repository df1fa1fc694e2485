"""Annotation files and the log, for the metrics."""
import json
import logging

import pytest
from mmengine.logging import MMLogger


@pytest.fixture
def log(caplog):
    """Records of MMEngine's logger."""
    logger = MMLogger.get_current_instance()
    logger.addHandler(caplog.handler)
    caplog.set_level(logging.INFO)
    yield caplog
    logger.removeHandler(caplog.handler)


@pytest.fixture
def merged(tmp_path):
    """A function that writes videos as one annotation file."""

    def write(*videos, name='all.json'):
        data = dict(images=[], annotations=[],
                    categories=videos[0].data['categories'])
        for number, one in enumerate(videos):
            for image in one.data['images']:
                image['id'] += 100000 * number
                image['frame_id'] += 100000 * number
            for ann in one.data['annotations']:
                ann['image_id'] += 100000 * number
                ann['id'] += 100 * number
            data['images'] += one.data['images'][::-1]  # order is no matter
            data['annotations'] += one.data['annotations']
        path = tmp_path / name
        path.write_text(json.dumps(data))
        return str(path)

    return write
