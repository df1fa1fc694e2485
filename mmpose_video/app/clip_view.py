"""Show two results on the frames of a clip."""
from typing import Dict, Iterable, List, Optional, Sequence, Tuple

import cv2
import numpy as np

from mmpose_video.apis.source_factory import open_source
from mmpose_video.datasets.metainfo import mmpose_metainfo
from mmpose_video.formats.results import FrameResult, PoseResults
from mmpose_video.visualization.clip_strip import clip_strip

from .errors import AppError

#: Longest side of the frames that are kept, in pixels.
SIDE = 480
# BGR; apart for people who do not tell red from green
_COLORS = ((0, 159, 230), (178, 114, 0))


def read_frames(
        video: str,
        numbers: Iterable[int],
        backend: str = 'opencv') -> Tuple[Dict[int, np.ndarray], float]:
    """Read some frames of a video, scaled down.

    Args:
        video (str): The file.
        numbers (Iterable[int]): Numbers of the frames.
        backend (str): What reads it. Defaults to 'opencv'.

    Returns:
        tuple: The images by number, BGR, without those that the video does
        not have, and what their sides were multiplied with.

    Raises:
        OSError: If the video cannot be read.
    """
    wanted = set(numbers)
    last = max(wanted, default=-1)
    images: Dict[int, np.ndarray] = {}
    scale = 1.
    for frame in open_source(video, backend=backend):
        if frame.number in wanted:
            height, width = frame.image.shape[:2]
            scale = min(1., SIDE / max(height, width))
            images[frame.number] = cv2.resize(
                frame.image,
                (max(1, round(width * scale)), max(1, round(height * scale))),
                interpolation=cv2.INTER_AREA)
        if frame.number >= last:
            break
    return images, scale


def draw_clip(images: Dict[int, np.ndarray], scale: float, key: int,
              offsets: Sequence[int],
              results: Sequence[PoseResults]) -> np.ndarray:
    """Draw the T frames of a clip in a row for each result.

    Args:
        images (dict[int, np.ndarray]): What :func:`read_frames` returns.
        scale (float): Likewise.
        key (int): Number of the key frame.
        offsets (Sequence[int]): T distances from the key frame, ascending. A
            frame that the video does not have is replaced by the nearest one.
        results (Sequence[PoseResults]): The results, a row each.

    Returns:
        np.ndarray: (H, W, 3) uint8 RGB.

    Raises:
        AppError: If the video does not have the key frame.
    """
    if key not in images:
        raise AppError(f'the video has no frame {key}: do the results belong '
                       'to it?')
    numbers = [min(images, key=lambda n: abs(n - key - offset))
               for offset in offsets]
    valid = [number == key + offset
             for number, offset in zip(numbers, offsets)]
    rows = []
    for result, color in zip(results, _COLORS):
        people = {frame.number: frame for frame in result.frames}
        frames = [_drawn(images[number], people.get(number), scale,
                         links_of(result), color) for number in numbers]
        rows.append(
            clip_strip(frames, list(offsets).index(0), offsets, valid,
                       height=min(240, frames[0].shape[0])))
    return np.ascontiguousarray(np.vstack(rows)[..., ::-1])


def links_of(results: PoseResults) -> Sequence[Tuple[int, int]]:
    """Return the limbs of results, COCO's where the file tells none.

    Args:
        results (PoseResults): The results.

    Returns:
        Sequence[tuple[int, int]]: Pairs of indices of keypoints.
    """
    if results.info.links:
        return results.info.links
    names = results.info.keypoints
    links = [link['link']
             for link in mmpose_metainfo('coco')['skeleton_info'].values()]
    return [(names.index(start), names.index(end)) for start, end in links
            if start in names and end in names]


def _drawn(image: np.ndarray, frame: Optional[FrameResult], scale: float,
           links: Sequence[Tuple[int, int]],
           color: Tuple[int, int, int]) -> np.ndarray:
    """Return a frame with its people."""
    image = image.copy()
    for person in frame.people if frame is not None else ():
        # pixel centers; far outside, OpenCV's integers overflow
        points = np.clip((person.keypoints + 0.5) * scale - 0.5, -1e4, 1e4)
        known = [bool(np.isfinite(point).all()) for point in points]
        places: List[Tuple[int, int]] = [
            tuple(np.rint(point).astype(int).tolist()) if seen else (0, 0)
            for point, seen in zip(points, known)
        ]
        for start, end in links:
            if known[start] and known[end]:
                cv2.line(image, places[start], places[end], color, 1,
                         cv2.LINE_AA)
        for place, seen in zip(places, known):
            if seen:
                cv2.circle(image, place, 2, color, -1, cv2.LINE_AA)
    return image
