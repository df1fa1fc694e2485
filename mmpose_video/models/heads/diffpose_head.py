"""DiffPose's head, which generates heatmaps from noise."""
from typing import Optional, Sequence, Tuple

import numpy as np
import torch
from mmengine.structures import PixelData
from mmpose.evaluation.functional import pose_pck_accuracy
from mmpose.models.heads import HeatmapHead
from mmpose.models.utils.tta import flip_heatmaps
from mmpose.registry import MODELS
from mmpose.utils.tensor_utils import to_numpy
from mmpose.utils.typing import (
    ConfigType,
    InstanceList,
    OptConfigType,
    OptSampleList,
    Predictions,
)
from torch import Tensor

from mmpose_video.structures import stack_target_heatmaps

from ..diffusion import PoseDenoiser, SamplingSettings, spread_in_image
from .diffusion_head_mixin import DiffusionHeadMixin


@MODELS.register_module()
class DiffPoseHead(DiffusionHeadMixin, HeatmapHead):
    r"""Generate heatmaps by denoising diffusion (DiffPose, ICCV 2023).

    In training, noise of a random step is added to the ground-truth heatmap,
    and the denoiser learns to predict the clean one,
    :math:`\|H - \hat H\|^2`. A test starts from noise and refines it in a few
    DDIM steps, for several noise initializations at once; the average of
    their heatmaps is decoded.

    For the noise and the flip test see :class:`DiffusionHeadMixin`. With
    several hypotheses, the predictions have ``keypoint_spread``, (1, K): the
    standard deviation of a keypoint's position over the hypotheses, in pixels
    of the image.

    Args:
        in_channels (int): Channels of the feature, the last map that the neck
            returns.
        out_channels (int): Number of keypoints K.
        denoiser (dict, optional): Further arguments of
            :class:`PoseDenoiser`.
        diffusion (dict, optional): Arguments of :class:`GaussianDiffusion`.
        sampling (dict, optional): :class:`SamplingSettings` by name;
            ``test_cfg.sampling`` overrides them.
        draws_per_sample (int): Noisy versions of each training sample in a
            batch, which share its features. Defaults to 1 (package default,
            not the paper's).
        rough_head (dict, optional): Config of a :class:`RoughHead`, which
            predicts a rough heatmap from the first map that the neck returns
            (the key frame's feature, with ``keep_key_frame``). Unless it is
            frozen, it is trained beside the denoiser (``loss_rough``);
            ``sampling.start='rough'`` starts from its heatmap. Defaults to
            None.
        loss (dict): Loss of the clean heatmap.
        decoder (dict, optional): The codec.
        init_cfg (dict, optional): Initialization config. Defaults to
            PyTorch's own initialization.
    """

    def __init__(self,
                 in_channels: int,
                 out_channels: int,
                 denoiser: OptConfigType = None,
                 diffusion: OptConfigType = None,
                 sampling: OptConfigType = None,
                 draws_per_sample: int = 1,
                 rough_head: OptConfigType = None,
                 loss: ConfigType = dict(  # noqa: B006
                     type='KeypointMSELoss', use_target_weight=True),
                 decoder: OptConfigType = None,
                 init_cfg: OptConfigType = None) -> None:
        super().__init__(
            in_channels=in_channels,
            out_channels=out_channels,
            deconv_out_channels=None,
            final_layer=None,
            loss=loss,
            decoder=decoder,
            init_cfg=init_cfg)
        if getattr(self.decoder, 'heatmap_type', 'gaussian') != 'gaussian':
            raise ValueError(
                'DiffPoseHead diffuses heatmaps with values from 0 to 1; the '
                "codec must have `heatmap_type='gaussian'`, got "
                f'{self.decoder.heatmap_type!r}')
        self._init_diffusion(
            PoseDenoiser(in_channels, out_channels, **(denoiser or {})),
            diffusion, sampling, draws_per_sample)
        self.rough_head = MODELS.build({
            'out_channels': out_channels,
            **rough_head
        }) if rough_head else None

    @property
    def default_init_cfg(self) -> list:
        """list: Empty; MMPose's default would shrink the inner layers."""
        return []

    def _signal_shape(self, feats: Tuple[Tensor, ...]) -> Tuple[int, ...]:
        return (self.out_channels, *self.denoiser.heatmap_size(feats[-1]))

    def _mirror(self, noise: Tensor, indices: Sequence[int]) -> Tensor:
        return noise[:, :, indices].flip(-1)

    def _flip_back(self, signals: Tensor, test_cfg: ConfigType,
                   meta: dict) -> Tensor:
        return flip_heatmaps(
            signals,
            flip_mode=test_cfg.get('flip_mode', 'heatmap'),
            flip_indices=meta['flip_indices'],
            shift_heatmap=test_cfg.get('shift_heatmap', False))

    def _rough_signal(self, feats: Tuple[Tensor, ...]) -> Optional[Tensor]:
        """Predict the rough heatmaps, (N, K, h, w), if there is a head."""
        if self.rough_head is None:
            return None
        heatmaps = self.rough_head.forward((feats[0], ))
        shape = self._signal_shape(feats)
        if tuple(heatmaps.shape[1:]) != shape:
            raise ValueError(
                f'the rough head must make heatmaps of (K, h, w) = {shape}, '
                f'got {tuple(heatmaps.shape[1:])}; change its '
                'deconvolutions')
        return heatmaps

    def _decode_hypotheses(self, signals: Tensor, settings: SamplingSettings,
                           metas: Sequence[dict],
                           test_cfg: ConfigType) -> Predictions:
        average = signals.mean(dim=1)
        preds = self.decode(average)
        if settings.spread and settings.hypotheses > 1:
            self._add_spread(preds, signals, metas)
        if test_cfg.get('output_heatmaps', False):
            return preds, [PixelData(heatmaps=h) for h in average.detach()]
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
            dict: ``loss_kpt``; ``loss_rough`` if a rough head is trained; and
            ``acc_pose``, the accuracy of heatmaps denoised from random steps.
            At small steps little is hidden by noise, so it is higher than
            the accuracy of a test.

        Raises:
            ValueError: If codec and denoiser differ in the heatmap size.
        """
        target = stack_target_heatmaps(batch_data_samples)
        weights = torch.cat([
            d.gt_instance_labels.keypoint_weights for d in batch_data_samples
        ])
        size = self.denoiser.heatmap_size(feats[-1])
        if target.shape[-2:] != size:
            raise ValueError(
                f"the codec's heatmaps are {target.shape[-1]} wide and "
                f'{target.shape[-2]} high, the head makes {size[1]} and '
                f'{size[0]}; set `heatmap_size={(size[1], size[0])}` or '
                "change the denoiser's `feature_stride`")

        pred, clean = self._denoise_random_steps(feats, target)
        weights_of_draws = weights.repeat_interleave(
            self.draws_per_sample, dim=0)
        losses = dict(
            loss_kpt=self.loss_module(pred, clean, weights_of_draws))
        if self.rough_head is not None and not self.rough_head.frozen:
            losses.update(self.rough_head.loss_from_heatmaps(
                self._rough_signal(feats), batch_data_samples))
        if (train_cfg or {}).get('compute_acc', True):
            _, accuracy, _ = pose_pck_accuracy(
                output=to_numpy(pred),
                target=to_numpy(clean),
                mask=to_numpy(weights_of_draws) > 0)
            losses['acc_pose'] = torch.tensor(accuracy, device=pred.device)
        return losses

    def _add_spread(self, preds: InstanceList, heatmaps: Tensor,
                    metas: Sequence[dict]) -> None:
        """Add the spread of the hypotheses, (N, P, K, h, w), to poses."""
        decoded = self.decode(heatmaps.flatten(0, 1))
        keypoints = np.concatenate([p.keypoints for p in decoded])
        keypoints = keypoints.reshape(*heatmaps.shape[:2],
                                      *keypoints.shape[1:])
        for pred, positions, meta in zip(preds, keypoints, metas):
            pred.keypoint_spread = spread_in_image(positions, meta)[None]
