"""The forward process and the DDIM sampler, free of any network."""
import math
from typing import Callable, List, Optional, Tuple

import numpy as np
import torch
from torch import Tensor

Denoiser = Callable[[Tensor, int], Tensor]
Noise = Callable[[], Tensor]

SCHEDULES = ('cosine', 'linear')


def cosine_schedule(num_steps: int, offset: float = 0.008) -> Tensor:
    r"""Return the cumulative products of alpha in the cosine schedule.

    :math:`f(u) = \cos^2(\frac{u/T + s}{1 + s}\frac{\pi}{2})`, and
    :math:`\beta_t = \min(1 - f(t + 1) / f(t), 0.999)` (Nichol and Dhariwal,
    Improved DDPM, eq. 17).

    Args:
        num_steps (int): T, the length of the forward process.
        offset (float): s; it keeps the first betas from being too small.

    Returns:
        Tensor: Shape (T,), float64, falling from almost 1 to almost 0.
    """
    u = torch.arange(num_steps + 1, dtype=torch.float64) / num_steps
    f = torch.cos((u + offset) / (1 + offset) * math.pi / 2)**2
    betas = (1 - f[1:] / f[:-1]).clamp(0, 0.999)
    return torch.cumprod(1 - betas, dim=0)


def linear_schedule(num_steps: int,
                    first: float = 1e-4,
                    last: float = 0.02) -> Tensor:
    """Return the cumulative products of alpha for linearly spaced betas.

    The end points are those of DDPM (Ho et al. 2020, section 4), which are
    meant for T = 1000; they are scaled by 1000 / T, so that a shorter process
    destroys as much.

    Args:
        num_steps (int): T, the length of the forward process.
        first (float): The first beta at T = 1000.
        last (float): The last beta at T = 1000.

    Returns:
        Tensor: Shape (T,), float64, falling.
    """
    scale = 1000 / num_steps
    betas = torch.linspace(
        first * scale, last * scale, num_steps, dtype=torch.float64)
    return torch.cumprod(1 - betas.clamp(max=0.999), dim=0)


class GaussianDiffusion:
    r"""Add noise to a clean signal, and remove it with a denoiser.

    The clean signal x_0 lies in [0, 1] outside of this class (a heatmap, or
    coordinates as fractions of the input size) and in [-s, s] inside, where s
    is the signal scale: :math:`z_0 = (2 x_0 - 1) s`. The noisy signal is
    :math:`z_t \sim N(\sqrt{\bar\alpha_t} z_0, (1 - \bar\alpha_t) I)` (DDPM,
    eq. 4). The denoiser predicts x_0 and not the noise, as DiffPose (ICCV
    2023) and DiffusionDet do.

    The tables are float64 on the CPU and are no buffers of a module: casting
    a model to half precision must not round them.

    Args:
        num_steps (int): T, the length of the forward process. Defaults to
            1000.
        schedule (str): 'cosine' (DiffusionDet's) or 'linear' (DDPM's). The
            sources on DiffPose do not agree; package default, not the
            paper's. Defaults to 'cosine'.
        signal_scale (float): s. The smaller, the less a noisy heatmap tells
            of the clean one at the same t. Package default, not the paper's;
            DiffusionDet has 2. Defaults to 1.
    """

    def __init__(self,
                 num_steps: int = 1000,
                 schedule: str = 'cosine',
                 signal_scale: float = 1.) -> None:
        if schedule not in SCHEDULES:
            raise ValueError(f'`schedule` must be one of {SCHEDULES}, got '
                             f'{schedule!r}')
        if num_steps < 1:
            raise ValueError('`num_steps`, the length of the forward process,'
                             f' must be at least 1, got {num_steps}')
        if signal_scale <= 0:
            raise ValueError('`signal_scale` must be positive, got '
                             f'{signal_scale}')
        self.num_steps = num_steps
        self.signal_scale = signal_scale
        make = cosine_schedule if schedule == 'cosine' else linear_schedule
        with torch.device('cpu'):  # where a model is built on another
            self.alphas_cumprod = make(num_steps)
        self._alphas = self.alphas_cumprod.tolist()

    def scale(self, x0: Tensor) -> Tensor:
        """Map [0, 1] to [-s, s]; values outside are clamped."""
        return (x0.clamp(0, 1) * 2 - 1) * self.signal_scale

    def add_noise(self, x0: Tensor, t: Tensor, noise: Tensor) -> Tensor:
        r"""Draw from :math:`q(z_t | x_0)`.

        Args:
            x0 (Tensor): Clean signals in [0, 1], shape (B, ...).
            t (Tensor): Steps in {0, ..., T - 1}, shape (B,), int64, best on
                the CPU, where the tables are.
            noise (Tensor): Standard normal, of the shape of ``x0``.

        Returns:
            Tensor: Noisy signals, of the shape of ``x0``.
        """
        alphas = self.alphas_cumprod[t.cpu()]
        alphas = alphas.view(-1, *[1] * (x0.dim() - 1))
        signal = alphas.sqrt().to(x0)
        return signal * self.scale(x0) + (1 - alphas).sqrt().to(x0) * noise

    def draw_steps(self, num: int) -> Tensor:
        """Draw steps for training, uniformly, on the CPU.

        Args:
            num (int): How many.

        Returns:
            Tensor: Shape (num,), int64, in {0, ..., T - 1}.
        """
        return torch.randint(self.num_steps, (num, ))

    def step_pairs(self,
                   num: int,
                   start: Optional[int] = None) -> List[Tuple[int, int]]:
        """Return the steps that a short reverse process visits.

        They are evenly spaced, as in DiffusionDet: the integer parts of
        ``num + 1`` points from -1 to the start, where -1 is the clean signal.

        Args:
            num (int): Number of evaluations of the denoiser.
            start (int, optional): The first step. Defaults to T - 1.

        Returns:
            list[tuple[int, int]]: For each evaluation the step now and the
            step after it.
        """
        start = self.num_steps - 1 if start is None else start
        if not 1 <= num <= start + 1:
            raise ValueError(
                f'the number of sampling steps must be from 1 to {start + 1}, '
                f'got {num}')
        # NumPy's, as an exporter would make operations of torch's
        points = np.linspace(-1, start, num + 1)
        # rounding errors must not pull an exact integer down
        times = np.floor(points + 1e-9).astype(int)[::-1].tolist()
        return list(zip(times[:-1], times[1:]))

    def ddim_step(self,
                  z: Tensor,
                  x0: Tensor,
                  now: int,
                  then: int,
                  eta: float = 0.,
                  noise: Optional[Tensor] = None) -> Tensor:
        r"""Take one step of the reverse process (DDIM, eq. 12 and 16).

        With :math:`\epsilon = (z_t - \sqrt{\bar\alpha_t} z_0) /
        \sqrt{1 - \bar\alpha_t}` it is :math:`z_{t'} = \sqrt{\bar\alpha_{t'}}
        z_0 + \sqrt{1 - \bar\alpha_{t'} - \sigma^2} \epsilon + \sigma n`, where
        :math:`\sigma = \eta \sqrt{(1 - \bar\alpha_{t'}) / (1 -
        \bar\alpha_t)} \sqrt{1 - \bar\alpha_t / \bar\alpha_{t'}}`.

        Args:
            z (Tensor): The noisy signal at step ``now``.
            x0 (Tensor): The denoiser's prediction, in [0, 1]; values outside
                are clamped.
            now (int): t.
            then (int): t', smaller than t; -1 for the clean signal.
            eta (float): 0 is deterministic, 1 has DDPM's variance. Defaults
                to 0.
            noise (Tensor, optional): Standard normal; needed if eta > 0 and
                ``then`` is not -1.

        Returns:
            Tensor: The signal at step ``then``.
        """
        z0 = self.scale(x0)
        if then < 0:
            return z0
        a_now, a_then = self._alphas[now], self._alphas[then]
        eps = (z - math.sqrt(a_now) * z0) / math.sqrt(1 - a_now)
        sigma = eta * math.sqrt(
            (1 - a_then) / (1 - a_now) * (1 - a_now / a_then))
        # at eta = 1 the difference may fall below zero by rounding
        direction = math.sqrt(max(1 - a_then - sigma**2, 0.))
        z = math.sqrt(a_then) * z0 + direction * eps
        if sigma > 0:
            if noise is None:
                raise ValueError('a step with eta > 0 needs `noise`')
            z = z + sigma * noise
        return z

    def sample(self,
               denoise: Denoiser,
               z: Tensor,
               num: int,
               eta: float = 0.,
               noise: Optional[Noise] = None,
               start: Optional[int] = None) -> List[Tensor]:
        """Run the reverse process.

        Args:
            denoise (Callable): Predicts clean signals in [0, 1] from noisy
                ones and the step.
            z (Tensor): The signal at the first step.
            num (int): Number of evaluations of ``denoise``.
            eta (float): See :meth:`ddim_step`.
            noise (Callable, optional): Gives fresh noise of the shape of
                ``z``; needed if eta > 0.
            start (int, optional): The first step. Defaults to T - 1.

        Returns:
            list[Tensor]: What ``denoise`` predicted at each step, as it was
            predicted; the last one is the result.
        """
        predictions = []
        for now, then in self.step_pairs(num, start):
            x0 = denoise(z, now)
            predictions.append(x0)
            if then >= 0:
                fresh = noise() if eta > 0 and noise is not None else None
                z = self.ddim_step(z, x0, now, then, eta, fresh)
        return predictions
