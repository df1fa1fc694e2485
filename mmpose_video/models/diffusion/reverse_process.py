"""From noise to poses: the reverse process for all hypotheses at once."""
from typing import Callable, List, Optional, Sequence

import numpy as np
import torch
from torch import Tensor

from .gaussian_diffusion import GaussianDiffusion
from .sampling import SamplingSettings, SeededNoise

BatchDenoiser = Callable[[Tensor, Tensor], Tensor]


def generate(diffusion: GaussianDiffusion,
             denoise: BatchDenoiser,
             keys: Sequence[str],
             shape: Sequence[int],
             settings: SamplingSettings,
             device: torch.device,
             mirror: Optional[Callable[[Tensor], Tensor]] = None,
             rough: Optional[Tensor] = None,
             first_noise: Optional[Tensor] = None) -> List[Tensor]:
    """Run the reverse process for P hypotheses of each of N samples.

    Args:
        diffusion (GaussianDiffusion): The process.
        denoise (Callable): Predicts clean signals (N, P, *shape) in [0, 1]
            from noisy ones and their steps, (N, P).
        keys (Sequence[str]): Names of the N samples, to seed their noise.
        shape (Sequence[int]): Shape of one signal.
        settings (SamplingSettings): Steps, hypotheses and so on.
        device (torch.device): Where to compute.
        mirror (Callable, optional): Mirrors noise, for mirrored features.
        rough (Tensor, optional): Rough signals in [0, 1], (N, *shape); needed
            if the settings say to start from them.
        first_noise (Tensor, optional): The noise to start from, (N, P,
            *shape), in place of that of the keys, for an exported model.
            Fresh noise, of steps with eta > 0, is drawn from the keys.

    Returns:
        list[Tensor]: The predictions after each step, (N, P, *shape).
    """
    noise = SeededNoise(keys, settings.hypotheses, shape, settings.seed,
                        device, mirror)
    z, start = noise() if first_noise is None else first_noise, None
    size = (z.shape[0], z.shape[1])
    if settings.start == 'rough':
        if rough is None:
            raise ValueError("`sampling.start='rough'` needs a rough "
                             'prediction: give the head a `rough_head`')
        last = diffusion.num_steps - 1
        start = round(settings.start_time * last)
        signal = rough[:, None].expand(*size, *shape).flatten(0, 1)
        steps = torch.full((signal.shape[0], ), start)
        z = diffusion.add_noise(signal, steps, z.flatten(0, 1))
        z = z.unflatten(0, size)

    def at_step(z: Tensor, t: int) -> Tensor:
        return denoise(z, torch.full(size, t, device=device))

    return diffusion.sample(at_step, z, settings.steps, settings.eta, noise,
                            start)


def spread_in_image(keypoints: np.ndarray,
                    metainfo: dict) -> np.ndarray:
    """How far apart the hypotheses place each joint.

    Args:
        keypoints (np.ndarray): Positions by P hypotheses in pixels of the
            model's input, shape (P, K, 2).
        metainfo (dict): Meta info of the sample: ``input_scale`` (size of the
            crop in the image) and ``input_size``, both (w, h).

    Returns:
        np.ndarray: The standard deviation, the root of the mean squared
        distance from the mean position, in pixels of the image, (K,).
    """
    scale = np.asarray(metainfo['input_scale'], dtype=np.float64)
    scale = scale / np.asarray(metainfo['input_size'], dtype=np.float64)
    variance = (keypoints[..., :2] * scale).var(axis=0)
    return np.sqrt(variance.sum(axis=-1)).astype(np.float32)
