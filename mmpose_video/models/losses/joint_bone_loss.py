"""Losses on the distances between keypoints."""
from typing import Any, Optional, Sequence, Tuple, Union

import torch
from mmpose.registry import MODELS
from mmpose.utils.typing import ConfigType
from torch import Tensor, nn

from ..layers.skeleton import skeleton_links
from .loss_terms import LossTerms

#: Coordinates, heatmaps, or a pair of SimCC's vectors.
Output = Any


@MODELS.register_module()
class JointBoneLoss(nn.Module):
    r"""Error of the lengths between pairs of keypoints.

    After Kulon et al. (CVPR 2020, arXiv:2004.01946)::

        mean over pairs | ||P_i - P_j|| - ||G_i - G_j|| |

    with weights w_i w_j. The norm is the Euclidean one of coordinates, of the
    expected bins of SimCC, and the Frobenius norm of heatmaps. On heatmaps it
    measures distances only up to about 4 sigma: for Gaussians the norm is
    sqrt(2 pi sigma^2 (1 - exp(-d^2 / (4 sigma^2)))).

    Args:
        pairs (str | Sequence[tuple[int, int]]): 'all' pairs, those linked in
            the 'skeleton', or a list. Defaults to 'all'.
        skeleton (dict, optional): For ``pairs='skeleton'``, see
            :func:`skeleton_links`.
        num_keypoints (int, optional): K, for ``pairs='skeleton'``.
        scale (Sequence[float]): Factors of x and y before lengths are taken.
            Coordinates normalized by width and height need
            ``(width, height)``, or lengths are skewed. Defaults to (1, 1).
        use_target_weight (bool): Leave out keypoints of weight 0.
            Defaults to True.
        loss_weight (float): Defaults to 1. Start near 1e-3 beside MSE of
            heatmaps, which is about 1e3 times smaller (package default: no
            source gives a weight).
        eps (float): Added under the roots, so that gradients stay finite.
            Defaults to 1e-8.

    Raises:
        ValueError: If ``pairs`` is unknown or a skeleton has no links.

    Examples:
        >>> loss = JointBoneLoss(use_target_weight=False)
        >>> target = torch.tensor([[[0., 0.], [3., 4.]]])
        >>> round(loss(2 * target, target).item(), 3)
        5.0
    """

    scale: Tensor

    def __init__(self,
                 pairs: Union[str, Sequence[Tuple[int, int]]] = 'all',
                 skeleton: Optional[ConfigType] = None,
                 num_keypoints: Optional[int] = None,
                 scale: Sequence[float] = (1., 1.),
                 use_target_weight: bool = True,
                 loss_weight: float = 1.,
                 eps: float = 1e-8) -> None:
        super().__init__()
        if isinstance(pairs, str) and pairs not in ('all', 'skeleton'):
            raise ValueError("`pairs` must be 'all', 'skeleton' or a list of "
                             f'pairs, got {pairs!r}')
        if pairs == 'skeleton':
            if num_keypoints is None:
                raise ValueError("`pairs='skeleton'` needs `num_keypoints`")
            pairs = skeleton_links(skeleton, num_keypoints)
        if not isinstance(pairs, str) and len(pairs) == 0:
            raise ValueError('there are no pairs of keypoints: give '
                             '`skeleton` a skeleton with links')
        self.pairs = pairs if isinstance(pairs, str) else [
            (int(i), int(j)) for i, j in pairs
        ]
        self.use_target_weight = use_target_weight
        self.loss_weight = loss_weight
        self.eps = eps
        self.register_buffer('scale', torch.tensor(scale), persistent=False)

    def forward(self, pred: Output, target: Output,
                target_weight: Optional[Tensor] = None) -> Tensor:
        """Compute the loss.

        Args:
            pred (Tensor | tuple[Tensor]): Coordinates (N, K, 2), heatmaps
                (N, K, h, w), or SimCC's logits of x and y (N, K, bins).
            target (Tensor | tuple[Tensor]): The same of the labels; for SimCC
                the labels' distributions.
            target_weight (Tensor, optional): (N, K) or (N, K, D).

        Returns:
            Tensor: A scalar; 0 where no pair has a weight.
        """
        if isinstance(pred, (tuple, list)):
            pred = _expected_bins(pred, softmax=True)
            target = _expected_bins(target, softmax=False)
        first, second = self._indices(pred.shape[1], pred.device)
        error = (self._lengths(pred, first, second) -
                 self._lengths(target, first, second)).abs()
        if not self.use_target_weight or target_weight is None:
            return error.mean() * self.loss_weight
        weight = target_weight.reshape(*error.shape[:1], pred.shape[1], -1)
        weight = weight[..., 0]
        weight = weight[:, first] * weight[:, second]
        total = weight.sum()
        return ((error * weight).sum() / total.clamp(min=1e-12) *
                self.loss_weight)

    def _indices(self, num_keypoints: int,
                 device: torch.device) -> Tuple[Tensor, Tensor]:
        """Return the first and second keypoints of all pairs."""
        if self.pairs == 'all':
            first, second = torch.triu_indices(
                num_keypoints, num_keypoints, 1, device=device)
        else:
            first, second = torch.tensor(self.pairs, device=device).T
        return first, second

    def _lengths(self, x: Tensor, first: Tensor, second: Tensor) -> Tensor:
        """Return the norms of the differences, (N, pairs)."""
        difference = x[:, first] - x[:, second]
        if x.dim() == 3:
            difference = difference * self.scale
        return (difference.flatten(2).square().sum(-1) + self.eps).sqrt()


def _expected_bins(vectors: Output, softmax: bool) -> Tensor:
    """Return SimCC's expected bins (N, K, 2) from x and y (N, K, bins)."""
    axes = []
    for vector in vectors:
        if softmax:
            weight = vector.softmax(-1)
        else:
            weight = vector / vector.sum(-1, keepdim=True).clamp(min=1e-12)
        bins = torch.arange(vector.shape[-1], device=vector.device)
        axes.append((weight * bins).sum(-1))
    return torch.stack(axes, dim=-1)


@MODELS.register_module()
class WithBoneLoss(nn.Module):
    """Add :class:`JointBoneLoss` to a head's own loss.

    It takes what the head's loss takes, so one line of a config adds the bone
    loss: heatmaps (pred, target, weight), regression (pred, target, weight),
    RLE (pred, sigma, target, weight), SimCC (tuples, weight), and DSNT (lists
    of coordinates and heatmaps, weight), where the coordinates are used.

    Args:
        loss (dict): Config of the head's own loss.
        bone (dict): Arguments of :class:`JointBoneLoss`.
    """

    def __init__(self, loss: ConfigType, bone: ConfigType) -> None:
        super().__init__()
        self.loss = MODELS.build(loss)
        self.bone = JointBoneLoss(**bone)

    def forward(self, pred: Any, *args: Any) -> list:
        """Compute both losses.

        Returns:
            LossTerms: The head's own, and ``loss_bone``. For DSNT, whose head
            adds up a list of two itself, a list of two with the bone loss
            added to the first.
        """
        own = self.loss(pred, *args)
        if isinstance(pred, list):  # DSNT
            targets, weight = args
            bone = self.bone(pred[0], targets[0], weight)
            return [own[0] + bone, *own[1:]]
        # RLE's deviations come first
        target, weight = args[-2:] if len(args) > 1 else (args[0], None)
        return LossTerms([own, self.bone(pred, target, weight)],
                         ['loss_bone'])
