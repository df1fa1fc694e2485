"""The look of a person: a body made of shaded, tapered capsules."""
from dataclasses import dataclass
from typing import List, Sequence, Tuple, Union

import cv2
import numpy as np

from .skeleton import INDEX, JOINTS

Color = Tuple[float, float, float]
Point = Union[str, Sequence[Tuple[str, float]]]

# Parts that are drawn as one, farthest first. Each comes with the joints
# whose mean depth orders it and with a bias in meters (positive is farther),
# which settles the cases where the depths are nearly equal.
GROUPS = (
    ('left_thigh', ('left_hip', 'left_knee'), 0.06),
    ('right_thigh', ('right_hip', 'right_knee'), 0.06),
    ('left_shin', ('left_knee', 'left_ankle'), 0.07),
    ('right_shin', ('right_knee', 'right_ankle'), 0.07),
    ('torso', ('chest', 'pelvis'), 0.04),
    ('emblem', ('chest_front', ), 0.035),
    ('left_upper_arm', ('left_shoulder', 'left_elbow'), 0.),
    ('right_upper_arm', ('right_shoulder', 'right_elbow'), 0.),
    ('left_forearm', ('left_elbow', 'left_wrist'), -0.01),
    ('right_forearm', ('right_elbow', 'right_wrist'), -0.01),
    ('head', ('head_center', ), 0.),
    ('face', ('nose', ), 0.),
    ('hair', ('head_center', 'head_center', 'nose'), 0.),
)
GROUP_INDEX = {name: i for i, (name, _, _) in enumerate(GROUPS)}

# the groups that a keypoint belongs to: these never count as hiding it
OWN_GROUPS = {
    'nose': ('head', 'face'),
    'head_bottom': ('head', 'torso', 'face', 'hair'),
    'head_top': ('head', 'face', 'hair'),
}
for _side in ('left', 'right'):
    OWN_GROUPS.update({
        f'{_side}_shoulder': (f'{_side}_upper_arm', 'torso', 'emblem'),
        f'{_side}_elbow': (f'{_side}_upper_arm', f'{_side}_forearm'),
        f'{_side}_wrist': (f'{_side}_forearm', ),
        f'{_side}_hip': (f'{_side}_thigh', 'torso', 'emblem'),
        f'{_side}_knee': (f'{_side}_thigh', f'{_side}_shin'),
        f'{_side}_ankle': (f'{_side}_shin', ),
    })

SKINS = ((205, 224, 250), (180, 205, 238), (150, 185, 224), (110, 150, 200),
         (75, 110, 165), (55, 80, 125), (42, 60, 95))
HAIRS = ((30, 28, 28), (35, 45, 70), (50, 80, 120), (100, 150, 200),
         (150, 150, 155), (40, 60, 150))
# Light comes from the upper left: the shading tells shape, not side.
LIGHT = np.array([-0.6, -0.8])


@dataclass(frozen=True)
class Primitive:
    """One capsule of a body.

    Args:
        group (int): Index into :data:`GROUPS`.
        start (np.ndarray): Weights of the joints at one end.
        end (np.ndarray): Weights of the joints at the other end.
        radii (Tuple[float, float]): Radii as parts of the body height.
        color (Color): Blue, green, red, 0 to 255.
        lit (bool): Shifted towards the light: a highlight on a part below.
        solid (bool): Part of the outline, which hides what is behind.
    """
    group: int
    start: np.ndarray
    end: np.ndarray
    radii: Tuple[float, float]
    color: Color
    lit: bool = False
    solid: bool = True


def _weights(point: Point) -> np.ndarray:
    out = np.zeros(len(JOINTS))
    if isinstance(point, str):
        out[INDEX[point]] = 1
    else:
        for name, weight in point:
            out[INDEX[name]] += weight
    return out


def _between(a: str, b: str, t: float) -> List[Tuple[str, float]]:
    return [(a, 1 - t), (b, t)]


def scale_color(color: Sequence[float], factor: float) -> Color:
    """Return a color made brighter or darker, within 0 to 255."""
    b, g, r = (float(min(255., max(0., c * factor))) for c in color)
    return b, g, r


def sample_cloth(rng: np.random.Generator) -> Color:
    """Draw a color of clothing, from gray to vivid."""
    hsv = np.array([[[
        rng.integers(180),
        rng.integers(20, 230),
        rng.integers(50, 245)
    ]]], np.uint8)
    b, g, r = cv2.cvtColor(hsv, cv2.COLOR_HSV2BGR)[0, 0].tolist()
    return float(b), float(g), float(r)


class _Tailor:
    """Collect the primitives of one body."""

    def __init__(self) -> None:
        self.parts: List[Primitive] = []

    def add(self, group: str, start: Point, end: Point, r0: float, r1: float,
            color: Sequence[float], shade: bool = True,
            solid: bool = True) -> None:
        index = GROUP_INDEX[group]
        a, b = _weights(start), _weights(end)
        dark = scale_color(color, 0.78 if shade else 1.)
        self.parts.append(Primitive(index, a, b, (r0, r1), dark, False,
                                    solid))
        if shade:
            self.parts.append(
                Primitive(index, a, b, (0.62 * r0, 0.62 * r1),
                          scale_color(color, 1.08), True, False))


def dress(rng: np.random.Generator, bulk: float, head: float,
          side_cue: float) -> List[Primitive]:
    """Draw the body and the clothes of one person.

    Args:
        rng (np.random.Generator): Source of the draw.
        bulk (float): Factor on the radii.
        head (float): Factor on the size of the head.
        side_cue (float): See :class:`~.config.Difficulty`.

    Returns:
        List[Primitive]: Capsules; inside a group in drawing order.
    """
    skin = scale_color(SKINS[rng.integers(len(SKINS))],
                       rng.uniform(0.92, 1.05))
    hair = scale_color(HAIRS[rng.integers(len(HAIRS))],
                       rng.uniform(0.8, 1.2))
    shirt, pants, shoes = (sample_cloth(rng) for _ in range(3))
    accent = sample_cloth(rng)
    sleeve = rng.choice([0.35, 0.55, 1.0, 2.0])  # in upper arms
    leg_cover = rng.choice([0.45, 0.8, 2.0, 2.0])  # in thighs
    bottom = rng.choice([0.9, 1.0, 1.12])
    tailor = _Tailor()
    add = tailor.add

    for side, sign in (('left', 1.), ('right', -1.)):
        cue = 1 + sign * side_cue
        skin_s, shirt_s = scale_color(skin, cue), scale_color(shirt, cue)
        pants_s, shoes_s = scale_color(pants, cue), scale_color(shoes, cue)
        hip, knee, ankle = (f'{side}_{n}' for n in ('hip', 'knee', 'ankle'))
        thigh = (0.052 * bulk * bottom, 0.037 * bulk)
        shin = (0.037 * bulk, 0.023 * bulk)
        group = f'{side}_thigh'
        if leg_cover < 1:
            add(group, hip, knee, *thigh, skin_s)
            add(group, hip, _between(hip, knee, leg_cover), thigh[0] * 1.08,
                thigh[1] * 1.35, pants_s)
        else:
            add(group, hip, knee, thigh[0] * 1.03, thigh[1] * 1.1, pants_s)
        group = f'{side}_shin'
        add(group, f'{side}_heel', f'{side}_toe', 0.024, 0.019, shoes_s)
        if leg_cover < 2:
            add(group, knee, ankle, *shin, skin_s)
            add(group, _between(knee, ankle, 0.75), ankle, 0.026 * bulk,
                0.025 * bulk, scale_color(accent, cue), shade=False,
                solid=False)
        else:
            add(group, knee, ankle, shin[0] * 1.1, shin[1] * 1.3, pants_s)
        sho, elb, wri = (f'{side}_{n}' for n in ('shoulder', 'elbow',
                                                 'wrist'))
        upper = (0.033 * bulk, 0.026 * bulk)
        fore = (0.026 * bulk, 0.018 * bulk)
        group = f'{side}_upper_arm'
        if sleeve < 1:
            add(group, sho, elb, *upper, skin_s)
            add(group, sho, _between(sho, elb, sleeve), upper[0] * 1.2,
                upper[1] * 1.35, shirt_s)
        else:
            add(group, sho, elb, upper[0] * 1.15, upper[1] * 1.15, shirt_s)
        group = f'{side}_forearm'
        add(group, wri, f'{side}_hand', 0.018, 0.02, skin_s)
        if sleeve < 2:
            add(group, elb, wri, *fore, skin_s)
        else:
            add(group, elb, wri, fore[0] * 1.15, fore[1] * 1.3, shirt_s)

    _dress_torso(rng, tailor, bulk, shirt, pants, accent)
    _dress_head(rng, tailor, head, skin, hair)
    return tailor.parts


def _dress_torso(rng: np.random.Generator, tailor: _Tailor, bulk: float,
                 shirt: Color, pants: Color, accent: Color) -> None:
    add = tailor.add
    add('torso', 'left_hip', 'right_hip', 0.058 * bulk, 0.058 * bulk, pants)
    waist = [('pelvis', 0.8), ('chest', 0.2)]
    # flanks, belly and shoulders; the wide inner capsules fill the trunk
    for side in ('left', 'right'):
        add('torso', f'{side}_shoulder',
            _between(f'{side}_hip', f'{side}_shoulder', 0.15), 0.036 * bulk,
            0.042 * bulk, shirt, shade=False)
    for t in (0.25, 0.5):
        add('torso', _between('left_shoulder', 'left_hip', t * 1.1),
            _between('right_shoulder', 'right_hip', t * 1.1), 0.06 * bulk,
            0.06 * bulk, shirt, shade=False)
    add('torso', 'left_shoulder', 'right_shoulder', 0.036 * bulk,
        0.036 * bulk, shirt, shade=False)
    add('torso', _between('chest', 'pelvis', 0.18), waist, 0.078 * bulk,
        0.07 * bulk, shirt, shade=False)
    add('torso', _between('chest', 'pelvis', 0.15), waist, 0.055 * bulk,
        0.045 * bulk, scale_color(shirt, 1.12), shade=False, solid=False)
    pattern = rng.choice(['plain', 'stripes', 'halves', 'dots', 'straps'])
    left, right = ('left_shoulder', 'left_hip'), ('right_shoulder',
                                                  'right_hip')
    if pattern == 'stripes':
        for t in np.arange(0.12, 0.85, rng.choice([0.16, 0.24])):
            add('torso', _between(*left, t), _between(*right, t), 0.014,
                0.014, accent, shade=False, solid=False)
    elif pattern == 'halves':
        for t in (0.5, 0.62, 0.74):
            add('torso', _between(*left, t), _between(*right, t), 0.03,
                0.03, accent, shade=False, solid=False)
    elif pattern == 'dots':
        for t, u in rng.uniform(0.1, 0.85, (7, 2)):
            spot = [(left[0], (1 - t) * u), (left[1], t * u),
                    (right[0], (1 - t) * (1 - u)), (right[1], t * (1 - u))]
            add('torso', spot, spot, 0.013, 0.013, accent, shade=False,
                solid=False)
    elif pattern == 'straps':
        for side in ('left', 'right'):
            other = 'right' if side == 'left' else 'left'
            add('torso',
                [(f'{side}_shoulder', 0.75), (f'{other}_shoulder', 0.25)],
                [(f'{side}_hip', 0.75), (f'{other}_hip', 0.25)], 0.014,
                0.014, accent, shade=False, solid=False)
    # only the front of the shirt has an emblem: it tells the facing
    add('emblem', 'chest_front', 'chest_front', 0.03, 0.03,
        scale_color(accent, 1.1), shade=False, solid=False)


def _dress_head(rng: np.random.Generator, tailor: _Tailor, head: float,
                skin: Color, hair: Color) -> None:
    add = tailor.add
    size = 0.145 * head
    add('head', 'chest', 'head_bottom', 0.03, 0.028, scale_color(skin, 0.85),
        shade=False)
    add('head', [('head_center', 1.25), ('head_top', -0.25)],
        [('head_center', 0.6), ('head_top', 0.4)], 0.31 * size, 0.36 * size,
        skin)
    # a cap of hair over the upper back of the head
    crown = [('head_center', 0.75), ('head_top', 0.5), ('nose', -0.25)]
    add('head', crown, [('head_center', 0.75), ('head_top', 0.55),
                        ('nose', -0.3)], 0.33 * size, 0.33 * size, hair,
        shade=False)
    dark = scale_color(skin, 0.45)
    add('face', 'left_eye', 'left_eye', 0.0065, 0.0065, (25, 25, 25),
        shade=False, solid=False)
    add('face', 'right_eye', 'right_eye', 0.0065, 0.0065, (25, 25, 25),
        shade=False, solid=False)
    add('face', 'nose', [('nose', 0.8), ('head_center', 0.2)], 0.009, 0.012,
        scale_color(skin, 0.72), shade=False, solid=False)
    mouth = [('nose', 0.85), ('head_bottom', 0.15)]
    add('face', mouth, mouth, 0.007, 0.007, dark, shade=False, solid=False)
    low = rng.choice([0., 0.1, 0.35])  # short or long hair
    add('hair', [('head_center', 1.2), ('nose', -0.3), ('head_top', 0.1)],
        [('head_center', 1.25 - low), ('nose', -0.3), ('head_bottom', low),
         ('head_top', 0.05)], 0.37 * size, 0.34 * size, hair)
