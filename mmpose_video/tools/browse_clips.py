"""Show the clips of a dataset as strips or as animations.

MMPose's ``browse_dataset`` shows key frames. This shows what a video model
sees: all frames of each clip, as stored or as they leave the pipeline, with
the labeled keypoints on the key frame::

    mmpose-video browse CONFIG --out-dir DIR
    mmpose-video browse CONFIG --out-dir DIR --mode original --format gif
"""
import argparse
import os
import os.path as osp
import sys
from typing import Any, List, Optional, Sequence, Tuple

import cv2
import numpy as np
from mmengine import Config, DictAction
from mmengine.registry import init_default_scope
from PIL import Image

from mmpose_video.apis.model_loading import read_config
from mmpose_video.utils import one_line_errors
from mmpose_video.utils.opencv_path import opencv_path

_KEY_COLOR = (0, 200, 255)  # BGR


def parse_args(argv: Optional[Sequence[str]] = None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        prog='mmpose-video browse',
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add('config', metavar='CONFIG', help='config file')
    add('--out-dir', metavar='DIR', required=True,
        help='folder of the pictures')
    add('--mode', choices=['transformed', 'original'], default='transformed',
        help='frames after the pipeline, or as stored, with box and keypoints '
        '(default: %(default)s)')
    add('--format', choices=['strip', 'gif'], default='strip',
        help='frames side by side, or animated (default: %(default)s)')
    add('--phase', choices=['train', 'val', 'test'], default='train',
        help='whose dataset (default: %(default)s)')
    add('--max-clips', type=int, metavar='N', default=50,
        help='stop after so many (default: %(default)s)')
    add('--height', type=int, metavar='N', default=256,
        help='height of a frame in pixels (default: %(default)s)')
    add('--fps', type=float, metavar='X', default=4,
        help='frames per second of animations (default: %(default)s)')
    add('--cfg-options', nargs='+', action=DictAction, metavar='KEY=VALUE',
        help='changes to the config')
    return parser.parse_args(argv)


def build_dataset(cfg: Config, phase: str, mode: str) -> Any:
    """Build the dataset of a phase with the pipeline that a mode needs."""
    from mmpose.registry import DATASETS

    loader = cfg.get(f'{phase}_dataloader')
    if loader is None:
        raise ValueError(f'{cfg.filename} has no {phase}_dataloader')
    if mode == 'original':
        loader.dataset.pipeline = [dict(type='LoadClip', cache_mb=0)]
    elif loader.dataset.pipeline[-1].type == 'PackClipInputs':
        # what browse_dataset sets packs the key frame only
        loader.dataset.pipeline.pop()
    else:
        raise ValueError('the pipeline of clips ends in `PackClipInputs`, '
                         'this one in '
                         f'`{loader.dataset.pipeline[-1].type}`')
    init_default_scope(cfg.get('default_scope', 'mmpose'))
    return DATASETS.build(loader.dataset)


def frames_of(item: dict, mode: str, height: int) -> List[np.ndarray]:
    """Return the frames of a clip in BGR, with the labels drawn."""
    if mode == 'original':
        points = item['keypoints'][0]
    else:
        points = item['transformed_keypoints'][0]
    visible = np.asarray(item['keypoints_visible'])[0]
    visible = (visible[..., 0] if visible.ndim == 2 else visible) > 0
    frames = [np.ascontiguousarray(frame).copy() for frame in item['img']]
    scale = height / frames[0].shape[0]
    size = (max(1, round(frames[0].shape[1] * scale)), height)
    drawn = []
    for number, frame in enumerate(frames):
        frame = cv2.resize(frame, size, interpolation=cv2.INTER_AREA)
        if number == item['key_index']:
            _draw_person(frame, points * scale, visible, item)
            if mode == 'original':
                x1, y1, x2, y2 = np.rint(item['bbox'][0] * scale).astype(int)
                cv2.rectangle(frame, (x1, y1), (x2, y2), _KEY_COLOR, 1)
            cv2.rectangle(frame, (0, 0), (size[0] - 1, height - 1),
                          _KEY_COLOR, 2)
        offset = int(item['frame_offsets'][number])
        label = f'{offset:+d}' if offset else '0'
        if not item['frame_valid'][number]:
            label += ' stand-in'
        for color, width in (((0, 0, 0), 3), ((255, 255, 255), 1)):
            cv2.putText(frame, label, (4, 14), cv2.FONT_HERSHEY_SIMPLEX, 0.4,
                        color, width, cv2.LINE_AA)
        drawn.append(frame)
    return drawn


def _draw_person(frame: np.ndarray, points: np.ndarray, visible: np.ndarray,
                 item: dict) -> None:
    """Draw the skeleton and the keypoints."""
    places = np.rint(np.clip(points[:, :2], -1e4, 1e4)).astype(int).tolist()
    for start, end in item.get('skeleton_links', ()):
        if visible[start] and visible[end]:
            cv2.line(frame, places[start], places[end], (0, 255, 0), 1,
                     cv2.LINE_AA)
    for place, shown in zip(places, visible):
        if shown:
            cv2.circle(frame, place, 2, (0, 0, 255), -1, cv2.LINE_AA)


def write(frames: List[np.ndarray], path: str, fps: float) -> str:
    """Write a strip (.jpg) or an animation (.gif) and return the path."""
    if path.endswith('.gif'):
        images = [Image.fromarray(frame[..., ::-1]) for frame in frames]
        images[0].save(path, save_all=True, append_images=images[1:],
                       duration=round(1000 / fps), loop=0)
    elif not cv2.imwrite(opencv_path(path), np.hstack(frames)):
        raise OSError(f'cannot write {path}')
    return path


def _name(item: dict, number: int, suffix: str) -> str:
    """Return a file name that is unique and tells video and frame."""
    folder, name = osp.split(item['img_path'])
    stem = osp.splitext(name)[0]
    return f'{number:05d}_{osp.basename(folder)}_{stem}{suffix}'


def browse(argv: Optional[Sequence[str]] = None) -> Tuple[str, ...]:
    """Write the pictures that the command line asks for.

    Args:
        argv (Sequence[str], optional): Defaults to the process's.

    Returns:
        tuple[str]: The paths of the pictures.

    Raises:
        OSError: If a file cannot be read or written.
        ValueError: If the config or its dataset cannot be used.
    """
    args = parse_args(argv)
    cfg = read_config(args.config, ())
    if args.cfg_options:
        cfg.merge_from_dict(args.cfg_options)
    dataset = build_dataset(cfg, args.phase, args.mode)
    os.makedirs(args.out_dir, exist_ok=True)
    suffix = '.gif' if args.format == 'gif' else '.jpg'
    written = []
    for number in range(min(len(dataset), args.max_clips)):
        item = dataset[number]
        frames = frames_of(item, args.mode, args.height)
        path = osp.join(args.out_dir, _name(item, number, suffix))
        written.append(write(frames, path, args.fps))
    print(f'{len(written)} of {len(dataset)} clips in {args.out_dir}')
    return tuple(written)


@one_line_errors
def main(argv: Optional[Sequence[str]] = None) -> int:
    """Run the command and return the exit status."""
    browse(argv)
    return 0


if __name__ == '__main__':
    sys.exit(main())
