"""HRNet that returns the features of all of its stages."""
from typing import Any, List, Tuple

from mmpose.models.backbones import HRNet
from mmpose.registry import MODELS
from torch import Tensor, nn


@MODELS.register_module()
class HRNetStages(HRNet):
    """HRNet whose outputs are its highest-resolution branch at four depths.

    The forward pass and the names of all parameters are those of MMPose's
    HRNet, so its checkpoints load as they are: hooks on stage 2, 3 and 4 note
    what passes by. The outputs are branch 0 as it enters stage 2 (that is,
    the end of stage 1 after the transition), and as it leaves stage 2, 3 and
    4; the last one equals the output of :class:`HRNet`. TDMI takes temporal
    differences of all four.

    Args:
        **kwargs: See :class:`HRNet`.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._stages: List[Tensor] = []
        self.stage2.register_forward_pre_hook(self._note_input)
        for stage in (self.stage2, self.stage3, self.stage4):
            stage.register_forward_hook(self._note_output)

    def forward(self, x: Tensor) -> Tuple[Tensor, ...]:
        """Extract features.

        Args:
            x (Tensor): Images of shape (N, 3, H, W).

        Returns:
            tuple[Tensor]: Four maps of shape (N, C, H / 4, W / 4), C being
            the width of the first branch (48 for HRNet-W48).
        """
        self._stages.clear()
        super().forward(x)
        stages = tuple(self._stages)
        # a reference kept here would keep the graph of the pass alive
        self._stages.clear()
        return stages

    def _note_input(self, module: nn.Module, args: tuple) -> None:
        """Forward pre-hook of stage 2, which takes the list of branches."""
        self._stages.append(args[0][0])

    def _note_output(self, module: nn.Module, args: tuple,
                     output: List[Tensor]) -> None:
        """Forward hook of a stage, which returns the list of branches."""
        self._stages.append(output[0])
