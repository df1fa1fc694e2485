"""Graphs and images for MoveNet, made of integers and a frozen generator.

``tests/data/movenet`` holds what TensorFlow.js made of them: names and shapes
of the published graphs' weights, and outputs of these graphs (TensorFlow.js
4.22, its plain JavaScript backend) with drawn weights and with the published
ones.
"""
import json
from pathlib import Path

import numpy as np

DATA = Path(__file__).parents[1] / 'data' / 'movenet'
NAMES = ('lightning', 'thunder', 'multipose')
#: Height and width of the input.
SIZES = dict(lightning=(192, 192), thunder=(256, 256), multipose=(96, 160))
PREFIX = 'StatefulPartitionedCall/'


def expected(name):
    """Outputs of TensorFlow.js."""
    return np.load(DATA / f'{name}.npz')


def entries(name):
    """Names and shapes of a graph's weights, in their order."""
    return [(PREFIX + key, shape)
            for key, shape in json.loads((DATA / f'{name}.json').read_text())]


def drawn_weights(name):
    """Weights of a size that keeps the activations alive, as float16."""
    random = np.random.RandomState(0)  # its stream is frozen
    for key, shape in entries(name):
        if len(shape) == 1:
            scale = 0.3
        else:
            depthwise = key.endswith(
                ('depthwise_weights', 'separable_conv2d/ReadVariableOp'))
            inputs = shape[0] * shape[1] * (1 if depthwise else shape[2])
            scale = (2 / inputs)**0.5
            if '_0/conv2d_' in key:  # logits and cells of a usual size
                scale *= 0.05
        yield key, (scale * random.standard_normal(shape)).astype(np.float16)


def write_graph(folder, name, change=lambda content, data: (content, data)):
    """Write the json and binary file of a graph with drawn weights."""
    content = dict(
        format='graph-model',
        modelTopology=dict(node=[]),
        weightsManifest=[dict(
            paths=[f'movenet-{name}.bin'],
            weights=[dict(name=key, shape=shape, dtype='float32',
                          quantization=dict(dtype='float16'))
                     for key, shape in entries(name)])])
    data = b''.join(value.tobytes() for _, value in drawn_weights(name))
    content, data = change(content, data)
    path = folder / f'movenet-{name}.json'
    path.write_text(json.dumps(content))
    (folder / f'movenet-{name}.bin').write_bytes(data)
    return path


def image(height, width, people=((0.5, 0.9), )):
    """Stick figures on a gradient, (H, W, 3) uint8, RGB.

    ``people`` are positions (share of the width) and heights (share of the
    image's).
    """
    y, x = np.mgrid[:height, :width]
    pixels = np.stack([40 + x * 80 // width, 70 + y * 60 // height,
                       110 - x * 40 // width], axis=-1)

    def limb(a, b, radius, color):
        # squared distance to the segment, times its squared length
        (ay, ax), (by, bx) = a, b
        dy, dx = by - ay, bx - ax
        length = max(dy * dy + dx * dx, 1)
        along = np.clip((y - ay) * dy + (x - ax) * dx, 0, length)
        far = ((length * (y - ay) - along * dy)**2 +
               (length * (x - ax) - along * dx)**2)
        pixels[far <= (radius * length)**2] = color

    for share, size in people:
        top = int(height * (1 - size)) // 2
        unit = max(1, int(height * size) // 16)
        middle = int(width * share)

        def at(down, right, top=top, unit=unit, middle=middle):
            return top + down * unit, middle + right * unit

        skin, shirt, trousers = (224, 180, 150), (200, 40, 40), (30, 40, 120)
        for side in (-1, 1):
            limb(at(8, side), at(12, side), unit, trousers)
            limb(at(12, side), at(15, side), unit, trousers)
            limb(at(4, 2 * side), at(7, 3 * side), unit // 2 + 1, shirt)
            limb(at(7, 3 * side), at(9, 4 * side), unit // 2 + 1, skin)
        limb(at(4, 0), at(8, 0), 2 * unit, shirt)
        limb(at(1, 0), at(2, 0), unit + unit // 2, skin)
    return pixels.astype(np.uint8)


def input_of(name):
    """The image of a model's test."""
    people = ((0.25, 0.8), (0.7, 0.95)) if name == 'multipose' else (
        (0.5, 0.9), )
    return image(*SIZES[name], people)
