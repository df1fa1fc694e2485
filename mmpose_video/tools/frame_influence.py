"""Measure how much each frame of a clip moves a model's output."""
from dataclasses import dataclass, replace
from typing import Any, List, Sequence, Tuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from mmpose_video.structures import ClipInfo

#: Below this share of the key frame's influence, a frame counts as unused.
NOTHING = 1e-3


@dataclass(frozen=True)
class Influence:
    """Influence of the T frames of a clip on the output.

    Attributes:
        offsets (tuple[int]): Distances of the frames from the key frame.
        norms (tuple[float]): Frobenius norm of the Jacobian of the output
            with respect to each frame's features.
        key_index (int): Position of the key frame.
        still_change (float): How far the output moves when all frames are
            replaced by the key frame, over the size of the output. Unlike the
            Jacobian, this is a finite step.
    """

    offsets: Tuple[int, ...]
    norms: Tuple[float, ...]
    key_index: int
    still_change: float

    @property
    def shares(self) -> Tuple[float, ...]:
        """tuple[float]: The norms over that of the key frame."""
        key = self.norms[self.key_index]
        if key == 0:
            return tuple(
                float('inf') if norm else 0. for norm in self.norms)
        return tuple(norm / key for norm in self.norms)

    @property
    def uses_time(self) -> bool:
        """bool: Whether another frame than the key frame counts."""
        supports = [
            share for i, share in enumerate(self.shares)
            if i != self.key_index
        ]
        return max(supports, default=0.) >= NOTHING


def measure_influence(model: Any,
                      inputs: Tensor,
                      clip: ClipInfo,
                      probes: int = 4,
                      seed: int = 0) -> Influence:
    r"""Estimate the Jacobian's norm by frame, and the effect of a still clip.

    The Jacobian is that of the head's output with respect to the backbone's
    features of the frames. For a standard normal probe v,
    :math:`E \|J_t^T v\|^2 = \|J_t\|_F^2` (Hutchinson's estimator), so a few
    backward passes give the norms of all frames at once.

    Args:
        model (TopdownVideoPoseEstimator): The model, in evaluation mode.
        inputs (Tensor): Normalized clips, (N, T, 3, H, W).
        clip (ClipInfo): Times of the frames.
        probes (int): Number of backward passes. Defaults to 4.
        seed (int): Seed of the probes. Defaults to 0.

    Returns:
        Influence: The result over all N clips.

    Raises:
        ValueError: If the model has no video neck, or if ``probes`` is less
            than 1.
    """
    if not getattr(model, 'is_video_model', False):
        raise ValueError('the model has no video neck: its output depends on '
                         'the key frame alone')
    if probes < 1:
        raise ValueError(f'`probes` must be at least 1, got {probes}')
    if model.neck.uses_frames:
        clip = replace(clip, frames=inputs)
    with torch.no_grad():
        feats = model.extract_frame_feats(inputs)
    leaves = [feat.detach().requires_grad_() for feat in feats]
    with torch.enable_grad():
        output = _output(model, leaves, clip)
    squares = inputs.new_zeros(inputs.shape[1], dtype=torch.float64)
    generator = torch.Generator().manual_seed(seed)
    for _ in range(probes if output.requires_grad else 0):
        probe = torch.randn(output.shape, generator=generator).to(output)
        grads = torch.autograd.grad(
            output, leaves, probe, retain_graph=True, allow_unused=True)
        for grad in grads:
            if grad is not None:
                # float64: squares of published starts underflow float32
                squares += grad.double().pow(2).sum((0, 2, 3, 4))
    norms = (squares / probes).sqrt()
    # a clip at an end of a video has shorter distances
    farthest = clip.offsets.abs().argmax(0, keepdim=True)
    return Influence(
        offsets=tuple(clip.offsets.gather(0, farthest)[0].tolist()),
        norms=tuple(norms.tolist()),
        key_index=clip.key_index,
        still_change=_still_change(model, feats, clip, output.detach()))


def settle_batch_norm(model: nn.Module, inputs: Tensor) -> None:
    """Set the statistics of batch normalization to those of the inputs.

    An untrained model in evaluation mode would use a mean of 0 and a variance
    of 1, by which convolutions with small weights shrink its features as the
    first training iteration does not.

    Args:
        model (TopdownVideoPoseEstimator): The model, in evaluation mode.
        inputs (Tensor): Normalized clips, (N, T, 3, H, W).
    """
    norms = [m for m in model.modules() if isinstance(m, _BatchNorm)]
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # the plain average over all passes
        norm.train()
    estimator: Any = model
    with torch.no_grad():
        estimator.head.forward(estimator.extract_feat(inputs))
    for norm, momentum in zip(norms, momenta):
        norm.momentum = momentum
        norm.eval()


def moving_texture(num_clips: int,
                   offsets: Sequence[int],
                   size: Tuple[int, int],
                   seed: int = 0,
                   speed: Tuple[int, int] = (1, 2)) -> Tensor:
    """Draw clips of random textures that move at constant speed.

    Args:
        num_clips (int): N.
        offsets (Sequence[int]): Times of the T frames.
        size (tuple[int, int]): (H, W).
        seed (int): Seed of the textures. Defaults to 0.
        speed (tuple[int, int]): Pixels per frame down and to the right.
            Defaults to (1, 2).

    Returns:
        Tensor: Shape (N, T, 3, H, W), of mean 0 and standard deviation 1.
    """
    generator = torch.Generator().manual_seed(seed)
    margin = max(map(abs, offsets)) * max(map(abs, speed))
    height, width = (length + 2 * margin for length in size)
    texture = torch.zeros(num_clips, 3, height, width)
    for cell in (4, 8, 16, 32):  # pixels
        grid = (height // cell + 2, width // cell + 2)
        coarse = torch.randn(num_clips, 3, *grid, generator=generator)
        texture += F.interpolate(
            coarse, (height, width), mode='bicubic', align_corners=False)
    texture = (texture - texture.mean()) / texture.std()
    frames: List[Tensor] = []
    for offset in offsets:
        top = margin - offset * speed[0]
        left = margin - offset * speed[1]
        frames.append(texture[..., top:top + size[0], left:left + size[1]])
    return torch.stack(frames, dim=1)


def _output(model: Any, feats: Sequence[Tensor], clip: ClipInfo) -> Tensor:
    """Return all values that the head predicts, in one vector."""
    result = model.head.forward(model.neck(tuple(feats), clip))
    tensors = (result, ) if isinstance(result, Tensor) else result
    return torch.cat([tensor.flatten() for tensor in tensors])


def _still_change(model: Any, feats: Sequence[Tensor], clip: ClipInfo,
                  output: Tensor) -> float:
    """Return the relative change when the key frame replaces all frames."""
    def still(x: Tensor) -> Tensor:
        key = x[:, clip.key_index, None]
        return key.expand_as(x).contiguous()

    if clip.frames is not None:
        clip = replace(clip, frames=still(clip.frames))
    with torch.no_grad():
        other = _output(model, [still(feat) for feat in feats], clip)
    size = output.double().norm()
    change = (other - output).double().norm()
    return float(change / size) if size > 0 else 0.
