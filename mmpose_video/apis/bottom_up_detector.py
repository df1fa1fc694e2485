"""Find people and their poses with a bottom-up or one-stage model."""
from typing import Any

import numpy as np
import torch
from mmengine.dataset import Compose, pseudo_collate
from mmengine.registry import init_default_scope
from mmpose.evaluation.functional import nms

from .found_people import FoundPeople


class BottomUpDetector:
    """Find boxes and poses of all people, as the test script does.

    For every bottom-up model of MMPose, such as YOLOX-Pose, RTMO or DEKR. The
    boxes are the model's own, or those around the keypoints where it has
    none.

    Args:
        model (BottomupPoseEstimator): The model with its config as ``cfg``,
            as :func:`load_pose_model` leaves it.
        score_thr (float): Drop people with a lower score. Defaults to 0.3.
        nms_thr (float): Of boxes that overlap more, keep the best. Defaults
            to 0.65, YOLOX-Pose's.
    """

    def __init__(self, model: Any, score_thr: float = 0.3,
                 nms_thr: float = 0.65) -> None:
        self.model = model
        self.score_thr = score_thr
        self.nms_thr = nms_thr
        init_default_scope(model.cfg.get('default_scope', 'mmpose'))
        self._pipeline = Compose(model.cfg.test_dataloader.dataset.pipeline)

    @torch.no_grad()
    def __call__(self, image: np.ndarray) -> FoundPeople:
        """Find the people of an image.

        Args:
            image (np.ndarray): Shape (H, W, 3), uint8, BGR.
        """
        data = self._pipeline(dict(
            img=image, img_path='', img_id=0, id=0, **self.model.dataset_meta))
        sample = self.model.test_step(pseudo_collate([data]))[0]
        found = sample.pred_instances
        keypoints = np.asarray(found.keypoints, np.float32)
        keypoint_scores = np.asarray(found.keypoint_scores, np.float32)
        if not len(keypoints):
            return FoundPeople(np.zeros((0, 4), np.float32),
                               np.zeros(0, np.float32), keypoints,
                               keypoint_scores)
        if 'bboxes' in found:
            boxes = np.asarray(found.bboxes, np.float32)
        else:
            boxes = np.concatenate(
                [keypoints.min(axis=1), keypoints.max(axis=1)], axis=1)
        if 'bbox_scores' in found:
            scores = np.asarray(found.bbox_scores, np.float32)
        else:
            scores = keypoint_scores.mean(axis=1)
        people = FoundPeople(boxes, scores, keypoints, keypoint_scores)
        sure = np.flatnonzero(scores >= self.score_thr)
        rows = np.column_stack([boxes, scores])[sure]
        keep = sure[np.asarray(nms(rows, self.nms_thr), dtype=int)]
        return FoundPeople(*(values[keep] for values in people))
