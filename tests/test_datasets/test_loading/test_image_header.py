import io
import struct

import cv2
import numpy as np
import pytest
from PIL import Image

from mmpose_video.datasets.loading.image_header import find_fault, read_header


def encode(suffix='.jpg', height=61, width=83, *options):
    image = np.random.default_rng(0).integers(
        0, 256, (height, width, 3), np.uint8)
    return cv2.imencode(suffix, image, options)[1].tobytes()


def claiming(data, width, height):
    """Write another size into the header of a JPEG or PNG."""
    data = bytearray(data)
    if data[:2] == b'\xff\xd8':
        frame = max(data.find(b'\xff\xc0'), data.find(b'\xff\xc2'))
        struct.pack_into('>HH', data, frame + 5, height, width)
    else:
        struct.pack_into('>II', data, 16, width, height)
    return bytes(data)


def fault(data, *args):
    return find_fault(data, read_header(data), *args)


@pytest.mark.parametrize('progressive', [0, 1])
def test_jpeg_header(progressive):
    data = encode('.jpg', 61, 83, cv2.IMWRITE_JPEG_PROGRESSIVE, progressive)
    header = read_header(data)
    assert header[:4] == ('JPEG', 83, 61, False)
    # kind of the frame, then precision and count of the components
    assert header.coding[0] == 0xC0 + 2 * progressive
    assert header.coding[1][:2] == b'\x08\x03'
    assert data[header.scan:header.scan + 2] == b'\xff\xda'


def test_png_header():
    assert read_header(encode('.png'))[:4] == ('PNG', 83, 61, False)


@pytest.mark.parametrize('kind', ['jpeg', 'png'])
def test_exif_is_seen(kind):
    file, exif = io.BytesIO(), Image.Exif()
    exif[0x0112] = 6
    Image.new('RGB', (83, 61)).save(file, kind, exif=exif)
    assert read_header(file.getvalue())[1:4] == (83, 61, True)


@pytest.mark.parametrize('data', [
    b'', b'\xff\xd8', b'\x89PNG\r\n\x1a\n', b'GIF89a' + bytes(40),
    b'\xff\xd8\xff\xe0\x00\x00' * 9, encode('.bmp')
])
def test_other_files_have_no_header(data):
    assert read_header(data) is None


@pytest.mark.parametrize('suffix, options', [
    ('.png', ()), ('.jpg', ()), ('.jpg', (cv2.IMWRITE_JPEG_PROGRESSIVE, 1)),
    ('.jpg', (cv2.IMWRITE_JPEG_PROGRESSIVE, 1, cv2.IMWRITE_JPEG_OPTIMIZE, 1))])
def test_every_cut_of_an_image_is_a_fault(suffix, options):
    data = encode(suffix, 16, 16, *options)
    assert fault(data) == ''
    for length in range(len(data) - 1):  # also between two scans
        assert fault(data[:length]) or length < 8
    assert fault(b'') == 'is empty'


@pytest.mark.parametrize('suffix', ['.jpg', '.png'])
@pytest.mark.parametrize('tail', [b'\0' * 100_000, b'\xff' * 70_000, b'\n'])
def test_bytes_after_the_end_are_no_fault(suffix, tail):
    data = encode(suffix)
    assert fault(data + tail) == ''
    assert 'ends early' in fault(data[:-20] + tail)


def test_a_thumbnail_does_not_end_the_image():
    """EXIF data may hold a whole JPEG, which ends before the image does."""
    file, exif = io.BytesIO(), Image.Exif()
    exif[0x9286] = encode('.jpg', 8, 8)  # a comment of any bytes
    Image.new('RGB', (83, 61)).save(file, 'jpeg', exif=exif)
    data = file.getvalue()
    assert data.count(b'\xff\xd9') == 2
    assert fault(data) == ''
    assert 'ends early' in fault(data[:-2])


@pytest.mark.parametrize('suffix', ['.jpg', '.png'])
def test_a_size_above_the_limit_is_a_fault(suffix):
    data = claiming(encode(suffix), 20_000, 20_000)
    assert 'claims 20000 x 20000' in fault(data)
    data = encode(suffix)
    assert fault(data, 83 * 61) == ''
    assert '83 x 61' in fault(data, 83 * 61 - 1)


def test_a_jpeg_too_small_for_its_size_is_a_fault():
    data = claiming(encode('.jpg', 16, 16), 9_000, 9_000)
    assert f'9000 x 9000 pixels in {len(data)} bytes' in fault(data)


@pytest.mark.parametrize('mode', ['L', 'RGB'])
@pytest.mark.parametrize('progressive', [False, True])
@pytest.mark.parametrize('subsampling', ['4:4:4', '4:2:0'])
def test_images_of_one_color_are_no_fault(mode, progressive, subsampling):
    file = io.BytesIO()
    Image.new(mode, (2048, 2048)).save(
        file, 'jpeg', quality=1, optimize=True, progressive=progressive,
        subsampling=subsampling)
    assert fault(file.getvalue()) == ''
