"""Frames weighted by their similarity to the key frame, per pixel."""
from typing import Any, Dict, Optional, Tuple

from mmpose.registry import MODELS
from torch import Tensor, nn

from mmpose_video.models.necks import BaseVideoNeck
from mmpose_video.structures import ClipInfo

Features = Tuple[Tensor, ...]


@MODELS.register_module()
class SimilarityNeck(BaseVideoNeck):
    """Add to the key frame what other frames show at the same place.

    Each pixel of each frame is weighted by the softmax, over the frames, of
    its scaled product with the key frame's pixel; frames that only stand in
    for missing ones get no weight (the key frame is always there). Of no
    paper: an example to start from.

    Shape shorthand: N samples, T frames, C channels, h w feature size.

    Args:
        in_channels (int): C of the backbone's last map.
        entropy_weight (float): Of an objective that keeps the weights from
            spreading over all frames. Defaults to 1e-4.
        init_cfg (dict | list[dict], optional): Initialization config.
    """

    def __init__(self,
                 in_channels: int,
                 entropy_weight: float = 1e-4,
                 init_cfg: Optional[dict] = None) -> None:
        super().__init__(init_cfg=init_cfg)
        self.entropy_weight = entropy_weight
        self.query = nn.Conv2d(in_channels, in_channels, 1)

    def fuse(self, feats: Features,
             clip: ClipInfo) -> Tuple[Features, Dict[str, Tensor]]:
        """Fuse maps (N, T, C, h, w) to one (N, C, h, w)."""
        x = feats[-1]
        key = x[:, clip.key_index]
        query = self.query(key)[:, None]
        score = (x * query).sum(2, keepdim=True) / x.shape[2]**0.5
        stand_in = ~clip.valid.view(-1, clip.num_frames, 1, 1, 1)
        score = score.masked_fill(stand_in, -1e4)
        weight = score.softmax(dim=1)
        return (key + (weight * x).sum(1), ), dict(weight=weight)

    def loss(self,
             context: Dict[str, Tensor],
             data_samples: Any,
             heatmaps: Optional[Tensor] = None) -> Dict[str, Tensor]:
        """Return the entropy of the weights, named for the log."""
        weight = context['weight'].clamp(min=1e-6)
        entropy = -(weight * weight.log()).sum(1).mean()
        return dict(loss_entropy=self.entropy_weight * entropy)
