"""Videos read and written by PyAV: times, rotation, H.264."""
import subprocess
import sys
from fractions import Fraction

import cv2
import numpy as np
import pytest

from mmpose_video.apis import open_source
from mmpose_video.visualization.video_file import VideoFile

av = pytest.importorskip(
    'av', reason='PyAV (the extra `video`) is not installed')
SIZE = (48, 64)


def bars(count):
    """The width of a bright bar is the number of its frame."""
    images = [np.full((*SIZE, 3), 20, np.uint8) for _ in range(count)]
    for t, image in enumerate(images):
        image[:, :3 * t + 3] = 220
    return images


def number_of(image):
    return round((image[SIZE[0] // 2, :, 1] > 120).sum() / 3) - 1


def write(path, images, times=None, rate=25, tick=Fraction(1, 90000)):
    with av.open(str(path), 'w') as container:
        stream = container.add_stream(
            'libx264', rate=rate, options={'g': '5', 'bf': '2'})
        stream.height, stream.width = images[0].shape[:2]
        stream.pix_fmt = 'yuv420p'
        stream.codec_context.time_base = tick
        for t, image in enumerate(images):
            frame = av.VideoFrame.from_ndarray(image, format='bgr24')
            seconds = t / rate if times is None else times[t]
            frame.pts, frame.time_base = round(seconds / tick), tick
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return str(path)


def rotate(path, matrix):
    """Set the display matrix of an mp4."""
    data = bytearray(open(path, 'rb').read())
    start = data.index(b'tkhd') + 4 + 40  # version 0: the matrix at byte 40
    for i, value in enumerate(matrix):
        scale = 1 << (30 if i % 3 == 2 else 16)
        data[start + 4 * i:start + 4 * i + 4] = int(value * scale).to_bytes(
            4, 'big', signed=True)
    open(path, 'wb').write(data)


@pytest.mark.parametrize('backend', ['opencv', 'pyav'])
def test_constant_rate(tmp_path, backend):
    """Both backends give the same frames, numbers and times."""
    path = write(tmp_path / 'a.mp4', bars(15))
    source = open_source(path, backend=backend)
    assert source.fps == pytest.approx(25) and source.total == 15
    frames = list(source)
    assert [f.number for f in frames] == list(range(15))
    assert [f.position for f in frames] == list(range(15))
    assert [number_of(f.image) for f in frames] == list(range(15))
    np.testing.assert_allclose([f.time for f in frames], np.arange(15) / 25,
                               atol=1e-4)
    for f, image in zip(frames, bars(15)):
        assert np.abs(f.image.astype(int) - image).mean() < 4


def test_variable_rate(tmp_path):
    """Exact times; the rate is that of most frames, not the mean."""
    steps = np.array([1, 1, 1, 4, 1, 1, 2, 1, 1, 1.5, 1, 10, 1])
    times = np.r_[0, np.cumsum(steps)] / 30
    path = write(tmp_path / 'a.mp4', bars(14), times, 30)
    source = open_source(path, backend='pyav')
    assert source.fps == pytest.approx(30, rel=1e-3)
    frames = list(source)
    np.testing.assert_allclose([f.time for f in frames], times, atol=1e-4)
    np.testing.assert_allclose([f.position for f in frames], times * 30,
                               atol=1e-2)
    assert [f.number for f in frames] == list(range(14))


def test_rounded_times_of_a_constant_rate(tmp_path):
    """Matroska stores milliseconds."""
    path = write(tmp_path / 'a.mkv', bars(20), rate=30)
    source = open_source(path, backend='pyav')
    assert source.fps == pytest.approx(30, rel=2e-3)
    assert [f.position for f in source] == list(range(20))


@pytest.mark.parametrize('turns, matrix', [
    (0, (1, 0, 0, 0, 1, 0, 0, 0, 1)), (1, (0, -1, 0, 1, 0, 0, 0, 0, 1)),
    (2, (-1, 0, 0, 0, -1, 0, 0, 0, 1)), (3, (0, 1, 0, -1, 0, 0, 0, 0, 1))])
def test_rotation(tmp_path, turns, matrix):
    """As OpenCV rotates, and as the metadata says."""
    image = np.full((*SIZE, 3), 30, np.uint8)
    image[:16, :24] = 230  # a bright corner
    path = write(tmp_path / 'a.mp4', [image] * 4)
    rotate(path, matrix)
    found, reference = (next(iter(open_source(path, backend=b))).image
                        for b in ('pyav', 'opencv'))
    assert found.shape == reference.shape
    assert np.abs(found.astype(int) - reference).mean() < 3
    np.testing.assert_allclose(found, np.rot90(image, turns), atol=40)


def test_broken_packets_keep_the_numbers(tmp_path):
    rng = np.random.default_rng(0)
    images = bars(20)
    for image in images:
        image[-8:] = rng.integers(0, 255, (8, SIZE[1], 3))
    path = tmp_path / 'a.mp4'
    write(path, images)
    data = bytearray(path.read_bytes())
    start = data.index(b'mdat') + 4
    stop = data.index(b'moov') - 4
    middle = start + (stop - start) * 4 // 10
    data[middle:middle + (stop - start) // 10] = bytes((stop - start) // 10)
    path.write_bytes(data)
    source = open_source(str(path), backend='pyav')
    frames = list(source)
    assert source.total == 20 and 8 <= len(frames) <= 20
    assert frames[-1].number == 19 and number_of(frames[-1].image) == 19
    numbers = [f.number for f in frames]
    assert numbers == sorted(set(numbers))


@pytest.mark.parametrize('content, message', [
    (b'this is no video', 'cannot open'), (b'', 'cannot open')])
def test_no_video(tmp_path, content, message):
    (tmp_path / 'a.mp4').write_bytes(content)
    with pytest.raises(OSError, match=f'{message}.*a.mp4'):
        open_source(str(tmp_path / 'a.mp4'), backend='pyav')
    with pytest.raises(FileNotFoundError, match='none.mp4'):
        open_source(str(tmp_path / 'none.mp4'), backend='pyav')
    with pytest.raises(ValueError, match="no video backend 'vlc'"):
        open_source(str(tmp_path / 'a.mp4'), backend='vlc')


@pytest.mark.parametrize('size', [(48, 64), (47, 63)])
def test_written_for_browsers(tmp_path, size):
    """H.264, even sides, true times, the index before the frames."""
    path = str(tmp_path / 'out' / 'a.mp4')
    times = [0, 0.04, 0.1, 0.5]
    video = VideoFile(path, 25., 'pyav')
    for level, time in zip((40, 90, 140, 200), times):
        video.append(np.full((*size, 3), level, np.uint8), time)
    video.close()
    with av.open(path) as container:
        stream = container.streams.video[0]
        assert stream.codec_context.name == 'h264'
        assert stream.pix_fmt == 'yuv420p'
        assert (stream.height, stream.width) == (48, 64)
        frames = list(container.decode(stream))
    np.testing.assert_allclose([f.time for f in frames], times, atol=1e-4)
    for frame, level in zip(frames, (40, 90, 140, 200)):
        assert abs(frame.to_ndarray(format='bgr24').mean() - level) < 4
    data = open(path, 'rb').read()
    assert data.index(b'moov') < data.index(b'mdat')
    assert cv2.VideoCapture(path).get(cv2.CAP_PROP_FRAME_COUNT) == 4


def test_written_without_times(tmp_path):
    video = VideoFile(str(tmp_path / 'a.mp4'), 30000 / 1001, 'pyav')
    for _ in range(5):
        video.append(np.zeros((32, 32, 3), np.uint8))
    video.close()
    source = open_source(str(tmp_path / 'a.mp4'), backend='pyav')
    assert source.fps == pytest.approx(30000 / 1001, rel=1e-4)


def test_a_folder_that_is_a_file(tmp_path):
    (tmp_path / 'a').write_text('in the way')
    video = VideoFile(str(tmp_path / 'a' / 'b.mp4'), 25., 'pyav')
    video.append(np.zeros((32, 32, 3), np.uint8))
    video.close()
    assert video.failed


@pytest.mark.slow
def test_without_pyav(tmp_path):
    """The error names the extra; OpenCV does not need it."""
    code = ('import sys; sys.modules["av"] = None\n'
            'from mmpose_video.apis import open_source\n'
            f'path = {write(tmp_path / "a.mp4", bars(3))!r}\n'
            'assert len(list(open_source(path))) == 3\n'
            'try:\n    open_source(path, backend="pyav")\n'
            'except ImportError as error:\n    print(error)')
    done = subprocess.run([sys.executable, '-c', code], text=True,
                          capture_output=True)
    assert 'mmpose_video[video]' in done.stdout, done.stderr


def test_frames_that_x264_does_not_take(tmp_path):
    """Its error is no OSError; the run goes on without the video."""
    video = VideoFile(str(tmp_path / 'a.mp4'), 25., 'pyav')
    for _ in range(2):
        video.append(np.zeros((2, 16400, 3), np.uint8))
    video.close()
    assert video.failed and not list(tmp_path.iterdir())
