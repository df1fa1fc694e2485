"""Project people at given times to outlines in the frame."""
from dataclasses import dataclass, replace

import numpy as np

from .appearance import GROUPS, LIGHT, Primitive
from .background import to_fixed
from .camera import apply
from .geometry import capsule_outlines
from .scene import Person, Scene
from .skeleton import EARS, INDEX, JOINTS, NUM_KEYPOINTS


@dataclass(frozen=True)
class BodyShape:
    """A person's capsules at ``n`` times, in frame pixels.

    Args:
        joints (np.ndarray): ``(n, J, 2)``.
        depth (np.ndarray): ``(n,)`` of the trunk, meters.
        group_depth (np.ndarray): ``(n, G)`` depth that orders the groups.
        a (np.ndarray): ``(n, P, 2)`` first ends.
        b (np.ndarray): ``(n, P, 2)`` second ends.
        ra (np.ndarray): ``(n, P)`` radii at the first ends.
        rb (np.ndarray): ``(n, P)`` radii at the second ends.
        scale (np.ndarray): ``(n,)`` pixels per body height.
    """
    joints: np.ndarray
    depth: np.ndarray
    group_depth: np.ndarray
    a: np.ndarray
    b: np.ndarray
    ra: np.ndarray
    rb: np.ndarray
    scale: np.ndarray


def group_weights() -> np.ndarray:
    """Return weights (G, J) that give the depth of each group."""
    out = np.zeros((len(GROUPS), len(JOINTS)))
    for i, (_, names, _) in enumerate(GROUPS):
        for name in names:
            out[i, INDEX[name]] += 1 / len(names)
    # hair is on the far side of the head from the nose
    hair = [name for name, _, _ in GROUPS].index('hair')
    out[hair] = 0
    out[hair, INDEX['head_center']] = 1.4
    out[hair, INDEX['nose']] = -0.4
    return out


_GROUP_WEIGHTS = group_weights()
_GROUP_BIAS = np.array([bias for _, _, bias in GROUPS])


def locate(scene: Scene, person: Person, time: np.ndarray) -> np.ndarray:
    """Return joints (n, J, 2) in frame pixels at ``time`` (n,)."""
    pixels, _, _ = person.joints(scene.camera, time)
    return apply(scene.camera.matrices(time), pixels)


def shape_body(scene: Scene, person: Person, time: np.ndarray) -> BodyShape:
    """Place a person's capsules.

    Args:
        scene (Scene): The scene, for its camera.
        person (Person): The person.
        time (np.ndarray): ``(n,)`` seconds.

    Returns:
        BodyShape: The capsules.
    """
    pixels, depths, scale = person.joints(scene.camera, time)
    matrices = scene.camera.matrices(time)
    joints = apply(matrices, pixels)
    zoom = np.hypot(matrices[:, 0, 0], matrices[:, 1, 0])
    scale = scale * zoom
    parts = person.parts
    a = np.einsum('pj,njc->npc', np.stack([p.start for p in parts]), joints,
                  optimize=True)
    b = np.einsum('pj,njc->npc', np.stack([p.end for p in parts]), joints,
                  optimize=True)
    radii = np.array([p.radii for p in parts])
    ra = scale[:, None] * radii[:, 0]
    rb = scale[:, None] * radii[:, 1]
    lit = np.array([0.45 if p.lit else 0. for p in parts])
    a = a + (lit * ra)[..., None] * LIGHT
    b = b + (lit * rb)[..., None] * LIGHT
    trunk = depths[:, [INDEX['chest'], INDEX['pelvis']]].mean(-1)
    group_depth = depths @ _GROUP_WEIGHTS.T + _GROUP_BIAS
    return BodyShape(joints, trunk, group_depth, a, b, ra, rb, scale)


def outlines(shape: BodyShape) -> np.ndarray:
    """Return int32 outlines (n, P, V, 2), fixed-point coordinates."""
    # single precision is far finer than the fixed-point grid, and faster
    return to_fixed(
        capsule_outlines(*(v.astype(np.float32) for v in (
            shape.a, shape.b, shape.ra, shape.rb))))


def drawing_order(person: Person, shape: BodyShape) -> np.ndarray:
    """Return indices (n, P) of the capsules, farthest group first."""
    group = np.array([p.group for p in person.parts])
    return np.argsort(-shape.group_depth[:, group], axis=1, kind='stable')


def marker_scene(scene: Scene, radius: float = 0.012) -> Scene:
    """Return the same scene with a dot on each keypoint instead of people.

    The dots take the way of the limbs through the renderer, so that their
    centroids tell whether the labels are where the pictures are. Each dot
    has a color of its own: person ``i`` and keypoint ``k`` give blue
    ``40 + 8 * k``, green ``255`` and red ``20 * i``.

    Args:
        scene (Scene): The scene; occluders are dropped.
        radius (float): Radius of a dot as a part of the body height.

    Returns:
        Scene: The scene of dots.
    """
    people = []
    for i, person in enumerate(scene.people):
        if not person.annotated:
            continue
        parts = []
        for k in range(NUM_KEYPOINTS):
            if k in EARS:
                continue
            weights = np.zeros(len(JOINTS))
            weights[k] = 1
            parts.append(
                Primitive(0, weights, weights, (radius, radius),
                          (40. + 8 * k, 255., 20. * i)))
        people.append(replace(person, parts=parts))
    return replace(scene, people=people, occluders=[])
