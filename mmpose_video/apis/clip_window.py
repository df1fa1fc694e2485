"""Build clips around key frames from a stream of frames."""
from collections import deque
from dataclasses import dataclass
from typing import Deque, List, Optional

import numpy as np
from mmengine.logging import print_log

from mmpose_video.datasets.clip_samplers import warn_of_stand_ins
from mmpose_video.formats.frame_choice import choose_frames

from .frame_source import Frame
from .protocols import ClipSampler

# a frame this near to the end of a clip (in frames) is not waited for
_NEAR = 0.25
# neighbors after which it is known whether most of them exist
_ENOUGH = 100


@dataclass(frozen=True)
class Clip:
    """T frames around a key frame.

    Attributes:
        key (Frame): The key frame.
        frames (list[Frame]): T frames; one may appear more than once.
        offsets (np.ndarray): Their distances from the key frame, in the
            unit of the sampler, rounded, (T, ) int64.
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
    """Keep as many frames of a stream as its clips need.

    Clips are those of :class:`BaseVideoDataset` with ``missing_frames=
    'nearest'``: of the frames that exist, the nearest stands in for one that
    does not. Where the size of the frames changes a new shot begins, and no
    clip reaches across. Offsets count frames of the source's rate: in a
    video with a variable rate, frames are chosen by their time stamps, and
    one that is half a frame or more away from the wanted time stands in. One
    warning tells if most of the neighbors that clips ask for do not exist.

    Args:
        sampler (ClipSampler): Tells the offsets of the frames of a clip, and
            whether they count frames or files.
        latency (int, optional): How many frames after the key frame may be
            waited for. If the clip needs later ones, the nearest frame that
            is there stands in. Defaults to None, as many as the clip needs.

    Raises:
        ValueError: If the latency is negative.
    """

    def __init__(self,
                 sampler: ClipSampler,
                 latency: Optional[int] = None) -> None:
        self.sampler = sampler
        self.before, self.after = sampler.reach
        if latency is not None and latency < 0:
            raise ValueError(f'`latency` must not be negative, got {latency}')
        self.wait = self.after if latency is None else min(latency,
                                                           self.after)
        self.shot = 0
        self.frames: Deque[Frame] = deque()
        self._keys: Deque[Frame] = deque()
        self._asked = self._missing = 0
        self._warned = False

    def push(self, frame: Frame) -> List[Clip]:
        """Take the next frame.

        Args:
            frame (Frame): Its position is higher than those before.

        Returns:
            list[Clip]: The clips that are complete now.
        """
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
        while (self._time(self._keys[0]) + self.wait <=
               self._time(frame) + _NEAR):
            ready.append(self._clip(self._keys.popleft()))
            if not self._keys:
                break
        self._forget(self._time(self._keys[0] if self._keys else frame))
        return ready

    def flush(self) -> List[Clip]:
        """Return the remaining clips at the end of the stream."""
        ready = [self._clip(key) for key in self._keys]
        self._keys.clear()
        self._warn_of_gaps()
        return ready

    def _time(self, frame: Frame) -> float:
        """Return the time of a frame in the unit of the offsets."""
        if self.sampler.offset_unit == 'file':
            return frame.index
        return frame.position

    def _clip(self, key: Frame) -> Clip:
        """Build the clip around a key frame from the frames kept."""
        time = self._time(key)
        wanted = time + np.asarray(self.sampler())
        times = np.array([self._time(frame) for frame in self.frames])
        places, valid = choose_frames(times, wanted, time,
                                      self.sampler.edge_rule)
        found = times[places]
        # what lies before the first frame or after the last is not missing
        inner = (wanted != time) & (wanted > times[0]) & (wanted < times[-1])
        self._asked += int(inner.sum())
        self._missing += int((inner & ~valid).sum())
        if self._asked >= _ENOUGH:
            self._warn_of_gaps()
        return Clip(
            key=key,
            frames=[self.frames[place] for place in places.tolist()],
            offsets=np.rint(found - time).astype(np.int64),
            valid=valid,
            key_index=self.sampler.key_index,
            shot=self.shot)

    def _warn_of_gaps(self) -> None:
        """Warn once if most neighbors do not exist."""
        if not self._warned:
            self._warned = warn_of_stand_ins(self._asked, self._missing,
                                             'the video')

    def _forget(self, next_key: float) -> None:
        """Drop what no later clip needs.

        One frame at or before the reach stays, since it is the nearest one to
        a missing frame.
        """
        while len(self.frames) > 1 and (self._time(self.frames[1]) <=
                                        next_key - self.before):
            self.frames.popleft()


def _size(frame: Frame) -> str:
    """Return width and height of a frame."""
    return f'{frame.image.shape[1]} x {frame.image.shape[0]}'
