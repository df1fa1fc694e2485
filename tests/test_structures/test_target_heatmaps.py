import pytest
import torch
from mmengine.structures import PixelData
from mmpose.structures import PoseDataSample

from mmpose_video.structures import stack_target_heatmaps


def test_stacks_in_the_order_of_the_samples():
    samples = []
    for i in range(2):
        sample = PoseDataSample()
        sample.gt_fields = PixelData(heatmaps=torch.full((4, 6, 5), float(i)))
        samples.append(sample)
    got = stack_target_heatmaps(samples)
    assert got.shape == (2, 4, 6, 5)
    assert (got[0] == 0).all() and (got[1] == 1).all()


def test_missing_heatmaps_name_the_codec():
    with pytest.raises(ValueError, match='codec'):
        stack_target_heatmaps([PoseDataSample()])
