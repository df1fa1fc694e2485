import numpy as np
import pytest

from mmpose_video.compat import visualizer


class Strict:
    """Stand-in for the refusal of NumPy 2.4."""

    def __init__(self, backend):
        self.backend = backend

    def draw_circles(self, center, radius, face_colors=None, alpha=1.):
        if self.backend == 'opencv' and isinstance(radius, np.ndarray):
            raise TypeError('only 0-dimensional arrays can be converted')
        return center, radius, face_colors, alpha


@pytest.fixture
def patched():
    return type('Patched', (Strict, ), {})


def test_array_becomes_number(patched):
    with pytest.raises(TypeError):
        patched('opencv').draw_circles((1, 2), radius=np.array([3]))
    visualizer.take_number_as_radius(patched)
    result = patched('opencv').draw_circles((1, 2),
                                            radius=np.array([3]),
                                            face_colors='r')
    assert result == ((1, 2), 3., 'r', 1.)
    assert type(result[1]) is float
    assert patched('opencv').draw_circles((1, 2), 4)[1] == 4


def test_matplotlib_keeps_its_array(patched):
    visualizer.take_number_as_radius(patched)
    radius = np.array([3])
    assert patched('matplotlib').draw_circles((1, 2), radius)[1] is radius


def test_needed_follows_numpy():
    try:
        int(np.array([1]))
    except TypeError:
        assert visualizer.needed()
    else:
        assert not visualizer.needed()


def test_stock_visualizer_draws_a_disc():
    from mmpose.visualization.opencv_backend_visualizer import (
        OpencvBackendVisualizer,
    )
    stock = type('Stock', (OpencvBackendVisualizer, ), {})
    if not visualizer.needed():
        visualizer.take_number_as_radius(stock)
    drawer = stock(name='disc', backend='opencv')
    drawer.set_image(np.zeros((21, 21, 3), np.uint8))
    drawer.draw_circles(
        np.array([10., 10.]),
        radius=np.array([4]),
        face_colors=(255, 0, 0),
        alpha=1.0)
    image = drawer.get_image()
    assert image[10, 14].tolist() == [255, 0, 0]
    assert image[10, 16].tolist() == [0, 0, 0]
