"""Files of detected boxes, in MMPose's and in DCPose's format."""
import os.path as osp
from typing import Any, Dict, Iterable, List, Optional, Set, Tuple

import numpy as np
import torch
from mmengine.fileio import load
from torchvision.ops import nms

#: What names the image of a box, by format.
IMAGE_KEYS = {'MMPose': 'image_id', 'DCPose': 'image_name'}
PERSON = 1


def box_format(boxes: Any, source: str) -> str:
    """Which of the formats a box file has.

    Args:
        boxes: Parsed json.
        source (str): Name of the file, for messages.

    Returns:
        str: ``'MMPose'`` (boxes name their image by ``image_id``) or
        ``'DCPose'`` (by ``image_name``). Boxes that have both count as
        DCPose's: a name means the same in all releases, an id does not.

    Raises:
        ValueError: If it is neither, or a mixture.
    """
    if not isinstance(boxes, list) or not all(
            isinstance(box, dict) for box in boxes):
        raise ValueError(f'`{source}` must hold a list of boxes, each with '
                         "'bbox', 'score' and 'image_id' or 'image_name'")
    if all('image_name' in box for box in boxes) and boxes:
        return 'DCPose'
    if all('image_id' in box for box in boxes):
        return 'MMPose'
    for i, box in enumerate(boxes):
        if not {'image_id', 'image_name'} & set(box):
            raise ValueError(f"box {i} of `{source}` has neither an "
                             f"'image_id' nor an 'image_name', but "
                             f'{sorted(box)}')
    raise ValueError(f"some boxes of `{source}` name their image by "
                     "'image_id', others by 'image_name'; use one of them")


def read_boxes(source: str, images: Iterable[dict]
               ) -> Tuple[List[dict], str, int]:
    """Read the people of a box file.

    Args:
        source (str): The file. A box is ``[x, y, width, height]`` in pixels.
        images (Iterable[dict]): The annotation file's images, with ``id``
            and ``file_name``.

    Returns:
        tuple:
        - boxes (list[dict]): ``image`` (its entry in ``images``), ``bbox``
          ((4, ) float32 corners) and ``score``, in the file's order. Other
          categories than people are left out.
        - format (str): See :func:`box_format`.
        - strangers (int): Boxes left out as the annotation file does not
          list their image.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If a box lacks a field, or no box fits the images.
    """
    if not osp.exists(source) and '://' not in source:
        raise FileNotFoundError(
            f'there is no box file `{source}`: correct `bbox_file`, or set '
            'it to None for ground-truth boxes')
    try:
        raw = load(source)
    except ValueError as error:
        raise ValueError(f'`{source}` is no valid json: {error}') from error
    kind = box_format(raw, source)
    key = IMAGE_KEYS[kind]
    table = _by_name(images) if kind == 'DCPose' else {
        image['id']: image
        for image in images
    }
    boxes, strangers = [], 0
    for i, box in enumerate(raw):
        if box.get('category_id', PERSON) != PERSON:
            continue
        name = box[key]
        image = table.get(_normal(name) if kind == 'DCPose' else name)
        if image is None and kind == 'DCPose':
            image = table.get(_tail(_normal(name)))
        if image is None:
            strangers += 1
            continue
        if 'score' not in box or 'bbox' not in box:
            raise ValueError(f"box {i} of `{source}` lacks 'score' or 'bbox'")
        score = box['score']
        if not isinstance(score, (int, float)) or not np.isfinite(score):
            raise ValueError(f'box {i} of `{source}` has the score {score!r}')
        boxes.append(
            dict(image=image, bbox=_corners(box['bbox']), score=float(score)))
    if strangers and not boxes:
        raise ValueError(
            f'none of the {strangers} boxes of `{source}` lies in an image '
            f'of the annotation file (first {key}: {raw[0].get(key)!r}). The '
            'two files are of different splits or releases')
    return boxes, kind, strangers


def unlabeled_frames(labels: dict) -> Set[Any]:
    """Frames in which predictions cannot count.

    PoseTrack labels some frames of a video and lists all of them. An image
    is not labelled if it says so (``is_labeled`` is false, and so is
    PoseTrack21's ``has_labeled_person`` if there is one) and no annotation
    is of it: PoseTrack's evaluation drops such a frame with what is predicted
    there, so that leaving it out changes no number. Of a file without any
    annotation, as those of test sets are, all frames count.

    Args:
        labels (dict): A COCO-style file, parsed.

    Returns:
        set: Ids of these images.
    """
    annotated = {ann['image_id'] for ann in labels.get('annotations', ())}
    if not annotated:
        return set()
    return {
        image['id']
        for image in labels['images'] if not image.get('is_labeled', True)
        and not image.get('has_labeled_person', False)
        and image['id'] not in annotated
    }


def suppress(boxes: np.ndarray, scores: np.ndarray, groups: Iterable[Any],
             threshold: float) -> List[int]:
    """Greedy non-maximum suppression within groups.

    Args:
        boxes (np.ndarray): Corners in pixels, (B, 4).
        scores (np.ndarray): (B, ).
        groups (Iterable): The image of each box.
        threshold (float): Intersection over union above which the box with
            the lower score goes.

    Returns:
        list[int]: Indices of the boxes that stay, ascending.
    """
    members: Dict[Any, List[int]] = {}
    for i, group in enumerate(groups):
        members.setdefault(group, []).append(i)
    kept: List[int] = []
    for rows in members.values():
        order = nms(
            torch.as_tensor(boxes[rows], dtype=torch.float32),
            torch.as_tensor(scores[rows], dtype=torch.float32), threshold)
        kept += [rows[i] for i in order.tolist()]
    return sorted(kept)


def _corners(box: Any) -> np.ndarray:
    """Corners of ``[x, y, w, h, ...]``; not finite if it is no box."""
    try:
        x, y, width, height = (float(value) for value in box[:4])
    except (KeyError, TypeError, ValueError):
        return np.full(4, np.nan, dtype=np.float32)
    return np.array([x, y, x + width, y + height], dtype=np.float32)


def _normal(name: str) -> str:
    return osp.normpath(str(name).replace('\\', '/'))


def _tail(name: str) -> str:
    """Video and frame: the part of a path that all releases share."""
    return '/'.join(name.split('/')[-2:])


def _by_name(images: Iterable[dict]) -> Dict[str, dict]:
    """Images by file name and, where it is not ambiguous, by its tail."""
    table: Dict[str, dict] = {}
    tails: Dict[str, Optional[dict]] = {}
    for image in images:
        name = _normal(image['file_name'])
        table[name] = image
        tail = _tail(name)
        tails[tail] = None if tail in tails else image
    for tail, found in tails.items():
        if found is not None:
            table.setdefault(tail, found)
    return table
