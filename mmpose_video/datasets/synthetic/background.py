"""Backgrounds: a still canvas per clip, larger than the frame."""
from typing import Sequence

import cv2
import numpy as np

from .appearance import HAIRS, SKINS, Color, sample_cloth, scale_color
from .geometry import capsule_outlines

SHIFT = 6  # fractional bits of the coordinates given to OpenCV


def to_fixed(points: np.ndarray) -> np.ndarray:
    """Convert pixels to OpenCV's fixed-point coordinates (int32)."""
    return np.round(points * (1 << SHIFT)).astype(np.int32)


def _dull(color: Sequence[float], factor: float) -> Color:
    """Return a color pulled towards gray: backgrounds are dull."""
    mean = sum(color) / 3
    b, g, r = (0.55 * c + 0.45 * mean for c in color)
    return scale_color((b, g, r), factor)


def _smooth_noise(rng: np.random.Generator, width: int, height: int,
                  cell: int) -> np.ndarray:
    small = rng.normal(
        0, 1, (height // cell + 2, width // cell + 2)).astype(np.float32)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)


def _shapes(rng: np.random.Generator, canvas: np.ndarray, horizon: float,
            clutter: float, limbs: float) -> None:
    height, width = canvas.shape[:2]
    unit = height / 360
    for _ in range(int(rng.integers(4, 10) * clutter)):
        # buildings and furniture stand on or above the horizon
        w, h = rng.uniform(30, 170) * unit, rng.uniform(40, 220) * unit
        x, y = rng.uniform(-50, width), horizon - rng.uniform(-0.2, 0.9) * h
        color = _dull(sample_cloth(rng), rng.uniform(0.5, 0.9))
        box = np.array([[x, y], [x + w, y], [x + w, y + h], [x, y + h]])
        cv2.fillConvexPoly(canvas, to_fixed(box), color, cv2.LINE_AA, SHIFT)
        rows, cols = rng.integers(0, 5, 2)
        pane = scale_color(color, rng.choice([0.6, 1.5]))
        for i in range(rows):
            for j in range(cols):
                px, py = x + w * (j + 0.25) / cols, y + h * (i + 0.25) / rows
                size = np.array([0.5 * w / cols, 0.5 * h / rows])
                pane_box = np.array([px, py]) + size * np.array(
                    [[0, 0], [1, 0], [1, 1], [0, 1]])
                cv2.fillConvexPoly(canvas, to_fixed(pane_box), pane,
                                   cv2.LINE_AA, SHIFT)
    for _ in range(int(rng.integers(10, 26) * clutter)):
        # trees, posts, signs; some of them as thin and as colored as limbs
        limb = rng.random() < limbs
        if limb:
            palette = SKINS if rng.random() < 0.5 else HAIRS
            color = scale_color(palette[rng.integers(len(palette))], 0.9)
            if rng.random() < 0.5:
                color = sample_cloth(rng)
        else:
            color = _dull(sample_cloth(rng), rng.uniform(0.4, 0.9))
        length = rng.uniform(15, 70) * unit
        angle = rng.uniform(0, np.pi)
        a = rng.uniform([0, 0.2 * height], [width, height])
        b = a + length * np.array([np.cos(angle), np.sin(angle)])
        radius = (rng.uniform(3, 9) if limb else rng.uniform(2, 16)) * unit
        for scale, shade in ((1., 0.8), (0.6, 1.1)):
            outline = capsule_outlines(a[None], b[None],
                                       np.array([radius * scale]),
                                       np.array([0.8 * radius * scale]))
            cv2.fillConvexPoly(canvas, to_fixed(outline[0]),
                               scale_color(color, shade), cv2.LINE_AA, SHIFT)


def paint_background(rng: np.random.Generator, width: int, height: int,
                     horizon: float, clutter: float,
                     limbs: float) -> np.ndarray:
    """Paint a canvas: sky or wall, ground, shapes and grain.

    Args:
        rng (np.random.Generator): Source of the draw.
        width (int): Width in pixels.
        height (int): Height in pixels.
        horizon (float): Row where the ground begins.
        clutter (float): Amount of shapes, 0 to 1.
        limbs (float): Part of the loose shapes that looks like limbs.

    Returns:
        np.ndarray: ``(height, width, 3)`` uint8, BGR.
    """
    rows = np.arange(height, dtype=np.float32)[:, None]
    top, bottom, near, far = (np.array(
        _dull(sample_cloth(rng), rng.uniform(0.6, 1.1)), np.float32)
                              for _ in range(4))
    up = np.clip(rows / max(horizon, 1), 0, 1)[..., None]
    down = np.clip((rows - horizon) / max(height - horizon, 1), 0,
                   1)[..., None]
    canvas = np.where(rows[..., None] < horizon, top + (bottom - top) * up,
                      far + (near - far) * down)
    canvas = np.repeat(canvas, width, axis=1)
    unit = max(1, height // 45)
    canvas += (14 * _smooth_noise(rng, width, height, 4 * unit))[..., None]
    out = np.clip(canvas, 0, 255).astype(np.uint8)
    _shapes(rng, out, horizon, clutter, limbs)
    grain = (5 * _smooth_noise(rng, width, height, unit) +
             4 * _smooth_noise(rng, width, height, 2))
    grain = np.repeat(grain[..., None], 3, axis=2)
    return cv2.add(out, grain, dtype=cv2.CV_8U)
