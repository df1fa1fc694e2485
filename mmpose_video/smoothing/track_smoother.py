"""Smooth the people of a video frame by frame."""
import copy
from collections import deque
from typing import (
    Any,
    Deque,
    Dict,
    Hashable,
    List,
    NamedTuple,
    Optional,
    Sequence,
    Tuple,
)

import numpy as np

from .base_filter import BaseOfflineFilter, build_filter, takes_frame_rate
from .resampling import resample


class _Waiting(NamedTuple):
    """A frame that an offline filter has not smoothed yet."""

    position: float
    track_ids: List[Hashable]
    keypoints: np.ndarray
    payload: Any


class TrackSmoother:
    """Apply a filter to each track of a video, in bounded memory.

    Offline filters need later frames, so they delay a frame's output by
    ``lag`` frames; the result equals that of the filter on the whole track.

    Frames have positions in time, in frames of the video's rate. Online
    filters are told the time between frames. Offline filters work on equal
    steps, so around each frame the track is interpolated at steps of one
    frame; where the positions are whole numbers, that changes nothing.

    Args:
        config (dict): Config of a filter, such as ``dict(type='OneEuro')``.
        score_thr (float, optional): Keypoints with a lower score count as
            missing; they are returned unchanged. Defaults to None, none.
        fps (float, optional): Frames per second of the video, for filters
            that take ``fps`` and whose config does not set it. Defaults to
            None, the filter's default.

    Raises:
        ValueError: If there is no such filter, or it has no such argument.
    """

    def __init__(self,
                 config: dict,
                 score_thr: Optional[float] = None,
                 fps: Optional[float] = None) -> None:
        if fps is not None and takes_frame_rate(config):
            config = dict(config, fps=fps)
        self.prototype = build_filter(config)
        self.score_thr = -np.inf if score_thr is None else score_thr
        self.offline = isinstance(self.prototype, BaseOfflineFilter)
        self.lag: int = self.prototype.lag
        self._position = -1.  # of the last frame
        self._filters: Dict[Hashable, Any] = {}
        self._last_seen: Dict[Hashable, float] = {}
        # measurements of each track: position of the frame, keypoints
        self._history: Dict[Hashable, Deque[Tuple[float, np.ndarray]]] = {}
        self._waiting: Deque[_Waiting] = deque()

    def push(self,
             track_ids: Sequence[Hashable],
             keypoints: np.ndarray,
             scores: np.ndarray,
             payload: Any = None,
             position: Optional[float] = None
             ) -> List[Tuple[Any, np.ndarray]]:
        """Take the people of the next frame.

        Args:
            track_ids (list): P different ids.
            keypoints (np.ndarray): Shape (P, K, 2), pixels.
            scores (np.ndarray): Shape (P, K).
            payload (Any): Returned with the frame's smoothed keypoints.
            position (float, optional): Position of the frame in time, in
                frames, higher than the last one's. Defaults to None, one
                frame after the last one.

        Returns:
            list[tuple]: ``payload`` and smoothed keypoints (P, K, 2) of the
            frames that are ready, in order.
        """
        self._position = (
            self._position + 1 if position is None else position)
        measured = np.where(
            (scores >= self.score_thr)[..., None], keypoints, np.nan)
        if not self.offline:
            smooth = self._update(track_ids, measured)
            return [(payload, np.where(np.isnan(smooth), keypoints, smooth))]
        for identity, points in zip(track_ids, measured):
            history = self._history.setdefault(identity, deque())
            history.append((self._position, points))
        self._waiting.append(
            _Waiting(self._position, list(track_ids), keypoints, payload))
        ready = []
        while self._position - self._waiting[0].position >= max(self.lag, 1):
            ready.append(self._release())
        return ready

    def flush(self) -> List[Tuple[Any, np.ndarray]]:
        """Return the remaining frames at the end of the video."""
        ready = []
        while self._waiting:
            ready.append(self._release())
        return ready

    def _update(self, track_ids: Sequence[Hashable],
                measured: np.ndarray) -> np.ndarray:
        """Update the online filters."""
        longest = self.prototype.max_gap + 1.5
        for identity, last in list(self._last_seen.items()):
            if self._position - last > longest:
                del self._last_seen[identity], self._filters[identity]
        smooth = np.full(measured.shape, np.nan)
        for row, (identity, points) in enumerate(zip(track_ids, measured)):
            if identity not in self._filters:
                self._filters[identity] = copy.deepcopy(self.prototype)
            step = self._position - self._last_seen.get(
                identity, self._position - 1)
            self._last_seen[identity] = self._position
            smooth[row] = self._filters[identity].update(points, step)
        return smooth

    def _release(self) -> Tuple[Any, np.ndarray]:
        """Smooth the frame that has waited longest."""
        frame = self._waiting.popleft()
        smooth = frame.keypoints.astype(np.float64)
        for row, identity in enumerate(frame.track_ids):
            window = [
                (position, points)
                for position, points in self._history[identity]
                if abs(position - frame.position) <= self.lag
            ]
            track, index = resample(
                np.array([position for position, _ in window]),
                np.stack([points for _, points in window]), frame.position)
            points = self.prototype.filter(track)[index]
            known = np.isfinite(points).all(-1)
            smooth[row, known] = points[known]
        first = frame.position - self.lag
        for identity, history in list(self._history.items()):
            while history and history[0][0] <= first:
                history.popleft()
            if not history:
                del self._history[identity]
        return frame.payload, smooth
