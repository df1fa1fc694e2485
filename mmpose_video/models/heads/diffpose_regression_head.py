"""Diffusion over coordinates instead of heatmaps."""
from typing import Sequence, Tuple

import torch
from mmpose.evaluation.functional import keypoint_pck_accuracy
from mmpose.models.heads.base_head import BaseHead
from mmpose.models.utils.tta import flip_coordinates
from mmpose.registry import KEYPOINT_CODECS, MODELS
from mmpose.utils.tensor_utils import to_numpy
from mmpose.utils.typing import (
    ConfigType,
    OptConfigType,
    OptSampleList,
    Predictions,
)
from torch import Tensor

from ..diffusion import CoordinateDenoiser, SamplingSettings, spread_in_image
from .diffusion_head_mixin import DiffusionHeadMixin


@MODELS.register_module()
class DiffPoseRegressionHead(DiffusionHeadMixin, BaseHead):
    """Generate the coordinates of the keypoints by denoising diffusion.

    An extension that the authors' notes on DiffPose plan: the process of
    :class:`DiffPoseHead` over (x, y) of the keypoints. Noise, steps,
    hypotheses and the flip test work the same way.

    A regression has no confidence of its own. With several hypotheses, their
    standard deviation is passed to the codec as sigma, as MMPose's regression
    heads do, so keypoints on which the hypotheses agree score higher.

    Args:
        in_channels (int): Channels of the feature, the last map that the neck
            returns.
        num_joints (int): Number of keypoints K.
        denoiser (dict, optional): Further arguments of
            :class:`CoordinateDenoiser`.
        diffusion (dict, optional): Arguments of :class:`GaussianDiffusion`.
        sampling (dict, optional): :class:`SamplingSettings` by name;
            ``test_cfg.sampling`` overrides them.
        draws_per_sample (int): Noisy versions of each training sample in a
            batch, which share its features. Defaults to 1.
        loss (dict): Loss of the clean coordinates, as fractions of the input
            size. Defaults to :class:`L1Loss`.
        decoder (dict, optional): The codec, e.g. :class:`RegressionLabel`.
        init_cfg (dict, optional): Initialization config.
    """

    def __init__(self,
                 in_channels: int,
                 num_joints: int,
                 denoiser: OptConfigType = None,
                 diffusion: OptConfigType = None,
                 sampling: OptConfigType = None,
                 draws_per_sample: int = 1,
                 loss: ConfigType = dict(  # noqa: B006
                     type='L1Loss', use_target_weight=True),
                 decoder: OptConfigType = None,
                 init_cfg: OptConfigType = None) -> None:
        super().__init__(init_cfg)
        self.in_channels = in_channels
        self.num_joints = num_joints
        self._init_diffusion(
            CoordinateDenoiser(in_channels, num_joints, **(denoiser or {})),
            diffusion, sampling, draws_per_sample)
        if self.sampling.start != 'noise':
            raise ValueError('DiffPoseRegressionHead has no rough head; '
                             "`sampling.start` must be 'noise'")
        self.loss_module = MODELS.build(loss)
        self.decoder = KEYPOINT_CODECS.build(decoder) if decoder else None

    def _signal_shape(self, feats: Tuple[Tensor, ...]) -> Tuple[int, ...]:
        return (self.num_joints, 2)

    def _denoise(self, z: Tensor, t: Tensor, prepared: tuple) -> Tensor:
        """Denoise; the denoiser expects signals in [-1, 1]."""
        return self.denoiser(z / self.diffusion.signal_scale, t, prepared)

    def _mirror(self, noise: Tensor, indices: Sequence[int]) -> Tensor:
        return noise[:, :, indices] * noise.new_tensor([-1., 1.])

    def _flip_back(self, signals: Tensor, test_cfg: ConfigType,
                   meta: dict) -> Tensor:
        return flip_coordinates(
            signals.clone(),
            flip_indices=meta['flip_indices'],
            shift_coords=test_cfg.get('shift_coords', True),
            input_size=meta['input_size'])

    def _decode_hypotheses(self, signals: Tensor, settings: SamplingSettings,
                           metas: Sequence[dict],
                           test_cfg: ConfigType) -> Predictions:
        outputs = signals.mean(dim=1)
        if settings.hypotheses > 1:
            sigma = signals.std(dim=1, unbiased=False)
            outputs = torch.cat([outputs, sigma], dim=-1)
        preds = self.decode(outputs[:, None])
        if settings.hypotheses > 1 and settings.spread:
            for pred, points, meta in zip(preds, to_numpy(signals), metas):
                points = points * meta['input_size']
                pred.keypoint_spread = spread_in_image(points, meta)[None]
        return preds

    def loss(self,
             feats: Tuple[Tensor, ...],
             batch_data_samples: OptSampleList,
             train_cfg: ConfigType = {}) -> dict:  # noqa: B006
        """Compute the losses of a batch.

        Args:
            feats (tuple[Tensor]): Feature maps, (N, C, h, w).
            batch_data_samples (list[PoseDataSample]): The annotations.
            train_cfg (dict): The options of MMPose's heads.

        Returns:
            dict: ``loss_kpt``, and ``acc_pose`` as in MMPose's regression
            heads, for coordinates denoised from random steps.
        """
        labels = torch.cat(
            [d.gt_instance_labels.keypoint_labels for d in batch_data_samples])
        weights = torch.cat([
            d.gt_instance_labels.keypoint_weights for d in batch_data_samples
        ])
        pred, clean = self._denoise_random_steps(feats, labels)
        weights = weights.repeat_interleave(self.draws_per_sample, dim=0)
        losses = dict(
            loss_kpt=self.loss_module(pred, clean, weights[..., None]))
        if (train_cfg or {}).get('compute_acc', True):
            _, accuracy, _ = keypoint_pck_accuracy(
                pred=to_numpy(pred),
                gt=to_numpy(clean),
                mask=to_numpy(weights) > 0,
                thr=0.05,
                norm_factor=to_numpy(torch.ones(len(pred), 2)))
            losses['acc_pose'] = torch.tensor(accuracy, device=pred.device)
        return losses
