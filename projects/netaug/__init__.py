"""NetAug: a tiny network trained as a part of wider ones."""
from .net_aug_estimator import NetAugEstimator
from .net_aug_mobilenet_v2 import NetAugMobileNetV2
from .sliced_layers import SlicedBatchNorm2d, SlicedConv2d
from .sort_channels_hook import SortChannelsHook

__all__ = [
    'NetAugEstimator', 'NetAugMobileNetV2', 'SlicedBatchNorm2d',
    'SlicedConv2d', 'SortChannelsHook'
]
