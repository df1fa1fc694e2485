"""Joint-angle trajectories as smooth functions of time."""
from dataclasses import dataclass
from typing import Callable, Dict

import numpy as np

from .skeleton import Angles

CHANNELS = ('yaw', 'lean', 'sway', 'twist', 'head_yaw', 'head_pitch',
            'lift') + tuple(
                f'{side}_{name}' for side in ('left', 'right')
                for name in ('shoulder_flex', 'shoulder_abd', 'elbow',
                             'elbow_twist', 'hip_flex', 'hip_abd', 'knee'))


@dataclass(frozen=True)
class Motion:
    """One person's way of moving.

    Args:
        action (str): A key of :data:`ACTIONS`.
        freq (float): Cycles per second.
        phase (float): Phase at time 0, radians.
        amplitude (float): Factor on the swing, about 1.
        yaw (float): Mean direction the person faces; 0 faces the camera.
        yaw_drift (float): Amplitude of the slow turning, radians.
        side (int): The arm that waves first: 0 left, 1 right.
        wiggle (np.ndarray): ``(len(CHANNELS), 3)`` amplitude, frequency and
            phase of a small movement on top, so that no two people are
            alike; for ``dance`` these are large.
    """
    action: str
    freq: float
    phase: float
    amplitude: float
    yaw: float
    yaw_drift: float
    side: int
    wiggle: np.ndarray

    def angles(self, time: np.ndarray) -> Angles:
        """Return the angles (radians) at ``time`` (seconds, any shape)."""
        out = {name: np.zeros_like(time, dtype=float) for name in CHANNELS}
        for side in ('left', 'right'):
            out[f'{side}_shoulder_abd'] += 0.12
            out[f'{side}_elbow'] += 0.2
            out[f'{side}_hip_abd'] += 0.04
            out[f'{side}_knee'] += 0.05
        ACTIONS[self.action](self, 2 * np.pi * self.freq * time + self.phase,
                             out)
        for name, (amp, freq, phase) in zip(CHANNELS, self.wiggle):
            out[name] += amp * np.sin(2 * np.pi * freq * time + phase)
        out['yaw'] += self.yaw + self.yaw_drift * np.sin(
            2 * np.pi * 0.2 * time + self.phase)
        # knees and elbows do not bend the wrong way; the smooth limit keeps
        # the trajectory free of kinks
        for side in ('left', 'right'):
            for joint in ('elbow', 'knee'):
                value = out[f'{side}_{joint}']
                out[f'{side}_{joint}'] = 0.05 * np.logaddexp(0, value / 0.05)
        out['lift'] = np.maximum(out['lift'], 0)
        return out


def _sides(side: int) -> tuple:
    return ('left', 'right') if side == 0 else ('right', 'left')


def _hump(phase: np.ndarray) -> np.ndarray:
    """Return a smooth bump in [0, 1], highest at phase 0."""
    return 0.25 * (1 + np.cos(phase))**2


def _gait(motion: Motion, w: np.ndarray, out: Angles, hip: float,
          knee: float, arm: float, elbow: float, lean: float,
          bounce: float) -> None:
    a = motion.amplitude
    for side, shift in (('left', 0.), ('right', np.pi)):
        out[f'{side}_hip_flex'] += a * hip * np.sin(w + shift) + 0.25 * lean
        out[f'{side}_knee'] += 0.1 + a * knee * _hump(w + shift + 0.3)
        out[f'{side}_shoulder_flex'] -= a * arm * np.sin(w + shift)
        out[f'{side}_elbow'] += elbow - 0.25 * a * arm * np.sin(w + shift)
    out['lean'] += lean
    out['twist'] += 0.12 * a * np.sin(w)
    out['lift'] += bounce * (0.5 + 0.5 * np.cos(2 * w))


def _walk(motion: Motion, w: np.ndarray, out: Angles) -> None:
    _gait(motion, w, out, 0.45, 0.85, 0.45, 0.15, 0.05, 0.)


def _run(motion: Motion, w: np.ndarray, out: Angles) -> None:
    _gait(motion, w, out, 0.8, 1.7, 0.8, 1.3, 0.22, 0.06)


def _wave(motion: Motion, w: np.ndarray, out: Angles) -> None:
    first, second = _sides(motion.side)
    out[f'{first}_shoulder_abd'] += 1.7 + 0.25 * np.sin(w)
    out[f'{first}_elbow'] += 0.6 + 0.6 * motion.amplitude * np.sin(w + 0.6)
    out[f'{first}_elbow_twist'] += np.pi / 2
    # the other arm comes up and goes down again
    raise_ = _hump(0.23 * w)
    out[f'{second}_shoulder_abd'] += 1.5 * raise_
    out[f'{second}_elbow'] += raise_ * (0.9 + 0.5 * np.sin(w))
    out[f'{second}_elbow_twist'] += np.pi / 2 * raise_
    out['sway'] += 0.1 * np.sin(0.5 * w)
    out['twist'] += 0.15 * np.sin(0.5 * w + 1)


def _squat(motion: Motion, w: np.ndarray, out: Angles) -> None:
    depth = motion.amplitude * (0.5 - 0.5 * np.cos(w))
    for side in ('left', 'right'):
        out[f'{side}_hip_flex'] += 1.35 * depth
        out[f'{side}_hip_abd'] += 0.15 + 0.1 * depth
        out[f'{side}_knee'] += 1.9 * depth
        out[f'{side}_shoulder_flex'] += 1.4 * depth
    out['lean'] += 0.5 * depth


def _jump(motion: Motion, w: np.ndarray, out: Angles) -> None:
    """Crouch and leap; the arms swing up with the leap."""
    air = _hump(w)
    crouch = _hump(w + 0.65 * np.pi)
    for side in ('left', 'right'):
        out[f'{side}_hip_flex'] += 0.9 * crouch
        out[f'{side}_knee'] += 1.3 * crouch
        out[f'{side}_hip_abd'] += 0.35 * motion.amplitude * air
        out[f'{side}_shoulder_abd'] += 2.3 * motion.amplitude * air
        out[f'{side}_shoulder_flex'] -= 0.5 * crouch
        out[f'{side}_elbow'] += 0.4 * crouch
    out['lean'] += 0.35 * crouch
    out['lift'] += 0.28 * motion.amplitude * air**1.5


def _dance(motion: Motion, w: np.ndarray, out: Angles) -> None:
    """Bend the knees to a beat; the arms follow the person's ``wiggle``."""
    a = motion.amplitude
    for side, shift in (('left', 0.), ('right', np.pi)):
        out[f'{side}_shoulder_abd'] += 0.8 + 0.5 * np.sin(0.5 * w + shift)
        out[f'{side}_shoulder_flex'] += 0.3 * np.sin(w + 2 * shift)
        out[f'{side}_elbow'] += 1.0 + 0.5 * a * np.sin(w + shift)
        out[f'{side}_elbow_twist'] += 0.7 * np.sin(0.5 * w + shift) + 0.5
        step = _hump(0.5 * w + shift)
        out[f'{side}_hip_flex'] += 0.15 + 0.6 * a * step
        out[f'{side}_hip_abd'] += 0.12
        out[f'{side}_knee'] += 0.25 + 0.9 * a * step
    out['sway'] += 0.15 * a * np.sin(0.5 * w)
    out['twist'] += 0.3 * a * np.sin(0.5 * w + 1)


ACTIONS: Dict[str, Callable[[Motion, np.ndarray, Angles], None]] = dict(
    walk=_walk, run=_run, wave=_wave, squat=_squat, jump=_jump,
    dance=_dance)

# cycles per second at amplitude 1, and ground speed in body heights/s
_TEMPO = dict(walk=0.95, run=1.4, wave=1.3, squat=0.5, jump=0.75, dance=1.4)
SPEED = dict(walk=0.75, run=1.7, wave=0.08, squat=0.05, jump=0.1, dance=0.15)


def sample_motion(rng: np.random.Generator, action: str,
                  yaw: float) -> Motion:
    """Draw one person's variant of ``action``.

    Args:
        rng (np.random.Generator): Source of the draw.
        action (str): A key of :data:`ACTIONS`.
        yaw (float): Direction the person faces; 0 faces the camera.

    Returns:
        Motion: The trajectory.
    """
    wiggle = np.stack([
        rng.uniform(0.01, 0.07, len(CHANNELS)),
        rng.uniform(0.15, 0.6, len(CHANNELS)),
        rng.uniform(0, 2 * np.pi, len(CHANNELS))
    ], -1)
    wiggle[CHANNELS.index('lift'), 0] = 0
    for name in ('head_yaw', 'head_pitch'):
        wiggle[CHANNELS.index(name), 0] *= 4 if name == 'head_yaw' else 2
    if action == 'dance':
        for i, name in enumerate(CHANNELS):
            if 'shoulder' in name or 'elbow' in name:
                wiggle[i, 0] = rng.uniform(0.15, 0.5)
                wiggle[i, 1] = rng.uniform(0.4, 1.0)
    return Motion(
        action=action,
        freq=_TEMPO[action] * rng.uniform(0.85, 1.2),
        phase=rng.uniform(0, 2 * np.pi),
        amplitude=rng.uniform(0.8, 1.15),
        yaw=yaw,
        yaw_drift=rng.uniform(0.05, 0.3),
        side=int(rng.integers(2)),
        wiggle=wiggle)
