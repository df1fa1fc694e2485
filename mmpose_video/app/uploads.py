"""Check what a browser uploads before anything opens it."""
import os
import os.path as osp
import re
from typing import Optional

from mmpose_video.formats.results import PoseResults, read_results

from .errors import AppError

#: Longest part of a name that is kept, in characters.
MAX_NAME = 60
#: Files with results that the comparison reads. Those of HDF5 (SLP, NWB) are
#: left out: they may point to other files.
TEXT_RESULTS = ('.json', '.csv', '.trc')
_HEAD = 400
_BOXES_OF_MP4 = (b'ftyp', b'moov', b'mdat', b'wide', b'free', b'skip')
_TRANSPORT_PACKET = 188


def safe_name(path: str, default: str = 'video') -> str:
    """Return the stem of a file's name, safe as a part of any path.

    Args:
        path (str): Path or name as the browser gave it.
        default (str): The name where nothing is left. Defaults to 'video'.

    Returns:
        str: Letters, digits, ``-`` and ``_`` only, so neither a folder nor a
        pattern of numbered images, which OpenCV would follow.
    """
    stem = osp.splitext(osp.basename(path.replace('\\', '/')))[0]
    return re.sub(r'[^\w-]+', '_', stem).strip('_')[:MAX_NAME] or default


def check_video(path: str, max_bytes: Optional[int] = None) -> str:
    """Check that a file is a video by its first bytes, not by its name.

    FFmpeg opens playlists and other text files that name further files, on
    this machine or elsewhere; those are refused here.

    Args:
        path (str): The uploaded file.
        max_bytes (int, optional): Largest size. Defaults to None, any.

    Returns:
        str: The suffix of its container, such as ``'.mp4'``.

    Raises:
        AppError: If it is no video, empty or too large.
    """
    name = osp.basename(path)
    size = os.path.getsize(path)
    if max_bytes is not None and size > max_bytes:
        raise AppError(f'{name} has {megabytes(size)}, and this app takes up '
                       f'to {megabytes(max_bytes)} (--max-size). Cut the '
                       'video, or run `mmpose-video infer` on it')
    with open(path, 'rb') as file:
        head = file.read(_HEAD)
    suffix = _container(head)
    if suffix is None:
        what = 'is empty' if not head else 'is no video'
        raise AppError(f'{name} {what}: expected mp4, mov, avi, mkv, webm, '
                       'mpg, ts, flv, wmv or ogv')
    return suffix


def _container(head: bytes) -> Optional[str]:
    """Return the suffix that the first bytes of a file tell."""
    if head[4:8] in _BOXES_OF_MP4:
        return '.mov' if head[8:12] == b'qt  ' else '.mp4'
    if head[:4] == b'RIFF' and head[8:12] == b'AVI ':
        return '.avi'
    for start, suffix in ((b'\x1aE\xdf\xa3', '.mkv'), (b'OggS', '.ogv'),
                          (b'FLV\x01', '.flv'), (b'0&\xb2u', '.wmv'),
                          (b'\0\0\x01\xba', '.mpg'),
                          (b'\0\0\x01\xb3', '.mpg')):
        if head.startswith(start):
            return suffix
    if head[:1] == b'G' and head[_TRANSPORT_PACKET:][:1] == b'G':
        return '.ts'
    return None


def read_uploaded_results(path: str) -> PoseResults:
    """Read uploaded results of people.

    Args:
        path (str): The uploaded file.

    Raises:
        AppError: If it holds no results that can be read; the message names
            the file without its folder.
    """
    name = osp.basename(path)
    if osp.splitext(path)[1].lower() not in TEXT_RESULTS:
        raise AppError(f'{name}: results are read from '
                       f'{", ".join(TEXT_RESULTS)}; `mmpose-video '
                       'convert-results` makes them of other formats')
    try:
        results = read_results(path)
    except (OSError, ValueError) as error:
        raise AppError(without_folder(str(error), path)) from error
    if not any(frame.people for frame in results.frames):
        raise AppError(f'{name} holds no people')
    return results


def without_folder(message: str, *paths: str) -> str:
    """Return a message that names files without their folders.

    Args:
        message (str): The message.
        *paths (str): Files that it may name.
    """
    for path in paths:
        message = message.replace(path, osp.basename(path))
    return message


def megabytes(size: float) -> str:
    """Write a number of bytes, such as ``2 GB`` or ``1.5 MB``."""
    for unit, factor in (('GB', 1e9), ('MB', 1e6)):
        if size >= factor:
            return f'{size / factor:.3g} {unit}'
    return f'{size / 1e3:.3g} kB'
