"""Parts of an image that overlap."""
import numpy as np
import pytest

from mmpose_video.apis.image_tiles import split_image


@pytest.mark.parametrize('shape, count', [
    ((90, 160), 1), ((90, 160), 2), ((97, 101), 3), ((5, 400), 4)])
def test_parts_cover_the_image(shape, count):
    image = np.random.RandomState(0).randint(0, 256, (*shape, 3))
    tiles = split_image(image, count)
    assert len(tiles) == count**2
    covered = np.zeros(shape, int)
    for tile in tiles:
        (x, y), (height, width) = tile.corner, tile.image.shape[:2]
        np.testing.assert_array_equal(
            tile.image, image[y:y + height, x:x + width])
        covered[y:y + height, x:x + width] += 1
        assert tile.inner.tolist() == [
            x > 0, y > 0, x + width < shape[1], y + height < shape[0]]
    assert covered.min() >= 1
    # neighbors share a quarter: two parts of 4 / 7 of the side
    if count == 2:
        assert abs(tiles[0].image.shape[1] - shape[1] * 4 / 7) <= 1
        assert covered.max() == 4


def test_boxes_cut_by_an_inner_side():
    first, _, _, last = split_image(np.zeros((70, 70, 3)), 2)
    assert first.image.shape[:2] == last.image.shape[:2] == (40, 40)
    boxes = np.array([[0, 0, 20, 20], [10, 10, 39, 20], [10, 10, 20, 40],
                      [1, 10, 20, 38], [5, 5, 40, 40]], float)
    # the image's own border cuts nobody
    assert first.holds(boxes).tolist() == [True, False, False, True, False]
    assert last.holds(boxes).tolist() == [False, True, True, False, True]
