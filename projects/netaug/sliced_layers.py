"""Layers whose first channels can be used alone."""
from typing import Any, Dict

from mmengine.registry import MODELS
from torch import Tensor, nn
from torch.nn import functional as F


@MODELS.register_module()
class SlicedConv2d(nn.Conv2d):
    """A convolution that uses its first channels.

    Attributes:
        active_in (int): Input channels in use; all at first.
        active_out (int): Output channels in use. Those of a depthwise
            convolution must equal ``active_in``.

    Args:
        *args: See :class:`torch.nn.Conv2d`; plain or depthwise.
        **kwargs: See there.

    Raises:
        ValueError: If the convolution has groups, but is not depthwise.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.groups not in (1, self.out_channels):
            raise ValueError('a sliced convolution is plain or depthwise, '
                             f'got {self.groups} groups')
        self.active_in = self.in_channels
        self.active_out = self.out_channels

    def active_state(self) -> Dict[str, Tensor]:
        """Return the parameters in use, by name."""
        inputs = self.active_in if self.groups == 1 else 1
        state = dict(weight=self.weight[:self.active_out, :inputs])
        if self.bias is not None:
            state['bias'] = self.bias[:self.active_out]
        return state

    def forward(self, x: Tensor) -> Tensor:
        """Convolve the channels in use, (N, active_in, h, w)."""
        state = self.active_state()
        groups = 1 if self.groups == 1 else self.active_out
        return F.conv2d(x, state['weight'], state.get('bias'), self.stride,
                        self.padding, self.dilation, groups)


@MODELS.register_module()
class SlicedBatchNorm2d(nn.BatchNorm2d):
    """Batch normalization that uses its first channels.

    Attributes:
        active (int): Channels in use; all at first.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.active = self.num_features

    def active_state(self) -> Dict[str, Tensor]:
        """Return parameters and statistics in use, by name."""
        return {
            name: getattr(self, name)[:self.active]
            for name in ('weight', 'bias', 'running_mean', 'running_var')
        }

    def forward(self, x: Tensor) -> Tensor:
        """Normalize the channels in use, (N, active, h, w)."""
        state = self.active_state()
        assert self.momentum is not None, 'no cumulative average'
        # slices are views: the statistics are updated in place
        return F.batch_norm(
            x, state['running_mean'], state['running_var'], state['weight'],
            state['bias'], self.training, self.momentum, self.eps)
