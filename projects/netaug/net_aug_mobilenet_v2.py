"""A MobileNetV2 inside of wider ones."""
import random
from contextlib import contextmanager
from typing import Any, Dict, Iterator, List, Optional, Sequence

import torch
from mmcv.cnn import ConvModule
from mmpose.models.backbones import MobileNetV2
from mmpose.models.backbones.mobilenet_v2 import InvertedResidual
from mmpose.models.backbones.utils import make_divisible
from mmpose.registry import MODELS
from torch import Tensor, nn

from .sliced_layers import SlicedBatchNorm2d, SlicedConv2d


@MODELS.register_module()
class NetAugMobileNetV2(MobileNetV2):
    """A tiny :class:`MobileNetV2` as the first channels of a wide one.

    "Network Augmentation for Tiny Deep Learning", Cai et al., ICLR 2022
    (https://arxiv.org/abs/2110.08890). The tiny network is MMPose's
    ``MobileNetV2(widen_factor)``, and the weights of the first channels,
    :meth:`tiny_state_dict`, are a checkpoint of it. In :meth:`augmented` a
    wider network is drawn, with one width for all stages and an expansion
    for each block; it shares these weights.

    The last convolution keeps its width, so a head sees the same channels.

    Args:
        widen_factor (float): Width of the tiny network.
        width_factors (Sequence[float]): Widths of the others in units of the
            tiny one. Defaults to the paper's.
        expand_factors (Sequence[float]): Their expansions in units of the
            tiny network's 6. Defaults to the paper's.
        **kwargs: ``act_cfg``, ``norm_eval``, ``with_cp`` and ``init_cfg`` of
            :class:`MobileNetV2`. The initialization is uniform by default,
            as in the authors' code.

    Raises:
        ValueError: If a factor is below 1 or ``out_indices`` is given: wide
            stages would reach the head.
    """

    def __init__(self,
                 widen_factor: float = 0.35,
                 width_factors: Sequence[float] = (1, 1.8, 2.6),
                 expand_factors: Sequence[float] = (1, 1.6, 2.2, 2.8),
                 **kwargs: Any) -> None:
        if min(*width_factors, *expand_factors) < 1:
            raise ValueError('factors of width and expansion must be at least '
                             f'1, got {width_factors} and {expand_factors}')
        if kwargs.get('out_indices', (7, )) != (7, ):
            raise ValueError('NetAugMobileNetV2 gives its last features only, '
                             f'got out_indices={kwargs["out_indices"]}')
        self.width_factors = tuple(width_factors)
        self.expand_factors = tuple(expand_factors)
        kwargs.setdefault('init_cfg', [
            dict(type='Kaiming', layer=['SlicedConv2d'],
                 distribution='uniform'),
            dict(type='Constant', val=1, layer=['SlicedBatchNorm2d'])
        ])
        #: channels of the tiny network at the ends of each block
        self._ends: List[tuple] = []
        super().__init__(
            widen_factor,
            conv_cfg=dict(type='SlicedConv2d'),
            norm_cfg=dict(type='SlicedBatchNorm2d'),
            **kwargs)
        self._stem = make_divisible(32 * widen_factor, 8)
        self._widen_stem()
        self.blocks = [
            block for name in self.layers[:-1]
            for block in getattr(self, name)
        ]
        self.set_active()

    in_channels: int  # of the next block, while MMPose builds the stages

    def _wide(self, channels: int, factor: float = 0) -> int:
        """Return the width of a stage for a factor, by default the largest."""
        factor = factor or max(self.width_factors)
        return channels if factor == 1 else make_divisible(
            channels * factor, 8)

    def _widen_stem(self) -> None:
        """Replace the first convolution, which MMPose builds narrow."""
        wide = self._wide(self._stem)
        self.conv1.conv = SlicedConv2d(
            3, wide, 3, stride=2, padding=1, bias=False)
        setattr(self.conv1, self.conv1.norm_name, SlicedBatchNorm2d(wide))

    def make_layer(self, out_channels: int, num_blocks: int, stride: int,
                   expand_ratio: int) -> nn.Sequential:
        """Build the blocks of a stage at their largest size."""
        if not self._ends:
            self._tiny_in = self.in_channels
            self.in_channels = self._wide(self.in_channels)
        expansion = expand_ratio * (
            max(self.expand_factors) if expand_ratio != 1 else 1)
        wide = self._wide(out_channels)
        blocks = []
        for i in range(num_blocks):
            block = InvertedResidual(
                self.in_channels,
                wide,
                stride if i == 0 else 1,
                expand_ratio=expansion,
                conv_cfg=self.conv_cfg,
                norm_cfg=self.norm_cfg,
                act_cfg=self.act_cfg,
                with_cp=self.with_cp)
            # rounding may make ends equal that are not so in the tiny net
            block.use_res_connect = (
                block.stride == 1 and self._tiny_in == out_channels)
            self._ends.append((self._tiny_in, out_channels, expand_ratio))
            blocks.append(block)
            self._tiny_in, self.in_channels = out_channels, wide
        return nn.Sequential(*blocks)

    def set_active(self,
                   width: float = 1,
                   expansions: Optional[Sequence[float]] = None) -> None:
        """Choose the network that is run.

        Args:
            width (float): Width of the stages in units of the tiny network.
            expansions (Sequence[float], optional): Expansion of each block
                likewise. Defaults to None, the tiny network's.
        """
        expansions = expansions or [1] * len(self.blocks)
        _activate(self.conv1, 3, self._wide(self._stem, width))
        for block, ends, factor in zip(self.blocks, self._ends, expansions):
            inputs, outputs = (self._wide(end, width) for end in ends[:2])
            hidden = inputs
            if ends[2] != 1:
                hidden = int(round(inputs * ends[2] * factor))
                _activate(block.conv[0], inputs, hidden)
            _activate(block.conv[-2], hidden, hidden)
            _activate(block.conv[-1], hidden, outputs)
        _activate(self.conv2, self._wide(self._ends[-1][1], width),
                  self.out_channel)

    @contextmanager
    def augmented(self, vary_width: bool = True) -> Iterator[None]:
        """Run a random wider network, and the tiny one afterwards.

        At least one factor differs from 1, if there is one.

        Args:
            vary_width (bool): Vary the width as well. Defaults to True.
        """
        widths = self.width_factors if vary_width else (1, )
        width, expansions = 1., [1.] * len(self.blocks)
        while max(*widths, *self.expand_factors) > 1:
            width = random.choice(widths)
            expansions = random.choices(
                self.expand_factors, k=len(self.blocks))
            if max(width, *expansions) > 1:
                break
        self.set_active(width, expansions)
        try:
            yield
        finally:
            self.set_active()

    def tiny_state_dict(self) -> Dict[str, Tensor]:
        """Return the state of MMPose's MobileNetV2 of this width."""
        self.set_active()
        state = {
            key: value for key, value in self.state_dict().items()
            if key.endswith('num_batches_tracked')
        }
        for name, module in self.named_modules():
            if isinstance(module, (SlicedConv2d, SlicedBatchNorm2d)):
                state.update({
                    f'{name}.{key}': value.detach().clone()
                    for key, value in module.active_state().items()
                })
        return state

    @torch.no_grad()
    def sort_channels(self,
                      optimizer: Optional[torch.optim.Optimizer] = None
                      ) -> None:
        """Move the most important hidden channels of each block to the front.

        Importance is the L1 norm of the kernels of the second pointwise
        convolution. The function of the whole network stays the same; the
        tiny network gets the channels that matter most.

        Args:
            optimizer (Optimizer, optional): Its state, such as momentum, is
                moved along.
        """
        state = {} if optimizer is None else optimizer.state
        for block in self.blocks:
            if len(block.conv) < 3:
                continue
            project = block.conv[2].conv.weight
            order = project.abs().sum(dim=(0, 2, 3)).argsort(
                descending=True, stable=True)
            moved = [(project, 1)]
            for part in (block.conv[0], block.conv[1]):
                moved += [(tensor, 0) for tensor in (
                    part.conv.weight, part.norm.weight, part.norm.bias,
                    part.norm.running_mean, part.norm.running_var)]
            for tensor, dim in moved:
                tensor.copy_(tensor.index_select(dim, order))
                for value in state.get(tensor, {}).values():
                    if isinstance(value, Tensor) and (
                            value.shape == tensor.shape):
                        value.copy_(value.index_select(dim, order))


def _activate(layer: ConvModule, inputs: int, outputs: int) -> None:
    """Set the channels in use of a convolution and its normalization."""
    layer.conv.active_in, layer.conv.active_out = inputs, outputs
    layer.norm.active = outputs
