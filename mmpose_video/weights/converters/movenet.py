"""Published TensorFlow.js graphs of MoveNet."""
from pathlib import Path
from typing import ClassVar, Dict, Mapping, Match

import numpy as np
import torch
from torch import Tensor

from mmpose_video.formats.tfjs_graph import read_graph_weights

from .converter import Converter, Weights

_PREFIX = 'StatefulPartitionedCall/'
_EXTRACTOR = 'center_net_mobile_net_v2fpn_feature_extractor/model_1/'
#: Last block of each stage of MobileNetV2.
_LAST_BLOCKS = (0, 2, 5, 9, 12, 15, 16)
_BRANCHES = dict(
    center='center',
    kpt_heatmap='heatmaps',
    kpt_regress='displacements',
    kpt_offset='offsets',
    box_scale='box_sizes',
    box_offset='box_offsets')
#: Parts of a convolution by the ends of their names in the graph.
_PARTS = dict(
    weights='weight', bn_offset='bias', Conv2D='weight', BiasAdd='bias')


def _block(match: Match) -> str:
    """Name a convolution of an inverted residual block."""
    block, role, part = match.groups()
    number = int(block or 0)
    stage = next(i for i, last in enumerate(_LAST_BLOCKS) if number <= last)
    first = _LAST_BLOCKS[stage - 1] + 1 if stage else 0
    index = ('expand', 'depthwise', 'project').index(role)
    # the first block does not expand
    return (f'backbone.layer{stage + 1}.{number - first}.conv.'
            f'{index - (number == 0)}.conv.{_PARTS[part]}')


def _lateral(match: Match) -> str:
    """Name a lateral convolution; the graph counts from the coarsest."""
    number, part = match.groups()
    return f'neck.laterals.{3 - int(number or 0)}.{_PARTS[part]}'


def _merge(match: Match) -> str:
    """Name a separable convolution of the pyramid."""
    number, part = match.groups()
    name = f'neck.merge.{2 - int(number or 0)}'
    if part == '/ReadVariableOp':
        return f'{name}.depthwise.weight'
    return f'{name}.pointwise.conv.{_PARTS[part[1:]]}'


def _branch(match: Match) -> str:
    """Name a convolution of a branch of the head."""
    branch, part = match.groups()
    name = f'head.branches.{_BRANCHES[branch]}'
    if part == 'separable_conv2d/ReadVariableOp':
        return f'{name}.0.depthwise.weight'
    return (f'{name}.0.pointwise.conv.' +
            ('bias' if part.startswith('Bias') else 'weight'))


def _final(match: Match) -> str:
    """Name the last convolution of a branch of the head."""
    branch, part = match.groups()
    return f'head.branches.{_BRANCHES[branch]}.1.{_PARTS[part]}'


class MoveNetConverter(Converter):
    """Convert one of the three published models, which differ in width.

    Their batch normalization is folded into the convolutions, so the result
    fits models with ``norm_cfg=None``.

    Attributes:
        width (int): Channels of the first convolution.
        num_weights (int): Tensors of the model.
    """

    width: ClassVar[int]
    num_weights: ClassVar[int] = 141
    rules = (
        (r'model/Conv1/Conv2D_(weights|bn_offset)',
         lambda match: f'backbone.conv1.conv.{_PARTS[match[1]]}'),
        (r'model/(?:expanded_conv|block_(\d+))_(expand|depthwise|project)/'
         r'(?:Conv2D|depthwise)_(weights|bn_offset)', _block),
        (r'model/Conv_1/Conv2D_(weights|bn_offset)',
         lambda match: f'backbone.conv2.conv.{_PARTS[match[1]]}'),
        (r'conv2d(?:_(\d))?/(Conv2D|BiasAdd)/ReadVariableOp', _lateral),
        (r'separable_conv2d(?:_(\d))?/separable_conv2d'
         r'(/ReadVariableOp|_weights|_bn_offset)', _merge),
        (rf'({"|".join(_BRANCHES)})_0/separable_conv2d_\d/'
         r'(separable_conv2d/ReadVariableOp(?:_1)?|BiasAdd/ReadVariableOp)',
         _branch),
        (rf'({"|".join(_BRANCHES)})_0/conv2d_\d/(Conv2D|BiasAdd)/'
         r'ReadVariableOp', _final),
    )

    def load(self, path: Path) -> Weights:
        """Read the weights of a graph, in PyTorch's layout.

        Args:
            path (Path): The json file; its binary file lies beside it.

        Raises:
            FileNotFoundError: If one of the files is missing.
            ValueError: If they are damaged or of another kind.
        """
        arrays = read_graph_weights(path)
        return {
            name.removeprefix(_PREFIX).removeprefix(_EXTRACTOR):
            _to_torch_layout(name, array)
            for name, array in arrays.items() if _is_weight(name, array)
        }

    def check(self, weights: Mapping[str, Tensor]) -> None:
        """Refuse graphs that are not of MoveNet, or of another size of it."""
        first = weights.get('model/Conv1/Conv2D_weights')
        if first is None or 'kpt_heatmap_0/conv2d_7/BiasAdd/' \
                'ReadVariableOp' not in weights and 'kpt_heatmap_0/conv2d_5/' \
                'BiasAdd/ReadVariableOp' not in weights:
            raise ValueError(
                'this is not a graph of MoveNet: it lacks '
                '`model/Conv1/Conv2D_weights` or the branch `kpt_heatmap_0`')
        if len(first) != self.width:
            other = next((name for name, width in _WIDTHS.items()
                          if width == len(first)), 'of an unknown size')
            raise ValueError(
                f'this graph is {other}: its first convolution has '
                f'{len(first)} channels, not {self.width}')
        if len(weights) != self.num_weights:
            raise ValueError(
                f'this graph has {len(weights)} weights, the published one '
                f'{self.num_weights}; it was changed or is of another version')


class MoveNetLightningConverter(MoveNetConverter):
    """MoveNet Lightning, one person at 192x192."""

    source = 'TensorFlow.js graph of MoveNet SinglePose Lightning'
    configs = 'configs/movenet/movenet-lightning_*'
    width = 32


class MoveNetThunderConverter(MoveNetConverter):
    """MoveNet Thunder, one person at 256x256."""

    source = 'TensorFlow.js graph of MoveNet SinglePose Thunder'
    configs = 'configs/movenet/movenet-thunder_*'
    width = 56


class MoveNetMultiPoseConverter(MoveNetConverter):
    """MoveNet MultiPose, several people at sides of multiples of 32."""

    source = 'TensorFlow.js graph of MoveNet MultiPose Lightning'
    configs = 'configs/movenet/movenet-multipose_*'
    width = 48
    num_weights = 151


_WIDTHS: Dict[str, int] = {
    'movenet-lightning': MoveNetLightningConverter.width,
    'movenet-thunder': MoveNetThunderConverter.width,
    'movenet-multipose': MoveNetMultiPoseConverter.width,
}


def _is_weight(name: str, array: np.ndarray) -> bool:
    """Return whether a constant is a weight and not part of the decoding."""
    return array.dtype.kind == 'f' and ('/conv2d' in name
                                        or '/separable_conv2d' in name
                                        or '/model/' in name)


def _to_torch_layout(name: str, array: np.ndarray) -> Tensor:
    """Transpose a convolution's weights.

    TensorFlow keeps them as (kh, kw, in, out), those of a depthwise
    convolution as (kh, kw, channels, 1).
    """
    if array.ndim == 4:
        depthwise = name.endswith(
            ('depthwise_weights', 'separable_conv2d/ReadVariableOp'))
        array = array.transpose((2, 3, 0, 1) if depthwise else (3, 2, 0, 1))
    return torch.from_numpy(np.ascontiguousarray(array))
