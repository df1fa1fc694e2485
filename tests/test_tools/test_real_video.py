"""The demo's real video: drawn, or a line that says why not."""
import cv2
import pytest

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


def test_drawn_once(tmp_path, video, monkeypatch, capsys):
    """With weights that are drawn, too: nobody is found, but the file is."""
    (tmp_path / 'cache/weights').mkdir(parents=True)
    for name in NAMES:
        write_graph(tmp_path / 'cache/weights', name)
    monkeypatch.setenv('MMPOSE_VIDEO_CACHE_DIR', str(tmp_path / 'cache'))
    drawn = draw_real_video(str(tmp_path / 'out'), video, max_frames=2)
    assert drawn == tmp_path / 'out/visualizations/people.mp4'
    assert cv2.VideoCapture(str(drawn)).get(cv2.CAP_PROP_FRAME_COUNT) == 2
    before = drawn.stat().st_mtime_ns
    assert draw_real_video(str(tmp_path / 'out'), video) == drawn
    assert drawn.stat().st_mtime_ns == before


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
