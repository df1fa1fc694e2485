"""Hand on poses that were predicted together with the boxes."""
from typing import List, Sequence

import numpy as np
from mmpose.structures import PoseDataSample

from .frame_sample import frame_sample
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
        return frame_sample(
            item.clip.key,
            keypoints=item.pose[None, :, :2],
            scores=item.pose[None, :, 2],
            boxes=item.box[None],
            box_scores=np.array([item.score]))
