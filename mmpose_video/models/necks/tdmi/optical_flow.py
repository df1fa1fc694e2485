"""Optical flow between the consecutive frames of clips.

For the ablation of TDMI's differences. Flow comes from existing estimators:
OpenCV's DIS, which needs no weights, and torchvision's RAFT.
"""
from typing import List, Sequence, Tuple

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from mmengine.model import BaseModule
from mmpose.registry import MODELS
from torch import Tensor

from mmpose_video.utils.weights_file import load_weights

_PRESETS = {
    'ultrafast': cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST,
    'fast': cv2.DISOPTICAL_FLOW_PRESET_FAST,
    'medium': cv2.DISOPTICAL_FLOW_PRESET_MEDIUM
}


class ClipFlow(BaseModule):
    """Base class of flow estimators.

    Calling the module maps normalized frames (N, T, 3, H, W) to the flow from
    each frame to the next, (N, T - 1, 2, H, W): how far the content of a
    pixel moves right and down, in pixels of the input. No gradient passes
    through it.

    Args:
        mean (Sequence[float]): Mean that the data preprocessor subtracted.
            Defaults to ImageNet's.
        std (Sequence[float]): Standard deviation by which it divided.
            Defaults to ImageNet's.
    """

    def __init__(
        self,
        mean: Sequence[float] = (123.675, 116.28, 103.53),
        std: Sequence[float] = (58.395, 57.12, 57.375)
    ) -> None:
        super().__init__()
        self._mean = tuple(mean)
        self._std = tuple(std)

    @torch.no_grad()
    def forward(self, frames: Tensor) -> Tensor:
        """Estimate the flow; see the class."""
        mean, std = (
            frames.new_tensor(value).view(3, 1, 1)
            for value in (self._mean, self._std))
        images = (frames * std + mean).clamp(0, 255)
        pairs = images[:, :-1].flatten(0, 1), images[:, 1:].flatten(0, 1)
        return self.estimate(*pairs).unflatten(
            0, (frames.shape[0], frames.shape[1] - 1))

    def estimate(self, first: Tensor, second: Tensor) -> Tensor:
        """Estimate the flow of pairs of images.

        Args:
            first (Tensor): RGB images in [0, 255], (B, 3, H, W).
            second (Tensor): The images that follow, (B, 3, H, W).

        Returns:
            Tensor: Shape (B, 2, H, W).
        """
        raise NotImplementedError


@MODELS.register_module()
class DISFlow(ClipFlow):
    """Dense inverse search (Kroeger et al., ECCV 2016), by OpenCV on the CPU.

    It needs no weights. On a GPU model the frames travel to the CPU.

    Args:
        preset (str): ``'ultrafast'``, ``'fast'`` or ``'medium'``. Defaults to
            'medium'.
        **kwargs: See :class:`ClipFlow`.

    Raises:
        ValueError: If there is no such preset.
    """

    def __init__(self, preset: str = 'medium',
                 **kwargs: Sequence[float]) -> None:
        super().__init__(**kwargs)
        if preset not in _PRESETS:
            raise ValueError(f'`preset` must be one of {sorted(_PRESETS)}, '
                             f'got {preset!r}')
        self.preset = preset

    def estimate(self, first: Tensor, second: Tensor) -> Tensor:
        """Estimate the flow of pairs of images; see :class:`ClipFlow`."""
        if first.is_meta:  # operations are counted by shapes alone
            return torch.empty_like(first[:, :2])
        estimator = cv2.DISOpticalFlow.create(_PRESETS[self.preset])
        # DIS starts from the flow that it is given
        flows: List[np.ndarray] = [
            estimator.calc(a, b, np.zeros((*a.shape, 2), np.float32))
            for a, b in zip(self._as_gray(first), self._as_gray(second))
        ]
        flow = torch.from_numpy(np.stack(flows)).permute(0, 3, 1, 2)
        return flow.to(first)

    @staticmethod
    def _as_gray(images: Tensor) -> List[np.ndarray]:
        """Convert RGB images to gray uint8 arrays (H, W)."""
        weights = images.new_tensor([0.299, 0.587, 0.114])
        gray = torch.einsum('bchw,c->bhw', images, weights)
        return list(gray.round().to(torch.uint8).cpu().numpy())


@MODELS.register_module()
class RAFTFlow(ClipFlow):
    """RAFT (Teed and Deng, ECCV 2020), by torchvision, with given weights.

    The network stays frozen and in evaluation mode. Images that are smaller
    than its least size of 128 are enlarged for it.

    Args:
        checkpoint (str): File of torchvision's weights, e.g.
            ``raft_small_C_T_V2-01064c6d.pth``.
        arch (str): ``'small'`` or ``'large'``. Defaults to 'small'.
        num_updates (int): Iterations of the update block. Defaults to 12.
        **kwargs: See :class:`ClipFlow`.

    Raises:
        FileNotFoundError: If there is no such checkpoint.
        ValueError: If ``arch`` is unknown or the checkpoint is not that of
            this network; the message names the file.
    """

    def __init__(self,
                 checkpoint: str,
                 arch: str = 'small',
                 num_updates: int = 12,
                 **kwargs: Sequence[float]) -> None:
        super().__init__(**kwargs)
        from torchvision.models import optical_flow
        if arch not in ('small', 'large'):
            raise ValueError("`arch` must be 'small' or 'large', got "
                             f'{arch!r}')
        if not checkpoint:
            raise ValueError(
                "RAFTFlow needs `checkpoint`, the file of torchvision's "
                f'`raft_{arch}` weights; DISFlow needs none')
        build = getattr(optical_flow, f'raft_{arch}')
        self.network = build(weights=None).eval().requires_grad_(False)
        load_weights(self.network, checkpoint)
        self.num_updates = num_updates

    def train(self, mode: bool = True) -> 'RAFTFlow':
        """Set the mode; the network stays in evaluation mode."""
        super().train(mode)
        self.network.eval()
        return self

    def estimate(self, first: Tensor, second: Tensor) -> Tensor:
        """Estimate the flow of pairs of images; see :class:`ClipFlow`."""
        height, width = first.shape[-2:]
        enlarged = self._working_size(height, width)
        pair = [
            F.interpolate(
                image / 127.5 - 1,
                size=enlarged,
                mode='bilinear',
                align_corners=False) for image in (first, second)
        ]
        flow = self.network(*pair, num_flow_updates=self.num_updates)[-1]
        flow = F.interpolate(
            flow, size=(height, width), mode='bilinear', align_corners=False)
        scale = flow.new_tensor(
            [width / enlarged[1], height / enlarged[0]]).view(2, 1, 1)
        return flow * scale

    @staticmethod
    def _working_size(height: int, width: int) -> Tuple[int, int]:
        """Return the nearest size of multiples of 8, at least 128."""
        factor = max(1., 128 / min(height, width))
        return (round(height * factor / 8) * 8, round(width * factor / 8) * 8)
