"""Boxes of a model that finds people and poses at once."""
from typing import Optional

import numpy as np
from mmpose.apis import inference_bottomup, init_model

from mmpose_video.apis.frame_source import Frame
from mmpose_video.apis.person_boxes import BoxSource, People, make_people


class OneStageBoxes(BoxSource):
    """Find people with YOLOX-Pose, YOLO-pose or another one-stage model.

    A detector for :class:`VideoPoseInferencer` that needs no MMDetection
    config. The boxes are the model's own, or those around the keypoints
    where it has none.

    Args:
        config (str): The model's config.
        checkpoint (str, optional): Its weights.
        device (str, optional): Defaults to the CPU.
        score_thr (float): Drop people with a lower score. Defaults to 0.3.

    Examples:
        >>> boxes = OneStageBoxes('yoloxpose.py', 'yoloxpose.pth')
        >>> infer = VideoPoseInferencer('dcpose.py', 'dcpose.pth')
        >>> results = list(infer('video.mp4', boxes=boxes))
    """

    empty_hint = 'the one-stage model finds none above its `score_thr`'

    def __init__(self,
                 config: str,
                 checkpoint: Optional[str] = None,
                 device: Optional[str] = None,
                 score_thr: float = 0.3) -> None:
        self.model = init_model(config, checkpoint, device or 'cpu')
        self.score_thr = score_thr

    def __call__(self, frame: Frame) -> People:
        """Return the people of a frame; see :class:`BoxSource`."""
        found = inference_bottomup(self.model, frame.image)[0].pred_instances
        if 'bboxes' in found:
            boxes, scores = found.bboxes, found.bbox_scores
        else:
            boxes = np.concatenate([found.keypoints.min(axis=1),
                                    found.keypoints.max(axis=1)], axis=1)
            scores = found.keypoint_scores.mean(axis=1)
        people = np.concatenate([boxes, scores[:, None]], axis=1)
        return make_people(people[scores >= self.score_thr], frame.image)
