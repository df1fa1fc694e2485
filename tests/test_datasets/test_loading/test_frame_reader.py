"""Frames that cannot be read."""
from urllib.error import HTTPError

import pytest
from mmengine.fileio.backends import BaseStorageBackend, backends

from mmpose_video.datasets.loading.frame_reader import FrameReader


class _NotThere(BaseStorageBackend):
    """A server that has no such file."""

    def get(self, filepath):
        raise HTTPError(filepath, 404, 'Not Found', {}, None)

    get_text = get


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setitem(backends, 'not_there', _NotThere)
    return dict(backend='not_there')


def test_error_of_a_server(server):
    """Its class takes five arguments, and is an OSError, too."""
    reader = FrameReader(backend_args=server)
    with pytest.raises(OSError) as error:
        reader.read('http://localhost/000001.jpg')
    assert str(error.value).startswith(
        'cannot read frame `http://localhost/000001.jpg`: ')
    assert 'Not Found' in str(error.value)


def test_missing_file_keeps_its_class(tmp_path):
    with pytest.raises(FileNotFoundError, match='000001.jpg'):
        FrameReader().read(str(tmp_path / '000001.jpg'))
