import logging
import struct

import cv2
import numpy as np
import pytest

from mmpose_video.datasets.loading.frame_reader import FrameReader
from mmpose_video.datasets.transforms import LoadClip


@pytest.fixture
def frames(tmp_path):
    """Paths of five frames whose gray level is their number times 20."""
    paths = []
    for number in range(5):
        path = tmp_path / f'{number}.jpg'
        cv2.imwrite(str(path), np.full((32, 40, 3), 20 * number, np.uint8))
        paths.append(str(path))
    return paths


def clip(paths, key_index=2):
    offsets = np.arange(len(paths)) - key_index
    return dict(
        img_path=paths[key_index],
        frame_paths=list(paths),
        frame_offsets=offsets,
        frame_valid=np.ones(len(paths), bool),
        key_index=key_index)


def levels(results):
    return [round(frame.mean() / 20) for frame in results['img']]


def test_loads_the_frames_in_order(frames):
    results = LoadClip()(clip(frames))
    assert levels(results) == [0, 1, 2, 3, 4]
    assert all(f.shape == (32, 40, 3) and f.dtype == np.uint8
               for f in results['img'])
    assert results['img_shape'] == results['ori_shape'] == (32, 40)


def test_a_file_that_stands_in_twice_is_decoded_once(frames, monkeypatch):
    read = []
    original = FrameReader.content

    def counting(self, path):
        read.append(path)
        return original(self, path)

    monkeypatch.setattr(FrameReader, 'content', counting)
    LoadClip()(clip([frames[0], frames[0], frames[0], frames[1], frames[0]]))
    assert read == [frames[0], frames[1]]


def test_single_path_is_a_clip_of_one(frames):
    results = LoadClip()(dict(img_path=frames[3]))
    assert levels(results) == [3]
    assert results['key_index'] == 0
    assert results['frame_offsets'].tolist() == [0]


@pytest.mark.parametrize('shape', [(32, 40, 3), (32, 40), (32, 40, 1),
                                   (32, 40, 4)])
def test_array_of_one_image(shape):
    results = LoadClip()(dict(img=np.full(shape, 7, np.uint8)))
    assert len(results['img']) == 1
    assert results['img'][0].shape == (32, 40, 3)
    assert (results['img'][0] == 7).all()


def test_array_of_a_clip_and_list_of_images():
    images = np.arange(3 * 4 * 5 * 3, dtype=np.uint8).reshape(3, 4, 5, 3)
    for given in (images, list(images)):
        results = LoadClip()(dict(img=given))
        assert np.array_equal(np.stack(results['img']), images)
        assert results['frame_offsets'].tolist() == [-1, 0, 1]


def test_arrays_that_are_no_clip():
    with pytest.raises(ValueError, match='shape'):
        LoadClip()(dict(img=np.zeros((4, 4, 2), np.uint8)))
    with pytest.raises(ValueError, match='all of one size'):
        LoadClip()(dict(
            img=[np.zeros((4, 4, 3), np.uint8),
                 np.zeros((5, 4, 3), np.uint8)]))


@pytest.mark.parametrize('array', [
    np.full((32, 40), 60, np.uint8),
    np.dstack([np.full((32, 40, 3), 60, np.uint8),
               np.zeros((32, 40, 1), np.uint8)])
], ids=['gray', 'alpha'])
def test_gray_and_alpha_files_become_bgr(tmp_path, array):
    path = str(tmp_path / '0.png')
    cv2.imwrite(path, array)
    frame = LoadClip()(dict(img_path=path))['img'][0]
    assert frame.shape == (32, 40, 3) and (frame == 60).all()


def truncate(path):
    with open(path, 'rb') as file:
        data = file.read()
    with open(path, 'wb') as file:
        file.write(data[:len(data) * 2 // 3])


def break_missing(path):
    import os
    os.remove(path)


def break_text(path):
    with open(path, 'w') as file:
        file.write('not an image')


def break_size(path):
    cv2.imwrite(path, np.zeros((16, 16, 3), np.uint8))


def break_empty(path):
    open(path, 'wb').close()


def claim(width, height):
    """Return a function that writes another size into a JPEG's header."""

    def break_header(path):
        with open(path, 'r+b') as file:
            file.seek(file.read().index(b'\xff\xc0') + 5)
            file.write(struct.pack('>HH', height, width))

    return break_header


@pytest.mark.parametrize('damage, message', [
    (truncate, 'ends early'), (break_missing, 'cannot read'),
    (break_text, 'not an image'), (break_size, '16 x 16'),
    (break_empty, 'is empty'), (claim(60000, 60000), '60000 x 60000'),
    (claim(20000, 20000), '20000 x 20000'), (claim(0, 9), 'not an image')])
def test_broken_neighbor(frames, damage, message, caplog):
    damage(frames[4])
    with pytest.raises(OSError, match=message) as error:
        LoadClip(broken_frames='error')(clip(frames))
    assert frames[4] in str(error.value)

    results = LoadClip()(clip(frames))
    assert levels(results) == [0, 1, 2, 3, 3]
    assert results['frame_offsets'].tolist() == [-2, -1, 0, 1, 1]
    assert results['frame_valid'].tolist() == [True] * 4 + [False]


def test_broken_neighbor_is_logged_once_per_fetch(frames):
    from mmengine.logging import MMLogger
    logger = MMLogger.get_current_instance()
    records = []
    handler = logging.Handler()
    handler.emit = records.append
    logger.addHandler(handler)
    try:
        truncate(frames[0])
        LoadClip()(clip(frames))
    finally:
        logger.removeHandler(handler)
    assert len(records) == 1 and frames[0] in records[0].getMessage()


def test_a_bitmap_that_claims_too_much(tmp_path):
    """OpenCV raises its own error type, which is not an OSError."""
    path = str(tmp_path / '0.bmp')
    cv2.imwrite(path, np.zeros((8, 8, 3), np.uint8))
    with open(path, 'r+b') as file:
        file.seek(18)
        file.write(struct.pack('<ii', 40000, 40000))
    with pytest.raises(OSError, match='0.bmp'):
        LoadClip()(dict(img_path=path))


def test_the_limit_of_pixels_is_an_argument(frames):
    load = LoadClip(max_pixels=32 * 40)
    assert levels(load(clip(frames))) == [0, 1, 2, 3, 4]
    with pytest.raises(OSError, match='40 x 32.*1,279'):
        LoadClip(max_pixels=32 * 40 - 1)(clip(frames))
    with pytest.raises(ValueError, match='max_pixels'):
        LoadClip(max_pixels=0)


@pytest.mark.parametrize('damage', [
    truncate, break_missing, break_text, break_empty, claim(60000, 60000)])
def test_broken_key_frame_is_always_an_error(frames, damage):
    damage(frames[2])
    with pytest.raises(OSError) as error:
        LoadClip()(clip(frames))
    assert frames[2] in str(error.value)


def test_a_png_that_ends_early(tmp_path):
    path = str(tmp_path / '0.png')
    image = np.random.default_rng(0).integers(0, 255, (32, 40, 3), np.uint8)
    cv2.imwrite(path, image)
    assert np.array_equal(LoadClip()(dict(img_path=path))['img'][0], image)
    truncate(path)
    with pytest.raises(OSError, match='0.png` ends early'):
        LoadClip()(dict(img_path=path))


def test_bytes_after_the_end_of_a_jpeg_are_fine(frames):
    with open(frames[1], 'ab') as file:
        file.write(b'\0' * 100)
    assert levels(LoadClip(broken_frames='error')(clip(frames)))[1] == 1


def test_unknown_policy_names_the_choice():
    with pytest.raises(ValueError, match='nearest'):
        LoadClip(broken_frames='black')


def test_offsets_must_match_the_frames(frames):
    bad = clip(frames)
    bad['frame_offsets'] = np.array([0])
    with pytest.raises(ValueError, match='5 frames were given'):
        LoadClip()(bad)


def test_cache_decodes_each_file_once_and_changes_nothing(frames,
                                                          monkeypatch):
    read = []
    original = FrameReader.content

    def counting(self, path):
        read.append(path)
        return original(self, path)

    monkeypatch.setattr(FrameReader, 'content', counting)
    cached, plain = LoadClip(), LoadClip(cache_mb=0)
    clips = [frames[:3], frames[1:4], frames[2:5], frames[:3]]
    for paths in clips:
        one, other = (load(clip(paths, 1)) for load in (cached, plain))
        for a, b in zip(one['img'], other['img']):
            np.testing.assert_array_equal(a, b)
    assert len(read) == 5 + 12
    assert cached.reader.cache.num_bytes == 5 * 32 * 40 * 3
    assert plain.reader.cache.num_bytes == 0


def test_cache_keeps_within_its_megabytes(frames):
    load = LoadClip(cache_mb=2.5 * 32 * 40 * 3 / 2**20)
    for _ in range(2):
        assert levels(load(clip(frames))) == [0, 1, 2, 3, 4]
    assert load.reader.cache.peak_bytes == 2 * 32 * 40 * 3


def test_broken_key_frame_is_skipped_and_counted(frames):
    truncate(frames[2])
    load = LoadClip(broken_key='skip')
    assert load(clip(frames)) is None
    assert load(clip(frames)) is None
    assert load(clip(frames[:2], 0))['img']
    tally = load.broken.read()
    assert tally[:2] == (2, 0) and len(tally.files) == 1


def test_broken_key_frame_is_an_error_in_testing(frames):
    truncate(frames[2])
    data = clip(frames)
    data['dataset'] = type('Testing', (), dict(test_mode=True))()
    with pytest.raises(OSError, match='2.jpg'):
        LoadClip(broken_key='skip')(data)


def test_broken_neighbors_are_counted_and_logged_once(frames):
    from mmengine.logging import MMLogger
    logger = MMLogger.get_current_instance()
    records = []
    handler = logging.Handler()
    handler.emit = records.append
    logger.addHandler(handler)
    try:
        truncate(frames[0])
        break_text(frames[4])
        load = LoadClip()
        for _ in range(3):
            load(clip(frames))
    finally:
        logger.removeHandler(handler)
    tally = load.broken.read()
    assert tally[:2] == (0, 6) and len(tally.files) == 2
    assert len(records) == 2


def test_unknown_key_policy_names_the_choice():
    with pytest.raises(ValueError, match='skip'):
        LoadClip(broken_key='black')
