"""A clip before it is drawn: people, objects, camera and effects."""
from dataclasses import dataclass
from typing import List, Tuple

import numpy as np

from .appearance import Primitive, dress
from .camera import Camera, sample_camera
from .config import SyntheticConfig
from .events import (
    Exposure,
    Occluder,
    draw_times,
    sample_exposure,
    sample_pole,
    sample_sweep,
)
from .motion import SPEED, Motion, sample_motion
from .skeleton import INDEX, Build, forward_kinematics


@dataclass(frozen=True)
class Person:
    """One person: body, clothes, way of moving and path over the ground.

    Args:
        build (Build): Measures of the body.
        parts (List[Primitive]): The look.
        motion (Motion): Joint angles over time.
        center (np.ndarray): ``(2,)`` middle of the path: meters to the
            right of the picture's middle, and distance from the camera.
        axes (np.ndarray): ``(2,)`` half axes of the elliptic path, meters.
        rate (float): Radians per second along the ellipse.
        start (float): Angle on the ellipse at time 0.
        walks (bool): Faces where the path leads.
        annotated (bool): False for a bystander in an ignore region.
    """
    build: Build
    parts: List[Primitive]
    motion: Motion
    center: np.ndarray
    axes: np.ndarray
    rate: float
    start: float
    walks: bool
    annotated: bool = True

    def joints(self, camera: Camera,
               time: np.ndarray) -> Tuple[np.ndarray, np.ndarray,
                                          np.ndarray]:
        """Return the positions of the joints.

        Args:
            camera (Camera): The camera; its movement is not applied.
            time (np.ndarray): ``(n,)`` seconds.

        Returns:
            tuple: pixels ``(n, J, 2)`` of the still camera, depths
            ``(n, J)`` in meters, and pixels per body height ``(n,)``.
        """
        theta = self.rate * time + self.start
        x = self.center[0] + self.axes[0] * np.cos(theta)
        depth = self.center[1] + self.axes[1] * np.sin(theta)
        angles = self.motion.angles(time)
        if self.walks:
            dx = -self.axes[0] * np.sin(theta) * self.rate
            # Nobody turns on the spot at the ends of a thin ellipse: the
            # heading is that of a rounder one.
            around = max(self.axes[1], 0.45 * self.axes[0])
            dz = around * np.cos(theta) * self.rate
            angles['yaw'] = angles['yaw'] + np.arctan2(dx, -dz)
        body = forward_kinematics(self.build, angles)
        pixels = camera.project(body, x, depth)
        scale = camera.focal / depth * self.build.height
        return pixels, depth[:, None] + body[..., 2], scale


@dataclass(frozen=True)
class Scene:
    """Everything that one clip shows."""
    camera: Camera
    people: List[Person]
    occluders: List[Occluder]
    exposure: Exposure


def _sample_person(rng: np.random.Generator, config: SyntheticConfig,
                   camera: Camera, lane: int, lanes: int) -> Person:
    effects = config.effects
    build = Build(
        height=rng.uniform(1.5, 1.95),
        bulk=rng.uniform(0.85, 1.3),
        leg=rng.uniform(0.5, 0.54),
        head=rng.uniform(0.95, 1.12))
    action = str(rng.choice(['walk', 'run', 'wave', 'squat', 'jump',
                             'dance']))
    walks = action in ('walk', 'run')
    half_view = 0.5 * config.width / camera.focal  # meters at one meter
    # near enough to be seen well, far enough to be seen whole
    nearest = max(2.7, 1.12 * camera.eye * camera.focal /
                  (config.height - camera.horizon))
    if effects.crossing > 0:
        # layers of depth with room between them, in a random order
        depth = nearest + 0.25 + (lane + rng.uniform(0.2, 0.8)) * min(
            0.8, 3.2 / lanes)
        reach = half_view * depth
        x = rng.uniform(-0.45, 0.45) * reach
        axes = np.array([rng.uniform(0.35, 0.75) * reach,
                         rng.uniform(0.05, 0.35)])
    else:
        room = 1.45  # meters of lane that a person with raised arms needs
        depth = max(nearest + 0.3, room * lanes / (2 * half_view))
        depth += rng.uniform(0, 0.8)
        reach = half_view * depth
        x = reach * ((2 * lane + 1) / lanes - 1)
        axes = np.array([max(0.05, 0.8 * reach / lanes - 0.55), 0.12])
        axes[0] = min(axes[0], 0.6)
    if not walks:
        axes = np.minimum(axes, 0.12)
    speed = SPEED[action] * build.height * rng.uniform(0.8, 1.1)
    rate = rng.choice([-1, 1]) * speed / max(axes[0], 0.15)
    # a short ellipse would spin its walker
    rate = float(np.clip(rate, -1.6, 1.6))
    yaw = 0. if walks else rng.choice(
        [rng.normal(0, 0.6), rng.uniform(-np.pi, np.pi)])
    return Person(
        build=build,
        parts=dress(rng, build.bulk, build.head, effects.side_cue),
        motion=sample_motion(rng, action, float(yaw)),
        center=np.array([x, depth]),
        axes=axes,
        rate=rate,
        start=rng.uniform(0, 2 * np.pi),
        walks=walks)


def _sample_bystander(rng: np.random.Generator, config: SyntheticConfig,
                      camera: Camera) -> Person:
    depth = rng.uniform(11, 16)
    reach = 0.5 * config.width / camera.focal * depth
    build = Build(height=rng.uniform(1.5, 1.9), bulk=rng.uniform(0.9, 1.2))
    return Person(
        build=build,
        # too small for highlights
        parts=[
            part for part in dress(rng, build.bulk, 1.,
                                   config.effects.side_cue) if not part.lit
        ],
        motion=sample_motion(rng, 'walk', 0.),
        center=np.array([rng.uniform(-0.9, 0.9) * reach, depth]),
        axes=np.array([rng.uniform(0.5, 2.), 0.2]),
        rate=float(rng.choice([-0.5, 0.5])),
        start=rng.uniform(0, 2 * np.pi),
        walks=True,
        annotated=False)


def sample_scene(rng: np.random.Generator,
                 config: SyntheticConfig) -> Scene:
    """Draw a scene.

    Args:
        rng (np.random.Generator): Source of the draw.
        config (SyntheticConfig): The settings.

    Returns:
        Scene: The scene; people are not sorted by depth.
    """
    effects, frames, fps = config.effects, config.frames, config.fps
    unit = config.height / 360
    bursts = draw_times(rng, frames, effects.burst_chance)
    times = bursts[rng.random(len(bursts)) < effects.jolt_share]
    jolts = np.zeros((len(times), 5))
    for row, when in zip(jolts, times):
        angle = rng.uniform(0, 2 * np.pi)
        amp = effects.jolt_pixels * unit * rng.uniform(0.6, 1.2)
        # measured in frames, so that a jolt is over soon at any frame rate
        row[:] = (when / fps, 0.8 / fps, amp * np.cos(angle),
                  amp * np.sin(angle), 0.25 * fps)
    camera = sample_camera(rng, (config.width, config.height), effects.pan,
                           effects.tremble_pixels * unit, jolts)
    low, high = config.people
    count = int(rng.integers(low, high + 1))
    people = [
        _sample_person(rng, config, camera, int(lane), count)
        for lane in rng.permutation(count)
    ]
    bystanders = int(rng.integers(effects.bystanders[0],
                                  effects.bystanders[1] + 1))
    people += [
        _sample_bystander(rng, config, camera) for _ in range(bystanders)
    ]
    occluders = [
        sample_pole(rng, config.width, config.height)
        for _ in range(int(rng.integers(effects.poles[0],
                                        effects.poles[1] + 1)))
    ]
    targets = ('left_wrist', 'right_wrist', 'left_knee', 'right_knee',
               'left_elbow', 'right_elbow', 'left_ankle', 'right_ankle',
               'chest', 'pelvis', 'head_center')
    # sweeps may follow each other closely: each has its own target
    for when in np.flatnonzero(rng.random(frames) < effects.occluder_chance):
        person = people[int(rng.integers(count))]
        pixels, _, scale = person.joints(camera, np.array([when / fps]))
        joint = INDEX[str(rng.choice(targets))]
        occluders.append(
            sample_sweep(rng, pixels[0, joint], when / fps, float(scale[0]),
                         fps))
    exposure = sample_exposure(rng, effects, frames, config.height, bursts)
    return Scene(camera, people, occluders, exposure)
