"""The keypoint loss of YOLO-pose."""
from typing import Any, Optional

import torch
from mmpose.models.losses import OKSLoss
from mmpose.registry import MODELS
from torch import Tensor

EXPONENTS = ('yolo', 'coco')
AREAS = ('box', 'segment')


@MODELS.register_module()
class YOLOPoseOKSLoss(OKSLoss):
    """One minus the keypoint similarity, as YOLO-pose has it.

    "YOLO-Pose: Enhancing YOLO for Multi Person Pose Estimation Using Object
    Keypoint Similarity Loss", Maji et al., CVPRW 2022
    (https://arxiv.org/abs/2204.06806). The published code differs from COCO's
    similarity, which is what the options are for:

    * its exponent, ``d^2 / (4 s sigma^2)``, lacks COCO's factor 2,
      ``d^2 / (8 s sigma^2)``, so that far keypoints of small people get less
      of a gradient;
    * its ``s`` is the area of the box, COCO's that of the person;
    * the mean is taken over the labeled keypoints of the whole batch, while
      MMPose's loss averages over a person's first. A person without a
      labeled keypoint adds nothing here, and a constant 1 there.

    Args:
        metainfo (str): Config of the dataset whose sigmas are taken.
        exponent (str): ``'yolo'`` or ``'coco'``. Defaults to 'yolo'.
        area (str): ``'box'`` or ``'segment'``, the annotated area. It is
            :class:`YOLOPoseHead` that hands the right one in. Defaults to
            'box'.
        factor (bool): Average over the labeled keypoints; otherwise over
            all, of which the unlabeled have no loss. Defaults to True.
        loss_weight (float): Defaults to 1.
        eps (float): Smallest area in square pixels. Defaults to 1e-8.

    Raises:
        ValueError: If an option is not one of those listed.
    """

    def __init__(self,
                 metainfo: str,
                 exponent: str = 'yolo',
                 area: str = 'box',
                 factor: bool = True,
                 loss_weight: float = 1.,
                 eps: float = 1e-8) -> None:
        if exponent not in EXPONENTS:
            raise ValueError(f'`exponent` must be one of {EXPONENTS}, got '
                             f'{exponent!r}')
        if area not in AREAS:
            raise ValueError(f'`area` must be one of {AREAS}, got {area!r}')
        super().__init__(metainfo, loss_weight=loss_weight, eps=eps)
        self.exponent = exponent
        self.area = area
        self.factor = factor

    def forward(self,
                output: Tensor,
                target: Tensor,
                target_weight: Optional[Tensor] = None,
                areas: Optional[Tensor] = None,
                **kwargs: Any) -> Tensor:
        """Compute the loss of people.

        Args:
            output (Tensor): (N, K, 2) predicted keypoints in pixels.
            target (Tensor): (N, K, 2) labels.
            target_weight (Tensor, optional): (N, K), 1 where labeled.
                Defaults to None, all are.
            areas (Tensor): (N,) square pixels.
            **kwargs: Not used.

        Returns:
            Tensor: A scalar; 0 if nothing is labeled.

        Raises:
            ValueError: If there are no areas, or other keypoints than the
                dataset has sigmas.
        """
        if areas is None:
            raise ValueError('`YOLOPoseOKSLoss` needs the areas of people')
        if output.shape[-2] != len(self.sigmas):
            raise ValueError(
                f'{output.shape[-2]} keypoints, but the dataset of '
                f'`metainfo` has {len(self.sigmas)} sigmas')
        squared = (output - target).square().sum(dim=-1)
        scale = 4 if self.exponent == 'yolo' else 8
        width = scale * areas.clamp(min=self.eps)[:, None] * (
            self.sigmas.to(output).square())
        loss = 1 - torch.exp(-squared / width)
        if target_weight is None:
            return self.loss_weight * loss.mean()
        loss = loss * target_weight
        number = target_weight.sum() if self.factor else loss.numel()
        return self.loss_weight * loss.sum() / max(number, 1)
