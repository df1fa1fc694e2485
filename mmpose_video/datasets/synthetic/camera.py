"""Projection of the scene and the movement of the camera."""
from dataclasses import dataclass
from typing import Tuple

import numpy as np


@dataclass(frozen=True)
class Camera:
    """A camera at eye height that pans, trembles and is jolted.

    People are flat cards in depth: each is scaled by its own distance. The
    movement of the camera is a similarity of the picture, equal for the
    people and the background, so keypoints follow it exactly.

    Args:
        size (Tuple[int, int]): Width and height of the frame, pixels.
        focal (float): Focal length, pixels.
        eye (float): Height above the ground, meters.
        horizon (float): Row of the horizon, pixels.
        pan (np.ndarray): ``(n, 4)`` slow movement: amplitude in x and y
            (pixels), frequency (Hz), phase.
        tremble (np.ndarray): ``(n, 4)`` fast movement, same columns.
        jolts (np.ndarray): ``(n, 5)``: time (s), length (s), amplitude in x
            and y (pixels), frequency (Hz).
        roll (np.ndarray): ``(3,)`` amplitude (rad), frequency, phase.
        zoom (np.ndarray): ``(3,)`` relative amplitude, frequency, phase.
    """
    size: Tuple[int, int]
    focal: float
    eye: float
    horizon: float
    pan: np.ndarray
    tremble: np.ndarray
    jolts: np.ndarray
    roll: np.ndarray
    zoom: np.ndarray

    def matrices(self, time: np.ndarray) -> np.ndarray:
        """Return the similarity transform of the picture at each time.

        Args:
            time (np.ndarray): ``(n,)`` seconds.

        Returns:
            np.ndarray: ``(n, 2, 3)``, pixels of the still camera to pixels
            of the frame; integers are the centers of pixels.
        """
        shift = np.zeros((len(time), 2))
        for table in (self.pan, self.tremble):
            for ax, ay, freq, phase in table:
                wave = 2 * np.pi * freq * time + phase
                shift[:, 0] += ax * np.sin(wave)
                shift[:, 1] += ay * np.cos(wave)
        for when, length, ax, ay, freq in self.jolts:
            bump = np.exp(-0.5 * ((time - when) / length)**2)
            wave = np.sin(2 * np.pi * freq * (time - when))
            shift[:, 0] += ax * bump * wave
            shift[:, 1] += ay * bump * wave
        roll = self.roll[0] * np.sin(2 * np.pi * self.roll[1] * time +
                                     self.roll[2])
        zoom = np.exp(self.zoom[0] * np.sin(2 * np.pi * self.zoom[1] * time +
                                            self.zoom[2]))
        center = (np.array(self.size) - 1) / 2
        c, s = zoom * np.cos(roll), zoom * np.sin(roll)
        out = np.empty((len(time), 2, 3))
        out[:, 0, 0], out[:, 0, 1] = c, -s
        out[:, 1, 0], out[:, 1, 1] = s, c
        out[:, :, 2] = center + shift - out[:, :, :2] @ center
        return out

    def project(self, points: np.ndarray, x: np.ndarray,
                depth: np.ndarray) -> np.ndarray:
        """Project body points to pixels of the still camera.

        Args:
            points (np.ndarray): ``(n, m, 3)`` meters relative to the body's
                root on the ground, world frame.
            x (np.ndarray): ``(n,)`` position of the root, meters from the
                middle of the picture.
            depth (np.ndarray): ``(n,)`` distance of the root, meters.

        Returns:
            np.ndarray: ``(n, m, 2)`` pixels.
        """
        scale = (self.focal / depth)[:, None]
        px = (self.size[0] - 1) / 2 + scale * (x[:, None] + points[..., 0])
        py = self.horizon + scale * (self.eye + points[..., 1])
        return np.stack([px, py], -1)


def apply(matrices: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Map points ``(n, m, 2)`` by one matrix ``(n, 2, 3)`` per row."""
    return np.einsum('nij,nmj->nmi', matrices[:, :, :2],
                     points) + matrices[:, None, :, 2]


def sample_camera(rng: np.random.Generator, size: Tuple[int, int],
                  pan: float, tremble: float, jolts: np.ndarray) -> Camera:
    """Draw a camera for frames of ``size``.

    Args:
        rng (np.random.Generator): Source of the draw.
        size (Tuple[int, int]): Width and height, pixels.
        pan (float): Amplitude of the pan as a part of the width.
        tremble (float): Amplitude of the tremble, pixels.
        jolts (np.ndarray): See :class:`Camera`.

    Returns:
        Camera: The camera.
    """
    w, h = size

    def waves(count: int, amp: float, low: float, high: float) -> np.ndarray:
        return np.stack([
            rng.uniform(0.3, 1, count) * amp,
            rng.uniform(0.1, 0.5, count) * amp,
            rng.uniform(low, high, count),
            rng.uniform(0, 2 * np.pi, count)
        ], -1)

    return Camera(
        size=size,
        focal=1.2 * h * rng.uniform(0.92, 1.1),
        eye=rng.uniform(1.1, 1.7),
        horizon=rng.uniform(0.34, 0.44) * h,
        pan=waves(1, pan * w, 0.08, 0.25),
        tremble=waves(3, tremble, 1., 3.5),
        jolts=jolts,
        roll=np.array([
            rng.uniform(0, 0.02),
            rng.uniform(0.1, 0.4),
            rng.uniform(0, 2 * np.pi)
        ]),
        zoom=np.array([
            rng.uniform(0, 0.03),
            rng.uniform(0.1, 0.4),
            rng.uniform(0, 2 * np.pi)
        ]))
