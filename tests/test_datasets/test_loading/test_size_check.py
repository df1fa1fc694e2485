"""Images of other sizes than their labels."""
import copy
import json

import cv2
import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader, Dataset

from mmpose_video.datasets.body import PoseTrack18ClipDataset
from mmpose_video.datasets.loading.size_check import SizeCheck
from mmpose_video.datasets.transforms import LoadClip, LoadReducedClip


def test_powers_of_ten_are_named(log):
    check = SizeCheck()
    check('a.jpg', (48, 64), None)
    check('a.jpg', (48, 64), (48, 64))
    assert check.count == 0
    for i in range(25):
        check(f'{i}.jpg', (48, 64), (96, 128))
    assert check.count == 25
    assert [text.split(':')[0] for text in log.messages] == [
        f'`{i}.jpg` is 64 x 48, its annotation says 128 x 96' for i in (0, 9)]
    assert log.messages[1].endswith('(10 samples so far)')


class Images(Dataset):
    """Each sample is of another size than its labels."""

    def __init__(self):
        self.check = copy.deepcopy(SizeCheck())

    def __len__(self):
        return 8

    def __getitem__(self, index):
        self.check('a.jpg', (4, 4), (5, 5))
        return torch.zeros(1)


def test_all_workers_share_a_count():
    images = Images()
    assert len(list(DataLoader(images, num_workers=2))) == 8
    assert images.check.count >= 7  # two may count at one moment


@pytest.mark.parametrize('loader, factor', [(LoadClip, 1),
                                            (LoadReducedClip, 4)])
def test_a_dataset_of_resized_images(tmp_path, make_video, make_annotations,
                                     log, loader, factor):
    folder = make_video()
    path = make_annotations()
    content = json.loads(path.read_text())
    for number, scale in ((0, 1), (3, 2)):
        image = content['images'][0 if number == 0 else 1]
        image.update(width=64 * factor, height=48 * factor)
        frame = np.zeros((48 * factor // scale, 64 * factor // scale, 3),
                         np.uint8)
        cv2.imwrite(str(folder / f'{number:06d}.jpg'), frame)
    for ann in content['annotations']:
        ann['bbox'] = [0, 0, 60 * factor, 40 * factor]
    path.write_text(json.dumps(content))
    load = loader() if factor == 1 else loader(input_size=(16, 12))
    dataset = PoseTrack18ClipDataset(
        ann_file=path.name, data_root=str(tmp_path), pipeline=[load],
        clip_sampler=dict(type='FixedOffsets', offsets=(0, )))
    shapes = [dataset[i]['img_shape'] for i in range(2)]
    assert shapes == [(48 * factor, 64 * factor),
                      (24 * factor, 32 * factor)]
    assert load.sizes.count == 1
    assert f'000003.jpg` is {32 * factor} x {24 * factor}' in log.text
