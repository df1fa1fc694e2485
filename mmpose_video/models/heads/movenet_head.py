"""The head of MoveNet for one person."""
from typing import (
    Any,
    Dict,
    List,
    NamedTuple,
    Optional,
    Sequence,
    Tuple,
    Type,
)

import torch
from mmengine.structures import InstanceData, PixelData
from mmpose.models.heads import BaseHead
from mmpose.registry import KEYPOINT_CODECS, MODELS
from mmpose.utils.typing import (
    ConfigType,
    OptConfigType,
    OptMultiConfig,
    Predictions,
    SampleList,
)
from torch import Tensor, nn

from mmpose_video.formats.keypoints import COCO_KEYPOINTS
from mmpose_video.models.layers.separable_conv import SeparableConv

from .movenet_targets import PeopleTargets, by_keypoint


class MoveNetMaps(NamedTuple):
    """Maps of MoveNet: N images, K keypoints, h x w cells of stride 4.

    Displacements and offsets are in cells; the channels of keypoint k are
    2 k (y) and 2 k + 1 (x).

    Attributes:
        center (Tensor): Probability that a person's center lies in the cell,
            (N, 1, h, w).
        heatmaps (Tensor): Probability that a keypoint of any person lies in
            the cell, (N, K, h, w).
        displacements (Tensor): From a person's center cell to the keypoints,
            (N, 2 K, h, w).
        offsets (Tensor): From the cell of a keypoint to the keypoint,
            (N, 2 K, h, w).
    """

    center: Tensor
    heatmaps: Tensor
    displacements: Tensor
    offsets: Tensor


@MODELS.register_module()
class MoveNetHead(BaseHead):
    """Predict the pose of the person in the middle of a crop.

    Four branches over one map of stride 4: person center, keypoint heatmaps,
    displacements from the center and sub-cell offsets; see
    :class:`MoveNetMaps`. :class:`MoveNetLabel` turns them into a pose.

    MoveNet has no paper; structure and decoding were read from the published
    graphs. Its training losses are not public. The defaults here are those of
    the CenterNet family: focal losses for center and heatmaps, L1 losses for
    displacements and offsets, all of weight 1.

    Args:
        in_channels (int): Channels of the input map. Defaults to 24.
        num_keypoints (int): K. Defaults to that of COCO.
        hidden_channels (int): Channels between the convolutions of a branch.
            Defaults to 96.
        loss_center (dict): Loss of the center map. Defaults to the focal loss.
        loss_heatmap (dict): Loss of the heatmaps, called with predictions,
            targets, weights (N, K) and a mask. Defaults to the focal loss.
        loss_displacement (dict): Loss of the displacements around the centers
            of people. Defaults to L1.
        loss_offset (dict): Loss of the offsets around keypoints.
            Defaults to L1.
        radius (int): Displacements are supervised in the square of
            2 radius + 1 cells around a center, offsets in that around a
            keypoint: decoding draws both towards the middle or the guess, off
            the cells of the maxima. The published models were trained in
            about that way (near a keypoint all cells point at it). Defaults
            to 2.
        decoder (dict, optional): Config of the :class:`MoveNetLabel` codec.
        init_cfg (dict | list[dict], optional): Initialization config.
    """

    #: Named tuple of the maps; subclasses have more of them.
    maps_type: Type[Any] = MoveNetMaps
    #: Pixels of the input per cell.
    stride = 4

    def __init__(self,
                 in_channels: int = 24,
                 num_keypoints: int = len(COCO_KEYPOINTS),
                 hidden_channels: int = 96,
                 loss_center: ConfigType = dict(  # noqa: B006
                     type='FocalHeatmapLoss'),
                 loss_heatmap: ConfigType = dict(  # noqa: B006
                     type='FocalHeatmapLoss', use_target_weight=True),
                 loss_displacement: ConfigType = dict(  # noqa: B006
                     type='L1Loss'),
                 loss_offset: ConfigType = dict(  # noqa: B006
                     type='L1Loss'),
                 radius: int = 2,
                 decoder: OptConfigType = None,
                 init_cfg: OptMultiConfig = None) -> None:
        super().__init__(init_cfg=init_cfg)
        self.in_channels = in_channels
        self.num_keypoints = num_keypoints
        self.branches = nn.ModuleDict()
        for name, channels in self._branch_channels().items():
            final = nn.Conv2d(hidden_channels, channels, 1)
            if name in ('center', 'heatmaps'):
                # a new model finds no people anywhere, as CenterNet begins
                assert final.bias is not None
                nn.init.constant_(final.bias, -2.19)
            self.branches[name] = nn.Sequential(
                SeparableConv(in_channels, hidden_channels), final)
        self.loss_center = MODELS.build(loss_center)
        self.loss_heatmap = MODELS.build(loss_heatmap)
        self.loss_displacement = MODELS.build(loss_displacement)
        self.loss_offset = MODELS.build(loss_offset)
        if radius < 0:
            raise ValueError('`radius` must not be negative, got '
                             f'{radius}')
        self.radius = radius
        self.decoder = None
        if decoder is not None:
            self.decoder = KEYPOINT_CODECS.build(decoder)

    def _branch_channels(self) -> Dict[str, int]:
        """Return the output channels of each branch, in order of the maps."""
        return dict(
            center=1,
            heatmaps=self.num_keypoints,
            displacements=2 * self.num_keypoints,
            offsets=2 * self.num_keypoints)

    def forward(self, feats: Tuple[Tensor, ...]) -> Any:
        """Predict all maps.

        Args:
            feats (tuple[Tensor]): The last one is used, (N, C, h, w).

        Returns:
            MoveNetMaps: The maps.
        """
        maps = {name: branch(feats[-1]) for name, branch in
                self.branches.items()}
        for name in ('center', 'heatmaps'):
            maps[name] = maps[name].sigmoid()
        return self.maps_type(**maps)

    def predict(self,
                feats: Tuple[Tensor, ...],
                batch_data_samples: SampleList,
                test_cfg: ConfigType = {}) -> Predictions:  # noqa: B006
        """Predict poses in pixels of the input.

        Args:
            feats (tuple[Tensor] | list[tuple[Tensor]]): Features, and with
                ``flip_test`` those of the mirrored input as well.
            batch_data_samples (list[PoseDataSample]): N samples.
            test_cfg (dict): ``flip_test`` averages the maps of both views,
                ``output_heatmaps`` also returns the heatmaps.

        Returns:
            list[InstanceData]: For each image the fields ``keypoints``
            (1, K, 2) and ``keypoint_scores`` (1, K).
        """
        if test_cfg.get('flip_test', False):
            assert isinstance(feats, list) and len(feats) == 2
            flip_indices = batch_data_samples[0].metainfo['flip_indices']
            maps = self.average(
                self.forward(feats[0]),
                self.unflip(self.forward(feats[1]), flip_indices))
        else:
            maps = self.forward(feats)
        found = self.decode_maps(maps)
        if test_cfg.get('output_heatmaps', False):
            return found, [
                PixelData(heatmaps=heatmap.detach())
                for heatmap in maps.heatmaps
            ]
        return found

    def decode_maps(self, maps: Any) -> List[InstanceData]:
        """Decode maps into instances in pixels of the input."""
        return self.decode(tuple(maps))

    @staticmethod
    def average(maps: Any, other: Any) -> Any:
        """Average two sets of maps."""
        return type(maps)(*((a + b) / 2 for a, b in zip(maps, other)))

    def unflip(self, maps: Any, flip_indices: Sequence[int]) -> Any:
        """Turn the maps of a mirrored image into maps of the image.

        Pixel x of the image is pixel W - 1 - x of its mirror image, so the
        keypoint in cell p with offset o lies in cell w - 1 - p with offset
        1 - 1 / 4 - o, 4 being the stride.

        Args:
            maps (MoveNetMaps): The maps of the mirrored image.
            flip_indices (Sequence[int]): For each keypoint the index of its
                mirror partner.
        """
        indices = list(flip_indices)
        maps = type(maps)(*(one.flip(-1) for one in maps))
        displacements = by_keypoint(maps.displacements)[:, indices].clone()
        displacements[:, :, 1] *= -1
        offsets = by_keypoint(maps.offsets)[:, indices].clone()
        offsets[:, :, 1] = 1 - 1 / self.stride - offsets[:, :, 1]
        return maps._replace(
            heatmaps=maps.heatmaps[:, indices],
            displacements=displacements.flatten(1, 2),
            offsets=offsets.flatten(1, 2))

    def loss(self,
             feats: Tuple[Tensor, ...],
             batch_data_samples: SampleList,
             train_cfg: OptConfigType = None) -> Dict[str, Tensor]:
        """Compute the losses.

        Args:
            feats (tuple[Tensor]): Features.
            batch_data_samples (list[PoseDataSample]): Samples with the targets
                of :class:`MoveNetLabel`.
            train_cfg (dict, optional): Not used.

        Returns:
            dict[str, Tensor]: ``loss_center``, ``loss_kpt`` (heatmaps),
            ``loss_displacement`` and ``loss_offset``.
        """
        maps = self.forward(feats)
        targets = PeopleTargets.collect(batch_data_samples)
        return self._pose_losses(maps, targets, batch_data_samples)

    def _pose_losses(self, maps: Any, targets: PeopleTargets,
                     batch_data_samples: SampleList) -> Dict[str, Tensor]:
        """Compute the losses of a single person's branches."""
        return dict(
            loss_center=self.loss_center(
                _clamp(maps.center), targets.center, mask=targets.mask),
            loss_kpt=self.loss_heatmap(
                _clamp(maps.heatmaps),
                targets.heatmaps,
                self._heatmap_weights(batch_data_samples),
                mask=targets.mask),
            loss_displacement=self._loss_at(
                self.loss_displacement, maps.displacements,
                targets.displacements(maps.displacements, self.radius)),
            loss_offset=self._loss_at(
                self.loss_offset, maps.offsets,
                targets.offsets(maps.offsets, self.radius)))

    def _heatmap_weights(self,
                         batch_data_samples: SampleList) -> Optional[Tensor]:
        """Return weights (N, K), zero for keypoints without a label."""
        return torch.stack([
            sample.gt_instance_labels.keypoint_weights.amax(0)
            for sample in batch_data_samples
        ])

    @staticmethod
    def _loss_at(loss: nn.Module, maps: Tensor,
                 pair: Tuple[Tensor, Tensor]) -> Tensor:
        """Compute a loss of gathered values; zero if there is none."""
        predicted, target = pair
        if len(target) == 0:
            return maps.sum() * 0
        return loss(predicted, target)


def _clamp(probability: Tensor) -> Tensor:
    """Keep the logarithms of the focal loss finite."""
    return probability.clamp(1e-4, 1 - 1e-4)
