"""Estimate the poses of all people in a video."""
import contextlib
import copy
import os
from functools import partial
from typing import Callable, Dict, Iterator, List, Mapping, Optional, Union

import cv2
import numpy as np
from mmengine.config import Config
from mmengine.dataset import Compose
from mmengine.logging import print_log
from mmengine.registry import init_default_scope

from mmpose_video.datasets.clip_samplers import CLIP_SAMPLERS
from mmpose_video.datasets.loading.frame_reader import FrameReader
from mmpose_video.datasets.transforms import LoadClip
from mmpose_video.formats.results import RunInfo
from mmpose_video.smoothing import takes_frame_rate
from mmpose_video.utils import Progress
from mmpose_video.weights import PUBLISHED

from .batch_size import default_batch_size, input_size_of
from .box_source_factory import Boxes, make_box_source
from .clip_window import Clip, ClipWindow
from .detector_factory import MOVENET, Detector, make_detector
from .frame_drawing import FrameDrawing, predict_heatmaps
from .frame_source import FrameSource
from .model_loading import finds_people, load_pose_model, read_config
from .model_names import resolve_model
from .options import (
    DrawingOptions,
    FeatureReuseOptions,
    OutputOptions,
    StreamOptions,
    as_options,
)
from .people_tally import PeopleTally
from .person_boxes import BoxSource
from .person_dicts import to_dicts
from .pose_stream import PoseStream, PoseSystem, make_smoother
from .protocols import PoseModel
from .provenance import describe_run
from .result_files import ResultFiles
from .runtimes import RUNTIMES, use_precision, use_runtime
from .source_factory import Inputs, open_source


class VideoPoseInferencer:
    """Predict the poses of all people in all frames of a video.

    Each person in each frame is predicted from the clip that the config's
    ``test_dataloader.dataset.clip_sampler`` tells, cropped by the person's
    box in the key frame, with the config's test pipeline: the results are
    those of the test script. The video is decoded once, and memory does not
    grow with its length. Bottom-up and one-stage models find boxes and poses
    of all people of a frame at once.

    Args:
        config (str | Config): The model's config, or
            ``'movenet-lightning'``, ``'movenet-thunder'`` or
            ``'movenet-multipose'``, or the name or alias of a model of
            MMPose's model zoo, such as ``'human'``, ``'rtmpose-l'``,
            ``'vitpose-b'`` or ``'rtmo'``, as MMPose's inferencers take them.
        checkpoint (str, optional): Its weights. Defaults to None: the
            published ones for named models, which are downloaded once, and
            random weights for others, with a warning.
        device (str, optional): Defaults to the first GPU, or the CPU.
        detector (str | dict | BoxSource, optional): Finds the people where no
            boxes are given: ``'movenet'``, which also follows them by their
            poses, the config of an MMDetection model or of a bottom-up one
            of MMPose, or arguments, such as
            ``dict(config='rtmdet.py', checkpoint='rtmdet.pth')``; see
            :func:`make_detector`. Defaults to None: ``'movenet'`` with
            MoveNet's names, else nothing.
        batch_size (int, optional): People per batch, of one or several
            frames. Defaults to None: 32 on a GPU, and on a CPU, where large
            batches are slower, what :func:`default_batch_size` says.
        reuse_features (bool | dict | FeatureReuseOptions): Pass each frame
            through the backbone once and reuse its features for the
            neighboring key frames. Faster, and not exactly what the test
            script does. Defaults to False.
        tracker (dict, optional): Arguments of :class:`PoseTracker`.
        smoother (dict, optional): Config of a filter, such as
            ``dict(type='OneEuro')``, whose ``fps`` is the video's; with
            ``score_thr`` in it, keypoints with a lower score count as
            missing. Offline filters
            delay the results by their ``lag``. Defaults to None, no
            smoothing.
        cfg_options (dict, optional): Changes to the config.
        runtime (str): What runs backbone, neck and head: ``'torch'``,
            ``'compile'`` (``torch.compile``), ``'onnxruntime'`` or
            ``'openvino'``, which get the graph at the first batch; see
            :class:`GraphModel`. Defaults to 'torch'.
        dtype (str): ``'float32'``, or ``'bfloat16'`` or ``'float16'`` for
            mixed precision by PyTorch. Defaults to 'float32'.

    Raises:
        ImportError: If a library that is asked for is not installed.
        OSError: If a file does not exist.
        ValueError: If a file or an argument is wrong.

    Examples:
        >>> infer = VideoPoseInferencer('config.py', 'weights.pth')
        >>> for result in infer('video.mp4', boxes='boxes.json',
        ...                     drawing=dict(color_by='track')):
        ...     for person in result['predictions'][0]:
        ...         person['track_id'], person['keypoints']
        >>> infer = VideoPoseInferencer('human', detector='rtmdet-tiny')
    """

    def __init__(self,
                 config: Union[str, os.PathLike, Config],
                 checkpoint: Optional[str] = None,
                 device: Optional[str] = None,
                 detector: Detector = None,
                 batch_size: Optional[int] = None,
                 reuse_features: Union[bool, Mapping,
                                       FeatureReuseOptions] = False,
                 tracker: Optional[Dict] = None,
                 smoother: Optional[Dict] = None,
                 cfg_options: Optional[Dict] = None,
                 runtime: str = 'torch',
                 dtype: str = 'float32') -> None:
        if batch_size is not None and batch_size < 1:
            raise ValueError(f'`batch_size` must be at least 1, got '
                             f'{batch_size}')
        if smoother:
            make_smoother(smoother)  # may refuse, before anything slow
        if detector is None and config in PUBLISHED:
            detector = MOVENET
        config, checkpoint = resolve_model(config, checkpoint)
        self.checkpoint = checkpoint
        self.cfg = read_config(config)
        #: Whether the model is bottom-up and takes no boxes.
        self.finds_people = finds_people(self.cfg)
        self.model: PoseModel = load_pose_model(self.cfg, checkpoint, device,
                                                cfg_options)
        self.runtime, self.dtype = runtime, dtype
        if runtime in RUNTIMES and (reuse_features or dtype != 'float32'):
            raise ValueError(f'runtime={runtime!r} runs whole clips in '
                             'float32: it knows neither `reuse_features` '
                             'nor `dtype`')
        if self.finds_people and (runtime != 'torch' or reuse_features):
            raise ValueError('the model finds people by itself: it takes '
                             'neither `runtime` nor `reuse_features`')
        use_precision(self.model, dtype)
        use_runtime(self.model, runtime)
        init_default_scope(self.cfg.get('default_scope', 'mmpose'))
        dataset = self.cfg.test_dataloader.dataset
        pipeline = Compose(dataset.pipeline)
        self.reader = _frame_reader(pipeline)
        self.meta = self.model.dataset_meta
        sampler = CLIP_SAMPLERS.build(
            dataset.get('clip_sampler') or dict(type='FixedOffsets'))
        if batch_size is None:
            batch_size = default_batch_size(
                next(self.model.parameters()).device.type,
                sampler.num_frames, input_size_of(pipeline))
        self.system = PoseSystem(
            self.model,
            pipeline,
            sampler,
            batch_size,
            tracker={'sigmas': self.meta.get('sigmas'), **(tracker or {})},
            reuse_features=_reuse(reuse_features),
            smoother=smoother,
            reuse_poses=self.finds_people)
        # may refuse to reuse features
        self.system.make_runner(ClipWindow(self.system.sampler))
        self.detector = make_detector(detector, self.model, device)

    def __call__(
        self,
        inputs: Inputs,
        boxes: Boxes = None,
        out_dir: Optional[str] = None,
        stream: Union[None, Mapping, StreamOptions] = None,
        output: Union[None, Mapping, OutputOptions] = None,
        drawing: Union[None, Mapping, DrawingOptions] = None
    ) -> Iterator[Dict]:
        """Run on a video.

        Nothing happens until the results are iterated over.

        Args:
            inputs: A video file, an image, a folder of images, arrays (BGR),
                or the index of a camera; see :func:`open_source`.
            boxes: For each frame an array (P, 4) of x1, y1, x2, y2 or (P, 5)
                with scores; a function of image and index that makes one; the
                path of a JSON file (:class:`FileBoxes`); ``'whole_image'``;
                or a :class:`BoxSource`. Defaults to None: the detector's,
                and without one the whole image, with a warning.
            out_dir (str, optional): Folder for the results, see
                :class:`ResultFiles`.
            stream (StreamOptions | dict, optional): How the video is read.
            output (OutputOptions | dict, optional): What becomes of the
                results.
            drawing (DrawingOptions | dict, optional): How people are drawn.

        Yields:
            dict: For each frame ``predictions``, a list with one entry, the
            frame's people, each a dict of ``keypoints``,
            ``keypoint_scores``, ``bbox``, ``bbox_score`` and ``track_id``;
            ``visualization``, a list with the drawn frame or nothing; and
            ``frame_id``.

        Raises:
            FloatingPointError: If a prediction is not finite.
            OSError: If a file cannot be read or written, or is both.
            TypeError: If there is no such option.
            ValueError: If the video has no frames, or boxes are wrong.
        """
        reading = as_options(StreamOptions, stream)
        writing = as_options(OutputOptions, output)
        style = as_options(DrawingOptions, drawing)
        source = open_source(inputs, self.reader, reading.backend)
        if reading.fps is not None:
            source.override_fps(reading.fps)
        self._check_frame_rate(source)
        find = self._box_source(boxes, source)
        results = PoseStream(self.system, find, reading,
                             source.fps).run(source)
        drawer = None
        if writing.return_vis or (out_dir is not None and writing.save_vis):
            drawer = FrameDrawing(self.meta, style)
        tally = PeopleTally(source.name)
        with contextlib.ExitStack() as stack:
            files = None
            if out_dir is not None:
                # entered first: closed last, whatever happens
                files = stack.enter_context(contextlib.closing(
                    self._result_files(out_dir, source, find, reading,
                                       writing)))
            progress = None
            if writing.show_progress:
                progress = Progress('frames', _total(source, reading))
                stack.callback(progress.close)
            for clip, sample in predict_heatmaps(results, self.model,
                                                 style.draw_heatmap):
                draw, drawn = None, None
                if drawer is not None:
                    draw = drawer.task(clip, sample)
                # a frame that the caller gets is drawn before that
                if draw is not None and (writing.return_vis
                                         or writing.return_datasamples):
                    drawn = draw()
                    draw = partial(np.asarray, drawn)
                people = to_dicts(sample.pred_instances)
                tally.add(len(people))
                if files is not None:
                    _write(files, source, clip, people, draw)
                if progress is not None:
                    progress.update()
                yield dict(
                    predictions=[
                        sample if writing.return_datasamples else people
                    ],
                    visualization=[cv2.cvtColor(drawn, cv2.COLOR_BGR2RGB)]
                    if drawn is not None and writing.return_vis else [],
                    frame_id=clip.key.number)
        tally.report(find)

    def _box_source(self, boxes: Boxes, source: FrameSource) -> BoxSource:
        """Return what finds the people of a video."""
        if boxes is None and self.detector is not None:
            # a copy: of two videos that are read in turn each has its people
            boxes = copy.copy(self.detector)
        find = make_box_source(boxes, source.name)
        find.start(source)
        return find

    def _check_frame_rate(self, source: FrameSource) -> None:
        """Log that a filter needs a frame rate and the source has none."""
        smoother = self.system.smoother
        if source.total == 1:
            return  # nothing to smooth
        if source.fps is None and smoother and takes_frame_rate(smoother):
            print_log(
                f'`{source.name}` does not tell its frame rate: '
                f'{smoother["type"]} takes its default. Set the rate by '
                '`stream=dict(fps=...)` or --fps', 'current', 30)

    def _result_files(self, out_dir: str, source: FrameSource,
                      find: BoxSource, reading: StreamOptions,
                      writing: OutputOptions) -> ResultFiles:
        """Return the files of a run, with what is known before it."""
        names = self.meta['keypoint_id2name']
        links = self.meta.get('skeleton_links') or []
        info = RunInfo(
            tuple(names[i] for i in range(len(names))),
            source.name,
            tuple((int(a), int(b)) for a, b in links),
            fps=source.fps)
        info.provenance = describe_run(self.system, self.cfg, self.checkpoint,
                                       find, reading, source.fps)
        info.provenance.update(runtime=self.runtime, dtype=self.dtype)
        return ResultFiles(out_dir, source.name, info, writing.save_vis,
                           source.path, _input_files(source, find),
                           writing.video_backend, writing.formats)


def _reuse(value: Union[bool, Mapping, FeatureReuseOptions]
           ) -> Optional[FeatureReuseOptions]:
    """Return how features are reused, None if they are not."""
    if isinstance(value, bool):
        return FeatureReuseOptions() if value else None
    return as_options(FeatureReuseOptions, value)


def _frame_reader(pipeline: Compose) -> FrameReader:
    """Return a reader that decodes as the pipeline does, without a cache."""
    for step in pipeline.transforms:
        if isinstance(step, LoadClip):
            return FrameReader(
                imdecode_backend=step.reader.imdecode_backend,
                backend_args=step.reader.backend_args,
                max_pixels=step.reader.max_pixels)
    return FrameReader()


def _input_files(source: FrameSource, find: BoxSource) -> List[str]:
    """Return the files that a run reads and must not overwrite."""
    return [path for path in (source.path, find.path) if path is not None]


def _total(source: FrameSource, reading: StreamOptions) -> Optional[int]:
    """Return the number of frames of a run, None if unknown."""
    known = [
        count for count in (source.total, reading.max_frames)
        if count is not None
    ]
    return min(known, default=None)


def _write(files: ResultFiles, source: FrameSource, clip: Clip,
           people: List[dict],
           draw: Optional[Callable[[], np.ndarray]]) -> None:
    """Add the people of a key frame to the files of a run."""
    frame = clip.key
    if files.info.size is None:
        height, width = frame.image.shape[:2]
        files.info.size = (width, height)
    files.append(frame.index, frame.number, frame.name, people, draw,
                 source.time_of(frame))
