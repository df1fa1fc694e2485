"""HRNet with fewer stages, other activations and added mixers."""
import copy
from typing import Any, List, Optional, Sequence, Tuple

from mmpose.models.backbones import HRNet
from mmpose.registry import MODELS
from mmpose.utils.typing import ConfigType
from torch import Tensor, nn

from ..layers.activations import swap_activations


@MODELS.register_module()
class HRNetLite(HRNet):
    """HRNet that ends after an earlier stage.

    The names of all parameters are HRNet's, so its checkpoints load; with
    four stages it is HRNet. HRNet-W32 has 28.5 M parameters, 7.8 M without
    stage 4. With three stages, the last module of stage 3 is fused to branch
    0 alone, as in TokenPose, unless ``extra['stage3']`` sets
    ``multiscale_output=True``.

    Args:
        extra (dict): Config of the stages, see :class:`HRNet`; those that are
            left out need no entry.
        num_stages (int): Stages to keep, 1 to 4. With one stage the output is
            that of the first stage's bottlenecks. Defaults to 4.
        act_cfg (dict, optional): Activation in place of all ReLUs.
            Defaults to None, ReLU.
        refine (Sequence[dict]): Configs of layers that take and return maps
            (N, C, h, w), applied to the first output in turn.
            Defaults to none.
        low_mixers (Sequence[dict], optional): Two configs of token mixers
            (N, h·w, C), such as :class:`GatedAttentionUnit`, on the branch of
            lowest resolution: one as it leaves stage 2, one as it enters the
            last module of stage 3. Defaults to None.
        **kwargs: See :class:`HRNet`.

    Raises:
        ValueError: If there is no such number of stages, or the mixers do not
            fit it.
    """

    def __init__(self,
                 extra: ConfigType,
                 *args: Any,
                 num_stages: int = 4,
                 act_cfg: Optional[ConfigType] = None,
                 refine: Sequence[ConfigType] = (),
                 low_mixers: Optional[Sequence[ConfigType]] = None,
                 **kwargs: Any) -> None:
        if num_stages not in (1, 2, 3, 4):
            raise ValueError(f'`num_stages` must be 1 to 4, got {num_stages}')
        if low_mixers is not None and (num_stages < 3
                                       or len(low_mixers) != 2):
            raise ValueError('`low_mixers` are two configs and need three '
                             f'stages or more, got {len(low_mixers)} and '
                             f'`num_stages={num_stages}`')
        self.num_stages = num_stages
        super().__init__(_with_stubs(extra, num_stages), *args, **kwargs)
        self._cut()
        self.refine = nn.Sequential(*map(MODELS.build, refine))
        if low_mixers is not None:
            self.low_mixers = nn.ModuleList(map(MODELS.build, low_mixers))
            self.stage2.register_forward_hook(self._mix_output)
            self.stage3[-1].register_forward_pre_hook(self._mix_input)
        if act_cfg is not None:
            swap_activations(self, act_cfg)

    def _make_stage(self, layer_config: ConfigType, in_channels: List[int],
                    multiscale_output: bool = True) -> tuple:
        """Build a stage; the last one that is kept fuses to branch 0."""
        last = getattr(self, f'stage{self.num_stages}_cfg', None)
        if self.num_stages > 1 and layer_config is last:
            multiscale_output = layer_config.get('multiscale_output', False)
        return super()._make_stage(layer_config, in_channels,
                                   multiscale_output)

    def _cut(self) -> None:
        """Replace the stages that are left out by identities.

        HRNet's forward pass applies ``transition[i]`` to branch i where it is
        not None, and then the stage: an empty ``Sequential`` and no
        transitions hand the branches on as they are.
        """
        if self.num_stages == 4:
            return
        cfg = (dict(num_branches=1) if self.num_stages == 1 else getattr(
            self, f'stage{self.num_stages}_cfg'))
        branches = cfg['num_branches'] if cfg.get('multiscale_output') else 1
        for stage in range(self.num_stages + 1, 5):
            setattr(self, f'transition{stage - 1}',
                    nn.ModuleList([None] * branches))  # type: ignore
            setattr(self, f'stage{stage}', nn.Sequential())
            setattr(self, f'stage{stage}_cfg', dict(num_branches=branches))

    def forward(self, x: Tensor) -> Tuple[Tensor, ...]:
        """Extract features.

        Args:
            x (Tensor): Images of shape (N, 3, H, W).

        Returns:
            tuple[Tensor]: The branches of the last stage, the first of shape
            (N, C, H / 4, W / 4).
        """
        outputs = super().forward(x)
        return (self.refine(outputs[0]), *outputs[1:])

    def _mix_output(self, module: nn.Module, args: tuple,
                    output: List[Tensor]) -> List[Tensor]:
        """Forward hook of stage 2."""
        return [*output[:-1], _mix(self.low_mixers[0], output[-1])]

    def _mix_input(self, module: nn.Module, args: tuple) -> tuple:
        """Forward pre-hook of the last module of stage 3."""
        branches, = args
        return ([*branches[:-1], _mix(self.low_mixers[1], branches[-1])], )


def _mix(mixer: nn.Module, feats: Tensor) -> Tensor:
    """Apply a mixer of tokens to a map (N, C, h, w)."""
    tokens = mixer(feats.flatten(2).transpose(1, 2))
    return tokens.transpose(1, 2).unflatten(2, feats.shape[2:])


def _with_stubs(extra: ConfigType, num_stages: int) -> dict:
    """Return HRNet's config with the smallest stage for each that is cut."""
    extra = copy.deepcopy(dict(extra))
    for stage in range(num_stages + 1, 5):
        extra[f'stage{stage}'] = dict(
            num_modules=1,
            num_branches=stage,
            block='BASIC',
            num_blocks=(1, ) * stage,
            num_channels=(8, ) * stage)
    return extra
