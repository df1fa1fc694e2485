"""Labels of YOLO-pose: ``data.yaml``, and a text file for each image."""
import os
import os.path as osp
from typing import Any, Dict, Iterator, List, Optional, Tuple

import numpy as np

from ..frame_index import IMAGE_SUFFIXES, frame_number
from ..inner_path import inner_path
from ..keypoints import MAX_KEYPOINTS, default_names
from ..schema import FormatError
from ..skeleton import Skeleton, mirror_names
from ..yaml_file import read_yaml
from .image_groups import group_images
from .label_set import LabeledFrame, LabeledPerson, LabelSet

_SPLIT_KEYS = dict(train='train', val='val', valid='val', test='test')


def read_yolo(path: str, skeleton: Optional[Skeleton] = None) -> LabelSet:
    """Read a dataset of YOLO-pose.

    Positions are divided by the size of the image, which labels do not tell:
    they stay so, and ``relative`` of the result says it.

    Args:
        path (str): ``data.yaml``, or its folder. Its ``path`` is not
            followed: images and labels are looked for beside it, or below
            the folder of images that the caller names.
        skeleton (Skeleton, optional): Names the keypoints where the file does
            not. Defaults to None.

    Raises:
        FormatError: If the file or a label breaks the layout.
        OSError: If a file cannot be read.
    """
    if osp.isdir(path):
        path = osp.join(path, 'data.yaml')
    data = read_yaml(path)
    found, values = _skeleton(data, path, skeleton)
    root = osp.dirname(osp.abspath(path))
    result = LabelSet(found, [], relative=True)
    frames: List[Tuple[str, LabeledFrame]] = []
    seen = set()
    for split in _SPLIT_KEYS:
        for label, image in _label_files(root, data.get(split), path):
            if label in seen:
                continue
            seen.add(label)
            people = _people(label, len(found.keypoints), values)
            number = frame_number(image)
            if people:
                frames.append((image, LabeledFrame(
                    0 if number is None else number, people, image,
                    split=_SPLIT_KEYS[split])))
            else:
                result.left_out.append(('image without a label', label))
    if not seen:
        raise FormatError(
            f'{path} leads to no label: beside each folder `images` that its '
            '`train`, `val` and `test` name there must be a folder `labels`')
    if len({frame.split for _, frame in frames}) == 1:
        for _, frame in frames:  # all in one: no split at all
            frame.split = ''
    result.videos = group_images(
        frames, path, osp.basename(root) or 'video')
    return result


def _skeleton(data: Dict[str, Any], path: str, given: Optional[Skeleton]
              ) -> Tuple[Skeleton, int]:
    """Return the keypoints, and how many values each has in a label."""
    try:
        count, values = (int(value) for value in data['kpt_shape'])
    except (KeyError, OverflowError, TypeError, ValueError):
        raise FormatError(f'{path} tells no `kpt_shape`, such as [17, 3]: is '
                          'it a dataset of poses?') from None
    if not 1 <= count <= MAX_KEYPOINTS or values not in (2, 3):
        raise FormatError(f'{path}: `kpt_shape` is [{count}, {values}] in '
                          'place of a number of keypoints, and 2 or 3')
    names = data.get('kpt_names') or data.get('node_names')
    if isinstance(names, dict):
        names = next(iter(names.values()), None)
    if not isinstance(names, list) or len(names) != count:
        if given is not None and len(given.keypoints) == count:
            return given, values
        names = default_names(count)
    names = tuple(map(str, names))
    if len(set(names)) < count:
        raise FormatError(f'{path} names a keypoint twice')
    mirror = data.get('flip_idx')
    swap = mirror_names(names)
    if isinstance(mirror, list) and all(
            isinstance(i, int) for i in mirror) and (
                sorted(mirror) == list(range(count))):
        swap = tuple((names[i], names[j]) for i, j in enumerate(mirror)
                     if i < j and mirror[j] == i)
    kinds = data.get('names')
    if isinstance(kinds, dict):
        kinds = list(kinds.values())
    if not isinstance(kinds, list):
        kinds = []
    title = str(kinds[0]) if len(kinds) == 1 else 'object'
    links = data.get('skeleton')
    pairs = tuple(
        (names[a], names[b]) for a, b in
        (link for link in (links if isinstance(links, list) else [])
         if isinstance(link, list) and len(link) == 2)
        if isinstance(a, int) and isinstance(b, int) and a != b
        and 0 <= a < count and 0 <= b < count)
    return Skeleton(title, names, swap, pairs), values


def _label_files(root: str, entry: Any, path: str
                 ) -> Iterator[Tuple[str, str]]:
    """Yield the label files of a split, each with the name of its image.

    Raises:
        FormatError: If the split leads out of the folder.
    """
    for folder in entry if isinstance(entry, list) else [entry]:
        if folder is None:
            continue
        name = os.path.normpath(str(folder).replace('\\', '/'))
        if name.startswith('../'):  # Roboflow's exports, one level too high
            name = name[3:]
        try:
            images = inner_path(root, name, path)
        except ValueError as error:
            raise FormatError(str(error)) from error
        relative = osp.relpath(images, root).replace(os.sep, '/')
        if osp.isfile(images) and images.endswith('.txt'):
            yield from _listed(images, root, path)
            continue
        labels = osp.join(root, _beside_images(relative))
        for place, _, names in sorted(os.walk(labels)):
            below = osp.relpath(place, labels).replace(os.sep, '/')
            there = osp.normpath(osp.join(relative, below))
            for label in sorted(names):
                if label.endswith('.txt'):
                    yield osp.join(place, label), _image_of(
                        root, there, label[:-len('.txt')])


def _listed(path: str, root: str, source: str) -> Iterator[Tuple[str, str]]:
    """Yield the label files of a list of images."""
    with open(path, encoding='utf-8', errors='replace') as file:
        for line in file:
            name = osp.normpath(line.strip())
            if not line.strip():
                continue
            try:
                image = inner_path(root, name, path)
            except ValueError as error:
                raise FormatError(str(error)) from error
            label = osp.join(
                root, osp.splitext(_beside_images(name))[0] + '.txt')
            if osp.isfile(label):
                yield label, osp.relpath(image, root).replace(os.sep, '/')


def _beside_images(name: str) -> str:
    """Return a name with the last folder `images` in it as `labels`."""
    before, images, after = f'/{name}/'.rpartition('/images/')
    return f'{before}/labels/{after}'[1:-1] if images else name


def _image_of(root: str, folder: str, stem: str) -> str:
    """Return the name of a label's image; one that is not there is jpg."""
    for suffix in IMAGE_SUFFIXES:
        for name in (stem + suffix, stem + suffix.upper()):
            if osp.isfile(osp.join(root, folder, name)):
                return f'{folder}/{name}'
    return f'{folder}/{stem}.jpg'


def _people(path: str, count: int, values: int) -> List[LabeledPerson]:
    """Read the people of an image; positions are fractions of its size."""
    people = []
    with open(path, encoding='utf-8', errors='replace') as file:
        for i, line in enumerate(file, start=1):
            if not line.strip():
                continue
            where = f'{path}, line {i}'
            try:
                numbers = np.array(line.split(), dtype=np.float64)
            except ValueError as error:
                raise FormatError(f'{where}: {error}') from error
            if len(numbers) not in (5 + values * count,
                                    6 + values * count):
                raise FormatError(
                    f'{where}: {len(numbers)} numbers in place of a class, a '
                    f'box, and {values} for each of {count} keypoints')
            table = numbers[5:5 + values * count].reshape(count, values)
            points = table[:, :2]
            flags = (table[:, 2] if values == 3 else 2. * points.any(-1))
            known: np.ndarray = np.asarray(flags > 0)
            # the first number is a class, and one behind the table a track
            if not (np.abs(numbers[1:5 + values * count]) <= 10).all():
                raise FormatError(f'{where}: positions must be fractions of '
                                  "the image's size")
            x, y, width, height = numbers[1:5].tolist()
            track = None
            if len(numbers) == 6 + values * count:
                track = f'{numbers[-1]:.15g}'
            people.append(LabeledPerson(
                np.where(known[:, None], points, np.nan),
                np.where(known, np.clip(flags, 1, 2), 0).astype(int), where,
                [x - width / 2, y - height / 2, width, height], track))
    return people

