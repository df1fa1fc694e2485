"""Denoising diffusion: the process, its settings and the pose denoisers."""
from .coordinate_denoiser import CoordinateDenoiser
from .gaussian_diffusion import GaussianDiffusion
from .keypoint_spread import spread_in_image
from .pose_denoiser import PoseDenoiser
from .sampling import SamplingSettings, SeededNoise, sample_key

__all__ = [
    'CoordinateDenoiser', 'GaussianDiffusion', 'PoseDenoiser',
    'SamplingSettings', 'SeededNoise', 'sample_key', 'spread_in_image'
]
