"""Describe a model by its weights."""
from typing import List, Mapping

from torch import Tensor

#: Names of vision transformers by width and depth.
_VITS = {
    (384, 12): 'ViT-S',
    (768, 12): 'ViT-B',
    (1024, 24): 'ViT-L',
    (1280, 32): 'ViT-H',
}
_RESNETS = {6: 'ResNet-50', 23: 'ResNet-101', 36: 'ResNet-152'}

_MOVENETS = {32: 'MoveNet Lightning', 56: 'MoveNet Thunder',
             48: 'MoveNet MultiPose'}

_HRNET = 'backbone.stage2.0.branches.0.0.conv1.weight'
_VIT = 'backbone.patch_embed.projection.weight'
_RESNET = 'backbone.layer4.0.conv1.weight'
_MOVENET = 'head.branches.heatmaps.1.weight'


def describe(weights: Mapping[str, Tensor]) -> str:
    """Describe a model: its backbone, keypoints and size.

    Args:
        weights (Mapping[str, Tensor]): Weights under the names of MMPose.

    Returns:
        str: For instance ``'HRNet-W48, 17 keypoints, 63.6 M parameters'``.
    """
    parts = [_backbone(weights)]
    for name in ('head.final_layer.weight',
                 'neck.rough_head.final_layer.weight', _MOVENET):
        final = weights.get(name)
        if final is not None:
            parts.append(f'{final.shape[0]} keypoints')
            break
    total = sum(value.numel() for name, value in weights.items()
                if value.is_floating_point() and 'running_' not in name)
    parts.append(f'{total / 1e6:.1f} M parameters')
    return ', '.join(part for part in parts if part)


def _backbone(weights: Mapping[str, Tensor]) -> str:
    """Return the name of the backbone, or nothing if it is not known."""
    if _HRNET in weights:
        return f'HRNet-W{weights[_HRNET].shape[0]}'
    if _VIT in weights:
        width = weights[_VIT].shape[0]
        depth = _count(weights, 'backbone.layers.')
        return _VITS.get((width, depth),
                         f'ViT of {depth} layers and {width} channels')
    if _MOVENET in weights:
        width = weights['backbone.conv1.conv.weight'].shape[0]
        return _MOVENETS.get(width, f'MoveNet of width {width / 32:g}')
    if _RESNET in weights:
        return _RESNETS.get(_count(weights, 'backbone.layer3.'), 'ResNet')
    return ''


def _count(weights: Mapping[str, Tensor], prefix: str) -> int:
    """Return the number of modules in a list, by its names."""
    indices: List[str] = [
        name[len(prefix):].split('.')[0] for name in weights
        if name.startswith(prefix)
    ]
    return len(set(indices))
