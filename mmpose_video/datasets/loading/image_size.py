"""Sizes of images, from their headers."""
from typing import Tuple

from PIL import Image, UnidentifiedImageError


def read_size(path: str) -> Tuple[int, int]:
    """Width and height of an image as it is stored, without decoding it.

    Args:
        path (str): A local file.

    Returns:
        tuple[int, int]: Width and height in pixels.

    Raises:
        OSError: If there is no such file, or it is not an image.
    """
    try:
        with Image.open(path) as image:
            return image.size
    except UnidentifiedImageError as error:
        raise OSError(f'`{path}` is not an image') from error


def fill_size(image: dict, source: str) -> dict:
    """Add what an image's annotation lacks of ``width`` and ``height``.

    PoseTrack18's and PoseTrack21's own files hold neither.

    Args:
        image (dict): An entry of ``images`` with ``img_path``; it is changed
            in place, so a second person in it costs nothing.
        source (str): Name of the annotation file, for messages.

    Returns:
        dict: The same entry.

    Raises:
        ValueError: If the size is neither annotated nor to be read.
    """
    if image.get('width') and image.get('height'):
        return image
    try:
        image['width'], image['height'] = read_size(image['img_path'])
    except OSError as error:
        raise ValueError(
            f"image {image.get('id')} of `{source}` has no 'width' and "
            f"'height', and its file cannot be read ({error}). Correct "
            '`data_prefix`, or write the sizes into the annotations with '
            '`python -m mmpose_video.datasets.convert`') from error
    return image
