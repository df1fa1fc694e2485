"""Hand on poses that were predicted together with the boxes."""
from typing import List, Sequence

import numpy as np
from mmengine.structures import InstanceData
from mmpose.structures import PoseDataSample

from .pose_runner import Item, PoseRunner


class FoundPoseRunner(PoseRunner):
    """Take the poses of a bottom-up model, which found the boxes, too."""

    def run(self, items: Sequence[Item]) -> List[PoseDataSample]:
        """See :class:`PoseRunner`.

        Raises:
            ValueError: If the boxes come without poses.
        """
        return [self._sample(item) for item in items]

    @staticmethod
    def _sample(item: Item) -> PoseDataSample:
        """Return the sample of one person."""
        if item.pose is None:
            raise ValueError('the model finds people by itself and takes no '
                             'boxes')
        frame = item.clip.key
        sample = PoseDataSample(
            metainfo=dict(
                img_path=frame.name,
                img_id=frame.index,
                ori_shape=frame.image.shape[:2]))
        sample.pred_instances = InstanceData(
            keypoints=item.pose[None, :, :2].astype(np.float32),
            keypoint_scores=item.pose[None, :, 2].astype(np.float32),
            keypoints_visible=item.pose[None, :, 2].astype(np.float32),
            bboxes=item.box[None].astype(np.float32),
            bbox_scores=np.array([item.score], np.float32))
        return sample
