"""DiffPose's head: heatmaps generated from noise."""
from typing import List, Optional, Sequence, Tuple

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
    Features,
    InstanceList,
    OptConfigType,
    OptSampleList,
    Predictions,
)
from torch import Tensor

from ..diffusion import (
    GaussianDiffusion,
    PoseDenoiser,
    SamplingSettings,
    generate,
    sample_key,
    spread_in_image,
)


@MODELS.register_module()
class DiffPoseHead(HeatmapHead):
    r"""Generates heatmaps by denoising diffusion (DiffPose, ICCV 2023).

    Training adds noise of a random step to the ground-truth heatmap and has
    the denoiser predict the clean one, :math:`\|H - \hat H\|^2`. Testing
    starts from noise and refines it in a few DDIM steps, for several noise
    initializations at once; the average of their heatmaps is decoded.

    The noise of a sample depends on the seed and the sample alone, so runs
    can be repeated. In the flip test the mirrored image starts from the
    mirrored noise: both halves estimate the same hypothesis, and their
    average is what the host's heads do. With several hypotheses, the
    predictions get ``keypoint_spread``, (1, K): the standard deviation of the
    joint's position over the hypotheses, in pixels of the image.

    Args:
        in_channels (int): Channels of the feature, the last of the maps that
            the neck returns.
        out_channels (int): Number of key points K.
        denoiser (dict, optional): Further arguments of
            :class:`PoseDenoiser`.
        diffusion (dict, optional): Arguments of :class:`GaussianDiffusion`.
        sampling (dict, optional): :class:`SamplingSettings` by name;
            ``test_cfg.sampling`` overrides them.
        draws_per_sample (int): Noisy versions of each training sample in a
            batch; the features serve them all. Package default, not the
            paper's. Defaults to 1.
        rough_head (dict, optional): Config of a :class:`RoughHead`, which
            estimates a rough heatmap from the first of the maps that the
            neck returns (the key frame's, if the neck is told to keep it).
            Unless it is frozen, it is trained beside the denoiser
            (``loss_rough``); ``sampling.start='rough'`` begins with its
            heatmap. Defaults to None.
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
        if draws_per_sample < 1:
            raise ValueError('`draws_per_sample` must be at least 1, got '
                             f'{draws_per_sample}')
        if getattr(self.decoder, 'heatmap_type', 'gaussian') != 'gaussian':
            raise ValueError(
                'DiffPoseHead diffuses heatmaps with values from 0 to 1; the '
                "codec must have `heatmap_type='gaussian'`, got "
                f'{self.decoder.heatmap_type!r}')
        self.draws_per_sample = draws_per_sample
        self.denoiser = PoseDenoiser(in_channels, out_channels,
                                     **(denoiser or {}))
        self.diffusion = GaussianDiffusion(**(diffusion or {}))
        self.sampling = SamplingSettings().override(sampling)
        self.rough_head = MODELS.build(rough_head) if rough_head else None

    @property
    def default_init_cfg(self) -> list:
        """list: Nothing; the host's would make the inner layers vanish."""
        return []

    def forward(self, feats: Tuple[Tensor, ...]) -> Tensor:
        """Generate heatmaps with the head's own sampling settings.

        The samples have no names here and see the same noise.

        Args:
            feats (tuple[Tensor]): Feature maps, (N, C, h, w).

        Returns:
            Tensor: Heatmaps averaged over the hypotheses, (N, K, h', w').
        """
        keys = [sample_key(None)] * len(feats[-1])
        return self.generate(feats, keys, self.sampling)[-1].mean(dim=1)

    def generate(self,
                 feats: Tuple[Tensor, ...],
                 keys: Sequence[str],
                 settings: SamplingSettings,
                 flip_indices: Optional[Sequence[int]] = None,
                 first_noise: Optional[Tensor] = None) -> List[Tensor]:
        """Generate the heatmaps of all hypotheses.

        Args:
            feats (tuple[Tensor]): Feature maps, (N, C, h, w).
            keys (Sequence[str]): Names of the samples, see
                :func:`~mmpose_video.models.diffusion.sample_key`.
            settings (SamplingSettings): Steps, hypotheses and so on.
            flip_indices (Sequence[int], optional): Given if the features are
                of mirrored images; the noise is mirrored then, too.
            first_noise (Tensor, optional): See
                :func:`~mmpose_video.models.diffusion.generate`.

        Returns:
            list[Tensor]: The heatmaps predicted at each step,
            (N, P, K, h', w'); the last ones are the result.
        """
        shape = (self.out_channels, *self.denoiser.heatmap_size(feats[-1]))
        pyramid = self.denoiser.encode(feats[-1])
        rough = None
        if settings.start == 'rough' and self.rough_head is not None:
            rough = self._rough_heatmaps(feats, shape)

        def mirror(noise: Tensor) -> Tensor:
            return noise[:, :, flip_indices].flip(-1)

        return generate(
            self.diffusion,
            lambda z, t: self.denoiser(z, t, pyramid),
            keys,
            shape,
            settings,
            feats[-1].device,
            mirror=None if flip_indices is None else mirror,
            rough=rough,
            first_noise=first_noise)

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
            list[InstanceData] | tuple: The poses, and with
            ``output_heatmaps`` the heatmaps, averaged over the hypotheses.
        """
        settings = self.sampling.override(test_cfg.get('sampling'))
        metas = [sample.metainfo for sample in batch_data_samples]
        keys = [sample_key(meta) for meta in metas]
        if test_cfg.get('flip_test', False):
            if not (isinstance(feats, list) and len(feats) == 2):
                raise ValueError('the flip test needs the features of the '
                                 'images and of the mirrored images')
            indices = metas[0]['flip_indices']
            heatmaps = self.generate(feats[0], keys, settings)[-1]
            flipped = self.generate(feats[1], keys, settings, indices)[-1]
            flipped = flip_heatmaps(
                flipped.flatten(0, 1),
                flip_mode=test_cfg.get('flip_mode', 'heatmap'),
                flip_indices=indices,
                shift_heatmap=test_cfg.get('shift_heatmap', False))
            heatmaps = (heatmaps + flipped.view_as(heatmaps)) * 0.5
        else:
            heatmaps = self.generate(feats, keys, settings)[-1]

        average = heatmaps.mean(dim=1)
        preds = self.decode(average)
        if settings.spread and settings.hypotheses > 1:
            self._add_spread(preds, heatmaps, metas)
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
            train_cfg (dict): The host's options.

        Returns:
            dict: ``loss_kpt``; ``loss_rough`` if there is a rough head; and
            ``acc_pose``, the accuracy of heatmaps denoised from steps drawn
            at random. Noise hides little at small steps, so it is above what
            the test will show.
        """
        target = torch.stack(
            [d.gt_fields.heatmaps for d in batch_data_samples])
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

        draws = self.draws_per_sample
        clean = target.repeat_interleave(draws, dim=0)
        t = self.diffusion.draw_steps(len(clean))
        noisy = self.diffusion.add_noise(clean, t, torch.randn_like(clean))
        split = (len(target), draws)
        pred = self.denoiser(
            noisy.unflatten(0, split),
            t.view(split).to(noisy.device),
            self.denoiser.encode(feats[-1])).flatten(0, 1)
        weights_of_draws = weights.repeat_interleave(draws, dim=0)
        losses = dict(
            loss_kpt=self.loss_module(pred, clean, weights_of_draws))
        if self.rough_head is not None and not self.rough_head.frozen:
            rough = self._rough_heatmaps(feats, target.shape[1:])
            losses.update(
                self.rough_head.loss_of(rough, batch_data_samples))
        if (train_cfg or {}).get('compute_acc', True):
            _, accuracy, _ = pose_pck_accuracy(
                output=to_numpy(pred),
                target=to_numpy(clean),
                mask=to_numpy(weights_of_draws) > 0)
            losses['acc_pose'] = torch.tensor(accuracy, device=pred.device)
        return losses

    def _rough_heatmaps(self, feats: Tuple[Tensor, ...],
                        shape: Sequence[int]) -> Tensor:
        """Heatmaps of the rough head, (N, K, h, w)."""
        assert self.rough_head is not None
        heatmaps = self.rough_head.forward((feats[0], ))
        if tuple(heatmaps.shape[1:]) != tuple(shape):
            raise ValueError(
                'the rough head must make heatmaps of (K, h, w) = '
                f'{tuple(shape)}, got {tuple(heatmaps.shape[1:])}; change its '
                'deconvolutions')
        return heatmaps

    def _add_spread(self, preds: InstanceList, heatmaps: Tensor,
                    metas: Sequence[dict]) -> None:
        """Write the spread of the hypotheses, (N, P, K, h, w), to poses."""
        decoded = self.decode(heatmaps.flatten(0, 1))
        keypoints = np.concatenate([p.keypoints for p in decoded])
        keypoints = keypoints.reshape(*heatmaps.shape[:2],
                                      *keypoints.shape[1:])
        for pred, positions, meta in zip(preds, keypoints, metas):
            pred.keypoint_spread = spread_in_image(positions, meta)[None]
