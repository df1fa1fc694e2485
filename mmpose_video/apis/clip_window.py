"""Clips around key frames of a video that runs by."""
from collections import deque
from dataclasses import dataclass
from typing import Any, Deque, List, Optional, Tuple

import numpy as np
from mmengine.logging import print_log

from mmpose_video.formats.frame_index import stand_ins

from .frame_source import Frame


@dataclass(frozen=True)
class Clip:
    """T frames around a key frame.

    Attributes:
        key (Frame): The key frame.
        frames (list[Frame]): T frames; the same one may stand twice.
        offsets (np.ndarray): Their distances from the key frame, (T, ) int64.
        valid (np.ndarray): False where a frame stands in, (T, ) bool.
        key_index (int): Position of the key frame.
        shot (int): Number of the run of frames of one size.
    """

    key: Frame
    frames: List[Frame]
    offsets: np.ndarray
    valid: np.ndarray
    key_index: int
    shot: int


class ClipWindow:
    """Keeps as many frames as the clips need, and no more.

    Clips are those of :class:`BaseVideoDataset` with ``missing_frames=
    'nearest'``: of the frames that exist, the nearest stands in for one that
    does not. Where the size of the frames changes a new shot begins, and no
    clip reaches across.

    Args:
        sampler: A clip sampler of :mod:`clip_samplers`.
        latency (int, optional): How many frames after the key frame may be
            waited for. Fewer than the clip reaches ahead: the nearest one
            that is there stands in. Defaults to None, as many as the clip
            reaches.
    """

    def __init__(self, sampler: Any, latency: Optional[int] = None) -> None:
        self.sampler = sampler
        self.before, self.after = reach(sampler)
        if latency is not None and latency < 0:
            raise ValueError(f'`latency` must not be negative, got {latency}')
        self.wait = self.after if latency is None else min(latency,
                                                           self.after)
        self.shot = 0
        self.frames: Deque[Frame] = deque()
        self._keys: Deque[Frame] = deque()

    def push(self, frame: Frame) -> List[Clip]:
        """Take the next frame; returns the clips that are complete."""
        ready: List[Clip] = []
        if self.frames and frame.image.shape != self.frames[-1].image.shape:
            print_log(
                f'the size changes from {_size(self.frames[-1])} to '
                f'{_size(frame)} at frame {frame.number}: a new shot begins',
                'current', 30)
            ready = self.flush()
            self.frames.clear()
            self.shot += 1
        self.frames.append(frame)
        self._keys.append(frame)
        while self._keys[0].number + self.wait <= frame.number:
            ready.append(self._clip(self._keys.popleft()))
            if not self._keys:
                break
        self._forget(self._keys[0].number if self._keys else frame.number + 1)
        return ready

    def flush(self) -> List[Clip]:
        """The clips that would wait for frames that do not come."""
        ready = [self._clip(key) for key in self._keys]
        self._keys.clear()
        return ready

    def _clip(self, key: Frame) -> Clip:
        """The clip around a frame, of what is there."""
        wanted = key.number + np.asarray(self.sampler())
        numbers = np.array([frame.number for frame in self.frames])
        places = stand_ins(numbers, wanted, key.number)
        return Clip(
            key=key,
            frames=[self.frames[place] for place in places.tolist()],
            offsets=numbers[places] - key.number,
            valid=numbers[places] == wanted,
            key_index=self.sampler.key_index,
            shot=self.shot)

    def _forget(self, next_key: int) -> None:
        """Drop what no later clip needs.

        One frame at or before the reach stays, since it is the nearest one to
        a missing frame.
        """
        while len(self.frames) > 1 and (self.frames[1].number <=
                                        next_key - self.before):
            self.frames.popleft()


def reach(sampler: Any) -> Tuple[int, int]:
    """How many frames before and after the key frame a sampler looks."""
    if hasattr(sampler, 'offsets'):
        return (max(0, -int(sampler.offsets.min())),
                max(0, int(sampler.offsets.max())))
    return (sampler.max_distance if sampler.num_before else 0,
            sampler.max_distance if sampler.num_after else 0)


def _size(frame: Frame) -> str:
    """Width and height of a frame."""
    return f'{frame.image.shape[1]} x {frame.image.shape[0]}'
