"""Effects that last a few frames, and the objects that sweep by."""
from dataclasses import dataclass
from typing import List, Tuple

import numpy as np

from .appearance import Color, sample_cloth, scale_color
from .config import Difficulty
from .geometry import ARC, capsule_outlines

# Effects of one kind keep at least this many frames apart, so that the key
# frame's neighbors are clean. Package default.
GAP = 5


def draw_times(rng: np.random.Generator, frames: int,
               chance: float) -> np.ndarray:
    """Draw the frames at which an effect peaks.

    Args:
        rng (np.random.Generator): Source of the draw.
        frames (int): Length of the clip.
        chance (float): Mean number of peaks per frame.

    Returns:
        np.ndarray: Ascending frame numbers, at least :data:`GAP` apart.
    """
    if chance <= 0:
        return np.zeros(0, int)
    mean = max(1 / chance - GAP, 0.5)
    times, now = [], rng.exponential(mean + 0.5 * GAP)
    while now < frames:
        times.append(int(now))
        now += GAP + rng.exponential(mean)
    return np.array(times, int)


def envelope(rng: np.random.Generator, frames: int,
             times: np.ndarray) -> np.ndarray:
    """Return the strength in [0, 1] of an effect of one to three frames.

    Args:
        rng (np.random.Generator): Source of the draw.
        frames (int): Length of the clip.
        times (np.ndarray): Frames at which the effect peaks.

    Returns:
        np.ndarray: ``(frames,)``.
    """
    index = np.arange(frames)
    out = np.zeros(frames)
    for when in times:
        width = rng.uniform(0.35, 0.8)
        bump = np.exp(-0.5 * ((index - when) / width)**2)
        out = np.maximum(out, bump * rng.uniform(0.6, 1.))
    out[out < 0.05] = 0
    return out


@dataclass(frozen=True)
class Exposure:
    """Effects on each frame; all arrays have shape ``(frames,)``.

    Args:
        shutter (np.ndarray): Exposure as a part of the frame interval.
        defocus (np.ndarray): Sigma of the blur, pixels.
        gain (np.ndarray): Brightness, 1 is normal.
        noise (np.ndarray): Standard deviation of the noise, gray levels.
        quality (np.ndarray): JPEG quality.
    """
    shutter: np.ndarray
    defocus: np.ndarray
    gain: np.ndarray
    noise: np.ndarray
    quality: np.ndarray


def sample_exposure(rng: np.random.Generator, effects: Difficulty,
                    frames: int, height: int,
                    bursts: np.ndarray) -> Exposure:
    """Draw the exposure of each frame of a clip.

    Args:
        rng (np.random.Generator): Source of the draw.
        effects (Difficulty): The rates and strengths.
        frames (int): Length of the clip.
        height (int): Lines per frame.
        bursts (np.ndarray): Frames of the longest exposures.

    Returns:
        Exposure: One entry per frame.
    """
    burst = envelope(rng, frames, bursts)
    focus, dark = (envelope(rng, frames, draw_times(rng, frames, chance))
                   for chance in (effects.defocus_chance,
                                  effects.dark_chance))
    low, high = effects.jpeg_quality
    noise = effects.noise * rng.uniform(0.6, 1.2)
    return Exposure(
        shutter=effects.shutter +
        (effects.burst_shutter - effects.shutter) * burst,
        defocus=effects.defocus_sigma * focus * height / 360,
        gain=1 - (1 - effects.dark_gain) * dark,
        # a dark scene is amplified, which brings up the noise
        noise=noise * (1 + dark),
        quality=np.full(frames, rng.integers(low, high + 1)))


@dataclass(frozen=True)
class Occluder:
    """A rigid object in front of the people.

    Args:
        shapes (Tuple[np.ndarray, ...]): Convex outlines ``(2 * ARC, 2)`` in
            pixels relative to the object's center.
        colors (Tuple[Color, ...]): One per outline.
        solid (int): The first ``solid`` outlines make up the silhouette.
        center (np.ndarray): ``(2,)`` pixels of the still camera at ``time``.
        velocity (np.ndarray): ``(2,)`` pixels per second.
        time (float): Seconds.
    """
    shapes: Tuple[np.ndarray, ...]
    colors: Tuple[Color, ...]
    solid: int
    center: np.ndarray
    velocity: np.ndarray
    time: float

    def outlines(self, time: np.ndarray) -> np.ndarray:
        """``(n, shapes, 2 * ARC, 2)`` pixels at ``time`` (n,)."""
        place = self.center + (time - self.time)[:, None] * self.velocity
        return np.stack(self.shapes)[None] + place[:, None, None]


def _box(cx: float, cy: float, w: float, h: float) -> np.ndarray:
    """Return a rectangle with as many vertices as a capsule."""
    corners = np.array([[-w, -h], [w, -h], [w, h], [-w, h]]) / 2
    steps = np.linspace(0, 4, 2 * ARC, endpoint=False)
    side = steps.astype(int)
    t = (steps - side)[:, None]
    ring = corners[side] * (1 - t) + corners[(side + 1) % 4] * t
    # keep the exact corners: the sampled ring would cut them
    for k in range(4):
        ring[np.argmin(np.abs(steps - k))] = corners[k]
    return ring + np.array([cx, cy])


def sample_sweep(rng: np.random.Generator, target: np.ndarray, time: float,
                 person_height: float, fps: float) -> Occluder:
    """Draw an object that passes over ``target`` at ``time``.

    Args:
        rng (np.random.Generator): Source of the draw.
        target (np.ndarray): ``(2,)`` pixels.
        time (float): Seconds.
        person_height (float): Height in pixels of whom it passes, which
            sets its size and its speed.
        fps (float): Frames per second: the object needs about two to four
            frames to pass one point.

    Returns:
        Occluder: A panel, a ball or a bush.
    """
    unit = person_height
    kind = rng.choice(['panel', 'ball', 'bush'])
    color, accent = sample_cloth(rng), sample_cloth(rng)
    shapes: List[np.ndarray] = []
    colors: List[Color] = []
    if kind == 'panel':
        w, h = unit * rng.uniform(0.18, 0.42), unit * rng.uniform(0.4, 1.3)
        shapes.append(_box(0, 0, w, h))
        colors.append(color)
        solid = 1
        for k in range(int(rng.integers(0, 4))):
            shapes.append(_box(0, (k - 1.5) * h / 4, w * 0.8, h * 0.08))
            colors.append(accent)
    elif kind == 'ball':
        w = unit * rng.uniform(0.2, 0.4)
        zero, r = np.zeros(2), np.array(w / 2)
        shapes += [
            capsule_outlines(zero, zero, r, r),
            capsule_outlines(zero - 0.12 * w, zero - 0.12 * w, 0.6 * r,
                             0.6 * r)
        ]
        colors += [scale_color(color, 0.75), scale_color(color, 1.15)]
        solid = 1
    else:
        w = unit * rng.uniform(0.3, 0.5)
        green = scale_color((40, 120, 60), rng.uniform(0.5, 1.3))
        solid = int(rng.integers(4, 8))
        for _ in range(solid):
            spot = rng.uniform(-0.3, 0.3, 2) * w * np.array([1, 1.8])
            r = np.array(w * rng.uniform(0.22, 0.38))
            shapes.append(capsule_outlines(spot, spot, r, r))
            colors.append(scale_color(green, rng.uniform(0.8, 1.2)))
    duration = rng.uniform(1.6, 3.6) / fps
    speed = w / duration
    angle = rng.choice([0, np.pi]) + rng.normal(0, 0.25)
    velocity = speed * np.array([np.cos(angle), np.sin(angle)])
    return Occluder(
        tuple(shapes), tuple(colors), solid, target + 0., velocity, time)


def sample_pole(rng: np.random.Generator, width: int,
                height: int) -> Occluder:
    """Draw a thin pole that stands still in front of the people."""
    w = rng.uniform(5, 11) * height / 360
    color = scale_color(sample_cloth(rng), rng.uniform(0.4, 0.9))
    shapes = (_box(0, 0, w, 4. * height),
              _box(-0.2 * w, 0, 0.3 * w, 4. * height))
    center = np.array([rng.uniform(0.08, 0.92) * width, height / 2])
    return Occluder(shapes, (color, scale_color(color, 1.3)), 1, center,
                    np.zeros(2), 0.)
