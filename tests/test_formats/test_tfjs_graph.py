"""Graphs of TensorFlow.js that want too much."""
import json

import numpy as np
import pytest

from mmpose_video.formats.tfjs_graph import read_graph_weights


def write(path, **group):
    path.write_text(json.dumps(dict(
        modelTopology=dict(node=[]),
        weightsManifest=[dict(dict(paths=['a.bin'], weights=[dict(
            name='x', shape=[2], dtype='float32')]), **group)])))
    return path


def test_values(tmp_path):
    (tmp_path / 'a.bin').write_bytes(np.float32([1, 2]).tobytes())
    weights = read_graph_weights(write(tmp_path / 'a.json'))
    assert weights['x'].tolist() == [1, 2]


@pytest.mark.parametrize('name', ['/dev/zero', '../secret', 'a/../../secret'])
def test_files_elsewhere_are_not_read(name, tmp_path):
    (tmp_path / 'secret').write_bytes(bytes(8))
    (tmp_path / 'in').mkdir()
    with pytest.raises(ValueError, match='a.json: .* inside of'):
        read_graph_weights(write(tmp_path / 'in/a.json', paths=[name]))


@pytest.mark.parametrize('entry', [
    dict(dtype=[]), dict(dtype={}), dict(quantization=3), dict(shape=[-1]),
    dict(shape=3), dict(name=None)])
def test_broken_entries(entry, tmp_path):
    (tmp_path / 'a.bin').write_bytes(bytes(8))
    entry = dict(dict(name='x', shape=[2], dtype='float32'), **entry)
    with pytest.raises(ValueError, match='a.json'):
        read_graph_weights(write(tmp_path / 'a.json', weights=[entry]))
