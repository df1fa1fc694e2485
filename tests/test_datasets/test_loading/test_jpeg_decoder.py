import importlib.util
import io
import sys

import cv2
import numpy as np
import pytest
from PIL import Image

from mmpose_video.datasets.loading import jpeg_decoder
from mmpose_video.datasets.loading.frame_reader import FrameReader
from mmpose_video.datasets.loading.image_header import read_header
from mmpose_video.datasets.loading.jpeg_decoder import JpegDecoder

SAMPLINGS = [getattr(cv2, f'IMWRITE_JPEG_SAMPLING_FACTOR_{name}')
             for name in (420, 422, 444, 440, 411)]


def picture(height=61, width=83, seed=0):
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 256, (9, 12, 3), np.uint8)
    return cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)


def encode(image, *options):
    return cv2.imencode('.jpg', image, options)[1].tobytes()


def by_torchvision(decode, data):
    return decode(data, read_header(data))


def opencv(data):
    return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)


@pytest.mark.parametrize('sampling', SAMPLINGS)
@pytest.mark.parametrize('progressive', [0, 1])
@pytest.mark.parametrize('quality', [40, 95])
def test_pixels_are_opencvs(sampling, progressive, quality):
    decode = JpegDecoder()
    for seed in range(3):  # the first is OpenCV's own
        data = encode(
            picture(seed=seed), cv2.IMWRITE_JPEG_QUALITY, quality,
            cv2.IMWRITE_JPEG_SAMPLING_FACTOR, sampling,
            cv2.IMWRITE_JPEG_PROGRESSIVE, progressive)
        frame = by_torchvision(decode, data)
        if frame is not None:
            np.testing.assert_array_equal(frame, opencv(data))
            assert frame.flags.c_contiguous and frame.flags.writeable
    assert len(decode._agrees) == 1


def test_a_torchvision_without_decoders(monkeypatch):
    monkeypatch.setitem(sys.modules, 'torchvision.io', None)
    spec = importlib.util.find_spec(jpeg_decoder.__name__)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    data = encode(picture())
    assert module.JpegDecoder()(data, read_header(data)) is None
    monkeypatch.setattr(jpeg_decoder, 'decode_jpeg', module.decode_jpeg)
    reader = FrameReader()
    for _ in range(2):
        np.testing.assert_array_equal(
            reader.decode(data, read_header(data)), opencv(data))


def test_gray_images_become_bgr():
    data = encode(picture()[..., 0])
    for reader in (FrameReader(), FrameReader()):
        for _ in range(2):
            frame = reader.decode(data, read_header(data))
            assert frame.shape == (61, 83, 3)
            np.testing.assert_array_equal(frame, opencv(data))


@pytest.mark.parametrize('mode', ['CMYK', 'L', 'RGB'])
def test_other_colors(mode):
    file = io.BytesIO()
    Image.fromarray(picture()).convert(mode).save(file, 'jpeg')
    data = file.getvalue()
    reader = FrameReader()
    for _ in range(2):
        np.testing.assert_array_equal(
            reader.decode(data, read_header(data)), opencv(data))


def test_exif_data_is_opencvs_matter():
    file, exif = io.BytesIO(), Image.Exif()
    exif[0x0112] = 6  # a quarter turn
    Image.fromarray(picture()).save(file, 'jpeg', exif=exif)
    data = file.getvalue()
    assert read_header(data).has_exif
    assert by_torchvision(JpegDecoder(), data) is None
    frame = FrameReader().decode(data, read_header(data))
    assert frame.shape == (83, 61, 3)
    np.testing.assert_array_equal(frame, opencv(data))


def coding(*args):
    return read_header(encode(*args)).coding


def test_codings_are_told_apart():
    codings = {
        coding(picture(), cv2.IMWRITE_JPEG_SAMPLING_FACTOR, sampling,
               cv2.IMWRITE_JPEG_PROGRESSIVE, kind)
        for sampling in SAMPLINGS for kind in (0, 1)}
    assert len(codings) == 10 and None not in codings
    # neither size nor content nor quality is of account
    assert coding(picture()) == coding(
        picture(20, 30, seed=5), cv2.IMWRITE_JPEG_QUALITY, 10)


@pytest.mark.parametrize('data', [
    b'', b'\xff\xd8', b'\xff\xd8\xff', b'\xff\xd8\xff\xc0\x00\x11\x08',
    b'\xff\xd8\xff\xe0\x00\x00' * 9, b'\x89PNG', b'not an image' * 9,
    encode(picture())[:40], encode(picture())[:30] + bytes(60),
])
def test_other_formats_are_not_decoded(data):
    assert by_torchvision(JpegDecoder(), data) is None


def test_a_decoder_that_rounds_otherwise_is_not_used(monkeypatch):
    calls = []
    original = jpeg_decoder._by_torchvision

    def other(data):
        calls.append(1)
        frame = original(data)
        frame[3, 5, 1] ^= 1
        return frame

    monkeypatch.setattr(jpeg_decoder, '_by_torchvision', other)
    decode = JpegDecoder()
    data = encode(picture())
    np.testing.assert_array_equal(
        by_torchvision(decode, data), opencv(data))
    for _ in range(2):
        assert by_torchvision(decode, data) is None
    assert len(calls) == 1


def test_damage_in_the_middle_is_decoded_alike():
    """Neither library detects it; the images must be equal."""
    decode, rng = JpegDecoder(), np.random.default_rng(0)
    for seed in range(6):
        data = bytearray(encode(picture(seed=seed)))
        if seed:
            for place in rng.integers(len(data) // 2, len(data) - 20, 3):
                data[place] = rng.integers(0, 255)
        frame, known = by_torchvision(decode, bytes(data)), opencv(bytes(data))
        if frame is not None and known is not None:
            np.testing.assert_array_equal(frame, known)


def test_by_name():
    data = encode(picture())
    for backend in ('auto', 'cv2'):
        frame = FrameReader(imdecode_backend=backend).decode(
            data, read_header(data))
        np.testing.assert_array_equal(frame, opencv(data))
