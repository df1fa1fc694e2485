import numpy as np
import pytest

from mmpose_video.visualization.pyav_encoder import PyavEncoder

av = pytest.importorskip('av')


def flag(height, width):
    """Return blocks of pure and mixed colors, BGR."""
    colors = np.array([[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 255],
                       [0, 0, 0], [30, 120, 210]], np.uint8)
    rows, columns = np.indices((height, width)) // 32
    return colors[(rows + 2 * columns) % len(colors)]


def decode(path):
    with av.open(str(path)) as container:
        return [(float(frame.pts * frame.time_base),
                 frame.to_ndarray(format='bgr24'))
                for frame in container.decode(video=0)]


def test_colors_and_times_come_back(tmp_path):
    image = flag(64, 128)
    encoder = PyavEncoder(str(tmp_path / 'a.mp4'), 25., (128, 64))
    times = [0., 0.04, 0.5, 0.54]
    for time in times:
        encoder.write(image, time)
    encoder.close()
    found = decode(tmp_path / 'a.mp4')
    assert [time for time, _ in found] == pytest.approx(times, abs=1e-4)
    for _, shown in found:
        error = np.abs(shown.astype(int) - image)
        assert error.mean() < 3
        # swapped channels or another range of luma would be far off
        centers = error[16::32, 16::32]
        assert centers.max() <= 8


def test_odd_sides_are_scaled_to_even_ones(tmp_path):
    encoder = PyavEncoder(str(tmp_path / 'a.mp4'), 25., (33, 17))
    encoder.write(np.full((17, 33, 3), 200, np.uint8))
    encoder.close()
    (_, shown), = decode(tmp_path / 'a.mp4')
    assert shown.shape == (18, 34, 3)
    assert np.abs(shown.astype(int) - 200).max() <= 3
