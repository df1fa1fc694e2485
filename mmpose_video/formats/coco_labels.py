"""COCO-style annotation files."""
from typing import Any, Dict, Set

from .schema import Record


def image_names(path: str) -> Dict[Any, str]:
    """Return the names of the images of a COCO-style file by id.

    Raises:
        OSError: If the file cannot be read.
        ValueError: If it lists no images with ``id`` and ``file_name``.
    """
    return {
        image.identity(): image.text('file_name')
        for image in Record.read(path).records('images')
    }


def unlabeled_frames(labels: dict) -> Set[Any]:
    """Return the images in which predictions cannot count.

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
