"""A small TDMI neck, and what it takes."""
import torch
from mmengine.structures import PixelData
from mmpose.registry import MODELS
from mmpose.structures import PoseDataSample

MI = dict(
    terms=[
        dict(x='useful', y='noisy', goal='min'),
        dict(x='useful', y='target', goal='max'),
    ],
    warmup_iters=0)


def build(**kwargs):
    torch.manual_seed(0)
    neck = MODELS.build({
        'type': 'TDMINeck',
        'in_channels': (8, 8, 8, 8),
        'channels': 8,
        'num_frames': 5,
        'offset_groups': 2,
        'num_keypoints': 3,
        **kwargs
    })
    # the published start is almost zero: too small to compare anything
    for parameter in neck.parameters():
        if parameter.dim() > 1:
            torch.nn.init.kaiming_normal_(parameter)
    return neck


def features(levels=4, num_frames=5, channels=8, seed=1):
    torch.manual_seed(seed)
    return tuple(
        torch.randn(2, num_frames, channels, 6, 5) for _ in range(levels))


def samples(num=2, num_keypoints=3):
    result = []
    for _ in range(num):
        sample = PoseDataSample()
        sample.gt_fields = PixelData(heatmaps=torch.rand(num_keypoints, 6, 5))
        result.append(sample)
    return result
