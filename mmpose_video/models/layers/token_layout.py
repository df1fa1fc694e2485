"""Convert feature maps to sequences of tokens, and back."""
from typing import Sequence

from torch import Tensor

#: Ways of turning maps into tokens, see :func:`maps_to_tokens`.
LAYOUTS = ('published', 'sound')


def maps_to_tokens(maps: Tensor, layout: str) -> Tensor:
    """Turn feature maps into tokens.

    Args:
        maps (Tensor): Shape (..., C, h, w).
        layout (str): ``'sound'``: a token holds the C channels of one place.
            ``'published'``: the memory of the map is read as (h·w, C), so a
            token holds pieces of a few channels from many places. The
            released code of Poseidon and TAR-ViTPose does so.

    Returns:
        Tensor: Shape (..., h·w, C).
    """
    flat = maps.flatten(-2)
    if layout == 'sound':
        return flat.mT
    channels, places = flat.shape[-2:]
    return flat.reshape(*flat.shape[:-2], places, channels)


def tokens_to_maps(tokens: Tensor, size: Sequence[int],
                   layout: str) -> Tensor:
    """Turn tokens into feature maps: the inverse of :func:`maps_to_tokens`.

    Args:
        tokens (Tensor): Shape (..., h·w, C).
        size (Sequence[int]): h and w.
        layout (str): See :func:`maps_to_tokens`.

    Returns:
        Tensor: Shape (..., C, h, w).
    """
    channels = tokens.shape[-1]
    if layout == 'sound':
        return tokens.mT.unflatten(-1, tuple(size))
    return tokens.reshape(*tokens.shape[:-2], channels, *size)


def check_layout(layout: str) -> str:
    """Return a layout that exists.

    Raises:
        ValueError: If there is no such layout.
    """
    if layout not in LAYOUTS:
        raise ValueError(f'`layout` must be one of {LAYOUTS}, got '
                         f'{layout!r}')
    return layout
