"""Degrade images: low resolution, infrared."""
from typing import Dict, Optional

import cv2
import numpy as np
from mmcv.transforms import BaseTransform
from mmpose.registry import TRANSFORMS


@TRANSFORMS.register_module()
class DegradeResolution(BaseTransform):
    """Reduce the resolution of an image and keep its size.

    The image is reduced by area interpolation and enlarged bilinearly. Wrap
    the transform in :class:`ClipConsistent` for clips.

    Required Keys:

        - img (np.ndarray)

    Modified Keys:

        - img

    Args:
        factor (float): Ratio of the size to the reduced size, at least 1.

    Raises:
        ValueError: If the factor is below 1.
    """

    def __init__(self, factor: float) -> None:
        if factor < 1:
            raise ValueError(f'`factor` must be at least 1, got {factor}')
        self.factor = factor

    def transform(self, results: Dict) -> dict:
        """Reduce the resolution."""
        if self.factor == 1:
            return results
        image = results['img']
        height, width = image.shape[:2]
        size = (max(1, round(width / self.factor)),
                max(1, round(height / self.factor)))
        small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
        results['img'] = cv2.resize(
            small, (width, height),
            interpolation=cv2.INTER_LINEAR).reshape(image.shape)
        return results

    def __repr__(self) -> str:
        return f'{type(self).__name__}(factor={self.factor})'


@TRANSFORMS.register_module()
class PseudoInfrared(BaseTransform):
    """Imitate an infrared camera by gray levels, gamma, vignette and noise.

    No paper defines this degradation; all values are package defaults. It
    shows whether a model depends on color, not how well it works at night.
    Wrap it in :class:`ClipConsistent` for clips.

    Required Keys:

        - img (np.ndarray): (H, W, 3) uint8, BGR

    Modified Keys:

        - img

    Args:
        gamma (float): Exponent of intensities in [0, 1]. Defaults to 0.7.
        vignette (float): Share of light lost in the corners. Defaults to
            0.5.
        noise (float): Standard deviation of the noise in gray levels.
            Defaults to 6.
        invert (bool): Swap black and white. Defaults to False.
        seed (int, optional): Seed of the noise, for repeatable tests.
            Defaults to None: NumPy's global generator.
    """

    #: Luminance of B, G and R (ITU-R BT.601).
    LUMINANCE = np.array([.114, .587, .299])

    def __init__(self,
                 gamma: float = 0.7,
                 vignette: float = 0.5,
                 noise: float = 6.,
                 invert: bool = False,
                 seed: Optional[int] = None) -> None:
        self.gamma, self.vignette, self.noise = gamma, vignette, noise
        self.invert, self.seed = invert, seed

    def transform(self, results: Dict) -> dict:
        """Degrade the image."""
        image = results['img']
        height, width = image.shape[:2]
        gray = (image @ self.LUMINANCE / 255)**self.gamma
        y = np.linspace(-1, 1, height)[:, None]
        x = np.linspace(-1, 1, width)
        gray = gray * (1 - self.vignette * (x**2 + y**2) / 2)
        if self.invert:
            gray = 1 - gray
        draw = (np.random if self.seed is None else np.random.RandomState(
            self.seed)).randn
        gray = 255 * gray + self.noise * draw(height, width)
        gray = gray.round().clip(0, 255).astype(image.dtype)
        results['img'] = np.repeat(gray[..., None], 3, axis=2)
        return results

    def __repr__(self) -> str:
        return (f'{type(self).__name__}(gamma={self.gamma}, '
                f'vignette={self.vignette}, noise={self.noise}, '
                f'invert={self.invert})')
