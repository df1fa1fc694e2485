"""Estimate the poses of an uploaded video."""
import logging
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import (
    Any,
    Callable,
    Dict,
    Iterator,
    List,
    NamedTuple,
    Optional,
    Tuple,
)

import cv2
from mmengine.logging import print_log

from mmpose_video.apis.model_loading import finds_people, read_config
from mmpose_video.apis.model_names import resolve_model
from mmpose_video.apis.video_pose_inferencer import VideoPoseInferencer
from mmpose_video.formats.results import PoseResults, read_results
from mmpose_video.formats.results.pose_results import sidecar_path

from .browser_video import make_playable, video_backend
from .errors import AppError
from .exports import export_all, zip_files
from .log_notes import collect_warnings
from .menu import Menu, ModelChoice
from .uploads import check_video, safe_name, without_folder
from .workspace import JobFolder, Workspace

#: Filters of the page; those that need a checkpoint are for the command line.
FILTERS = ('OneEuro', 'ExponentialMovingAverage', 'Kalman', 'Gaussian',
           'SavitzkyGolay')
NO_FILTER = 'none'
#: Titles of what finds people, beside a detector of the command line.
MOVENET, WHOLE_IMAGE = 'MoveNet', 'whole image'
#: Pixels of a frame, four times those of 8K: a small file may claim any size.
MAX_PIXELS = 4 * 7680 * 4320

_INFERENCE = 'inference'

Report = Callable[[int, Optional[int]], None]


@dataclass(frozen=True)
class JobOptions:
    """Choices on the page.

    Attributes:
        model (str): A title of the menu.
        people (str): What finds people, one of :meth:`PoseJob.finders`.
        smoothing (str): One of :data:`FILTERS`, or ``'none'``.
        color_by (str): ``'part'`` or ``'track'``.
        max_lost (int): Frames for which the tracker remembers a person who
            is not seen.
        kpt_thr (float): Lowest score of a drawn keypoint.
        max_frames (int, optional): Stop after that many frames.
    """

    model: str
    people: str = MOVENET
    smoothing: str = 'OneEuro'
    color_by: str = 'part'
    max_lost: int = 10
    kpt_thr: float = 0.3
    max_frames: Optional[int] = None


class JobResult(NamedTuple):
    """Files and people that a job made.

    Attributes:
        folder (Path): The folder of all of it.
        video (Path, optional): The drawn video, None if it could not be
            written.
        files (list[Path]): The results in each format.
        archive (Path): All of it in one file.
        results (PoseResults): The people.
        notes (list[str]): What could not be done.
    """

    folder: Path
    video: Optional[Path]
    files: List[Path]
    archive: Path
    results: PoseResults
    notes: List[str]


class PoseJob:
    """Estimate the poses of uploaded videos, one at a time.

    Args:
        menu (Menu): The models.
        workspace (Workspace): The folder for everything.
        detector (dict, optional): Config and checkpoint of an MMDetection
            model that finds people.
        device (str, optional): Defaults to the first GPU, or the CPU.
        max_bytes (int, optional): Size of the largest upload. Defaults to
            None, any.
        max_frames (int, optional): Frames that are taken of a video.
            Defaults to None, all.
    """

    def __init__(self,
                 menu: Menu,
                 workspace: Workspace,
                 detector: Optional[Dict[str, Any]] = None,
                 device: Optional[str] = None,
                 max_bytes: Optional[int] = None,
                 max_frames: Optional[int] = None) -> None:
        self.menu = menu
        self.workspace = workspace
        self.detector = detector
        self.device = device
        self.max_bytes = max_bytes
        self.max_frames = max_frames
        # one model in memory: that of the last job
        self._key: Optional[Tuple] = None
        self._inferencer: Optional[VideoPoseInferencer] = None

    def finders(self) -> List[str]:
        """Return what can find people, the default first."""
        named = [self._detector_name()] if self.detector else []
        return [*named, MOVENET, WHOLE_IMAGE]

    def run(self, upload: str, options: JobOptions,
            report: Report) -> JobResult:
        """Estimate, draw and write the results of a video.

        Args:
            upload (str): The uploaded file.
            options (JobOptions): What the page says.
            report (Callable): Gets the number of frames that are done and
                that of all, None if unknown; what it raises ends the job.

        Returns:
            JobResult: The files. After an error there are none.

        Raises:
            AppError: If the upload or an option is wrong.
            CancelledError: If ``report`` raises it.
        """
        choice = self.menu.find(options.model)
        suffix = check_video(upload, self.max_bytes)
        name = safe_name(upload)
        with self.workspace.job() as folder, collect_warnings() as notes:
            video = folder.draft / 'input' / f'{name}{suffix}'
            video.parent.mkdir()
            _link(upload, video)
            try:
                total = self._check_frames(video, options)
                report(0, total)
                frames = self._start(folder, video, options, choice)
                try:
                    for done, _ in enumerate(frames, 1):
                        report(done, total)
                finally:
                    # the files are closed before their folder is removed
                    frames.close()  # type: ignore[attr-defined]
                result = _collect(folder, name)
            except (OSError, ValueError, ImportError,
                    FloatingPointError) as error:
                message = without_folder(str(error), str(video), upload)
                raise AppError(message) from error
            shutil.rmtree(video.parent)
            said = [without_folder(note, str(video)) for note in notes]
            return result._replace(notes=[*said, *result.notes])

    def _start(self, folder: JobFolder, video: Path, options: JobOptions,
               choice: ModelChoice) -> Iterator[dict]:
        """Return the frames of a video, which are estimated on demand."""
        backend = video_backend()
        infer = self._load(choice, options)
        boxes = 'whole_image' if options.people == WHOLE_IMAGE else None
        if infer.finds_people:
            boxes = None
            if not (choice.is_movenet and options.people == MOVENET):
                print_log(f'{choice.title} finds people by itself, without '
                          f'{options.people}', 'current', logging.WARNING)
        return infer(
            str(video),
            boxes=boxes,
            out_dir=str(folder.draft / _INFERENCE),
            stream=dict(backend=backend, max_frames=self._limit(options)),
            output=dict(video_backend=backend),
            drawing=dict(color_by=options.color_by, kpt_thr=options.kpt_thr))

    def _load(self, choice: ModelChoice,
              options: JobOptions) -> VideoPoseInferencer:
        """Return the inferencer for a model and its options."""
        smoother = None
        if options.smoothing != NO_FILTER:
            if options.smoothing not in FILTERS:
                raise AppError(f'there is no filter {options.smoothing!r}')
            smoother = dict(type=options.smoothing)
        if options.people not in self.finders():
            raise AppError(f'nothing called {options.people!r} finds people')
        key = (choice, options.smoothing, options.people, options.max_lost)
        if self._inferencer is None or self._key != key:
            self._inferencer = None  # frees the memory first
            self._inferencer = VideoPoseInferencer(
                choice.config,
                choice.checkpoint,
                device=self.device,
                detector=self._detector_for(choice, options.people),
                tracker=dict(max_lost=options.max_lost),
                smoother=smoother)
            self._key = key
        return self._inferencer

    def _detector_for(self, choice: ModelChoice,
                      people: str) -> Optional[Dict[str, Any]]:
        """Return the detector that a model is to be given, None for none.

        Bottom-up models are their own, and the named models of MoveNet bring
        one along.
        """
        config, _ = resolve_model(choice.config, choice.checkpoint)
        if people == WHOLE_IMAGE or finds_people(read_config(config)):
            return None
        if people != MOVENET:
            return self.detector
        return None if choice.is_movenet else dict(config='movenet')

    def _check_frames(self, video: Path,
                      options: JobOptions) -> Optional[int]:
        """Check the size of the frames, return how many will be done."""
        capture = cv2.VideoCapture(str(video))
        try:
            width = int(capture.get(cv2.CAP_PROP_FRAME_WIDTH))
            height = int(capture.get(cv2.CAP_PROP_FRAME_HEIGHT))
            total = int(capture.get(cv2.CAP_PROP_FRAME_COUNT))
        finally:
            capture.release()
        if width * height > MAX_PIXELS:
            raise AppError(f'{video.name} has frames of {width} x {height}; '
                           f'up to {MAX_PIXELS / 1e6:.0f} megapixels are '
                           'taken')
        known = [n for n in (total, self._limit(options)) if n and n > 0]
        return min(known, default=None)

    def _limit(self, options: JobOptions) -> Optional[int]:
        """Return the number of frames to take, None for all."""
        limits = [n for n in (self.max_frames, options.max_frames) if n]
        return min(limits, default=None)

    def _detector_name(self) -> str:
        """Return how the page calls the detector."""
        assert self.detector is not None
        return Path(self.detector['config']).stem


def _link(source: str, target: Path) -> None:
    """Give a file a second name, or copy it where that is impossible."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def _collect(folder: JobFolder, name: str) -> JobResult:
    """Turn what the inferencer has written into what the page offers."""
    out = folder.draft / _INFERENCE
    results = read_results(str(out / 'predictions' / f'{name}.json'))
    made = out / 'visualizations' / f'{name}.mp4'
    drawn, note = None, None
    if made.exists():  # else the log says why
        drawn = folder.draft / f'{name}.mp4'
        os.replace(made, drawn)
        note = make_playable(drawn, video_backend())
    shutil.rmtree(out)
    exports = export_all(results, folder.draft / 'results', name)
    sidecars = [Path(sidecar_path(str(path))) for path in exports.files]
    archive = zip_files(
        [*filter(None, [drawn]), *exports.files,
         *filter(Path.is_file, sidecars)],
        folder.draft / f'{name}_poses.zip')
    return JobResult(
        folder.final, drawn and folder.place(drawn),
        [folder.place(path) for path in exports.files],
        folder.place(archive), results,
        [*filter(None, [note]), *exports.notes])
