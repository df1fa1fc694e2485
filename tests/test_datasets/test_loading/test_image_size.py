import io

import cv2
import numpy as np
import pytest
from PIL import Image

from mmpose_video.datasets.body import PoseTrack18ClipDataset
from mmpose_video.datasets.loading.frame_reader import FrameReader
from mmpose_video.datasets.loading.image_size import fill_size, read_size
from mmpose_video.datasets.transforms import LoadClip

from ...conftest import annotation


@pytest.mark.parametrize('suffix', ['.jpg', '.png', '.bmp', '.webp'])
def test_sizes_are_read(tmp_path, suffix):
    path = str(tmp_path / f'a{suffix}')
    cv2.imwrite(path, np.zeros((20, 30, 3), np.uint8))
    assert read_size(path) == (30, 20)


def test_annotated_sizes_are_believed():
    image = dict(id=1, width=5, height=6, img_path='/nowhere')
    assert fill_size(image, 'ann.json') == dict(image)


def test_sizes_that_cannot_be_had(tmp_path):
    path = tmp_path / 'a.jpg'
    for content in (None, b'no picture'):
        if content:
            path.write_bytes(content)
        with pytest.raises(ValueError, match='(?s)image 3 of `ann.json`.*a.jpg'
                           '.*data_prefix.*mmpose-video convert'):
            fill_size(dict(id=3, img_path=str(path)), 'ann.json')


def test_dataset_reads_what_labels_lack(tmp_path, make_video,
                                        make_annotations):
    folder = make_video()
    ann_file = make_annotations(width=None, height=None)
    dataset = PoseTrack18ClipDataset(
        ann_file=ann_file.name, data_root=str(tmp_path))
    assert len(dataset) == 3
    (folder / '000003.jpg').unlink()
    with pytest.raises(ValueError, match='000003.jpg'):
        PoseTrack18ClipDataset(ann_file=ann_file.name,
                               data_root=str(tmp_path))


@pytest.mark.parametrize('orientation', [1, 3, 6])
@pytest.mark.parametrize('kind', ['jpeg', 'png', 'webp'])
def test_sizes_are_those_of_the_decoded_image(tmp_path, kind, orientation):
    """OpenCV decides which kinds of files it rotates."""
    path, exif = str(tmp_path / f'1.{kind}'), Image.Exif()
    exif[0x0112] = orientation
    Image.new('RGB', (30, 20)).save(path, exif=exif)
    height, width = FrameReader().read(path).shape[:2]
    assert read_size(path) == (width, height)
    if kind == 'jpeg':
        assert (width < height) == (orientation == 6)


@pytest.mark.parametrize('kind', ['jpeg', 'png', 'bmp', 'webp', 'gif'])
def test_broken_headers_are_oserrors(tmp_path, kind):
    file = io.BytesIO()
    Image.new('RGB', (30, 20)).save(file, kind)
    data, path = file.getvalue(), tmp_path / 'a.jpg'
    rng = np.random.default_rng(0)
    for _ in range(60):
        broken = bytearray(data[:rng.integers(1, len(data))])
        broken[rng.integers(min(len(broken), 40))] = rng.integers(256)
        path.write_bytes(broken)
        try:
            assert len(read_size(str(path))) == 2
        except OSError as error:
            assert str(path) in str(error)


def test_people_of_a_turned_image_are_kept(tmp_path, make_video,
                                           make_annotations):
    """The box lies inside of the turned image only."""
    folder, exif = make_video(), Image.Exif()
    exif[0x0112] = 6
    Image.new('RGB', (64, 48)).save(folder / '000003.jpg', exif=exif)
    ann_file = make_annotations(
        width=None, height=None,
        annotations=[annotation(1, 1001, bbox=(10, 50, 20, 10))])
    dataset = PoseTrack18ClipDataset(
        ann_file=ann_file.name, data_root=str(tmp_path))
    assert len(dataset) == 1
    assert LoadClip()(dataset[0])['img_shape'] == (64, 48)
