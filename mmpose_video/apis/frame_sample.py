"""A sample of known poses."""
import numpy as np
from mmengine.structures import InstanceData
from mmpose.structures import PoseDataSample

from .frame_source import Frame


def frame_sample(frame: Frame, keypoints: np.ndarray, scores: np.ndarray,
                 boxes: np.ndarray, box_scores: np.ndarray) -> PoseDataSample:
    """Return the sample of a frame whose poses are known.

    Args:
        frame (Frame): The frame.
        keypoints (np.ndarray): Shape (N, K, 2), pixels of the frame.
        scores (np.ndarray): Shape (N, K), also taken as visibilities.
        boxes (np.ndarray): Shape (N, 4), left, top, right, bottom.
        box_scores (np.ndarray): Shape (N, ).

    Returns:
        PoseDataSample: With ``pred_instances`` in float32.
    """
    sample = PoseDataSample(
        metainfo=dict(
            img_path=frame.name,
            img_id=frame.index,
            ori_shape=frame.image.shape[:2]))
    sample.pred_instances = InstanceData(
        keypoints=keypoints.astype(np.float32),
        keypoint_scores=scores.astype(np.float32),
        keypoints_visible=scores.astype(np.float32),
        bboxes=boxes.astype(np.float32),
        bbox_scores=box_scores.astype(np.float32))
    return sample
