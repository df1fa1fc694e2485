"""Load a Vision Transformer's position embedding for another input size."""
import math
from typing import Any, Optional, Tuple

from mmengine.logging import print_log
from torch import Tensor, nn

#: Height over width of the crops that published pose models are trained on.
CROP_RATIO = 4 / 3


def resize_position_embedding_on_load(backbone: nn.Module) -> None:
    """Make a backbone load position embeddings of other input sizes.

    mmpretrain's Vision Transformer interpolates an embedding of another size,
    but takes its grid for a square, so those of crops (16 x 12 tokens for
    256x192) end in an assertion. Here the grid is found first: a square if
    the number of tokens is one, otherwise the grid whose height over width is
    closest to 4 / 3.

    A backbone without a position embedding on a grid is left as it is.

    Args:
        backbone (nn.Module): The backbone.
    """
    grid = getattr(
        getattr(backbone, 'patch_embed', None), 'init_out_size', None)
    if grid is None or not isinstance(
            getattr(backbone, 'pos_embed', None), nn.Parameter):
        return
    hook = backbone._register_load_state_dict_pre_hook(
        _resize, with_module=True)
    # before the backbone's own, which would fail
    hooks: Any = backbone._load_state_dict_pre_hooks
    hooks.move_to_end(hook.id, last=False)


def _resize(backbone: Any, state_dict: dict, prefix: str, *_: Any) -> None:
    """Interpolate the embedding in a checkpoint to that of the backbone."""
    name = f'{prefix}pos_embed'
    embedding: Optional[Tensor] = state_dict.get(name)
    wanted = backbone.pos_embed.shape
    if embedding is None or embedding.shape == wanted:
        return
    if embedding.dim() != 3 or embedding.shape[-1] != wanted[-1]:
        return  # of another model: loading says so
    extra = backbone.num_extra_tokens
    grid = token_grid(embedding.shape[1] - extra)
    num_tokens = embedding.shape[1]
    if grid is None and not extra:
        # with the token of a class, which this backbone does not have
        grid = token_grid(num_tokens - 1)
        embedding = embedding[:, 1:]
    if grid is None:
        raise ValueError(
            f'`{name}` of the checkpoint has {num_tokens} tokens, which form '
            f'no grid; the model has {wanted[1]}. Build the backbone with '
            "the `img_size` of the checkpoint's training")
    # a dependency of this backbone alone
    from mmpretrain.models.utils import resize_pos_embed
    size = tuple(backbone.patch_embed.init_out_size)
    print_log(
        f'the position embedding was resized from {grid[0]} x {grid[1]} to '
        f'{size[0]} x {size[1]} tokens', 'current')
    state_dict[name] = resize_pos_embed(embedding, grid, size,
                                        backbone.interpolate_mode, extra)


def token_grid(num: int) -> Optional[Tuple[int, int]]:
    """Return the height and width of a grid of tokens.

    Args:
        num (int): Number of tokens.

    Returns:
        tuple[int, int], optional: A square if there is one, otherwise the
        grid closest to the shape of pose models' crops. None if that is more
        than twice as high or wide.

    Examples:
        >>> token_grid(192), token_grid(432), token_grid(196)
        ((16, 12), (24, 18), (14, 14))
    """
    if num < 1:
        return None
    side = math.isqrt(num)
    if side * side == num:
        return side, side
    grids = [(num // width, width) for width in range(1, num + 1)
             if num % width == 0]

    def distance(grid: Tuple[int, int]) -> float:
        return abs(math.log(grid[0] / grid[1] / CROP_RATIO))

    best = min(grids, key=distance)
    return best if distance(best) <= math.log(2) else None
