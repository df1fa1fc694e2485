"""Read and check COCO-style annotation files."""
import logging
from collections import Counter
from dataclasses import dataclass
from typing import Any, Dict, List, Optional, Sequence, Set, Tuple

from mmengine.logging import print_log

from .schema import FormatError, Record, check_numbers, shown

#: Largest width or height of an image, in pixels.
LARGEST_SIZE = 2**20
#: Longest name of a file or folder, in bytes, on the usual file systems.
LONGEST_NAME = 255


@dataclass(frozen=True)
class CocoLabels:
    """A COCO-style file whose fields have the right types.

    Attributes:
        path (str): The file.
        content (dict): The parsed JSON.
        pairs (list[tuple[dict, list[dict]]]): Each image with the
            annotations of its people, in the order of the file.
        strangers (int): Number of annotations of images that the file does
            not list; they are in no pair.
    """

    path: str
    content: dict
    pairs: List[Tuple[dict, List[dict]]]
    strangers: int


def read_coco_labels(path: str,
                     keypoint_names: Optional[Sequence[str]] = None
                     ) -> CocoLabels:
    """Read a COCO-style annotation file and check it.

    An image needs ``id`` and ``file_name``, an annotation ``id`` and
    ``image_id``. Ids are whole numbers or strings and unique. Other fields
    may be absent or null, but not of a wrong type. Boxes and keypoints may
    hold NaN and numbers that are no coordinates; these are up to the reader.

    Args:
        path (str): The file.
        keypoint_names (Sequence[str], optional): Names of the keypoints in
            the order that the reader expects. A category that names others,
            or in another order, is an error. Defaults to None: any.

    Returns:
        CocoLabels: The content.

    Raises:
        OSError: If the file cannot be read.
        ValueError: If it breaks the layout; the message names file, item and
            what was expected.
    """
    file = Record.read(path)
    images = file.records('images')
    people = file.records('annotations', optional=True)
    by_image: Dict[Any, List[dict]] = {
        key: [] for key in unique_ids(images)
    }
    for image in images:
        check_image(image)
    _report_repeated(images, path)
    unique_ids(people)
    check_numbers(people, 'bbox')
    check_numbers(people, 'keypoints')
    strangers = 0
    for person in people:
        check_person(person)
        found = by_image.get(person.identity('image_id'))
        if found is None:
            strangers += 1
        else:
            found.append(person.data)
    if strangers and strangers == len(people):
        raise file.error(_of_other_images(people[0], images))
    if keypoint_names is not None:
        _check_categories(file, people, list(keypoint_names))
    pairs = [(image.data, by_image[image.data['id']]) for image in images]
    return CocoLabels(path, file.data, pairs, strangers)


def unique_ids(records: Sequence[Record]) -> Dict[Any, Record]:
    """Return records by id.

    Raises:
        FormatError: If an id appears twice.
    """
    by_id: Dict[Any, Record] = {}
    for record in records:
        key = record.data['id'] = record.identity()
        first = by_id.setdefault(key, record)
        if first is not record:
            raise FormatError(
                f'{record.where}: the id is that of another entry '
                f'({_place(first)}) as well. Number the entries anew, or '
                'remove what is there twice')
    return by_id


def _report_repeated(images: Sequence[Record], path: str) -> None:
    """Log how many files are listed as more than one image."""
    counts = Counter(image.data['file_name'] for image in images)
    twice = [name for name, count in counts.items() if count > 1]
    if twice:
        print_log(
            f'`{path}` lists {len(twice)} files as more than one image, such '
            f'as {twice[0]}: each has a part of the labels alone', 'current',
            logging.WARNING)


def _place(record: Record) -> str:
    """Return a record's place in its file, ``annotations[3]``."""
    return record.where.rpartition(', ')[2].partition(' ')[0]


def check_image(image: Record) -> None:
    """Check what all readers take for granted of an image.

    Raises:
        FormatError: If a field is absent, or has a wrong type or size.
    """
    image.identity()
    name = image.text('file_name')
    if any(len(part.encode()) > LONGEST_NAME for part in name.split('/')):
        raise image.error(f"'file_name' is longer than that of a file can be: "
                          f'{shown(name)}')
    for key in ('width', 'height'):
        # 0 stands for a size that is not known
        size = image.integer(key, 0)
        if not 0 <= size <= LARGEST_SIZE:
            raise image.error(f'{key!r} is {size} pixels, which no image has')
    image.flag('is_labeled')
    image.flag('has_labeled_person')


def check_person(person: Record) -> None:
    """Check what all readers take for granted of an annotation.

    Raises:
        FormatError: If a field is absent, or has a wrong type or size.
    """
    person.data['image_id'] = person.identity('image_id')
    person.integer('category_id', 1)
    person.integer('num_keypoints', 0)
    person.flag('iscrowd')
    if person.number('area', 0.) < 0:
        raise person.error(f"'area' is {shown(person.data['area'])}, which "
                           'must not be negative')
    for flag in (person.data.get('keypoints') or ())[2::3]:
        if flag < 0:
            raise person.error(f'the flag of a keypoint is {flag}, which must '
                               "be 0, 1 or 2 in COCO's layout")


def _of_other_images(person: Record, images: Sequence[Record]) -> str:
    """Return what is wrong if no annotation is of a listed image."""
    text = ("'annotations' and 'images' do not belong together: no "
            "annotation's 'image_id' is the 'id' of an image, ")
    if not images:
        return f'{text}as there is no image'
    return (f'{text}the first is {person.data["image_id"]!r} and the first '
            f'image has {images[0].data["id"]!r}')


def _check_categories(file: Record, people: Sequence[Record],
                      expected: List[str]) -> None:
    """Compare the names of the keypoints with those that are expected."""
    categories = file.records('categories', optional=True)
    used = {person.integer('category_id', 1) for person in people
            if person.value('keypoints')}
    for category in categories:
        names = category.items('keypoints', optional=True)
        if not names or (len(categories) > 1
                         and category.integer('id') not in used):
            continue
        if not all(isinstance(name, str) for name in names):
            raise category.error("'keypoints' must be a list of names")
        wrong = [
            i for i, (name, wanted) in enumerate(zip(names, expected))
            if _plain(name) != _plain(wanted)
        ]
        if not wrong and len(names) == len(expected):
            continue
        if len(names) != len(expected):
            raise category.error(
                f'it names {len(names)} keypoints, the dataset has '
                f'{len(expected)}')
        i = wrong[0]
        raise category.error(
            f'keypoint {i} is {shown(names[i])}, the dataset takes it for '
            f'{expected[i]!r} ({len(wrong)} of {len(names)} differ). Bring '
            "the keypoints into the dataset's order, use the dataset that "
            'has these, or correct the names')


def _plain(name: str) -> str:
    return name.lower().replace(' ', '_').replace('-', '_')


def image_names(path: str) -> Dict[Any, str]:
    """Return the names of the images of a COCO-style file by id.

    Raises:
        OSError: If the file cannot be read.
        ValueError: If it lists no images with ``id`` and ``file_name``.
    """
    images = Record.read(path).records('images')
    return {
        key: image.text('file_name')
        for key, image in unique_ids(images).items()
    }


def unlabeled_frames(labels: dict) -> Set[Any]:
    """Return the images in which predictions cannot count.

    PoseTrack labels some frames of a video and lists all of them. An image
    is not labeled if it says so (``is_labeled`` is false, and so is
    PoseTrack21's ``has_labeled_person`` if there is one) and no annotation
    is of it: PoseTrack's evaluation drops such a frame with what is predicted
    there, so that leaving it out changes no number. Of a file without any
    annotation, as those of test sets are, all frames count.

    Args:
        labels (dict): A COCO-style file, parsed and checked.

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
