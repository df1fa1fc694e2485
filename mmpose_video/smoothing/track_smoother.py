"""Smooth all people of a video as it runs."""
import copy
from collections import deque
from typing import Any, Deque, Dict, Hashable, List, Optional, Sequence, Tuple

import numpy as np

from .base_filter import BaseOfflineFilter, build_filter


class TrackSmoother:
    """Applies a filter to each track of a video, in bounded memory.

    Offline filters see a frame's future by delaying its output by ``lag``
    frames; the result is what they give on the whole track.

    Args:
        config (dict): Config of a filter, such as ``dict(type='OneEuro')``.
        score_thr (float, optional): Key points with a lower score count as
            missing; they are left as they are. Defaults to None, none.
    """

    def __init__(self,
                 config: dict,
                 score_thr: Optional[float] = None) -> None:
        self.prototype = build_filter(config)
        self.score_thr = -np.inf if score_thr is None else score_thr
        self.offline = isinstance(self.prototype, BaseOfflineFilter)
        self.lag: int = self.prototype.lag
        self._frame = 0  # number of the next frame
        self._filters: Dict[Hashable, Any] = {}
        self._last_seen: Dict[Hashable, int] = {}
        # what was seen of each track: number of the frame, points
        self._history: Dict[Hashable, Deque[Tuple[int, np.ndarray]]] = {}
        self._waiting: Deque[Tuple[int, list, np.ndarray, Any]] = deque()

    def push(self, track_ids: Sequence[Hashable], keypoints: np.ndarray,
             scores: np.ndarray,
             payload: Any = None) -> List[Tuple[Any, np.ndarray]]:
        """Take the people of the next frame.

        Args:
            track_ids (list): P ids, none twice.
            keypoints (np.ndarray): Shape (P, K, 2), pixels.
            scores (np.ndarray): Shape (P, K).
            payload (Any): Comes back with the frame's smoothed points.

        Returns:
            list[tuple]: ``payload`` and smoothed points (P, K, 2) of the
            frames that are ready; at most one, in order.
        """
        measured = np.where(
            (scores >= self.score_thr)[..., None], keypoints, np.nan)
        if self.offline:
            for identity, points in zip(track_ids, measured):
                history = self._history.setdefault(identity, deque())
                history.append((self._frame, points))
            self._waiting.append(
                (self._frame, list(track_ids), keypoints, payload))
            self._frame += 1
            if len(self._waiting) <= self.lag:
                return []
            return [self._release()]
        smooth = self._update(track_ids, measured)
        self._frame += 1
        return [(payload, np.where(np.isnan(smooth), keypoints, smooth))]

    def flush(self) -> List[Tuple[Any, np.ndarray]]:
        """Return the frames that are still waiting, at a video's end."""
        ready = []
        while self._waiting:
            ready.append(self._release())
        return ready

    def _update(self, track_ids: Sequence[Hashable],
                measured: np.ndarray) -> np.ndarray:
        """Feed the online filters."""
        max_gap = self.prototype.max_gap
        for identity in [
                key for key, frame in self._last_seen.items()
                if self._frame - frame > max_gap + 1
        ]:
            del self._last_seen[identity], self._filters[identity]
        smooth = np.full(measured.shape, np.nan)
        for row, (identity, points) in enumerate(zip(track_ids, measured)):
            if identity not in self._filters:
                self._filters[identity] = copy.deepcopy(self.prototype)
            else:
                for _ in range(self._last_seen[identity] + 1, self._frame):
                    self._filters[identity].update(
                        np.full_like(points, np.nan))
            self._last_seen[identity] = self._frame
            smooth[row] = self._filters[identity].update(points)
        return smooth

    def _release(self) -> Tuple[Any, np.ndarray]:
        """Smooth the frame that has waited longest."""
        frame, track_ids, keypoints, payload = self._waiting.popleft()
        first, last = frame - self.lag, frame + self.lag
        smooth = keypoints.astype(np.float64)
        for row, identity in enumerate(track_ids):
            history = self._history[identity]
            window = [(t, points) for t, points in history
                      if first <= t <= last]
            start = window[0][0]
            track = np.full((window[-1][0] - start + 1, *keypoints.shape[1:]),
                            np.nan)
            for t, points in window:
                track[t - start] = points
            points = self.prototype.filter(track)[frame - start]
            known = np.isfinite(points).all(-1)
            smooth[row, known] = points[known]
        for identity in list(self._history):
            history = self._history[identity]
            while history and history[0][0] <= first:
                history.popleft()
            if not history:
                del self._history[identity]
        return payload, smooth
