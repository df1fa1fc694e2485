r"""Make the moving picture of the README from a drawn video.

An animated WebP, which pages on the web show without a player::

    mmpose-video infer vtest.avi --max-frames 60 --color-by track
    python benchmarks/moving_picture.py results/visualizations/vtest.mp4 \
        docs/images/poses.webp --crop 560x315+208+110 --quality 55
"""
import argparse
import re
import sys
from pathlib import Path
from typing import List, Optional, Sequence, Tuple

import cv2
from PIL import Image

Box = Tuple[int, int, int, int]


def parse_args(argv: Optional[Sequence[str]] = None) -> argparse.Namespace:
    """Read the command line.

    Args:
        argv (Sequence[str], optional): Defaults to the process's.
    """
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('video', help='the drawn video')
    parser.add_argument('picture', help='the file, .webp or .gif')
    parser.add_argument('--first', type=int, default=0,
                        help='number of the first frame (default: 0)')
    parser.add_argument('--frames', type=int, default=60,
                        help='number of frames (default: %(default)s)')
    parser.add_argument('--crop', type=crop_box, metavar='WxH+X+Y',
                        help='the part to show, in pixels of the video '
                        '(default: all)')
    parser.add_argument('--width', type=int, default=640,
                        help='of the picture (default: %(default)s)')
    parser.add_argument('--quality', type=int, default=60,
                        help='of the WebP, up to 100 (default: %(default)s)')
    return parser.parse_args(argv)


def crop_box(text: str) -> Box:
    """Return x, y, width and height of a part written as WxH+X+Y.

    Raises:
        argparse.ArgumentTypeError: If it is written otherwise.
    """
    found = re.fullmatch(r'(\d+)x(\d+)\+(\d+)\+(\d+)', text)
    if found is None:
        raise argparse.ArgumentTypeError(
            f'{text!r} is not of the form WxH+X+Y')
    width, height, x, y = map(int, found.groups())
    return x, y, width, height


def read_frames(video: str, first: int, count: int, crop: Optional[Box],
                width: int) -> Tuple[List[Image.Image], float]:
    """Read a part of a video.

    Args:
        video (str): The file.
        first (int): Number of the first frame, from 0.
        count (int): Number of frames; fewer at the end of the video.
        crop (tuple, optional): x, y, width and height of what to show.
        width (int): Width of the pictures.

    Returns:
        tuple: The pictures, and frames per second.

    Raises:
        ValueError: If the video has no such frames.
    """
    capture = cv2.VideoCapture(video)
    pictures = []
    for number in range(first + count):
        read, frame = capture.read()
        if not read:
            break
        if number < first:
            continue
        if crop is not None:
            x, y, w, h = crop
            frame = frame[y:y + h, x:x + w]
        height = round(frame.shape[0] * width / frame.shape[1])
        frame = cv2.resize(frame, (width, height),
                           interpolation=cv2.INTER_AREA)
        pictures.append(Image.fromarray(frame[..., ::-1]))
    if not pictures:
        raise ValueError(f'{video} has no frame {first}')
    return pictures, capture.get(cv2.CAP_PROP_FPS)


def main(argv: Optional[Sequence[str]] = None) -> int:
    """Write the picture and print its size."""
    args = parse_args(argv)
    try:
        pictures, fps = read_frames(
            args.video, args.first, args.frames, args.crop, args.width)
    except ValueError as error:
        print(f'error: {error}', file=sys.stderr)
        return 1
    pictures[0].save(
        args.picture, save_all=True, append_images=pictures[1:],
        duration=round(1000 / (fps or 25)), loop=0, quality=args.quality,
        method=6)
    size = Path(args.picture).stat().st_size
    print(f'{args.picture}: {len(pictures)} frames, {size / 1e3:.0f} kB')
    return 0


if __name__ == '__main__':
    sys.exit(main())
