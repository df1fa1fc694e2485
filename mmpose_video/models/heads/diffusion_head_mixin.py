"""The common part of heads that generate poses by diffusion."""
from typing import Any, List, Optional, Sequence, Tuple

import torch
from mmpose.utils.typing import (
    ConfigType,
    Features,
    OptConfigType,
    OptSampleList,
    Predictions,
)
from torch import Tensor, nn

from ..diffusion import (
    GaussianDiffusion,
    SamplingSettings,
    SeededNoise,
    sample_key,
)

FeatureLevels = Tuple[Tensor, ...]


class DiffusionHeadMixin:
    """Training and sampling of a diffusion process in an MMPose head.

    A *signal* is what is generated for a sample, a tensor of any shape (...):
    heatmaps or coordinates. The class that inherits this mixin defines how a
    signal is denoised, mirrored, flipped back and decoded.

    The noise of a sample depends only on the seed and the sample, so runs are
    repeatable. In the flip test the mirrored image starts from the mirrored
    noise: both halves estimate the same hypothesis and are averaged as in
    MMPose's heads.

    Shape shorthand: N samples, P hypotheses.
    """

    denoiser: Any
    diffusion: GaussianDiffusion
    sampling: SamplingSettings
    draws_per_sample: int

    def _init_diffusion(self, denoiser: nn.Module, diffusion: OptConfigType,
                        sampling: OptConfigType,
                        draws_per_sample: int) -> None:
        """Set up the parts; call it after the head's own constructor."""
        if draws_per_sample < 1:
            raise ValueError('`draws_per_sample` must be at least 1, got '
                             f'{draws_per_sample}')
        self.draws_per_sample = draws_per_sample
        self.denoiser = denoiser
        self.diffusion = GaussianDiffusion(**(diffusion or {}))
        self.sampling = SamplingSettings().override(sampling)

    def _signal_shape(self, feats: FeatureLevels) -> Tuple[int, ...]:
        """Return the shape of one signal."""
        raise NotImplementedError

    def _denoise(self, z: Tensor, t: Tensor, prepared: tuple) -> Tensor:
        """Predict the clean signals of noisy ones, (N, P, ...)."""
        return self.denoiser(z, t, prepared)

    def _mirror(self, noise: Tensor, indices: Sequence[int]) -> Tensor:
        """Mirror noise (N, P, ...) as the image is mirrored."""
        raise NotImplementedError

    def _flip_back(self, signals: Tensor, test_cfg: ConfigType,
                   meta: dict) -> Tensor:
        """Mirror the signals (N * P, ...) of mirrored images back."""
        raise NotImplementedError

    def _rough_signal(self, feats: FeatureLevels) -> Optional[Tensor]:
        """Return rough signals to start from, (N, ...), if there are any."""
        return None

    def _decode_hypotheses(self, signals: Tensor, settings: SamplingSettings,
                           metas: Sequence[dict],
                           test_cfg: ConfigType) -> Predictions:
        """Combine the hypotheses (N, P, ...) and decode the poses."""
        raise NotImplementedError

    def forward(self, feats: FeatureLevels) -> Tensor:
        """Generate signals with the head's own sampling settings.

        The samples have no names here and get the same noise.

        Args:
            feats (tuple[Tensor]): Feature maps, (N, C, h, w).

        Returns:
            Tensor: Heatmaps (N, K, h', w'), or coordinates (N, K, 2) as
            fractions of the input size; averaged over the hypotheses.
        """
        keys = [sample_key(None)] * len(feats[-1])
        return self.generate(feats, keys, self.sampling)[-1].mean(dim=1)

    def predict(self,
                feats: Features,
                batch_data_samples: OptSampleList,
                test_cfg: ConfigType = {}) -> Predictions:  # noqa: B006
        """Predict poses from features.

        Args:
            feats (tuple[Tensor] | list[tuple[Tensor]]): Feature maps; for the
                flip test those of the images and of the mirrored images.
            batch_data_samples (list[PoseDataSample]): The samples.
            test_cfg (dict): The options of MMPose's heads, and ``sampling``
                with :class:`SamplingSettings` by name.

        Returns:
            list[InstanceData] | tuple: The poses, and heatmaps if
            ``output_heatmaps`` asks for them and the head generates them.

        Raises:
            ValueError: If the flip test lacks the features of the mirrored
                images.
        """
        settings = self.sampling.override(test_cfg.get('sampling'))
        metas = [sample.metainfo for sample in batch_data_samples]
        keys = [sample_key(meta) for meta in metas]
        if test_cfg.get('flip_test', False):
            if not (isinstance(feats, list) and len(feats) == 2):
                raise ValueError('the flip test needs the features of the '
                                 'images and of the mirrored images')
            signals = self.generate(feats[0], keys, settings)[-1]
            flipped = self.generate(feats[1], keys, settings,
                                    metas[0]['flip_indices'])[-1]
            flipped = self._flip_back(
                flipped.flatten(0, 1), test_cfg, metas[0])
            signals = (signals + flipped.view_as(signals)) * 0.5
        else:
            signals = self.generate(feats, keys, settings)[-1]
        return self._decode_hypotheses(signals, settings, metas, test_cfg)

    def generate(self,
                 feats: FeatureLevels,
                 keys: Sequence[str],
                 settings: SamplingSettings,
                 flip_indices: Optional[Sequence[int]] = None,
                 first_noise: Optional[Tensor] = None) -> List[Tensor]:
        """Generate the signals of P hypotheses for each of N samples.

        Args:
            feats (tuple[Tensor]): Feature maps, (N, C, h, w).
            keys (Sequence[str]): Names of the samples, which seed the noise;
                see :func:`~mmpose_video.models.diffusion.sample_key`.
            settings (SamplingSettings): Steps, hypotheses and so on.
            flip_indices (Sequence[int], optional): Given if the features are
                those of mirrored images; the noise is then mirrored, too.
            first_noise (Tensor, optional): Noise (N, P, ...) to start from
                instead of that of the keys, for an exported model. Fresh
                noise, for steps with eta > 0, still comes from the keys.

        Returns:
            list[Tensor]: The signals predicted at each step, heatmaps
            (N, P, K, h', w') or coordinates (N, P, K, 2); the last entry is
            the result.
        """
        prepared = self.denoiser.encode(feats[-1])
        device = feats[-1].device

        def mirror(noise: Tensor) -> Tensor:
            assert flip_indices is not None
            return self._mirror(noise, flip_indices)

        noise = SeededNoise(keys, settings.hypotheses,
                            self._signal_shape(feats), settings.seed, device,
                            None if flip_indices is None else mirror)
        z, start = noise() if first_noise is None else first_noise, None
        size = (z.shape[0], z.shape[1])
        if settings.start == 'rough':
            start = round(settings.start_time *
                          (self.diffusion.num_steps - 1))
            z = self._noisy_rough_signal(feats, z, start)

        def denoise(z: Tensor, t: int) -> Tensor:
            steps = torch.full(size, t, device=device)
            return self._denoise(z, steps, prepared)

        return self.diffusion.sample(denoise, z, settings.steps, settings.eta,
                                     noise, start)

    def _noisy_rough_signal(self, feats: FeatureLevels, noise: Tensor,
                            step: int) -> Tensor:
        """Add noise (N, P, ...) of a step to the rough signals."""
        rough = self._rough_signal(feats)
        if rough is None:
            raise ValueError("`sampling.start='rough'` needs a rough "
                             'prediction: give the head a `rough_head`')
        signal = rough[:, None].expand_as(noise).flatten(0, 1)
        steps = torch.full((signal.shape[0], ), step)
        noisy = self.diffusion.add_noise(signal, steps, noise.flatten(0, 1))
        return noisy.view_as(noise)

    def _denoise_random_steps(self, feats: FeatureLevels,
                              target: Tensor) -> Tuple[Tensor, Tensor]:
        """Denoise the targets of a training batch from random steps.

        Args:
            feats (tuple[Tensor]): Feature maps, (N, C, h, w).
            target (Tensor): Clean signals, (N, ...).

        Returns:
            tuple[Tensor, Tensor]: The predictions, (N * draws, ...), and the
            clean signals that they are compared with.
        """
        clean = target.repeat_interleave(self.draws_per_sample, dim=0)
        t = self.diffusion.draw_steps(len(clean))
        noisy = self.diffusion.add_noise(clean, t, torch.randn_like(clean))
        split = (len(target), self.draws_per_sample)
        pred = self._denoise(
            noisy.unflatten(0, split),
            t.view(split).to(noisy.device),
            self.denoiser.encode(feats[-1])).flatten(0, 1)
        return pred, clean
