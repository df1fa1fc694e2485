"""What the headers of JPEG and PNG files say, before anything is decoded."""
import struct
from typing import Iterator, NamedTuple, Optional, Tuple

#: Larger images are not decoded: a small broken file may claim any size, and
#: a decoder would need minutes. 8K video has 33 million pixels.
MAX_PIXELS = 100_000_000
#: Most pixels that a byte of a JPEG can stand for, with a wide margin: a
#: progressive JPEG of one colour needs a byte for some 200 pixels.
MAX_PIXELS_PER_BYTE = 1000

_JPEG, _PNG = b'\xff\xd8', b'\x89PNG\r\n\x1a\n'
_JPEG_END, _PNG_END = b'\xff\xd9', b'IEND\xaeB`\x82'
#: Frame headers (SOF); 0xC4, 0xC8 and 0xCC are other segments.
_FRAMES = set(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_ADOBE, _SCAN, _EXIF = 0xEE, 0xDA, 0xE1


class ImageHeader(NamedTuple):
    """The header of an image.

    Attributes:
        kind (str): ``'JPEG'`` or ``'PNG'``.
        width (int): Stored width in pixels.
        height (int): Stored height in pixels.
        has_exif (bool): Whether there is EXIF data, which may turn the image.
        coding (tuple): How a JPEG has to be decoded: kind of the frame
            (baseline, progressive, ...), numbers and sampling of its
            components, and Adobe's mark of the colours.
        scan (int): Where the compressed data of a JPEG begin.
    """

    kind: str
    width: int
    height: int
    has_exif: bool
    coding: Tuple[int, bytes, bytes] = (0, b'', b'')
    scan: int = 0


def read_header(data: bytes) -> Optional[ImageHeader]:
    """Read the header of a JPEG or PNG.

    Args:
        data (bytes): Content of a file.

    Returns:
        ImageHeader: None if the file is of another kind, or broken before
        the compressed data.
    """
    if data.startswith(_JPEG):
        return _jpeg_header(data)
    if data.startswith(_PNG) and len(data) >= 24:
        width, height = struct.unpack_from('>II', data, 16)
        return ImageHeader('PNG', width, height, b'eXIf' in data)
    return None


def find_fault(data: bytes, header: Optional[ImageHeader]) -> str:
    """Say why a file must not be decoded.

    OpenCV decodes a JPEG that ends early without an error and paints what is
    missing gray. Bytes behind the end of an image are not a fault: some
    cameras write them.

    Args:
        data (bytes): Content of the file.
        header (ImageHeader, optional): Its header, if it has one.

    Returns:
        str: The fault; empty if there is none.
    """
    if not data:
        return 'is empty'
    if header is None:
        return ''
    pixels = header.width * header.height
    claim = f'claims {header.width} x {header.height} pixels'
    if pixels > MAX_PIXELS:
        return f'{claim}, more than {MAX_PIXELS:,}'
    if header.kind == 'PNG':
        is_whole = data.endswith(_PNG_END) or _PNG_END in data
    else:
        if pixels > MAX_PIXELS_PER_BYTE * len(data):
            return f'{claim} in {len(data)} bytes'
        # in compressed data 0xFF is followed by 0, so this is the end
        is_whole = data.endswith(_JPEG_END) or data.find(
            _JPEG_END, header.scan) >= 0
    return '' if is_whole else f'ends early ({len(data)} bytes)'


def _jpeg_header(data: bytes) -> Optional[ImageHeader]:
    """Read the segments of a JPEG up to its first scan."""
    has_exif, adobe, frame = False, b'', None
    for kind, start, body in _segments(data):
        if kind == _SCAN:
            if frame is None:
                return None
            height, width = struct.unpack_from('>HH', frame[1], 1)
            # precision, then from the sixth byte on the components
            coding = (frame[0], frame[1][:1] + frame[1][5:], adobe)
            return ImageHeader('JPEG', width, height, has_exif, coding, start)
        if kind == _EXIF and body.startswith(b'Exif\0'):
            has_exif = True
        if kind == _ADOBE:
            adobe = body
        if kind in _FRAMES and len(body) >= 6:
            frame = (kind, body)
    return None


def _segments(data: bytes) -> Iterator[Tuple[int, int, bytes]]:
    """Yield kind, start and content of each segment of a JPEG."""
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        kind = data[at + 1]
        if kind == 0xFF:  # bytes that fill up
            at += 1
            continue
        length = struct.unpack_from('>H', data, at + 2)[0]
        yield kind, at, data[at + 4:at + 2 + length]
        at += 2 + length
