"""The demo's real video: drawn, or a line that says why not."""
import json
import math
import re
import shutil
import signal

import cv2
import numpy as np
import pytest

from mmpose_video.apis.result_files import ResultFiles
from mmpose_video.tools import real_video
from mmpose_video.tools.real_video import draw_real_video
from mmpose_video.weights import WeightsError, get_weights

from ..test_weights.movenet_material import NAMES, image, write_graph


@pytest.fixture
def video(tmp_path):
    path = tmp_path / 'people.avi'
    writer = cv2.VideoWriter(
        str(path), cv2.VideoWriter_fourcc(*'MJPG'), 10, (320, 180))
    for step in range(3):
        writer.write(image(180, 320, ((0.3 + 0.01 * step, 0.9), ))[
            ..., ::-1].copy())
    writer.release()
    return str(path)


def test_no_video(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(real_video, 'KNOWN_VIDEOS', ())
    assert draw_real_video(str(tmp_path / 'out')) is None
    said = capsys.readouterr().out
    assert 'VIDEO=path' in said and 'apt-get install opencv-doc' in said
    assert not (tmp_path / 'out').exists()


def test_a_given_video_must_exist(tmp_path):
    with pytest.raises(FileNotFoundError, match='gone.mp4'):
        draw_real_video(str(tmp_path), 'gone.mp4')


def test_no_weights(tmp_path, video, monkeypatch, capsys):
    monkeypatch.setenv('MMPOSE_VIDEO_CACHE_DIR', str(tmp_path / 'empty'))
    monkeypatch.setenv('PATH', str(tmp_path))  # no npm
    assert draw_real_video(str(tmp_path / 'out'), video) is None
    said = capsys.readouterr().out
    assert 'no real video is drawn' in said and 'movenet-thunder' in said


def blind(content, data):
    """Make a graph find nobody: its centers get the lowest scores."""
    start = 0
    for entry in content['weightsManifest'][0]['weights']:
        size = 2 * math.prod(entry['shape'])  # float16
        if re.search(r'center_0/conv2d_\d/BiasAdd', entry['name']):
            low = np.full(entry['shape'], -1e4, np.float16)
            data = data[:start] + low.tobytes() + data[start + size:]
        start += size
    return content, data


@pytest.fixture
def drawn_weights(tmp_path, monkeypatch):
    """A cache with graphs whose weights are drawn and that find nobody."""
    (tmp_path / 'cache/weights').mkdir(parents=True)
    for name in NAMES:
        write_graph(tmp_path / 'cache/weights', name, blind)
    monkeypatch.setenv('MMPOSE_VIDEO_CACHE_DIR', str(tmp_path / 'cache'))


@pytest.mark.slow
def test_drawn_once(tmp_path, video, drawn_weights, capsys):
    drawn = draw_real_video(str(tmp_path / 'out'), video, max_frames=2)
    assert drawn == tmp_path / 'out/visualizations/people.mp4'
    assert cv2.VideoCapture(str(drawn)).get(cv2.CAP_PROP_FRAME_COUNT) == 2
    assert f'drawn: {drawn}' in capsys.readouterr().out
    content = json.loads(
        (tmp_path / 'out/predictions/people.json').read_text())
    assert [frame['instances'] for frame in content] == [[], []]
    before = drawn.stat().st_mtime_ns
    assert draw_real_video(str(tmp_path / 'out'), video) == drawn
    assert drawn.stat().st_mtime_ns == before
    assert str(drawn) in capsys.readouterr().out


@pytest.mark.slow
def test_another_video_of_the_same_name(tmp_path, video, drawn_weights):
    (tmp_path / 'other').mkdir()
    other = shutil.copy(video, tmp_path / 'other')
    out = str(tmp_path / 'out')
    first = draw_real_video(out, video, max_frames=1)
    second = draw_real_video(out, other, max_frames=2)
    assert second == tmp_path / 'out/visualizations/people-2.mp4'
    assert draw_real_video(out, video) == first
    assert draw_real_video(out, other) == second


@pytest.mark.slow
@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM])
def test_a_video_that_was_interrupted_is_drawn_again(
        tmp_path, video, drawn_weights, monkeypatch, number):
    """Its file is complete up to the interrupt, but not drawn to the end."""
    append = ResultFiles.append

    def interrupted(self, index, *args, **kwargs):
        if index == 1:
            signal.raise_signal(number)
        append(self, index, *args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(ResultFiles, 'append', interrupted)
        with pytest.raises(KeyboardInterrupt):
            draw_real_video(str(tmp_path / 'out'), video)
    path = tmp_path / 'out/visualizations/people.mp4'
    assert cv2.VideoCapture(str(path)).get(cv2.CAP_PROP_FRAME_COUNT) == 1
    assert draw_real_video(str(tmp_path / 'out'), video) == path
    assert cv2.VideoCapture(str(path)).get(cv2.CAP_PROP_FRAME_COUNT) == 3


def test_a_broken_video(tmp_path, monkeypatch, capsys):
    try:
        for name in ('movenet-thunder', 'movenet-multipose'):
            get_weights(name, offline=True)
    except WeightsError as error:
        pytest.skip(f'needs the published weights: {error}')
    (tmp_path / 'broken.mp4').write_bytes(b'no video')
    assert draw_real_video(str(tmp_path / 'out'),
                           str(tmp_path / 'broken.mp4')) is None
    assert 'the demo goes on' in capsys.readouterr().out
