import numpy as np
import pytest
import torch
from mmpose.structures import PoseDataSample

from mmpose_video.structures import ClipInfo


def sample(offsets, key_index, **meta):
    return PoseDataSample(metainfo=dict(
        img_path='a.jpg', frame_offsets=np.array(offsets),
        key_index=key_index, **meta))


def test_collects_the_times_of_a_batch():
    info = ClipInfo.from_data_samples([
        sample([-2, 0, 1], 1, frame_valid=np.array([True, True, False])),
        sample([-1, 0, 2], 1)], 3)
    assert info.num_frames == 3 and info.key_index == 1
    assert info.offsets.tolist() == [[-2, 0, 1], [-1, 0, 2]]
    assert info.valid.tolist() == [[True, True, False], [True] * 3]


def test_centered():
    info = ClipInfo.centered(2, 4)
    assert info.offsets.tolist() == [[-2, -1, 0, 1]] * 2
    assert info.key_index == 2 and info.valid.all()


def test_single_image_needs_no_times():
    info = ClipInfo.from_data_samples([PoseDataSample()], 1)
    assert torch.equal(info.offsets, torch.zeros(1, 1, dtype=torch.int64))


def test_samples_without_times_name_the_transform():
    with pytest.raises(ValueError, match='PackClipInputs'):
        ClipInfo.from_data_samples([PoseDataSample()], 3)


def test_disagreeing_lengths():
    with pytest.raises(ValueError, match='holds 3 frames.*has 2 entries'):
        ClipInfo.from_data_samples([sample([0, 1], 0)], 3)


def test_key_frame_must_stand_at_one_place():
    with pytest.raises(ValueError, match='same place'):
        ClipInfo.from_data_samples([sample([0, 1], 0), sample([-1, 0], 1)], 2)
