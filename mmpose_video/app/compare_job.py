"""Compare two uploaded results on an uploaded video."""
import os.path as osp
from dataclasses import dataclass
from typing import List, Optional, Sequence, Tuple

import numpy as np

from mmpose_video.formats.results import PoseResults

from .browser_video import video_backend
from .clip_view import draw_clip, read_frames
from .clips import OF_RESULTS, clip_choices, clip_of_results
from .comparison import Comparison, compare_results
from .errors import AppError
from .menu import Menu
from .uploads import check_video, read_uploaded_results, without_folder


@dataclass(frozen=True)
class Compared:
    """Two results of a video, compared.

    Attributes:
        video (str): The video.
        results (tuple[PoseResults, PoseResults]): The results.
        comparison (Comparison): How far they are apart.
        offsets (list[int]): The clip to show, distances from the key frame.
    """

    video: str
    results: Tuple[PoseResults, PoseResults]
    comparison: Comparison
    offsets: List[int]

    def view(self, frame: int) -> np.ndarray:
        """Draw both results on the clip of a frame.

        Args:
            frame (int): Number of the key frame.

        Returns:
            np.ndarray: (H, W, 3) uint8 RGB, the first result above.

        Raises:
            AppError: If the video does not have the frame.
        """
        numbers = [frame + offset for offset in self.offsets]
        try:
            images, scale = read_frames(self.video, numbers, video_backend())
        except (OSError, ValueError) as error:
            raise AppError(without_folder(str(error), self.video)) from error
        return draw_clip(images, scale, frame, self.offsets, self.results)

    def joints(self, frame: int) -> List[Tuple[str, Optional[float]]]:
        """Return the distances of the joints in a frame, largest first.

        Args:
            frame (int): Number of the frame.

        Returns:
            list[tuple]: Joint, and pixels rounded to 0.1, None without pairs.
        """
        distances = self.comparison.by_joint[self.comparison.at(frame)]
        order = np.argsort(-np.nan_to_num(distances, nan=-1.), kind='stable')
        return [(self.comparison.joints[i],
                 round(float(distances[i]), 1)
                 if np.isfinite(distances[i]) else None) for i in order]

    def summary(self) -> str:
        """Return what is to be said about all frames."""
        found = self.comparison
        text = (f'{len(found.frames)} frames, {len(found.joints)} joints: '
                f'mean difference {100 * found.difference.mean():.2g} % of '
                "a person's size")
        if found.alone.any():
            text += (f'; in {int((found.alone > 0).sum())} frames people that '
                     'only one result has')
        return text


class CompareJob:
    """Compare uploaded results.

    Args:
        menu (Menu): The models, whose clips can be shown.
        max_bytes (int, optional): Size of the largest video. Defaults to
            None, any.
    """

    def __init__(self, menu: Menu, max_bytes: Optional[int] = None) -> None:
        self.clips = clip_choices(menu)
        self.max_bytes = max_bytes

    def titles(self) -> List[str]:
        """Return the clips that can be shown, the default first."""
        return [OF_RESULTS, *self.clips]

    def run(self, video: str, files: Sequence[str], clip: str) -> Compared:
        """Compare two results.

        Args:
            video (str): The uploaded video.
            files (Sequence[str]): The two uploaded results.
            clip (str): One of :meth:`titles`.

        Raises:
            AppError: If an upload is wrong.
        """
        check_video(video, self.max_bytes)
        first, second = (read_uploaded_results(path) for path in files)
        if clip != OF_RESULTS and clip not in self.clips:
            raise AppError(f'there is no clip {clip!r} on the list')
        offsets = self.clips.get(clip) or clip_of_results(first)
        comparison = compare_results(first, second)
        compared = Compared(video, (first, second), comparison, offsets)
        self._check_length(compared, files)
        return compared

    def _check_length(self, compared: Compared, files: Sequence[str]) -> None:
        """Refuse results with frames beyond the end of the video."""
        last = int(compared.comparison.frames[-1])
        try:
            images, _ = read_frames(compared.video, [last], video_backend())
        except (OSError, ValueError) as error:
            raise AppError(
                without_folder(str(error), compared.video)) from error
        if last not in images:
            raise AppError(
                f'{osp.basename(files[0])} has a frame {last}, and '
                f'{osp.basename(compared.video)} ends before: do they belong '
                'together?')
