"""The head of Poseur."""
from typing import Any, Dict, List, NamedTuple, Sequence

import torch
from mmdet.models.layers import SinePositionalEncoding
from mmdet.models.layers.transformer.utils import inverse_sigmoid
from mmpose.models.heads.base_head import BaseHead
from mmpose.models.utils.tta import flip_coordinates
from mmpose.registry import KEYPOINT_CODECS, MODELS
from mmpose.utils.tensor_utils import to_numpy
from mmpose.utils.typing import (
    ConfigType,
    InstanceList,
    OptConfigType,
    OptSampleList,
)
from torch import Tensor, nn

from .decoder_layer import PoseurDecoderLayer
from .keypoint_encoder import KeypointEncoder


class Estimate(NamedTuple):
    """Coordinates in units of the image and deviations, (N, Q, 2) each."""
    coordinates: Tensor
    sigmas: Tensor


def _mlp(channels: int, activation: bool = True) -> nn.Sequential:
    """Return three linear layers, to two numbers."""
    layers: List[nn.Module] = []
    for _ in range(2):
        layers.append(nn.Linear(channels, channels))
        if activation:
            layers.append(nn.ReLU(inplace=True))
    return nn.Sequential(*layers, nn.Linear(channels, 2))


@MODELS.register_module()
class PoseurHead(BaseHead):
    """Regress coordinates by queries, one for each keypoint.

    "Poseur: Direct Human Pose Regression with Transformers", Mao et al.,
    ECCV 2022 (https://arxiv.org/abs/2201.07412). A first guess comes from
    the mean of the coarsest features; each layer of a decoder looks around
    the points of the last one and moves them. All guesses maximize a
    residual log-likelihood. In training, further groups of queries start
    from points of which some were moved at random.

    Args:
        in_channels (int): C of all levels (of a ``ChannelMapper``).
        num_joints (int): K.
        num_levels (int): Levels of features. Defaults to 4.
        num_layers (int): Layers of the decoder. Defaults to 6.
        num_noisy_groups (int): Further groups in training. Defaults to 3.
        num_noisy_points (int): Moved points of a group. Defaults to 4.
        noise_cov (float): Variance of the move along each axis; it is cut
            off at 1, and the points at -0.7 and 1.7. Defaults to 0.2.
        layer_cfg (dict, optional): Arguments of :class:`PoseurDecoderLayer`.
        loss (dict): Config of the losses; there is one for the first guess
            and one for all layers. Defaults to :class:`PoseurRLELoss`.
        decoder (dict): Config of the codec, a :class:`RegressionLabel`.
        init_cfg (dict, optional): See :class:`BaseModule`.
    """

    _version = 2

    def __init__(self,
                 in_channels: int,
                 num_joints: int,
                 decoder: ConfigType,
                 num_levels: int = 4,
                 num_layers: int = 6,
                 num_noisy_groups: int = 3,
                 num_noisy_points: int = 4,
                 noise_cov: float = 0.2,
                 layer_cfg: OptConfigType = None,
                 loss: OptConfigType = None,
                 init_cfg: OptConfigType = None) -> None:
        super().__init__(init_cfg)
        if not 0 <= num_noisy_points <= num_joints:
            raise ValueError(
                f'`num_noisy_points` must be at most {num_joints}, the '
                f'number of keypoints, got {num_noisy_points}')
        self.num_joints = num_joints
        self.num_noisy_groups = num_noisy_groups
        self.num_noisy_points = num_noisy_points
        self.noise_cov = noise_cov
        self.decoder = KEYPOINT_CODECS.build(decoder)
        self.position = SinePositionalEncoding(
            in_channels // 2, normalize=True, offset=-0.5)
        self.level_embed = nn.Parameter(torch.zeros(num_levels, in_channels))
        nn.init.normal_(self.level_embed)
        self.encoder = KeypointEncoder(in_channels, num_joints)
        self.query_embed = nn.Embedding(num_joints, in_channels)
        self.layers = nn.ModuleList(
            PoseurDecoderLayer(in_channels, num_levels, **(layer_cfg or {}))
            for _ in range(num_layers))
        self.refine, self.correct, self.sigmas = (
            nn.ModuleList(
                _mlp(in_channels, activation) for _ in range(num_layers))
            for activation in (True, True, False))
        # layers start as the identity
        for mlp in (*self.refine, *self.correct):
            nn.init.zeros_(mlp[-1].weight)
            nn.init.zeros_(mlp[-1].bias)
        loss = loss or dict(type='PoseurRLELoss')
        self.encoder_loss = MODELS.build(loss)
        self.decoder_loss = MODELS.build(loss)

    def _memory(self, feats: Sequence[Tensor]) -> Dict[str, Tensor]:
        """Return the cells of all levels, with position and level."""
        cells, shapes = [], []
        for feat, level in zip(feats, self.level_embed):
            mask = feat.new_zeros((len(feat), *feat.shape[2:]))
            feat = feat + self.position(mask) + level[:, None, None]
            cells.append(feat.flatten(2).transpose(1, 2))
            shapes.append(feat.shape[2:])
        sizes = torch.tensor(shapes, device=feats[0].device)
        starts = sizes.prod(dim=1).cumsum(0).roll(1)
        starts[0] = 0
        return dict(
            value=torch.cat(cells, dim=1),
            spatial_shapes=sizes,
            level_start_index=starts)

    def _noisy(self, points: Tensor) -> Tensor:
        """Move some of the points of the further groups.

        Args:
            points (Tensor): (N, K, 2).

        Returns:
            Tensor: (N, G * K, 2), group by group.
        """
        shape = (len(points), self.num_noisy_groups, self.num_joints)
        noise = torch.randn(*shape, 2, device=points.device)
        noise = (noise * self.noise_cov**0.5).clamp(-1, 1)
        # in each group the points with the highest random numbers
        rank = torch.rand(shape, device=points.device).argsort(-1).argsort(-1)
        moved = (rank < self.num_noisy_points)[..., None].to(noise)
        return (points[:, None] + noise * moved).clamp(-0.7, 1.7).flatten(1, 2)

    def estimates(self, feats: Sequence[Tensor],
                  noisy: bool = False) -> List[Estimate]:
        """Return the first guess and that of each layer.

        Args:
            feats (Sequence[Tensor]): Levels from fine to coarse,
                (N, C, h, w).
            noisy (bool): Run the further groups as well. Defaults to False.

        Returns:
            list[Estimate]: The first of K keypoints, the others of
            ``(1 + G) * K`` if ``noisy``.

        Raises:
            ValueError: If there is another number of levels.
        """
        if len(feats) != len(self.level_embed):
            raise ValueError(f'PoseurHead takes {len(self.level_embed)} '
                             f'levels of features, got {len(feats)}')
        memory = self._memory(feats)
        first = Estimate(*self.encoder(feats[-1]))
        points, num_groups = first.coordinates, 1
        if noisy and self.num_noisy_groups:
            num_groups += self.num_noisy_groups
            points = torch.cat([points, self._noisy(points)], dim=1)
        query = self.encoder.queries(points)
        position = self.query_embed.weight.repeat(num_groups, 1)
        results = [first]
        for layer, refine, correct, sigmas in zip(
                self.layers, self.refine, self.correct, self.sigmas):
            query = layer(query, position, num_groups,
                          reference_points=points, **memory)
            points = (refine(query) + inverse_sigmoid(points)).sigmoid()
            results.append(Estimate(points + correct(query),
                                    sigmas(query).sigmoid()))
        return results

    def forward(self, feats: Sequence[Tensor]) -> Tensor:
        """Return the last layer's coordinates and deviations, (N, K, 4)."""
        return torch.cat(self.estimates(feats)[-1], dim=-1)

    def loss(self,
             feats: Sequence[Tensor],
             batch_data_samples: OptSampleList,
             train_cfg: OptConfigType = None) -> dict:
        """Compute the losses.

        Args:
            feats (Sequence[Tensor]): See :meth:`estimates`.
            batch_data_samples (list[PoseDataSample]): With
                ``keypoint_labels`` and ``keypoint_weights``.
            train_cfg (dict, optional): Not used.

        Returns:
            dict: ``loss_encoder`` and ``loss_layer<i>`` for each layer.
        """
        labels = [sample.gt_instance_labels for sample in batch_data_samples]
        target = torch.cat([label.keypoint_labels for label in labels])
        weight = torch.cat([label.keypoint_weights for label in labels])
        first, *later = self.estimates(feats, noisy=True)
        losses = dict(loss_encoder=self.encoder_loss(*first, target, weight))
        groups = later[0].coordinates.shape[1] // self.num_joints
        target, weight = target.repeat(1, groups, 1), weight.repeat(1, groups)
        for i, estimate in enumerate(later):
            losses[f'loss_layer{i}'] = self.decoder_loss(
                *estimate, target, weight)
        return losses

    def predict(self,
                feats: Any,
                batch_data_samples: OptSampleList,
                test_cfg: OptConfigType = None) -> InstanceList:
        """Predict keypoints.

        A score is ``0.7 (1 - exp(-0.2 / sx)) (1 - exp(-0.2 / sy))``. In the
        flip test coordinates are weighted by its fifth power, and scores are
        averaged.

        Args:
            feats (Sequence): See :meth:`estimates`; with ``flip_test`` a
                list of those of the images and of the mirrored images.
            batch_data_samples (list[PoseDataSample]): Meta info.
            test_cfg (dict, optional): ``flip_test``.

        Returns:
            list[InstanceData]: With ``keypoints`` and ``keypoint_scores``.
        """
        if (test_cfg or {}).get('flip_test', False):
            meta = batch_data_samples[0].metainfo
            plain, mirrored = (self.forward(view) for view in feats)
            coordinates = torch.stack([
                plain[..., :2],
                flip_coordinates(
                    mirrored[..., :2].clone(), meta['flip_indices'],
                    shift_coords=True, input_size=meta['input_size'])
            ])
            scores = torch.stack([
                likelihood(plain[..., 2:]),
                likelihood(mirrored[:, meta['flip_indices'], 2:])
            ])
            share = scores**5
            share = share / share.sum(dim=0).clamp(min=1e-12)
            points = (coordinates * share[..., None]).sum(dim=0)
            score = scores.mean(dim=0)
        else:
            found = self.forward(feats)
            points, score = found[..., :2], likelihood(found[..., 2:])
        instances = self.decode(points[:, None])
        for instance, value in zip(instances, to_numpy(score[:, None])):
            instance.keypoint_scores = value
        return instances


def likelihood(sigmas: Tensor) -> Tensor:
    """Turn deviations (..., 2) into scores (...), at most 0.7."""
    return 0.7 * (1 - torch.exp(-0.2 / (sigmas + 1e-9))).prod(dim=-1)
