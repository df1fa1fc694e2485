"""Sort labeled images into videos by their names."""
import os.path as osp
import re
from typing import Dict, List, Tuple

from ..frame_index import frame_number
from .label_set import LabeledFrame, LabeledVideo

#: Prefix that Label Studio puts before the name of an upload.
_UPLOAD = re.compile(r'^[0-9a-f]{8}-')
_DIGITS = re.compile(r'\d+$')
#: Folders that tell nothing of a video.
_COMMON = ('images', 'default', 'labeled-data', 'labels', 'frames', 'data',
           'train', 'val', 'test', 'valid')


def series_name(image: str) -> str:
    """Return what the names of a video's images have in common.

    Args:
        image (str): Name of an image, without or with folders.

    Returns:
        str: The folder and what stands before the number. Of an image
        without a number all of its name: it is a video of its own.
    """
    folder, base = osp.split(image.replace('\\', '/'))
    stem = _UPLOAD.sub('', osp.splitext(base)[0])
    return osp.join(folder, _DIGITS.sub('', stem) + '*'
                    if frame_number(base) is not None else stem)


def group_images(frames: List[Tuple[str, LabeledFrame]], source: str,
                 default: str) -> List[LabeledVideo]:
    """Sort frames into videos.

    The frames of a video lie in one folder and differ in their number only:
    ``a/cam1_0002.jpg`` is of another video than ``a/cam2_0002.jpg``. The
    video is named after the folder, and after what stands before the number
    where a folder holds several.

    Args:
        frames (list[tuple[str, LabeledFrame]]): Name of the image, and its
            frame.
        source (str): The file of labels.
        default (str): Name of a video where folder and image tell none.

    Returns:
        list[LabeledVideo]: In order of their first frame.
    """
    series: Dict[str, List[LabeledFrame]] = {}
    for image, frame in frames:
        series.setdefault(series_name(image), []).append(frame)
    counts: Dict[str, int] = {}
    for name in series:
        folder = osp.dirname(name)
        counts[folder] = counts.get(folder, 0) + 1
    return [
        LabeledVideo(_video_name(name, counts[osp.dirname(name)], default),
                     found, source=source) for name, found in series.items()
    ]


def _video_name(series: str, siblings: int, default: str) -> str:
    """Return the name of a video."""
    folder, base = osp.split(series)
    parts = [p for p in folder.split('/')
             if p.lower() not in (*_COMMON, '', '.', '..')]
    prefix = base.rstrip('*').rstrip('-_ .')
    if siblings > 1 or not parts:
        parts.append(prefix or ('' if parts else default))
        if siblings == 1 and prefix.lower() in ('frame', 'img', 'image'):
            parts[-1] = default
    return '/'.join(part for part in parts if part) or default
