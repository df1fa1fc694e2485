"""YOLOX-Pose's head with a choice of areas."""
from typing import Any, Tuple

import torch
from mmpose.models.heads.hybrid_heads.yoloxpose_head import YOLOXPoseHead
from mmpose.registry import MODELS
from mmpose.utils.typing import OptConfigType, OptSampleList
from torch import Tensor


@MODELS.register_module()
class YOLOPoseHead(YOLOXPoseHead):
    """:class:`YOLOXPoseHead` that passes box areas to losses that use them.

    Where ``loss_oks`` has ``area='box'``, as :class:`YOLOPoseOKSLoss` has by
    default, it gets the area of each person's box in place of the annotated
    area.

    A batch in which no cell is responsible for anybody, as all boxes lie
    outside of their images, trains the objectness alone; MMPose's head fails
    there if it has the L1 distances (``use_aux_loss``).
    """

    use_aux_loss: bool

    def loss(self,
             feats: Tuple[Tensor, ...],
             batch_data_samples: OptSampleList,
             train_cfg: OptConfigType = None) -> dict:
        """Compute the losses; see :class:`YOLOXPoseHead`.

        Args:
            feats (tuple[Tensor]): Features of all levels.
            batch_data_samples (list[PoseDataSample]): The annotations.
            train_cfg (dict, optional): Not used.

        Raises:
            ValueError: If the dataset has another number of keypoints.
        """
        for sample in batch_data_samples:
            found = sample.gt_instance_labels.keypoints.shape[1]
            if found != self.num_keypoints:
                raise ValueError(
                    f'the dataset has {found} keypoints, the head '
                    f'{self.num_keypoints}; set `model.head.num_keypoints` '
                    f'to {found}')
        return super().loss(feats, batch_data_samples, train_cfg or {})

    def _get_targets(self, *args: Any) -> Tuple[Any, ...]:
        """Return the targets of all images, with the areas of the loss."""
        with_aux, self.use_aux_loss = self.use_aux_loss, False
        try:
            targets = list(super()._get_targets(*args))
        finally:
            self.use_aux_loss = with_aux
        boxes, keypoints, priors = targets[4], targets[6], targets[11]
        if not torch.is_tensor(boxes):
            # nobody has a cell: tuples of empty tensors
            return tuple(targets)
        center, stride = priors[:, :2], priors[:, 2:]
        sides = boxes[:, 2:] - boxes[:, :2]
        if with_aux:
            targets[5] = torch.cat([
                ((boxes[:, :2] + boxes[:, 2:]) / 2 - center) / stride,
                torch.log(sides / stride + 1e-8)
            ], dim=-1)
            targets[7] = (keypoints - center[:, None]) / stride[:, None]
        if getattr(self.loss_oks, 'area', 'segment') == 'box':
            # the areas of the people that the positive samples belong to
            targets[10] = sides.prod(dim=1)
        return tuple(targets)
