"""From a video to poses."""
import contextlib
from collections import deque
from dataclasses import dataclass, field
from typing import Any, Deque, Dict, Iterator, List, Optional, Tuple, Union

import numpy as np
import torch
from mmengine.config import Config
from mmengine.dataset import Compose
from mmengine.registry import init_default_scope
from mmengine.structures import InstanceData
from mmpose.structures import (
    PoseDataSample,
    merge_data_samples,
    split_instances,
)

from mmpose_video.datasets.clip_samplers import CLIP_SAMPLERS
from mmpose_video.datasets.loading.frame_reader import FrameReader
from mmpose_video.datasets.transforms import LoadClip
from mmpose_video.smoothing import TrackSmoother
from mmpose_video.tracking import CropAnchors, PoseTracker
from mmpose_video.visualization.track_visualizer import TrackLocalVisualizer

from .box_source_factory import Boxes, make_box_source
from .clip_window import Clip, ClipWindow
from .detected_boxes import DetectedBoxes
from .frame_source import FrameSource
from .model_loading import load_pose_model, read_config
from .people_tally import PeopleTally
from .person_boxes import BoxSource, People
from .pose_runner import Item, PoseRunner, SharedCropRunner
from .progress import FrameProgress
from .result_files import ResultFiles
from .source_factory import Inputs, open_source


@dataclass
class _Pending:
    """A key frame whose people are not all predicted."""

    clip: Clip
    people: People
    samples: List[PoseDataSample] = field(default_factory=list)


class VideoPoseInferencer:
    """Predicts the poses of all people in all frames of a video.

    Each person in each frame is predicted from the clip that the config's
    ``test_dataloader.dataset.clip_sampler`` says, cropped by the person's box
    in the key frame, with the config's test pipeline: the results are those
    of the test script. The video is decoded once, and memory does not grow
    with its length.

    Args:
        config (str | Config): The model's config.
        checkpoint (str, optional): Its weights.
        device (str, optional): Defaults to the first GPU, or the CPU.
        detector (str, optional): Config of an MMDetection model that finds
            the people where no boxes are given.
        detector_checkpoint (str, optional): Its weights.
        detector_cfg (dict, optional): More arguments of
            :class:`DetectedBoxes`.
        batch_size (int): People per batch, of one or several frames. Defaults
            to 32.
        shared_crop (bool | dict): Keep a track's crop for a run of frames and
            reuse the backbone's features; a dict holds arguments of
            :class:`CropAnchors`. Faster, and not what the test script does.
            Defaults to False.
        tracker (dict, optional): Arguments of :class:`PoseTracker`.
        smoother (dict, optional): Config of a filter, such as
            ``dict(type='OneEuro', fps=25)``; ``score_thr`` in it makes key
            points with a lower score count as missing. Offline filters delay
            the results by their ``lag``. Defaults to None, no smoothing.
        cfg_options (dict, optional): Changes to the config.

    Examples:
        >>> infer = VideoPoseInferencer('config.py', 'weights.pth')
        >>> for result in infer('video.mp4', boxes='boxes.json'):
        ...     for person in result['predictions'][0]:
        ...         person['track_id'], person['keypoints']
    """

    def __init__(self,
                 config: Union[str, Config],
                 checkpoint: Optional[str] = None,
                 device: Optional[str] = None,
                 detector: Optional[str] = None,
                 detector_checkpoint: Optional[str] = None,
                 detector_cfg: Optional[dict] = None,
                 batch_size: int = 32,
                 shared_crop: Union[bool, dict] = False,
                 tracker: Optional[dict] = None,
                 smoother: Optional[dict] = None,
                 cfg_options: Optional[dict] = None) -> None:
        if batch_size < 1:
            raise ValueError(f'`batch_size` must be at least 1, got '
                             f'{batch_size}')
        config = read_config(config)
        self.cfg = config
        self.smoother_cfg = smoother
        if smoother:
            make_smoother(smoother)  # may refuse, before anything slow
        self.model: Any = load_pose_model(config, checkpoint, device,
                                          cfg_options)
        init_default_scope(config.get('default_scope', 'mmpose'))
        dataset = config.test_dataloader.dataset
        self.pipeline = Compose(dataset.pipeline)
        self.sampler = CLIP_SAMPLERS.build(
            dataset.get('clip_sampler') or dict(type='FixedOffsets'))
        # a video's frames are read once: no cache
        self.reader = FrameReader()
        for step in self.pipeline.transforms:
            if isinstance(step, LoadClip):
                self.reader = FrameReader(
                    imdecode_backend=step.reader.imdecode_backend,
                    backend_args=step.reader.backend_args)
        self.meta: Dict[str, Any] = self.model.dataset_meta
        self.batch_size = batch_size
        self.tracker_cfg = dict(sigmas=self.meta.get('sigmas'),
                                **(tracker or {}))
        self.anchor_cfg: Optional[dict] = None
        if shared_crop:
            self.anchor_cfg = {} if shared_crop is True else dict(shared_crop)
            self._make_runner(ClipWindow(self.sampler))  # may refuse
        self.detector: Optional[DetectedBoxes] = None
        if detector is not None:
            self.detector = DetectedBoxes(detector, detector_checkpoint,
                                          str(self._device()),
                                          **(detector_cfg or {}))

    def __call__(self,
                 inputs: Inputs,
                 boxes: Boxes = None,
                 out_dir: Optional[str] = None,
                 latency: Optional[int] = None,
                 max_frames: Optional[int] = None,
                 return_datasamples: bool = False,
                 return_vis: bool = False,
                 save_vis: bool = True,
                 draw_bbox: bool = True,
                 draw_heatmap: bool = False,
                 color_by: str = 'part',
                 kpt_thr: float = 0.3,
                 radius: int = 3,
                 thickness: int = 1,
                 show_progress: bool = False) -> Iterator[dict]:
        """Run on a video.

        Args:
            inputs: A video file, a folder of images, images (arrays, BGR), or
                the index of a camera.
            boxes: For each frame an array (P, 4) of x1, y1, x2, y2 or (P, 5)
                with scores; a function of image and index that makes one; the
                path of a json file (:class:`FileBoxes`); or
                ``'whole_image'``. Defaults to None: the detector's, and
                without one the whole image.
            out_dir (str, optional): Folder for the results; see
                :class:`ResultFiles`.
            latency (int, optional): How many frames after a key frame may be
                waited for; see :class:`ClipWindow`.
            max_frames (int, optional): Stop after that many frames.
            return_datasamples (bool): Return :class:`PoseDataSample`.
            return_vis (bool): Return the drawn frames, RGB.
            save_vis (bool): Write the mp4 if there is an ``out_dir``.
            draw_bbox (bool): Draw boxes and numbers of tracks.
            draw_heatmap (bool): Put the heatmaps beside the frames.
            color_by (str): ``'part'`` or ``'track'``.
            kpt_thr (float): Least score of a key point that is drawn.
            radius (int): Of key points, in pixels.
            thickness (int): Of lines, in pixels.
            show_progress (bool): Show frames per second.

        Yields:
            dict: For each frame ``predictions``, a list with one entry, the
            frame's people, each a dict of ``keypoints``,
            ``keypoint_scores``, ``bbox``, ``bbox_score`` and ``track_id``;
            ``visualization``, a list with the drawn frame or nothing; and
            ``frame_id``.

        Raises:
            OSError: If the video cannot be opened.
            ValueError: If it has no frames.
        """
        source = open_source(inputs, self.reader)
        if boxes is None and self.detector is not None:
            boxes = self.detector
        find = make_box_source(boxes, source.name)
        find.start(source)
        tally = PeopleTally()
        draw = return_vis or (out_dir is not None and save_vis)
        visualizer = self._make_visualizer(color_by, radius,
                                           thickness) if draw else None
        test_cfg = dict(
            self.model.test_cfg or {}, output_heatmaps=draw_heatmap)
        with contextlib.ExitStack() as stack:
            # as the first one: it is closed last, whatever happens
            files = None
            if out_dir is not None:
                files = ResultFiles(out_dir, source.name, source.fps,
                                    self.meta['keypoint_id2name'],
                                    draw and save_vis, source.path,
                                    _input_files(source, find))
                stack.callback(files.close)
            stack.enter_context(_test_cfg(self.model, test_cfg))
            total = source.total
            if max_frames is not None:
                total = min(total or max_frames, max_frames)
            bar = FrameProgress(total) if show_progress else None
            for clip, sample in self._predict(source, find, latency,
                                              max_frames):
                drawn = None
                if visualizer is not None:
                    drawn = visualizer.add_datasample(
                        clip.key.name,
                        np.ascontiguousarray(clip.key.image[..., ::-1]),
                        sample,
                        draw_gt=False,
                        draw_bbox=draw_bbox,
                        draw_heatmap=draw_heatmap,
                        kpt_thr=kpt_thr)
                instances = to_dicts(sample.pred_instances)
                tally.add(len(instances))
                if files is not None:
                    files.append(
                        clip.key.index, clip.key.number, clip.key.name,
                        instances,
                        drawn[..., ::-1] if drawn is not None else None)
                if bar is not None:
                    bar.update()
                yield dict(
                    predictions=[sample if return_datasamples else instances],
                    visualization=[drawn] if return_vis else [],
                    frame_id=clip.key.number)
        tally.report(find)

    def _device(self) -> torch.device:
        return next(self.model.parameters()).device

    def _predict(self, source: FrameSource, find: BoxSource,
                 latency: Optional[int],
                 max_frames: Optional[int]
                 ) -> Iterator[Tuple[Clip, PoseDataSample]]:
        """Key frames in order, with tracked and smoothed people."""
        tracker = PoseTracker(**self.tracker_cfg)
        smoother = make_smoother(
            self.smoother_cfg) if self.smoother_cfg else None
        for pending in self._batches(source, find, latency, max_frames):
            sample = self._merge(pending)
            found = sample.pred_instances
            ids = pending.people.track_ids
            if ids is None:
                ids = tracker.update(found.bboxes, found.keypoints,
                                     found.keypoint_scores)
            found.track_ids = np.asarray(ids, dtype=np.int64)
            if smoother is None:
                yield pending.clip, sample
                continue
            ready = smoother.push(ids, found.keypoints, found.keypoint_scores,
                                  (pending.clip, sample))
            yield from map(_with_points, ready)
        if smoother is not None:
            yield from map(_with_points, smoother.flush())

    def _batches(self, source: FrameSource, find: BoxSource,
                 latency: Optional[int],
                 max_frames: Optional[int]) -> Iterator[_Pending]:
        """Key frames in order, with all of their people predicted."""
        window = ClipWindow(self.sampler, latency)
        runner = self._make_runner(window)
        anchors = None if self.anchor_cfg is None else CropAnchors(
            **self.anchor_cfg)
        shot = 0
        frames: Deque[_Pending] = deque()
        items: Deque[Tuple[_Pending, Item]] = deque()
        for clip in self._clips(source, window, max_frames):
            people = find(clip.key)
            pending = _Pending(clip, people)
            frames.append(pending)
            crops, runs = people.boxes, [-1] * len(people.boxes)
            if anchors is not None:
                if clip.shot != shot:
                    anchors.reset()
                    shot = clip.shot
                runs, crops = anchors.update(people.boxes)
            for row in zip(people.boxes, people.scores, crops, runs):
                items.append((pending, Item(clip, *row)))
            # a live source gets its answer now, and frames without people
            # must not pile up either
            least = self.batch_size
            if source.live or len(frames) >= self.batch_size:
                least = 1
            while len(items) >= least:
                self._run(runner, items)
            while frames and len(frames[0].samples) == len(
                    frames[0].people.boxes):
                yield frames.popleft()
        while items:
            self._run(runner, items)
        yield from frames

    def _run(self, runner: PoseRunner,
             items: Deque[Tuple[_Pending, Item]]) -> None:
        """Predict the next batch."""
        count = min(self.batch_size, len(items))
        batch = [items.popleft() for _ in range(count)]
        samples = runner.run([item for _, item in batch])
        for (pending, _), sample in zip(batch, samples):
            if not np.isfinite(sample.pred_instances.keypoints).all():
                raise FloatingPointError(
                    'the model predicts key points that are not finite in '
                    f'frame {pending.clip.key.number}; does the checkpoint '
                    'belong to the config, and did its training end well?')
            pending.samples.append(sample)

    def _clips(self, source: FrameSource, window: ClipWindow,
               max_frames: Optional[int]) -> Iterator[Clip]:
        """Clips around the frames of a source."""
        for count, frame in enumerate(source):
            if max_frames is not None and count >= max_frames:
                break
            yield from window.push(frame)
        yield from window.flush()

    def _make_runner(self, window: ClipWindow) -> PoseRunner:
        """A runner for one video."""
        if self.anchor_cfg is None:
            return PoseRunner(self.model, self.pipeline)
        return SharedCropRunner(self.model, self.pipeline, window.before)

    def _merge(self, pending: _Pending) -> PoseDataSample:
        """One sample for all people of a frame."""
        if pending.samples:
            return merge_data_samples(pending.samples)
        frame = pending.clip.key
        num_keypoints = self.meta['num_keypoints']
        sample = PoseDataSample(
            metainfo=dict(img_path=frame.name, img_id=frame.index,
                          ori_shape=frame.image.shape[:2]))
        sample.pred_instances = InstanceData(
            keypoints=np.zeros((0, num_keypoints, 2), dtype=np.float32),
            keypoint_scores=np.zeros((0, num_keypoints), dtype=np.float32),
            keypoints_visible=np.zeros((0, num_keypoints), dtype=np.float32),
            bboxes=np.zeros((0, 4), dtype=np.float32),
            bbox_scores=np.zeros(0, dtype=np.float32))
        return sample

    def _make_visualizer(self, color_by: str, radius: int,
                         thickness: int) -> TrackLocalVisualizer:
        """A visualizer with the data set's skeleton."""
        visualizer = TrackLocalVisualizer(
            color_by=color_by, radius=radius, line_width=thickness)
        visualizer.set_dataset_meta(self.meta)
        return visualizer


def make_smoother(config: dict) -> TrackSmoother:
    """Make a smoother for one video.

    Args:
        config (dict): Config of a filter, with ``score_thr`` besides.

    Raises:
        ValueError: If there is no such filter, or it has no such argument.
    """
    config = dict(config)
    score_thr = config.pop('score_thr', None)
    return TrackSmoother(config, score_thr)


def to_dicts(found: InstanceData) -> List[dict]:
    """People as MMPose's inferencers return them, with ids of tracks.

    Args:
        found (InstanceData): The people of a frame.

    Returns:
        list[dict]: Plain numbers and lists.
    """
    people = split_instances(found)
    for i, person in enumerate(people):
        person['bbox_score'] = float(person.get('bbox_score', 1.))
        person['track_id'] = int(found.track_ids[i])
        if 'keypoint_spread' in found:
            person['keypoint_spread'] = np.asarray(
                found.keypoint_spread[i]).tolist()
    return people


def _input_files(source: FrameSource, find: BoxSource) -> List[str]:
    """Return the files that a run reads and must not overwrite."""
    return [path for path in (source.path, find.path) if path is not None]


def _with_points(ready: tuple) -> Tuple[Clip, PoseDataSample]:
    """Put smoothed points into a frame's sample."""
    (clip, sample), points = ready
    found = sample.pred_instances
    found.keypoints = points.astype(found.keypoints.dtype)
    return clip, sample


@contextlib.contextmanager
def _test_cfg(model: Any, changed: dict) -> Iterator[None]:
    """Exchange a model's test settings for a while."""
    before = model.test_cfg
    model.test_cfg = changed
    try:
        yield
    finally:
        model.test_cfg = before
