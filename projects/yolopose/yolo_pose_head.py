"""YOLOX-Pose's head with a choice of areas."""
from typing import Any, Tuple

from mmpose.models.heads.hybrid_heads.yoloxpose_head import YOLOXPoseHead
from mmpose.registry import MODELS


@MODELS.register_module()
class YOLOPoseHead(YOLOXPoseHead):
    """:class:`YOLOXPoseHead` that passes box areas to losses that use them.

    Where ``loss_oks`` has ``area='box'``, as :class:`YOLOPoseOKSLoss` has by
    default, it gets the area of each person's box in place of the annotated
    area.
    """

    def _get_targets(self, *args: Any) -> Tuple[Any, ...]:
        """Return the targets of all images, with the areas of the loss."""
        targets = list(super()._get_targets(*args))
        if getattr(self.loss_oks, 'area', 'segment') == 'box':
            boxes = targets[4]
            # the areas of the people that the positive samples belong to
            targets[10] = (boxes[:, 2:] - boxes[:, :2]).prod(dim=1)
        return tuple(targets)
