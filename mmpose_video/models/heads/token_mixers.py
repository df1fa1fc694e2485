"""Mixers of keypoint tokens and their arrangement."""
import inspect
from typing import Any, Sequence, Tuple

from mmpose.registry import MODELS
from mmpose.utils.typing import ConfigType
from torch import Tensor, nn

ORDERS = ('series', 'parallel', 'cross')


class TokenMixers(nn.Module):
    """Apply mixers to keypoint tokens.

    With mixers f, g, ...:

    * 'series': g(f(x));
    * 'parallel': x + (f(x) - x) + (g(x) - x), each mixer being residual;
    * 'cross': three mixers, the third a :class:`GatedAttentionUnit` that
      takes queries from f(x), and keys and values from g(x).

    Args:
        mixers (Sequence[dict]): Configs. ``dims``, ``num_keypoints`` and
            ``links`` are filled in where a mixer takes them.
        dims (int): Width of the tokens.
        num_keypoints (int): K.
        links (Sequence[tuple[int, int]]): The skeleton.
        order (str): See above. Defaults to 'series'.

    Raises:
        ValueError: If there is no such order, a graph mixer gets no links, or
            a cross arrangement does not have three mixers.
    """

    def __init__(self,
                 mixers: Sequence[ConfigType],
                 dims: int,
                 num_keypoints: int,
                 links: Sequence[Tuple[int, int]] = (),
                 order: str = 'series') -> None:
        super().__init__()
        if order not in ORDERS:
            raise ValueError(f'`order` must be one of {ORDERS}, got '
                             f'{order!r}')
        if order == 'cross' and len(mixers) != 3:
            raise ValueError("`order='cross'` takes three mixers (queries, "
                             'keys and values, cross attention), got '
                             f'{len(mixers)}')
        self.order = order
        given = dict(dims=dims, num_keypoints=num_keypoints,
                     links=tuple(links))
        self.mixers = nn.ModuleList(_build(cfg, given) for cfg in mixers)

    def forward(self, x: Tensor) -> Tensor:
        """Mix tokens of shape (N, K, dims)."""
        if self.order == 'parallel':
            return x + sum(mixer(x) - x for mixer in self.mixers)
        if self.order == 'cross':
            query, source, attend = self.mixers
            return attend(query(x), source(x))
        for mixer in self.mixers:
            x = mixer(x)
        return x


def _build(cfg: ConfigType, given: dict) -> Any:
    """Build a mixer with the arguments that it takes and the config lacks."""
    cls = MODELS.get(cfg['type'])
    if cls is None:
        raise KeyError(f'no mixer {cfg["type"]!r} is registered in MODELS')
    names = inspect.signature(cls).parameters
    if 'links' in names and not (cfg.get('links') or given['links']):
        raise ValueError(
            f'{cfg["type"]} needs a skeleton with links: set `skeleton='
            "dict(from_file='configs/_base_/datasets/posetrack18.py')` or "
            '`skeleton=dict(links=[(0, 1), ...])` in the head')
    return MODELS.build(
        {**{k: v for k, v in given.items() if k in names}, **cfg})
