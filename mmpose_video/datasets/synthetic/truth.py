"""Ground truth of each keypoint: position, visibility, blur."""
from dataclasses import dataclass
from typing import List

import numpy as np

from .appearance import GROUP_INDEX, OWN_GROUPS
from .body import BodyShape, locate, shape_body
from .camera import apply
from .config import SyntheticConfig
from .geometry import capsules_cover, polygons_cover
from .scene import Person, Scene
from .skeleton import EARS, INDEX, JOINTS, NUM_KEYPOINTS


@dataclass(frozen=True)
class Truth:
    """The state of all annotated people at the middle of each exposure.

    Shapes: F frames, N people, 17 keypoints.

    Args:
        keypoints (np.ndarray): ``(F, N, 17, 2)`` pixels.
        inside (np.ndarray): ``(F, N, 17)`` within the frame.
        occluded (np.ndarray): ``(F, N, 17)`` behind another person or an
            object.
        self_occluded (np.ndarray): ``(F, N, 17)`` behind the own body.
        blur (np.ndarray): ``(F, N, 17)`` way during the exposure, pixels.
        labeled (np.ndarray): ``(F, N, 17)`` gets a label.
        head_radius (np.ndarray): ``(F, N)`` pixels.
        head_center (np.ndarray): ``(F, N, 2)`` pixels.
    """
    keypoints: np.ndarray
    inside: np.ndarray
    occluded: np.ndarray
    self_occluded: np.ndarray
    blur: np.ndarray
    labeled: np.ndarray
    head_radius: np.ndarray
    head_center: np.ndarray


def long_runs(hidden: np.ndarray, limit: int) -> np.ndarray:
    """Find runs of True along axis 0 that are longer than ``limit``.

    Args:
        hidden (np.ndarray): ``(F, ...)`` bool.
        limit (int): Longest run that is let pass.

    Returns:
        np.ndarray: ``(F, ...)`` bool.
    """
    length = np.zeros(hidden.shape, int)
    before = np.zeros(hidden.shape[1:], int)
    for i in range(len(hidden)):  # length of the run up to frame i
        before = np.where(hidden[i], before + 1, 0)
        length[i] = before
    after = np.zeros(hidden.shape[1:], int)
    for i in range(len(hidden) - 1, -1, -1):  # spread its end backwards
        after = np.where(hidden[i], np.maximum(after, length[i]), 0)
        length[i] = after
    return length > limit


def _self_cover(person: Person, shape: BodyShape) -> np.ndarray:
    """``(F, 17)``: a nearer part of the own body lies over the joint."""
    solid = [i for i, p in enumerate(person.parts) if p.solid]
    group = np.array([person.parts[i].group for i in solid])
    cover = capsules_cover(shape.joints[:, :NUM_KEYPOINTS],
                           shape.a[:, solid], shape.b[:, solid],
                           shape.ra[:, solid], shape.rb[:, solid])
    out = np.zeros(cover.shape[:2], bool)
    depth = shape.group_depth
    for k in range(NUM_KEYPOINTS):
        if k in EARS:
            continue
        own = [GROUP_INDEX[g] for g in OWN_GROUPS[JOINTS[k]]]
        nearest = depth[:, own].min(1)
        other = ~np.isin(group, own)
        front = depth[:, group] < nearest[:, None]
        out[:, k] = (cover[:, k] & front & other).any(1)
    # a face that looks away is behind the own head
    hair = GROUP_INDEX['hair']
    face = GROUP_INDEX['face']
    nose = INDEX['nose']
    out[:, nose] |= depth[:, face] > depth[:, hair] + 0.04
    return out


def measure(scene: Scene, config: SyntheticConfig) -> Truth:
    """Compute the ground truth of a scene, frame by frame.

    Args:
        scene (Scene): The scene.
        config (SyntheticConfig): The settings.

    Returns:
        Truth: Places, visibility and blur.
    """
    frames = config.frames
    time = np.arange(frames) / config.fps
    half = 0.5 * scene.exposure.shutter / config.fps
    everyone = scene.people
    shapes: List[BodyShape] = [
        shape_body(scene, person, time) for person in everyone
    ]
    people = [i for i, p in enumerate(everyone) if p.annotated]
    sweeps = [
        polygon
        for occluder in scene.occluders for polygon in np.moveaxis(
            occluder.outlines(time)[:, :occluder.solid], 1, 0)
    ]
    matrices = scene.camera.matrices(time)
    points = np.stack([shapes[i].joints[:, :NUM_KEYPOINTS] for i in people],
                      1)
    flat = points.reshape(frames, -1, 2)
    occluded = np.zeros(points.shape[:3], bool)
    if sweeps:
        moved = apply(
            matrices, np.stack(sweeps, 1).reshape(frames, -1, 2)).reshape(
                frames, len(sweeps), -1, 2)
        occluded |= polygons_cover(flat, moved).any(-1).reshape(
            occluded.shape)
    for i, (person, shape) in enumerate(zip(everyone, shapes)):
        solid = [k for k, p in enumerate(person.parts) if p.solid]
        cover = capsules_cover(flat, shape.a[:, solid], shape.b[:, solid],
                               shape.ra[:, solid], shape.rb[:, solid])
        cover = cover.any(-1).reshape(occluded.shape)
        for n, j in enumerate(people):
            if i != j:
                nearer = shape.depth < shapes[j].depth
                occluded[:, n] |= cover[:, n] & nearer[:, None]
    hidden_self = np.stack(
        [_self_cover(everyone[i], shapes[i]) for i in people], 1)
    blur = np.stack([
        np.hypot(*np.moveaxis(
            locate(scene, everyone[i], time + half) -
            locate(scene, everyone[i], time - half), -1, 0))
        for i in people
    ], 1)[:, :, :NUM_KEYPOINTS]
    x, y = points[..., 0], points[..., 1]
    inside = ((x >= 0) & (y >= 0) & (x <= config.width - 1) &
              (y <= config.height - 1))
    labeled = inside & ~long_runs(occluded, config.max_hidden)
    labeled[:, :, list(EARS)] = False
    center = INDEX['head_center']
    return Truth(
        keypoints=points,
        inside=inside,
        occluded=occluded,
        self_occluded=hidden_self,
        blur=blur,
        labeled=labeled,
        head_radius=np.stack([
            0.5 * 0.145 * everyone[i].build.head * shapes[i].scale
            for i in people
        ], 1),
        head_center=np.stack([shapes[i].joints[:, center] for i in people],
                             1))
