"""Predict, track and smooth the people of one video."""
from collections import deque
from dataclasses import dataclass, field
from typing import Deque, Dict, Iterator, List, Optional, Sequence, Tuple

import numpy as np
from mmengine.dataset import Compose
from mmpose.structures import PoseDataSample, merge_data_samples

from mmpose_video.smoothing import TrackSmoother
from mmpose_video.tracking import PoseTracker

from .clip_window import Clip, ClipWindow
from .feature_reuse_runner import FeatureReuseRunner
from .found_pose_runner import FoundPoseRunner
from .frame_sample import frame_sample
from .frame_source import FrameSource
from .options import FeatureReuseOptions, StreamOptions
from .person_boxes import BoxSource, People
from .pose_runner import Item, PoseRunner
from .protocols import ClipSampler, PoseModel
from .track_crops import TrackCrops


@dataclass
class PoseSystem:
    """A model and how it is applied to videos.

    Attributes:
        model (PoseModel): The model.
        pipeline (Compose): The config's test pipeline.
        sampler (ClipSampler): Tells the frames of a clip.
        batch_size (int): People per batch.
        tracker (dict): Arguments of :class:`PoseTracker`.
        reuse_features (FeatureReuseOptions, optional): How features are
            reused between key frames; None computes those of each clip.
        smoother (dict, optional): Config of a filter, see
            :func:`make_smoother`.
        reuse_poses (bool): Take the poses of the source of the boxes, which
            the model is part of. Defaults to False.
    """

    model: PoseModel
    pipeline: Compose
    sampler: ClipSampler
    batch_size: int
    tracker: Dict
    reuse_features: Optional[FeatureReuseOptions] = None
    smoother: Optional[Dict] = None
    reuse_poses: bool = False

    def make_runner(self, window: ClipWindow) -> PoseRunner:
        """Make a runner for one video.

        Args:
            window (ClipWindow): Tells how far back clips reach.

        Raises:
            ValueError: If features are to be reused and the model looks at
                the key frame alone.
        """
        if self.reuse_poses:
            return FoundPoseRunner(self.model, self.pipeline)
        if self.reuse_features is None:
            return PoseRunner(self.model, self.pipeline)
        return FeatureReuseRunner(
            self.model,  # type: ignore[arg-type]  # checked there
            self.pipeline,
            window.before)


@dataclass
class _Pending:
    """A key frame whose people are not all predicted."""

    clip: Clip
    people: People
    crops: np.ndarray  # (P, 4), the boxes to crop
    tracks: Sequence[int]  # (P, ), where features are reused
    samples: List[PoseDataSample] = field(default_factory=list)

    @property
    def complete(self) -> bool:
        """bool: True once all people are predicted."""
        return len(self.samples) == len(self.people.boxes)


class PoseStream:
    """Predict, track and smooth the people of one video.

    Args:
        system (PoseSystem): The model and its settings.
        find (BoxSource): Finds the people of each frame.
        options (StreamOptions): How the video is read.
        fps (float, optional): Frames per second of the video, for filters
            that depend on it. Defaults to None, the filter's default.
    """

    def __init__(self, system: PoseSystem, find: BoxSource,
                 options: StreamOptions, fps: Optional[float] = None) -> None:
        self.system = system
        self.find = find
        self.options = options
        self.window = ClipWindow(system.sampler, options.latency)
        self.runner = system.make_runner(self.window)
        self.tracker = PoseTracker(**system.tracker)
        self.smoother: Optional[TrackSmoother] = None
        if system.smoother:
            self.smoother = make_smoother(system.smoother, fps)
        self.crops: Optional[TrackCrops] = None
        if system.reuse_features is not None:
            self.crops = TrackCrops(system.reuse_features,
                                    self.window.before + self.window.after)

    def run(self, source: FrameSource
            ) -> Iterator[Tuple[Clip, PoseDataSample]]:
        """Yield the key frames in order, with their people.

        Args:
            source (FrameSource): The video.

        Yields:
            tuple: A clip, and the sample of its key frame.

        Raises:
            FloatingPointError: If a prediction is not finite.
            ValueError: If the model predicts keypoints in space.
        """
        for pending in self._batches(source):
            sample = self._merge(pending)
            found = self.find.review(pending.clip.key, sample.pred_instances)
            sample.pred_instances = found
            ids = pending.people.track_ids
            if ids is None:
                ids = self.tracker.update(found.bboxes, found.keypoints,
                                          found.keypoint_scores)
            found.track_ids = np.asarray(ids, dtype=np.int64)
            if self.smoother is None:
                yield pending.clip, sample
                continue
            ready = self.smoother.push(ids, found.keypoints,
                                       found.keypoint_scores,
                                       (pending.clip, sample),
                                       pending.clip.key.position)
            yield from map(_with_points, ready)
        if self.smoother is not None:
            yield from map(_with_points, self.smoother.flush())

    def _clips(self, source: FrameSource) -> Iterator[Clip]:
        """Yield the clips around the frames of the video."""
        for count, frame in enumerate(source, start=1):
            yield from self.window.push(frame)
            if count == self.options.max_frames:
                break
        yield from self.window.flush()

    def _batches(self, source: FrameSource) -> Iterator[_Pending]:
        """Yield the key frames in order, with all people predicted."""
        frames: Deque[_Pending] = deque()
        # key frames whose people wait for the boxes of later frames
        waiting: Deque[_Pending] = deque()
        items: Deque[Tuple[_Pending, Item]] = deque()
        # a live source gets its answer now, the next frame may need it
        hurry = source.live or self.find.follows_poses
        shot = 0
        for clip in self._clips(source):
            if clip.shot != shot:
                items.extend(self._items(waiting))
                if self.crops is not None:
                    self.crops.reset()
            shot = clip.shot
            pending = self._find_people(clip)
            frames.append(pending)
            waiting.append(pending)
            items.extend(
                self._items(waiting, None if hurry else clip.key.index))
            # frames without people must not pile up either
            urgent = hurry or len(frames) >= self.system.batch_size
            while len(items) >= (1 if urgent else self.system.batch_size):
                self._predict(items)
            while frames and frames[0].complete:
                yield frames.popleft()
        items.extend(self._items(waiting))
        while items:
            self._predict(items)
        yield from frames

    def _find_people(self, clip: Clip) -> _Pending:
        """Find the people of a key frame, and choose the boxes to crop."""
        people = self.find(clip.key)
        tracks, crops = [-1] * len(people.boxes), people.boxes
        if self.crops is not None:
            tracks, crops = self.crops.update(clip.key.index, people.boxes)
        elif people.crops is not None:
            crops = people.crops
        return _Pending(clip, people, crops, tracks)

    def _items(self, waiting: Deque[_Pending], known: Optional[int] = None
               ) -> Iterator[Tuple[_Pending, Item]]:
        """Yield the people of key frames that wait for no more boxes.

        Args:
            waiting (deque): The key frames; loses those that are done.
            known (int, optional): Last frame whose boxes are known. Defaults
                to None: nothing is waited for.
        """
        while waiting:
            pending = waiting[0]
            clip, people = pending.clip, pending.people
            if (known is not None and self.crops is not None
                    and max(frame.index for frame in clip.frames) > known):
                return
            waiting.popleft()
            for i, crop in enumerate(pending.crops):
                frame_crops = None
                if self.crops is not None:
                    frame_crops = self.crops.of_clip(clip, pending.tracks[i],
                                                     crop)
                pose = None if people.poses is None else people.poses[i]
                yield pending, Item(clip, people.boxes[i], people.scores[i],
                                    crop, frame_crops, pose)

    def _predict(self, items: Deque[Tuple[_Pending, Item]]) -> None:
        """Predict the next batch."""
        count = min(self.system.batch_size, len(items))
        batch = [items.popleft() for _ in range(count)]
        samples = self.runner.run([item for _, item in batch])
        for (pending, _), sample in zip(batch, samples):
            found = sample.pred_instances
            if found.keypoints.shape[-1] != 2:
                raise ValueError('the model predicts keypoints in space; '
                                 'videos take those of images')
            if not (np.isfinite(found.keypoints).all()
                    and np.isfinite(found.keypoint_scores).all()):
                raise FloatingPointError(
                    'the model predicts keypoints that are not finite in '
                    f'frame {pending.clip.key.number}; does the checkpoint '
                    'belong to the config, and did its training end well?')
            pending.samples.append(sample)

    def _merge(self, pending: _Pending) -> PoseDataSample:
        """Return one sample for all people of a frame."""
        if pending.samples:
            return merge_data_samples(pending.samples)
        num_keypoints = self.system.model.dataset_meta['num_keypoints']
        return frame_sample(
            pending.clip.key,
            keypoints=np.zeros((0, num_keypoints, 2)),
            scores=np.zeros((0, num_keypoints)),
            boxes=np.zeros((0, 4)),
            box_scores=np.zeros(0))


def make_smoother(config: dict,
                  fps: Optional[float] = None) -> TrackSmoother:
    """Make a smoother for one video.

    Args:
        config (dict): Config of a filter, and ``score_thr`` of
            :class:`TrackSmoother`.
        fps (float, optional): Frames per second of the video.

    Raises:
        ValueError: If there is no such filter, or it has no such argument.
    """
    config = dict(config)
    score_thr = config.pop('score_thr', None)
    return TrackSmoother(config, score_thr, fps)


def _with_points(ready: Tuple) -> Tuple[Clip, PoseDataSample]:
    """Put smoothed points into the sample of a frame."""
    (clip, sample), points = ready
    found = sample.pred_instances
    found.keypoints = points.astype(found.keypoints.dtype)
    return clip, sample
