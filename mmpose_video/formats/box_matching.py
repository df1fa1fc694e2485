"""Find the images that the boxes of a file lie in."""
import os.path as osp
from collections import Counter
from dataclasses import replace
from typing import (
    Any,
    Dict,
    Iterable,
    List,
    Mapping,
    NamedTuple,
    Optional,
    Tuple,
)

from .box_files import BoxFile, FileBox
from .frame_index import frame_number
from .schema import FormatError


class MatchedBoxes(NamedTuple):
    """Boxes with the images that they lie in.

    Attributes:
        pairs (list[tuple[dict, FileBox]]): Image and box.
        strangers (list[FileBox]): Boxes whose image is not known.
    """

    pairs: List[Tuple[dict, FileBox]]
    strangers: List[FileBox]


def match_images(file: BoxFile, images: Iterable[dict]) -> MatchedBoxes:
    """Find the image of each box.

    Images are found by name where the file has names, with or without
    leading folders, and by id otherwise; 7 and ``'7'`` are the same id.

    Args:
        file (BoxFile): The boxes.
        images (Iterable[dict]): Images with ``id`` and ``file_name``.

    Returns:
        MatchedBoxes: The boxes, in the file's order.

    Raises:
        ValueError: If there are boxes and none lies in one of the images.
    """
    images = list(images)
    by_id = {str(image['id']): image for image in images}
    by_name = _by_name(images)
    matched = MatchedBoxes([], [])
    for box in file.boxes:
        if box.image_name is None:
            image = by_id.get(str(box.image_id))
        else:
            name = _normal(box.image_name)
            image = by_name.get(name) or by_name.get(_tail(name))
        if image is None:
            matched.strangers.append(box)
        else:
            matched.pairs.append((image, box))
    if matched.strangers and not matched.pairs:
        first = matched.strangers[0]
        raise ValueError(
            f'none of the {len(matched.strangers)} boxes of `{file.path}` '
            'lies in an image of the annotation file (the first is of image '
            f'{first.image_name or first.image_id!r}). The two files are of '
            'different splits or releases')
    return matched


def name_images(file: BoxFile, names: Mapping[Any, str]) -> BoxFile:
    """Add the name of the image to boxes that have its id alone.

    Args:
        file (BoxFile): The boxes.
        names (Mapping[Any, str]): Names of images by id.

    Returns:
        BoxFile: A new one. Boxes whose image has no name are unchanged.
    """
    by_id = {str(key): name for key, name in names.items()}
    boxes = []
    for box in file.boxes:
        name = by_id.get(str(box.image_id))
        if box.image_name is None and name is not None:
            box = replace(box, image_name=name, frame=frame_number(name))
        boxes.append(box)
    return replace(file, boxes=boxes)


def match_video(file: BoxFile, video: Optional[str] = None
                ) -> Dict[int, List[FileBox]]:
    """Sort the boxes of one video by frame number.

    Args:
        file (BoxFile): The boxes.
        video (str, optional): Name of the video, needed where the file names
            images of several videos.

    Returns:
        dict[int, list[FileBox]]: The boxes by frame number.

    Raises:
        ValueError: If the file is of several videos and none of them has
            this name, or a box tells no frame number.
    """
    videos = Counter(_video(box.image_name) for box in file.boxes)
    wanted = None
    if len(videos) > 1:
        wanted = video
        if wanted not in videos:
            named = sorted(str(name) for name in videos)
            raise ValueError(
                f'`{file.path}` holds boxes of {len(videos)} videos '
                f'({", ".join(named[:3])}, ...), and none is named '
                f'{video!r}')
    rows: Dict[int, List[FileBox]] = {}
    for box in file.boxes:
        if wanted is not None and _video(box.image_name) != wanted:
            continue
        if box.frame is None:
            raise FormatError(
                f'{box.where}: its image '
                f'{box.image_name or box.image_id!r} has no frame number')
        rows.setdefault(box.frame, []).append(box)
    return rows


def _video(name: Optional[str]) -> Optional[str]:
    """Return the folder of an image, None where it has none."""
    if name is None:
        return None
    return osp.basename(osp.dirname(_normal(name))) or None


def _normal(name: str) -> str:
    return osp.normpath(str(name).replace('\\', '/'))


def _tail(name: str) -> str:
    """Return video and frame, the part of a path that all releases share."""
    return '/'.join(name.split('/')[-2:])


def _by_name(images: Iterable[dict]) -> Dict[str, dict]:
    """Index images by file name and, where unambiguous, by its tail."""
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
