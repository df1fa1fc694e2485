"""SimCC head that mixes keypoint tokens."""
from typing import Any, Optional, Sequence

from mmpose.models.heads import RTMCCHead
from mmpose.registry import MODELS
from mmpose.utils.typing import ConfigType

from ..layers.skeleton import skeleton_links
from .token_mixers import TokenMixers


@MODELS.register_module()
class JointTokenSimCCHead(RTMCCHead):
    """RTMPose's head with any mixers in place of its attention unit.

    Each keypoint's flattened map becomes a token; mixers let the tokens
    exchange information before x and y are classified. Mixers start as the
    identity, so at the start all arrangements equal the head without mixers.

    Args:
        token_mixers (Sequence[dict]): Configs of the mixers, for example
            ``[dict(type='GatedAttentionUnit', attn='softmax_plus')]``; an
            empty list leaves the two classifiers alone.
        order (str): 'series', 'parallel' or 'cross', see
            :class:`TokenMixers`. Defaults to 'series'.
        skeleton (dict, optional): For graph mixers, see
            :func:`skeleton_links`. Defaults to None.
        hidden_dims (int): Width of the tokens. Defaults to 256.
        **kwargs: See :class:`RTMCCHead`.
    """

    def __init__(self,
                 *args: Any,
                 token_mixers: Sequence[ConfigType] = (),
                 order: str = 'series',
                 skeleton: Optional[ConfigType] = None,
                 hidden_dims: int = 256,
                 **kwargs: Any) -> None:
        # the smallest unit, since it is replaced
        unit = dict(hidden_dims=hidden_dims, s=1, expansion_factor=1 /
                    hidden_dims, dropout_rate=0., drop_path=0.,
                    act_fn='SiLU', use_rel_bias=False, pos_enc=False)
        super().__init__(*args, gau_cfg=unit, **kwargs)
        links = skeleton_links(skeleton, self.out_channels)
        self.gau = TokenMixers(token_mixers, hidden_dims, self.out_channels,
                               links, order)

    def init_weights(self) -> None:
        """Initialize; RTMPose's settings for linear layers skip the mixers.

        They would undo that mixers start as the identity.
        """
        mixers, self.gau = self.gau, TokenMixers((), 1, self.out_channels)
        try:
            super().init_weights()
        finally:
            self.gau = mixers
