"""Read the sizes of images from their headers."""
import io
import warnings
from typing import BinaryIO, Optional, Tuple

import mmengine.fileio as fileio
from PIL import Image

from .frame_reader import FrameReader

_ORIENTATION = 0x0112


def read_size(path: str,
              backend_args: Optional[dict] = None) -> Tuple[int, int]:
    """Read the width and height that an image has when it is decoded.

    The header tells them, and nothing is decoded, unless EXIF data turn the
    image: whether they are obeyed depends on the kind of file.

    Args:
        path (str): The file.
        backend_args (dict, optional): MMEngine's file backend.

    Returns:
        tuple[int, int]: Width and height in pixels.

    Raises:
        OSError: If the file cannot be read or is not an image.
    """
    size, orientation = _header(path, backend_args)
    if orientation == 1:
        return size
    height, width = FrameReader(backend_args=backend_args).read(path).shape[:2]
    return width, height


def _header(path: str, backend_args: Optional[dict]
            ) -> Tuple[Tuple[int, int], int]:
    """Return the stored size and the EXIF orientation, 1 if there is none."""
    file: BinaryIO
    if backend_args or '://' in path:
        file = io.BytesIO(fileio.get(path, backend_args=backend_args))
    else:
        file = open(path, 'rb')  # of which Pillow reads the header alone
    with file, warnings.catch_warnings():
        warnings.simplefilter('ignore', Image.DecompressionBombWarning)
        try:
            with Image.open(file) as image:
                return image.size, image.getexif().get(_ORIENTATION, 1)
        # Pillow's plugins raise errors of many kinds for broken headers
        except Exception as error:
            raise OSError(f'`{path}` is not an image, or its header is broken '
                          f'({error})') from error


def fill_size(image: dict, source: str) -> dict:
    """Add the ``width`` and ``height`` that an image's annotation lacks.

    PoseTrack18's and PoseTrack21's own files hold neither.

    Args:
        image (dict): An entry of ``images`` with ``img_path``. It is changed
            in place, so the file is read once for all people of a frame.
        source (str): Name of the annotation file, for messages.

    Returns:
        dict: The same entry.

    Raises:
        ValueError: If the size is not annotated and the file cannot be read.
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
            '`mmpose-video convert`') from error
    return image
