"""Check that two files of one video list the same frames."""
import logging
import os.path as osp
from typing import Any, Callable, List, Optional, Sequence

from mmengine.logging import print_log

from .annolist import annolist_frames
from .frame_index import frame_number
from .schema import FormatError

#: Fields that identify a frame, the most reliable first.
_KEYS: Sequence[Callable[[Any, str], Any]] = (
    lambda key, name: '/'.join(name.split('/')[-2:]) or None,
    lambda key, name: osp.basename(name) or None,
    lambda key, name: key,
    lambda key, name: frame_number(name) if name else None,
)


def check_frame_order(gt: dict, pred: dict, gt_source: str,
                      pred_source: str) -> None:
    """Check that the frames of two files pair by their position.

    PoseTrack's evaluation pairs the first frame of one file with the first
    of the other. Files whose frames have the same names, ids or numbers in
    another order would be evaluated against the wrong people.

    Args:
        gt (dict): Parsed JSON of the ground truth, in either layout.
        pred (dict): Parsed JSON of the predictions, with as many frames.
        gt_source (str): File name of the ground truth, for messages.
        pred_source (str): File name of the predictions.

    Raises:
        FormatError: If the files list the same frames in another order, or
            frames of other numbers. If the frames have nothing in common
            that tells, a warning is logged.
    """
    (gt_ids, gt_names), (pred_ids, pred_names) = map(_frames, (gt, pred),
                                                     (gt_source, pred_source))
    for key_of in _KEYS:
        wanted = [key_of(*frame) for frame in zip(gt_ids, gt_names)]
        found = [key_of(*frame) for frame in zip(pred_ids, pred_names)]
        if wanted == found:
            return
        if None in wanted or None in found or len(set(wanted)) < len(wanted):
            continue
        if set(wanted) == set(found):
            i = next(i for i, key in enumerate(wanted) if key != found[i])
            raise FormatError(
                f'{pred_source} lists the frames in another order than '
                f'{gt_source}: frame {i} is {found[i]!r}, in the ground truth '
                f'it is {wanted[i]!r}. Frames pair by their position; sort '
                'them')
    numbers = [_steps(names) for names in (gt_names, pred_names)]
    if None in numbers or numbers[0] != numbers[1]:
        print_log(
            f'neither names nor ids tell whether {pred_source} lists the '
            f'frames of {gt_source}; they pair by their position. The first '
            f'are {gt_names[0] or gt_ids[0]!r} and '
            f'{pred_names[0] or pred_ids[0]!r}', 'current', logging.WARNING)


def _frames(data: dict, source: str) -> Any:
    """Return the ids and the names of a file's frames, '' where absent."""
    if 'annolist' in data:
        frames = annolist_frames(data, source)
        names = [frame.image_name() if isinstance(frame.value('image'), dict)
                 else '' for frame in frames]
        return [None] * len(names), names
    names = [image.get('file_name') for image in data['images']]
    return [image['id'] for image in data['images']], [
        name.replace('\\', '/') if isinstance(name, str) else ''
        for name in names
    ]


def _steps(names: List[str]) -> Optional[List[int]]:
    """Return the distances of frames from the first, None if not known."""
    numbers = [frame_number(name) for name in names]
    if not numbers or None in numbers:
        return None
    return [number - numbers[0] for number in numbers]  # type: ignore
