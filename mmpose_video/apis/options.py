"""Options of a call of the inferencer."""
from dataclasses import dataclass, fields
from typing import Mapping, Optional, Sequence, Type, TypeVar, Union

import numpy as np


@dataclass(frozen=True)
class StreamOptions:
    """Options of reading a video.

    Attributes:
        latency (int, optional): How many frames after a key frame may be
            waited for, see :class:`ClipWindow`. None waits for as many as
            the clip needs.
        max_frames (int, optional): Stop after that many frames.
        fps (float, optional): Frames per second, for folders and arrays,
            which tell none, and for videos whose header is wrong, such as
            slow motion. None takes the video's.
        backend (str): What reads video files, see :func:`open_source`.
            Defaults to 'opencv'.
    """

    latency: Optional[int] = None
    max_frames: Optional[int] = None
    fps: Optional[float] = None
    backend: str = 'opencv'

    def __post_init__(self) -> None:
        for name in ('latency', 'max_frames'):
            value = getattr(self, name)
            if value is not None and not isinstance(value, (int, np.integer)):
                raise ValueError(
                    f'`{name}` must be a whole number, got {value!r}')
        if self.latency is not None and self.latency < 0:
            raise ValueError(
                f'`latency` must not be negative, got {self.latency}')
        if self.max_frames is not None and self.max_frames < 1:
            raise ValueError(
                f'`max_frames` must be at least 1, got {self.max_frames}')
        if self.fps is not None and not 0 < self.fps < float('inf'):
            raise ValueError(f'`fps` must be positive, got {self.fps}')


@dataclass(frozen=True)
class OutputOptions:
    """Options of writing and returning the results.

    Attributes:
        save_vis (bool): Write the drawn video, if there is a folder for the
            results. Defaults to True.
        return_vis (bool): Return the drawn frames, (H, W, 3) uint8 RGB.
            Defaults to False.
        return_datasamples (bool): Return :class:`PoseDataSample` in place of
            dicts. Defaults to False.
        video_backend (str): What writes the drawn video: ``'opencv'``, or
            ``'pyav'``, whose H.264 plays in browsers. Defaults to 'opencv'.
        formats (Sequence[str]): Other formats of the results, such as
            ``('csv', 'trc')``, see :mod:`mmpose_video.formats.results`.
            Defaults to none.
        show_progress (bool): Show frames per second. Defaults to False.
    """

    save_vis: bool = True
    return_vis: bool = False
    return_datasamples: bool = False
    video_backend: str = 'opencv'
    formats: Sequence[str] = ()
    show_progress: bool = False


@dataclass(frozen=True)
class DrawingOptions:
    """Options of drawing people.

    Attributes:
        draw_bbox (bool): Draw boxes and numbers of tracks. Defaults to True.
        draw_heatmap (bool): Put the heatmaps beside the frames. Defaults to
            False.
        color_by (str): ``'part'``, the skeleton's colors in the dataset, or
            ``'track'``. Defaults to 'part'.
        kpt_thr (float): Lowest score of a keypoint that is drawn. Defaults
            to 0.3.
        radius (int): Radius of keypoints in pixels. Defaults to 3.
        thickness (int): Width of lines in pixels. Defaults to 1.
    """

    draw_bbox: bool = True
    draw_heatmap: bool = False
    color_by: str = 'part'
    kpt_thr: float = 0.3
    radius: int = 3
    thickness: int = 1


@dataclass(frozen=True)
class FeatureReuseOptions:
    """Options of reusing the backbone's features between key frames.

    The defaults are the package's.

    Attributes:
        warp (bool): Crop each frame once, by the person's own box in it, and
            move its features to the crops of neighboring key frames: one
            pass through the backbone per frame. False computes the features
            of a frame anew for every other crop, so that only frames of one
            run share them. Defaults to True.
        run_length (int): Keep a track's crop for runs of at most so many
            frames. Defaults to 1.
        min_iou (float): A run ends when its crop and the person's box overlap
            less. Defaults to 0.7.
        warp_iou (float): Features are computed anew rather than moved between
            crops that overlap less. Defaults to 0.5.
    """

    warp: bool = True
    run_length: int = 1
    min_iou: float = 0.7
    warp_iou: float = 0.5

    def __post_init__(self) -> None:
        if self.run_length < 1:
            raise ValueError(
                f'`run_length` must be at least 1, got {self.run_length}')
        for name in ('min_iou', 'warp_iou'):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f'`{name}` must be from 0 to 1, got '
                                 f'{getattr(self, name)}')


Options = TypeVar('Options', StreamOptions, OutputOptions, DrawingOptions,
                  FeatureReuseOptions)


def as_options(kind: Type[Options],
               value: Union[None, Mapping, Options]) -> Options:
    """Make options of what the caller gives.

    Args:
        kind (type): The class of the options.
        value (Options | Mapping, optional): Options as they are, some of
            them by name, or None for the defaults.

    Raises:
        TypeError: If there is no such option, or the value is none of these.
    """
    if value is None:
        return kind()
    if isinstance(value, kind):
        return value
    if not isinstance(value, Mapping):
        raise TypeError(f'expected {kind.__name__} or a dict, got a '
                        f'{type(value).__name__}')
    known = [field.name for field in fields(kind)]
    unknown = sorted(set(value) - set(known))
    if unknown:
        raise TypeError(f'{kind.__name__} has no option {unknown[0]!r}; it '
                        f'has {", ".join(known)}')
    return kind(**value)
