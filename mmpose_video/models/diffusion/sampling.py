"""The settings of the reverse process, and noise that can be repeated."""
import hashlib
import numbers
from dataclasses import dataclass, fields, replace
from typing import Callable, List, Optional, Sequence

import torch
from torch import Tensor

STARTS = ('noise', 'rough')


@dataclass(frozen=True)
class SamplingSettings:
    """Settings of a test, which need no retraining.

    A head has its own as an argument; ``test_cfg.sampling`` of the estimator
    overrides single keys, so the command line does, too: ``--cfg-options
    model.test_cfg.sampling.steps=10``.

    Attributes:
        steps (int): Evaluations of the denoiser.
        hypotheses (int): Noise initializations; all of them are one batch,
            and their average is the result.
        eta (float): 0 for DDIM's deterministic steps, 1 for DDPM's variance,
            or between.
        seed (int): Seed of the noise.
        start (str): 'noise', or 'rough' to start from the rough head's
            prediction plus noise.
        start_time (float): Where on the way from 0 (clean) to 1 (pure noise)
            to start from the rough prediction.
        spread (bool): Whether to write the spread of the hypotheses, if there
            are several, to the predictions. It decodes each of them.
    """

    steps: int = 4
    hypotheses: int = 1
    eta: float = 0.
    seed: int = 0
    start: str = 'noise'
    start_time: float = 0.5
    spread: bool = True

    def __post_init__(self) -> None:
        for name in ('steps', 'hypotheses'):
            value = getattr(self, name)
            if not isinstance(value, numbers.Integral) or value < 1:
                raise ValueError(f'`sampling.{name}` must be an integer of at '
                                 f'least 1, got {value!r}')
        if not 0 <= self.eta <= 1:
            raise ValueError('`sampling.eta` must be from 0 (deterministic) '
                             f'to 1 (DDPM), got {self.eta}')
        if self.start not in STARTS:
            raise ValueError(f'`sampling.start` must be one of {STARTS}, got '
                             f'{self.start!r}')
        if not 0 < self.start_time <= 1:
            raise ValueError('`sampling.start_time` must be above 0 and at '
                             f'most 1, got {self.start_time}')

    def override(self, options: Optional[dict]) -> 'SamplingSettings':
        """Return a copy with some settings changed.

        Args:
            options (dict, optional): Settings by name.

        Raises:
            ValueError: If there is no setting of such a name.
        """
        options = dict(options or {})
        known = [field.name for field in fields(self)]
        unknown = sorted(options.keys() - set(known))
        if unknown:
            raise ValueError(f'unknown key {", ".join(unknown)} in '
                             f'`sampling`; it takes {", ".join(known)}')
        return replace(self, **options)


def sample_key(metainfo: Optional[dict]) -> str:
    """Name a sample, to seed its noise.

    The name depends on the sample alone: not on its place in the batch, nor
    on the folder that the data lie in.

    Args:
        metainfo (dict, optional): Meta info of a data sample. The
            annotation's ``id`` is used, or else the box.

    Returns:
        str: The name; empty for None.
    """
    if metainfo is None:
        return ''
    if metainfo.get('id') is not None:
        return f'id {metainfo["id"]}'
    box = [
        round(float(value), 2) for name in ('input_center', 'input_scale')
        for value in metainfo.get(name, ())
    ]
    return f'box {box}'


class SeededNoise:
    """Standard normal noise that only depends on sample and hypothesis.

    Every hypothesis of every sample has a generator of its own, on the CPU.
    So a sample sees the same noise in every run, in every batch and on every
    device, and the first hypotheses stay the same if more are added.

    Args:
        keys (Sequence[str]): One name for each of the N samples.
        hypotheses (int): P.
        shape (Sequence[int]): Shape of the noise of one hypothesis.
        seed (int): Seed.
        device (torch.device): Where the noise is wanted.
        mirror (Callable, optional): Applied to each draw, ``(N, P, *shape)``;
            the flip test mirrors the noise with the image.
    """

    def __init__(self,
                 keys: Sequence[str],
                 hypotheses: int,
                 shape: Sequence[int],
                 seed: int,
                 device: torch.device,
                 mirror: Optional[Callable[[Tensor], Tensor]] = None) -> None:
        self.shape = tuple(shape)
        self.size = (len(keys), hypotheses)
        self.device = device
        self.mirror = mirror
        self.generators: List[torch.Generator] = []
        for key in keys:
            for hypothesis in range(hypotheses):
                text = f'{seed}/{key}/{hypothesis}'.encode()
                digest = hashlib.blake2b(text, digest_size=4).digest()
                generator = torch.Generator('cpu')
                generator.manual_seed(int.from_bytes(digest, 'little'))
                self.generators.append(generator)

    def __call__(self) -> Tensor:
        """Draw noise of shape (N, P, *shape)."""
        noise = torch.stack([
            torch.randn(self.shape, generator=generator)
            for generator in self.generators
        ]).view(*self.size, *self.shape).to(self.device)
        return noise if self.mirror is None else self.mirror(noise)
