"""From MoveNet's published graphs to this package's parameters."""
import os
from typing import Dict, Iterator, List, Tuple, Union

import numpy as np

from mmpose_video.formats.tfjs_graph import (
    read_graph_weights,
    to_torch_layout,
)

#: Channels of the first convolution by model: it tells the width.
MOVENET_WIDTHS = {
    'movenet-lightning': 32,
    'movenet-thunder': 56,
    'movenet-multipose': 48
}

#: Blocks of each stage of MobileNetV2.
_STAGES = (1, 2, 3, 4, 3, 3, 1)
_BACKBONE = 'center_net_mobile_net_v2fpn_feature_extractor/model_1/'

#: Our parameter, the graph's node, whether it is a depthwise weight.
Rule = Tuple[str, str, bool]


def convert_movenet(path: Union[str, os.PathLike],
                    model: str) -> Dict[str, np.ndarray]:
    """Convert the weights of a published MoveNet graph.

    Args:
        path (str | PathLike): The json file of the TensorFlow.js graph model,
            with its binary file beside it.
        model (str): ``'movenet-lightning'``, ``'movenet-thunder'`` or
            ``'movenet-multipose'``.

    Returns:
        dict[str, np.ndarray]: float32 arrays by parameter name.

    Raises:
        FileNotFoundError: If one of the two files is missing.
        ValueError: If the file is damaged, is not a graph of MoveNet, or is
            another one of the three models.
    """
    prefix = 'StatefulPartitionedCall/'
    weights = {
        name.removeprefix(prefix): value
        for name, value in read_graph_weights(path).items()
    }
    rules = list(_rules(model == 'movenet-multipose'))
    first = weights.get(_BACKBONE + 'model/Conv1/Conv2D_weights')
    missing = [node for _, node, _ in rules if node not in weights]
    if first is None or (missing and first.shape[-1] ==
                         MOVENET_WIDTHS[model]):
        raise ValueError(
            f'{path} is not a graph of MoveNet; it lacks '
            f'{missing[0]} and {len(missing) - 1} other parts of it')
    if first.shape[-1] != MOVENET_WIDTHS[model]:
        names = {width: name for name, width in MOVENET_WIDTHS.items()}
        other = names.get(first.shape[-1], 'of an unknown width')
        raise ValueError(f'{path} is {other}, not {model}')
    left = [
        name for name in set(weights) - {node for _, node, _ in rules}
        if weights[name].ndim == 4 and weights[name].size > 9
    ]
    if left:
        raise ValueError(f'{path} has convolutions that {model} lacks: '
                         f'{", ".join(sorted(left)[:3])}')
    return {
        ours: to_torch_layout(weights[node], depthwise)
        if weights[node].ndim == 4 else weights[node].copy()
        for ours, node, depthwise in rules
    }


def _rules(several: bool) -> Iterator[Rule]:
    """Yield the origin of every parameter."""
    yield from _backbone()
    fpn = _BACKBONE
    for level, suffix in zip((3, 2, 1, 0), ('', '_1', '_2', '_3')):
        ours = f'neck.laterals.{level}'
        yield f'{ours}.weight', f'{fpn}conv2d{suffix}/Conv2D/{_READ}', False
        yield f'{ours}.bias', f'{fpn}conv2d{suffix}/BiasAdd/{_READ}', False
    for level, suffix in zip((2, 1, 0), ('', '_1', '_2')):
        ours = f'neck.merge.{level}'
        node = f'{fpn}separable_conv2d{suffix}/separable_conv2d'
        yield f'{ours}.depthwise.weight', f'{node}/{_READ}', True
        yield f'{ours}.pointwise.conv.weight', f'{node}_weights', False
        yield f'{ours}.pointwise.conv.bias', f'{node}_bn_offset', False
    for ours, node, number in _branches(several):
        ours = f'head.branches.{ours}'
        separable = f'{node}/separable_conv2d_{number}/'
        final = f'{node}/conv2d_{number + 1}/'
        yield (f'{ours}.0.depthwise.weight',
               f'{separable}separable_conv2d/{_READ}', True)
        yield (f'{ours}.0.pointwise.conv.weight',
               f'{separable}separable_conv2d/{_READ}_1', False)
        yield (f'{ours}.0.pointwise.conv.bias', f'{separable}BiasAdd/{_READ}',
               False)
        yield f'{ours}.1.weight', f'{final}Conv2D/{_READ}', False
        yield f'{ours}.1.bias', f'{final}BiasAdd/{_READ}', False


_READ = 'ReadVariableOp'


def _branches(several: bool) -> List[Tuple[str, str, int]]:
    """Our branch, the graph's and the number of its first convolution."""
    names = [('center', 'center_0'), ('heatmaps', 'kpt_heatmap_0'),
             ('displacements', 'kpt_regress_0'), ('offsets', 'kpt_offset_0')]
    if several:
        names[1:1] = [('box_sizes', 'box_scale_0'),
                      ('box_offsets', 'box_offset_0')]
    return [(*pair, number) for number, pair in enumerate(names, 3)]


def _backbone() -> Iterator[Rule]:
    """Yield the origin of every parameter of the backbone."""
    yield from _folded('conv1', 'Conv1/Conv2D')
    block = 0
    for stage, num_blocks in enumerate(_STAGES, 1):
        for i in range(num_blocks):
            name = f'block_{block}' if block else 'expanded_conv'
            parts = [f'{name}_depthwise/depthwise', f'{name}_project/Conv2D']
            if block:
                parts.insert(0, f'{name}_expand/Conv2D')
            for j, part in enumerate(parts):
                yield from _folded(f'layer{stage}.{i}.conv.{j}', part)
            block += 1
    yield from _folded('conv2', 'Conv_1/Conv2D')


def _folded(ours: str, node: str) -> Iterator[Rule]:
    """Yield weight and bias of a convolution with folded normalization."""
    node = f'{_BACKBONE}model/{node}'
    depthwise = node.endswith('depthwise')
    yield f'backbone.{ours}.conv.weight', f'{node}_weights', depthwise
    yield f'backbone.{ours}.conv.bias', f'{node}_bn_offset', False
