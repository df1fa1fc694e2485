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
    Features,
    OptConfigType,
    OptSampleList,
    Predictions,
)
from torch import Tensor

from ..diffusion import CoordinateDenoiser, spread_in_image
from .diffusion_head_mixin import DiffusionHeadMixin


@MODELS.register_module()
class DiffPoseRegressionHead(DiffusionHeadMixin, BaseHead):
    """Generates the coordinates of the joints by denoising diffusion.

    The extension that the authors' notes on DiffPose plan: the same process
    as :class:`DiffPoseHead`, over the (x, y) of the joints. Noise, steps,
    hypotheses and the flip test follow the same rules.

    A regression has no confidence of its own. With several hypotheses, the
    codec gets their standard deviation as the sigma that it knows from the
    host's heads, so joints on which they agree score higher.

    Args:
        in_channels (int): Channels of the feature, the last of the maps that
            the neck returns.
        num_joints (int): Number of key points K.
        denoiser (dict, optional): Further arguments of
            :class:`CoordinateDenoiser`.
        diffusion (dict, optional): Arguments of :class:`GaussianDiffusion`.
        sampling (dict, optional): :class:`SamplingSettings` by name;
            ``test_cfg.sampling`` overrides them.
        draws_per_sample (int): Noisy versions of each training sample in a
            batch; the features serve them all. Defaults to 1.
        loss (dict): Loss of the clean coordinates, as fractions of the
            input's size. Defaults to :class:`L1Loss`.
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
        """The denoiser takes signals in [-1, 1]."""
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

    def predict(self,
                feats: Features,
                batch_data_samples: OptSampleList,
                test_cfg: ConfigType = {}) -> Predictions:  # noqa: B006
        """Predict poses from features, as the host's heads do.

        Args:
            feats (tuple[Tensor] | list[tuple[Tensor]]): Feature maps; for the
                flip test those of the images and of the mirrored images.
            batch_data_samples (list[PoseDataSample]): The samples.
            test_cfg (dict): The host's options, and ``sampling`` with
                :class:`SamplingSettings` by name.

        Returns:
            list[InstanceData]: The poses.
        """
        coords, settings, metas = self._generate_for(
            feats, batch_data_samples, test_cfg)
        outputs = coords.mean(dim=1)
        if settings.hypotheses > 1:
            sigma = coords.std(dim=1, unbiased=False)
            outputs = torch.cat([outputs, sigma], dim=-1)
        preds = self.decode(outputs[:, None])
        if settings.hypotheses > 1 and settings.spread:
            for pred, points, meta in zip(preds, to_numpy(coords), metas):
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
            train_cfg (dict): The host's options.

        Returns:
            dict: ``loss_kpt``, and ``acc_pose`` as of the host's regression
            heads, for coordinates denoised from steps drawn at random.
        """
        labels = torch.cat(
            [d.gt_instance_labels.keypoint_labels for d in batch_data_samples])
        weights = torch.cat([
            d.gt_instance_labels.keypoint_weights for d in batch_data_samples
        ])
        pred, clean = self._denoise_drawn_steps(feats, labels)
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
