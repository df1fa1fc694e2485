import cv2
import numpy as np
import pytest

from mmpose_video.datasets.body import PoseTrack18ClipDataset
from mmpose_video.datasets.loading.image_size import fill_size, read_size


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
                           '.*data_prefix.*datasets.convert'):
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
