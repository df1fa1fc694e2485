"""Files that crash scipy's reader, and others."""
import os
import signal

import numpy as np
import pytest
from scipy.io import savemat

from mmpose_video.datasets.convert.mat_file import MatReader
from mmpose_video.formats.schema import FormatError


@pytest.fixture
def reader():
    reader = MatReader()
    yield reader
    reader.close()


def test_arrays_and_structs(tmp_path, reader):
    array = np.arange(12.).reshape(3, 4)
    path = str(tmp_path / 'a.mat')
    savemat(path, dict(x=array, y=dict(name='abc', z=[[1, 2]]),
                       flags=array > 3))
    np.testing.assert_array_equal(reader.array(path, 'x'), array)
    assert reader.array(path, 'flags').dtype.kind in 'bu'
    assert reader.struct(path, 'y') == dict(name='abc', z=[1, 2])
    with pytest.raises(FormatError, match=r"no 'q', but \['flags', 'x', 'y'"):
        reader.array(path, 'q')
    for value in (dict(a=1), 1j * array, 'text'):
        savemat(path, dict(x=value))
        with pytest.raises(FormatError, match='a.mat.*does not hold real num'):
            reader.array(path, 'x')


def test_files_that_are_not_there(tmp_path, reader):
    with pytest.raises(FileNotFoundError, match='none.mat'):
        reader.array(str(tmp_path / 'none.mat'), 'x')
    with pytest.raises(FormatError, match=f'{tmp_path.name}: it is no Mat'):
        reader.array(str(tmp_path), 'x')


def test_one_process_serves_all_files_until_it_dies(tmp_path, reader):
    path = str(tmp_path / 'a.mat')
    savemat(path, dict(x=np.ones(3)))
    reader.array(path, 'x')
    first = reader._process.pid
    reader.array(path, 'x')
    assert reader._process.pid == first
    os.kill(first, signal.SIGKILL)
    reader._process.wait()
    assert reader.array(path, 'x').sum() == 3
    assert reader._process.pid != first


def test_a_file_that_takes_too_long_is_given_up(tmp_path):
    path = str(tmp_path / 'a.mat')
    savemat(path, dict(x=np.ones(3)))
    reader = MatReader(patience=0)
    with pytest.raises(FormatError, match='a.mat: .*takes too long'):
        reader.array(path, 'x')
    reader.patience = 300
    assert reader.array(path, 'x').sum() == 3
    reader.close()


def test_a_file_that_crashes_scipy(tmp_path, reader):
    path = tmp_path / 'a.mat'
    savemat(path, dict(x=dict(name='abc')))
    intact = path.read_bytes()
    # tags, sizes, lengths of names: divisions by zero and worse
    ends = []
    for value in (0, 0xff):
        for at in range(128, len(intact) - 4, 4):
            data = bytearray(intact)
            data[at:at + 4] = bytes([value]) * 4
            path.write_bytes(data)
            try:
                reader.struct(str(path), 'x')
                ends.append('ok')
            except FormatError as error:
                assert 'a.mat: it ' in str(error)
                ends.append('error')
    assert ends.count('error') > 10
    path.write_bytes(intact)
    assert reader.struct(str(path), 'x') == dict(name='abc')
