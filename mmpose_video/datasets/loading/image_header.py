"""Read the headers of JPEG and PNG files before anything is decoded."""
import struct
from typing import Iterator, NamedTuple, Optional, Tuple

#: Default limit of an image's size. A small broken file may claim any size,
#: and a decoder would need minutes. 8K video has 33 million pixels.
MAX_PIXELS = 100_000_000
#: Upper bound of the pixels that one byte of a JPEG with Huffman codes can
#: stand for. Each block of 64 pixels takes at least a bit, 512 pixels a byte.
_MAX_PIXELS_PER_BYTE = 1000

_JPEG, _PNG = b'\xff\xd8', b'\x89PNG\r\n\x1a\n'
_JPEG_END, _PNG_END = b'\xff\xd9', b'IEND\xaeB`\x82'
#: Frame headers (SOF); 0xC4, 0xC8 and 0xCC are other segments. From 0xC9 on
#: the coding is arithmetic, which needs hardly any bits for flat images.
_ARITHMETIC = 0xC9
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
            components, and Adobe's mark of the colors.
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


def find_fault(data: bytes, header: Optional[ImageHeader],
               max_pixels: int = MAX_PIXELS) -> str:
    """Find out why a file must not be decoded.

    OpenCV decodes a JPEG that ends early without an error and paints what is
    missing gray. Bytes after the end of an image are not a fault: some
    cameras write them.

    Args:
        data (bytes): Content of the file.
        header (ImageHeader, optional): Its header, if it has one.
        max_pixels (int): Limit of the image's size in pixels. Defaults to
            100 million.

    Returns:
        str: The fault, as the end of a sentence that begins with the name of
        the file; empty if there is none.
    """
    if not data:
        return 'is empty'
    if header is None:
        is_cut = (data.startswith(_JPEG)
                  and _JPEG_END not in data[-65536:]) or (
                      data.startswith(_PNG) and _PNG_END not in data)
        return f'ends early ({len(data)} bytes)' if is_cut else ''
    pixels = header.width * header.height
    claim = f'claims {header.width} x {header.height} pixels'
    if pixels > max_pixels:
        return f'{claim}, the limit (`max_pixels`) is {max_pixels:,}'
    if header.kind == 'PNG':
        is_whole = data.endswith(_PNG_END) or _PNG_END in data
    else:
        is_huffman = header.coding[0] < _ARITHMETIC
        if is_huffman and pixels > _MAX_PIXELS_PER_BYTE * len(data):
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
