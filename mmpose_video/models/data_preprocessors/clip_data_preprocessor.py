"""Normalize clips on the device."""
import math
from typing import Any, List, Sequence, Union

import torch
from mmpose.models.data_preprocessors import PoseDataPreprocessor
from mmpose.registry import MODELS
from torch import Tensor

_BGR_LUMINANCE = (.114, .587, .299)


@MODELS.register_module()
class ClipDataPreprocessor(PoseDataPreprocessor):
    """:class:`PoseDataPreprocessor` for clips.

    Time is folded into the batch, so that MMPose normalizes, swaps the
    color channels and pads each frame as it does for images, and unfolded
    again. (Given a clip as it is, MMPose takes frames for colors.)

    Clips travel as uint8 and are made float on the model's device.

    Args:
        grey (bool): Give models of one input channel the luminance of the
            frames, ITU-R BT.601 (.299 red, .587 green, .114 blue); ``mean``
            and ``std`` then have one element. The clips are BGR, as the
            pipelines load them. Defaults to False.
        **kwargs: See :class:`PoseDataPreprocessor`.

    Raises:
        ValueError: If ``mean`` or ``std`` do not have one element with
            ``grey``, or the order of channels is to be changed.
    """

    def __init__(self, *args: Any, grey: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.grey = grey
        if grey and self._channel_conversion:
            raise ValueError('`grey` has one channel: leave out '
                             '`bgr_to_rgb` and `rgb_to_bgr`')
        if grey and self._enable_normalize and self.mean.numel() != 1:
            raise ValueError('`grey` needs `mean` and `std` of one element, '
                             f'got {self.mean.flatten().tolist()}')

    def forward(self, data: dict, training: bool = False) -> dict:
        """Normalize a batch.

        Args:
            data (dict): ``inputs``: N tensors of shape (T, 3, H, W), or of
                shape (3, H, W) for T = 1, or one tensor that stacks them;
                ``data_samples``: N samples.
            training (bool): Whether to apply the batch augmentations.

        Returns:
            dict: ``inputs`` of shape (N, T, 3, H, W), or of one channel
            with ``grey``, float;
            ``data_samples``.

        Raises:
            ValueError: If the clips differ in length or size.
        """
        data = self.cast_data(data)
        clips = self._stack(data['inputs'])
        num_clips, num_frames = clips.shape[:2]
        frames = clips.flatten(0, 1)
        if self.grey:
            weights = torch.tensor(
                _BGR_LUMINANCE, device=frames.device).view(3, 1, 1)
            frames = (frames * weights).sum(1, keepdim=True)
        data = super().forward({**data, 'inputs': frames}, training)
        data['inputs'] = data['inputs'].unflatten(0, (num_clips, num_frames))
        return data

    @staticmethod
    def _stack(inputs: Union[Tensor, Sequence[Tensor]]) -> Tensor:
        """Make one tensor of shape (N, T, 3, H, W)."""
        if not isinstance(inputs, Tensor):
            shapes = {tuple(clip.shape) for clip in inputs}
            if len(shapes) != 1:
                raise ValueError(
                    'the clips of a batch must have one length and one size, '
                    f'got {sorted(shapes)}; does the pipeline crop them '
                    '(`TopdownAffine`) and does the sampler give T frames?')
            inputs = torch.stack(tuple(inputs))
        if inputs.dim() == 4:
            inputs = inputs.unsqueeze(1)
        if inputs.dim() != 5 or inputs.shape[2] != 3:
            raise ValueError('expected clips of shape (N, T, 3, H, W), got '
                             f'{tuple(inputs.shape)}')
        return inputs

    def _get_pad_shape(self, data: dict) -> List[tuple]:
        """Return the size after padding of each frame, as (height, width)."""
        folded = data['inputs']
        divisor = self.pad_size_divisor
        height, width = (
            math.ceil(size / divisor) * divisor for size in folded.shape[-2:])
        return [(height, width)] * folded.shape[0]
