"""Draw predictions in PoseTrack's layout on their frames."""
import os.path as osp
from collections import defaultdict
from typing import Dict, Iterator, List, Tuple

import cv2
import mmcv
import numpy as np
from mmengine.structures import InstanceData
from mmengine.utils import mkdir_or_exist
from mmpose.structures import PoseDataSample
from mmpose.visualization import PoseLocalVisualizer

from mmpose_video.formats.json_file import read_json


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
        metainfo (dict): Meta info of the data set (``dataset.metainfo``).
        kpt_thr (float): Least score of a key point that is drawn.

    Yields:
        tuple: A frame's file name and the drawn frame, (H, W, 3) uint8 BGR.

    Raises:
        FileNotFoundError: If a frame does not exist.
    """
    content = read_json(pred_file)
    people: Dict[int, List[dict]] = defaultdict(list)
    for ann in content['annotations']:
        people[ann['image_id']].append(ann)
    visualizer = PoseLocalVisualizer(radius=3, line_width=2)
    visualizer.set_dataset_meta(metainfo)
    for image in content['images']:
        path = osp.join(image_root, image['file_name'])
        if not osp.exists(path):
            raise FileNotFoundError(f'`{path}`, named by `{pred_file}`, does '
                                    'not exist; is `image_root` right?')
        frame = mmcv.imread(path, channel_order='rgb')
        sample = PoseDataSample(
            pred_instances=_instances(people[image['id']]))
        drawn = visualizer.add_datasample(
            'frame',
            frame,
            sample,
            draw_gt=False,
            draw_bbox=False,
            kpt_thr=kpt_thr)
        yield image['file_name'], drawn[..., ::-1]


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
        fps (float): Frames per second of the mp4.
        kpt_thr (float): Least score of a key point that is drawn.

    Returns:
        str: Path of the mp4.
    """
    mkdir_or_exist(out_dir)
    name = osp.splitext(osp.basename(pred_file))[0]
    path = osp.join(out_dir, f'{name}.mp4')
    writer = None
    for file_name, frame in iter_drawn_frames(pred_file, image_root, metainfo,
                                              kpt_thr):
        frame = np.ascontiguousarray(frame)
        if writer is None:
            size = (frame.shape[1], frame.shape[0])
            writer = cv2.VideoWriter(
                path, cv2.VideoWriter.fourcc(*'mp4v'), fps, size)
        writer.write(frame)
        mmcv.imwrite(frame, osp.join(out_dir, osp.basename(file_name)))
    if writer is None:
        raise ValueError(f'`{pred_file}` holds no frame')
    writer.release()
    return path


def _instances(people: List[dict]) -> InstanceData:
    """Key points of the people of one frame, those of stand-ins left out."""
    people = [ann for ann in people if any(ann['keypoints'])]
    points = np.array([ann['keypoints'] for ann in people], dtype=np.float32)
    points = points.reshape(len(people), -1, 3)
    scores = np.array([ann['scores'] for ann in people], dtype=np.float32)
    present = (points[..., :2] != 0).any(-1)
    return InstanceData(
        keypoints=points[..., :2],
        keypoint_scores=scores.reshape(present.shape) * present)
