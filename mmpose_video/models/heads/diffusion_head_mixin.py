"""What heads that generate their answer by diffusion share."""
from typing import Any, List, Optional, Sequence, Tuple

import torch
from mmpose.utils.typing import (
    ConfigType,
    Features,
    OptConfigType,
    OptSampleList,
)
from torch import Tensor, nn

from mmpose_video.models.diffusion import (
    GaussianDiffusion,
    SamplingSettings,
    generate,
    sample_key,
)


class DiffusionHeadMixin:
    """Diffusion beside a head of the host.

    A *signal* is what is generated, a tensor (...) for each sample:
    heatmaps or coordinates. The class that takes this in says how a signal
    is denoised, mirrored and turned back from a mirrored image.

    The noise of a sample depends on the seed and the sample alone, so runs
    can be repeated. In the flip test the mirrored image starts from the
    mirrored noise: both halves estimate the same hypothesis, and they are
    averaged as the host's heads do.

    Shape shorthand: N samples, P hypotheses.
    """

    denoiser: Any
    diffusion: GaussianDiffusion
    sampling: SamplingSettings
    draws_per_sample: int

    def _init_diffusion(self, denoiser: nn.Module, diffusion: OptConfigType,
                        sampling: OptConfigType,
                        draws_per_sample: int) -> None:
        """Set up the parts; after the host's own initialization."""
        if draws_per_sample < 1:
            raise ValueError('`draws_per_sample` must be at least 1, got '
                             f'{draws_per_sample}')
        self.draws_per_sample = draws_per_sample
        self.denoiser = denoiser
        self.diffusion = GaussianDiffusion(**(diffusion or {}))
        self.sampling = SamplingSettings().override(sampling)

    def _signal_shape(self, feats: Tuple[Tensor, ...]) -> Tuple[int, ...]:
        """Shape of one signal."""
        raise NotImplementedError

    def _denoise(self, z: Tensor, t: Tensor, prepared: tuple) -> Tensor:
        """The clean signals in noisy ones, (N, P, ...)."""
        return self.denoiser(z, t, prepared)

    def _mirror(self, noise: Tensor, indices: Sequence[int]) -> Tensor:
        """Noise (N, P, ...) as the mirrored image has it."""
        raise NotImplementedError

    def _flip_back(self, signals: Tensor, test_cfg: ConfigType,
                   meta: dict) -> Tensor:
        """Signals (N * P, ...) of mirrored images, mirrored."""
        raise NotImplementedError

    def _rough_signal(self, feats: Tuple[Tensor, ...]) -> Optional[Tensor]:
        """Rough signals to start from, (N, ...), if there are any."""
        return None

    def forward(self, feats: Tuple[Tensor, ...]) -> Tensor:
        """Generate signals with the head's own sampling settings.

        The samples have no names here and see the same noise.

        Args:
            feats (tuple[Tensor]): Feature maps, (N, C, h, w).

        Returns:
            Tensor: Heatmaps (N, K, h', w'), or coordinates (N, K, 2) as
            fractions of the input's size; averaged over the hypotheses.
        """
        keys = [sample_key(None)] * len(feats[-1])
        return self.generate(feats, keys, self.sampling)[-1].mean(dim=1)

    def generate(self,
                 feats: Tuple[Tensor, ...],
                 keys: Sequence[str],
                 settings: SamplingSettings,
                 flip_indices: Optional[Sequence[int]] = None,
                 first_noise: Optional[Tensor] = None) -> List[Tensor]:
        """Generate the signals of all hypotheses.

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
            list[Tensor]: The signals predicted at each step, heatmaps
            (N, P, K, h', w') or coordinates (N, P, K, 2); the last ones are
            the result.
        """
        shape = self._signal_shape(feats)
        prepared = self.denoiser.encode(feats[-1])
        rough = None
        if settings.start == 'rough':
            rough = self._rough_signal(feats)
        mirror = None
        if flip_indices is not None:
            def mirror(noise: Tensor) -> Tensor:
                return self._mirror(noise, flip_indices)
        return generate(
            self.diffusion,
            lambda z, t: self._denoise(z, t, prepared),
            keys,
            shape,
            settings,
            feats[-1].device,
            mirror=mirror,
            rough=rough,
            first_noise=first_noise)

    def _generate_for(
            self, feats: Features, batch_data_samples: OptSampleList,
            test_cfg: ConfigType
    ) -> Tuple[Tensor, SamplingSettings, List[dict]]:
        """Signals (N, P, ...) of a test, after the flip test if asked.

        Also the settings, and the meta information of the samples.
        """
        settings = self.sampling.override(test_cfg.get('sampling'))
        metas = [sample.metainfo for sample in batch_data_samples]
        keys = [sample_key(meta) for meta in metas]
        if not test_cfg.get('flip_test', False):
            return self.generate(feats, keys, settings)[-1], settings, metas
        if not (isinstance(feats, list) and len(feats) == 2):
            raise ValueError('the flip test needs the features of the '
                             'images and of the mirrored images')
        signals = self.generate(feats[0], keys, settings)[-1]
        flipped = self.generate(feats[1], keys, settings,
                                metas[0]['flip_indices'])[-1]
        flipped = self._flip_back(flipped.flatten(0, 1), test_cfg, metas[0])
        return (signals + flipped.view_as(signals)) * 0.5, settings, metas

    def _denoise_drawn_steps(self, feats: Tuple[Tensor, ...],
                             target: Tensor) -> Tuple[Tensor, Tensor]:
        """One training step's predictions.

        Args:
            feats (tuple[Tensor]): Feature maps, (N, C, h, w).
            target (Tensor): Clean signals, (N, ...).

        Returns:
            tuple[Tensor, Tensor]: Predictions from noise of steps drawn at
            random, (N * draws, ...), and what they should be.
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
