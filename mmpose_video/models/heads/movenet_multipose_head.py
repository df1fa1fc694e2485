"""The head of MoveNet for several people."""
from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Tuple

import torch
from mmengine.structures import InstanceData
from mmpose.registry import MODELS
from mmpose.utils.typing import ConfigType, OptConfigType, SampleList
from torch import Tensor

from .movenet_head import MoveNetHead
from .movenet_targets import PeopleTargets, gather_boxes


class MoveNetMultiPoseMaps(NamedTuple):
    """:class:`MoveNetMaps` with boxes; sizes and offsets are in cells.

    Attributes:
        center (Tensor): (N, 1, h, w).
        heatmaps (Tensor): (N, K, h, w).
        displacements (Tensor): (N, 2 K, h, w).
        offsets (Tensor): (N, 2 K, h, w).
        box_sizes (Tensor): Height and width of the person's box, (N, 2, h, w).
        box_offsets (Tensor): From the center's cell to the box's middle, y
            before x, (N, 2, h, w).
    """

    center: Tensor
    heatmaps: Tensor
    displacements: Tensor
    offsets: Tensor
    box_sizes: Tensor
    box_offsets: Tensor


@MODELS.register_module()
class MoveNetMultiPoseHead(MoveNetHead):
    """Predict poses and boxes of all people of an image.

    To the branches of :class:`MoveNetHead` it adds size and offset of the
    boxes. It is the head of a ``BottomupPoseEstimator``.

    Args:
        loss_box_size (dict): Loss of the boxes' sizes. Defaults to L1 with
            the weight 0.1, CenterNet's.
        loss_box_offset (dict): Loss of the boxes' offsets. Defaults to L1.
        **kwargs: See :class:`MoveNetHead`; ``decoder`` is a
            :class:`MoveNetMultiPoseLabel`.
    """

    maps_type = MoveNetMultiPoseMaps

    def __init__(self,
                 *args: Any,
                 loss_box_size: ConfigType = dict(  # noqa: B006
                     type='L1Loss', loss_weight=0.1),
                 loss_box_offset: ConfigType = dict(  # noqa: B006
                     type='L1Loss'),
                 **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.loss_box_size = MODELS.build(loss_box_size)
        self.loss_box_offset = MODELS.build(loss_box_offset)

    def _branch_channels(self) -> Dict[str, int]:
        """Return the output channels of each branch, in order of the maps."""
        return dict(super()._branch_channels(), box_sizes=2, box_offsets=2)

    def decode_maps(self, maps: Any) -> List[InstanceData]:
        """Decode maps into instances in pixels of the input.

        Returns:
            list[InstanceData]: For each image ``keypoints`` (P, K, 2),
            ``keypoint_scores`` (P, K), ``bboxes`` (P, 4) and ``bbox_scores``
            (P, ).
        """
        assert self.decoder is not None
        return [
            InstanceData(**people._asdict())
            for people in self.decoder.decode_people(*maps)
        ]

    def unflip(self, maps: Any, flip_indices: Sequence[int]) -> Any:
        """See :meth:`MoveNetHead.unflip`."""
        maps = super().unflip(maps, flip_indices)
        y, x = maps.box_offsets.unbind(1)
        return maps._replace(
            box_offsets=torch.stack([y, 1 - 1 / self.stride - x], 1))

    def loss(self,
             feats: Tuple[Tensor, ...],
             batch_data_samples: SampleList,
             train_cfg: OptConfigType = None) -> Dict[str, Tensor]:
        """Compute the losses.

        Returns:
            dict[str, Tensor]: Those of :class:`MoveNetHead`,
            ``loss_box_size`` and ``loss_box_offset``.
        """
        maps = self.forward(feats)
        targets = PeopleTargets.collect(batch_data_samples)
        boxes = torch.cat([
            sample.gt_instance_labels.box_labels
            for sample in batch_data_samples
        ])
        size, offset = gather_boxes(targets, boxes, maps.box_sizes,
                                    maps.box_offsets)
        return dict(
            self._pose_losses(maps, targets, batch_data_samples),
            loss_box_size=self._loss_at(self.loss_box_size, maps.box_sizes,
                                        size),
            loss_box_offset=self._loss_at(self.loss_box_offset,
                                          maps.box_offsets, offset))

    def _heatmap_weights(self,
                         batch_data_samples: SampleList) -> Optional[Tensor]:
        """Return ones: where one person has no label, another may have one."""
        return torch.ones(
            (len(batch_data_samples), self.num_keypoints),
            device=batch_data_samples[0].gt_fields.heatmaps.device)
