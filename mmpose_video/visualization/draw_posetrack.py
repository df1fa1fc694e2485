"""Draw predictions in PoseTrack's layout on their frames."""
import os.path as osp
from collections import defaultdict
from typing import Any, Dict, Iterator, List, Tuple

import cv2
import mmcv
import numpy as np
from mmengine.structures import InstanceData
from mmengine.utils import mkdir_or_exist
from mmpose.structures import PoseDataSample

from mmpose_video.formats.inner_path import inner_path
from mmpose_video.formats.schema import Record, stack_numbers

from .track_visualizer import TrackLocalVisualizer
from .video_file import VideoFile


def iter_drawn_frames(pred_file: str,
                      image_root: str,
                      metainfo: dict,
                      kpt_thr: float = 0.3
                      ) -> Iterator[Tuple[str, np.ndarray]]:
    """Draw the people of each frame of a video.

    Args:
        pred_file (str): Predictions of one video, as ``PoseTrackAP`` writes
            them with ``dump_dir``.
        image_root (str): Folder that the file names start from.
        metainfo (dict): Meta information of the dataset
            (``dataset.metainfo``).
        kpt_thr (float): Lowest score of a keypoint that is drawn. Defaults
            to 0.3.

    Yields:
        tuple: A frame's file name and the drawn frame, (H, W, 3) uint8 BGR.

    Raises:
        FileNotFoundError: If a frame does not exist.
        ValueError: If the file breaks PoseTrack's layout.
    """
    content = Record.read(pred_file)
    people: Dict[Any, List[Record]] = defaultdict(list)
    for ann in content.records('annotations'):
        people[ann.identity('image_id')].append(ann)
    visualizer = TrackLocalVisualizer(radius=3, line_width=2)
    visualizer.set_dataset_meta(metainfo)
    for image in content.records('images'):
        name = image.text('file_name')
        path = inner_path(image_root, name, pred_file)
        if not osp.exists(path):
            raise FileNotFoundError(f'`{path}`, named by `{pred_file}`, does '
                                    'not exist; is `image_root` right?')
        frame = mmcv.imread(path, channel_order='rgb')
        sample = PoseDataSample(
            pred_instances=_instances(people[image.identity()],
                                      metainfo['num_keypoints']))
        drawn = visualizer.add_datasample(
            'frame',
            frame,
            sample,
            draw_gt=False,
            draw_bbox=False,
            kpt_thr=kpt_thr)
        yield name, cv2.cvtColor(drawn, cv2.COLOR_RGB2BGR)


def draw_video(pred_file: str,
               image_root: str,
               metainfo: dict,
               out_dir: str,
               fps: float = 12.,
               kpt_thr: float = 0.3) -> str:
    """Write the drawn frames of a video as pictures and as an mp4.

    Args:
        pred_file (str): See :func:`iter_drawn_frames`.
        image_root (str): See :func:`iter_drawn_frames`.
        metainfo (dict): See :func:`iter_drawn_frames`.
        out_dir (str): Gets ``<frame>.jpg`` for each frame and ``<video>.mp4``.
        fps (float): Frames per second of the mp4. Defaults to 12.
        kpt_thr (float): Lowest score of a keypoint that is drawn. Defaults
            to 0.3.

    Returns:
        str: Path of the mp4.

    Raises:
        FileExistsError: If a picture would overwrite its frame.
        FileNotFoundError: If a frame does not exist.
        OSError: If the mp4 cannot be written.
        ValueError: If there is no frame.
    """
    mkdir_or_exist(out_dir)
    name = osp.splitext(osp.basename(pred_file))[0]
    video = VideoFile(osp.join(out_dir, f'{name}.mp4'), fps)
    count = 0
    try:
        for file_name, frame in iter_drawn_frames(pred_file, image_root,
                                                  metainfo, kpt_thr):
            target = osp.join(out_dir, f'{_stem(file_name)}.jpg')
            source = inner_path(image_root, file_name, pred_file)
            if osp.realpath(target) == osp.realpath(source):
                raise FileExistsError(
                    f'`{source}` would be overwritten by its drawing; choose '
                    'another folder for the pictures')
            video.append(frame)
            mmcv.imwrite(frame, target)
            count += 1
    finally:
        video.close()
    if not count:
        raise ValueError(f'`{pred_file}` holds no frame')
    if video.failed:
        raise OSError(f'cannot write `{video.path}`')
    return video.path


def _stem(file_name: str) -> str:
    """Return the name of a frame without folder and suffix."""
    return osp.splitext(osp.basename(file_name))[0]


def _instances(people: List[Record], num_keypoints: int) -> InstanceData:
    """Return the people of a frame, without the entries of empty frames.

    PoseTrack's layout has zeros for absent keypoints, which become NaN.
    """
    points = stack_numbers(people, 'keypoints', 3 * num_keypoints)
    scores = stack_numbers(people, 'scores', num_keypoints)
    there = points.any(axis=1)
    points = points[there].reshape(-1, num_keypoints, 3)[..., :2]
    points[(points == 0).all(-1)] = np.nan
    return InstanceData(
        keypoints=points.astype(np.float32),
        keypoint_scores=scores[there].astype(np.float32))
