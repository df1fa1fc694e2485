"""Decide which frames get labels, and from which labeled frame."""
from typing import Any, Dict, List, NamedTuple

import numpy as np

from mmpose_video.formats.coco_labels import unlabeled_frames
from mmpose_video.formats.frame_index import FrameIndex
from mmpose_video.formats.inner_path import inner_path


class Target(NamedTuple):
    """A frame without labels, and the labeled frame that is nearest to it.

    Attributes:
        path (str): The frame's file.
        source (Any): Image id of the labeled frame.
        offset (int): Distance from the labeled frame to this one, in frames;
            negative for an earlier frame.
    """

    path: str
    source: Any
    offset: int


def plan_targets(labels: Dict[str, Any], img_prefix: str, frames: FrameIndex,
                 max_distance: int) -> List[Target]:
    """Find the unlabeled frames around the labeled ones.

    A frame takes its labels from one labeled frame, the nearest; of two at
    the same distance from the earlier. So no person appears twice.

    Args:
        labels (dict): A COCO-style file, parsed.
        img_prefix (str): Folder that the file names are relative to.
        frames (FrameIndex): Finds the frames on disk.
        max_distance (int): Largest distance to a labeled frame, in frames.

    Returns:
        list[Target]: One entry for each frame, sorted by source and offset.

    Raises:
        ValueError: If ``max_distance`` is less than 1.
    """
    if max_distance < 1:
        raise ValueError(f'the largest distance must be at least 1 frame, '
                         f'got {max_distance}')
    unlabeled = unlabeled_frames(labels)
    sources = {
        inner_path(img_prefix, image['file_name'], 'labels'): image['id']
        for image in labels['images'] if image['id'] not in unlabeled
    }
    offsets = np.array([
        offset for offset in range(-max_distance, max_distance + 1) if offset
    ])
    best: Dict[str, Target] = {}
    for source_path, source in sources.items():
        paths, taken, valid = frames.neighbors(source_path, offsets)
        for path, offset, exists in zip(paths, taken.tolist(), valid):
            if not exists or path in sources:
                continue
            target = Target(path, source, offset)
            if path not in best or _rank(target) < _rank(best[path]):
                best[path] = target
    order = {source: i for i, source in enumerate(sources.values())}
    return sorted(best.values(), key=lambda t: (order[t.source], t.offset))


def _rank(target: Target) -> tuple:
    """Order candidates: near ones first, then those with an earlier source."""
    return abs(target.offset), -target.offset
