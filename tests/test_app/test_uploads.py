"""What a stranger uploads."""
import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from mmpose_video.app.errors import AppError
from mmpose_video.app.uploads import (
    check_video,
    megabytes,
    read_uploaded_results,
    safe_name,
)
from mmpose_video.formats.results import write_results


@pytest.mark.parametrize('name, safe', [
    ('clip.mp4', 'clip'),
    ('../../etc/passwd', 'passwd'),
    ('..\\..\\boot.ini', 'boot'),
    ('/tmp/a b%03d.mp4', 'a_b_03d'),
    ('.mp4', 'mp4'),
    ('<img src=x>.avi', 'img_src_x'),
    ('...', 'video'),
    ('', 'video'),
    ('\0\n;rm -rf *.mp4', 'rm_-rf'),
    ('Läufer.mov', 'Läufer'),
    ('x' * 300 + '.mp4', 'x' * 60),
])
def test_names_lead_nowhere(name, safe):
    assert safe_name(name) == safe


def write(path, suffix, code):
    path = path / f'clip{suffix}'
    writer = cv2.VideoWriter(
        str(path), cv2.VideoWriter.fourcc(*code), 25, (32, 32))
    writer.write(np.zeros((32, 32, 3), np.uint8))
    writer.release()
    return path


@pytest.mark.parametrize('suffix, code', [
    ('.mp4', 'mp4v'), ('.avi', 'MJPG'), ('.mkv', 'MJPG'), ('.mov', 'mp4v'),
    ('.ts', 'mp4v'), ('.flv', 'FLV1'), ('.wmv', 'WMV2'), ('.mpg', 'mpg1')])
def test_the_first_bytes_tell_the_container(tmp_path, suffix, code):
    path = write(tmp_path, suffix, code)
    assert check_video(str(path)) == suffix
    disguised = tmp_path / 'renamed.txt'
    path.rename(disguised)
    assert check_video(str(disguised)) == suffix


@pytest.mark.parametrize('content', [
    b'', b'hello', b'#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n',
    b"ffconcat version 1.0\nfile '/etc/passwd'\n",
    b'v=0\r\nm=video 5004 RTP/AVP 96\r\n', b'<?xml version="1.0"?><MPD/>',
    b'\x89PNG\r\n\x1a\n', b'\xff\xd8\xff\xe0', b'PK\x03\x04', bytes(500),
    b'RIFF\0\0\0\0WAVE', b'G' + b'x' * 300])
def test_playlists_and_other_files_are_refused(tmp_path, content):
    """FFmpeg follows playlists to files of this machine."""
    path = tmp_path / 'clip.mp4'
    path.write_bytes(content)
    with pytest.raises(AppError, match='clip.mp4 is (no video|empty)') as why:
        check_video(str(path))
    assert str(tmp_path) not in str(why.value)


def test_large_uploads_are_refused(tmp_path):
    path = tmp_path / 'long.mp4'
    with open(path, 'wb') as file:
        file.write(b'\0\0\0\x18ftypisom')
        file.truncate(4_000_000_000)  # a hole: takes no space
    with pytest.raises(AppError, match='long.mp4 has 4 GB.*up to 2 GB'):
        check_video(str(path), 2_000_000_000)
    assert check_video(str(path), 4_000_000_000) == '.mp4'


@pytest.mark.parametrize('size, text', [
    (4e9, '4 GB'), (1_500_000, '1.5 MB'), (2_000, '2 kB')])
def test_sizes_are_readable(size, text):
    assert megabytes(size) == text


@pytest.mark.parametrize('kind, suffix', [
    ('mmpose', '.json'), ('coco', '.json'), ('csv', '.csv'),
    ('deeplabcut', '.csv')])
def test_results_are_read(tmp_path, make_results, kind, suffix):
    results = make_results({0: [(5, 6, 0)], 1: [(7, 8, 0)]})
    path = tmp_path / f'x{suffix}'
    write_results(results, str(path), kind)
    found = read_uploaded_results(str(path))
    assert [frame.number for frame in found.frames] == [0, 1]
    np.testing.assert_allclose(found.frames[1].people[0].keypoints,
                               [[7, 8], [17, 8], [27, 8]])


@pytest.mark.parametrize('name, content, message', [
    ('x.slp', b'\x89HDF', 'x.slp: results are read from .json, .csv, .trc'),
    ('x.py', b'1', 'x.py: results are read from'),
    ('x.json', b'{', 'x.json'),
    ('x.json', b'{"a": 1}', 'x.json is JSON, but holds no results'),
    ('x.json', b'[]', 'x.json holds no people'),
    ('x.csv', b'a,b\n1,2\n', 'x.csv has no column `frame`'),
    ('x.csv', b'\xff\xfe\0', 'x.csv'),
])
def test_other_files_are_no_results(tmp_path, name, content, message):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(AppError) as why:
        read_uploaded_results(str(path))
    assert message in str(why.value)
    assert str(tmp_path) not in str(why.value)


def test_a_file_beside_it_is_not_a_way_out(tmp_path, make_results):
    """Gradio keeps each upload in a folder of its own."""
    path = tmp_path / 'x.json'
    write_results(make_results({0: [(5, 6, 0)]}), str(path), 'mmpose')
    Path(tmp_path, 'x.run.json').write_text(json.dumps(dict(keypoints=[1])))
    with pytest.raises(AppError, match='keypoints'):
        read_uploaded_results(str(path))
