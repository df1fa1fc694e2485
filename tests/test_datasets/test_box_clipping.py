import numpy as np
import pytest

from mmpose_video.datasets.body import PoseTrack18ClipDataset
from mmpose_video.datasets.box_clipping import shift_into_image

from ..conftest import annotation


@pytest.mark.parametrize('box, corners', [
    ((10, 20, 30, 15), (10, 20, 39, 34)),     # inside: the last pixel
    ((-10, 20, 30, 15), (0, 20, 29, 34)),     # moved, not cut
    ((10, -5, 30, 15), (10, 0, 39, 14)),
    ((50, 40, 30, 15), (50, 40, 63, 47)),     # cut at the far borders
    ((-10, -10, 200, 200), (0, 0, 63, 47)),
    ((-40, 5, 30, 15), (0, 5, 29, 19)),       # all of it outside
    ((3, 4, .5, .5), (3, 4, 3, 4)),           # less than a pixel
])
def test_boxes_by_hand(box, corners):
    found = shift_into_image(np.array(box, float), 64, 48)
    assert found.tolist() == list(corners) and found.dtype == np.float32


def test_option_of_the_datasets(tmp_path, make_video, make_annotations):
    make_video()
    people = [annotation(1, 1000, bbox=(-10, 5, 30, 15)),
              annotation(2, 1000, bbox=(10, 5, 20, 15)),
              annotation(3, 1001, bbox=(-40, 5, 30, 15)),
              annotation(4, 1001, bbox=(64, 5, 30, 15))]
    ann_file = make_annotations(annotations=people)

    def boxes(**kwargs):
        dataset = PoseTrack18ClipDataset(
            ann_file=ann_file.name, data_root=str(tmp_path), **kwargs)
        return {info['id']: info['bbox'][0].tolist() for info in (
            dataset.get_data_info(i) for i in range(len(dataset)))}

    assert boxes() == {1: [0, 5, 20, 20], 2: [10, 5, 30, 20]}
    assert boxes(bbox_clipping='shift') == {
        1: [0, 5, 29, 19], 2: [10, 5, 29, 19], 3: [0, 5, 29, 19]}
    with pytest.raises(ValueError, match="'cut', 'shift'.*'pad'"):
        boxes(bbox_clipping='pad')
