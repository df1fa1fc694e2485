"""Transformer layers over the cells of a feature map."""
from mmcv.cnn.bricks import DropPath
from torch import Tensor, nn

from .sine_cosine_embedding import sine_cosine_embedding


def pre_norm_layer(dims: int,
                   num_heads: int,
                   mlp_ratio: float,
                   drop_path: float = 0.,
                   eps: float = 1e-5) -> nn.TransformerEncoderLayer:
    """Build a pre-norm layer: x + MHSA(LN(x)), then x + FFN(LN(x)).

    Args:
        dims (int): Width of the tokens.
        num_heads (int): Attention heads; must divide ``dims``.
        mlp_ratio (float): Hidden width of the FFN over ``dims``.
        drop_path (float): Probability to leave out either branch of a sample
            in training. Defaults to 0.
        eps (float): Of the layer normalizations. Defaults to 1e-5.

    Returns:
        nn.TransformerEncoderLayer: The layer, batch first, without dropout.

    Raises:
        ValueError: If the heads do not divide the width.
    """
    if dims % num_heads:
        raise ValueError(f'`num_heads` must divide the width {dims}, got '
                         f'{num_heads}')
    layer = nn.TransformerEncoderLayer(
        dims,
        num_heads,
        dim_feedforward=int(dims * mlp_ratio),
        dropout=0.,
        activation='gelu',
        layer_norm_eps=eps,
        batch_first=True,
        norm_first=True)
    if drop_path:
        # what ends both branches
        layer.dropout1 = DropPath(drop_path)
        layer.dropout2 = DropPath(drop_path)
    return layer


class GridTransformer(nn.Module):
    """Pre-norm Transformer layers over a feature map of any size.

    Args:
        dims (int): Channels of the map, a multiple of 4.
        num_layers (int): Number of layers.
        num_heads (int): Attention heads.
        mlp_ratio (float): Hidden width of the FFN over ``dims``.
    """

    def __init__(self, dims: int, num_layers: int, num_heads: int,
                 mlp_ratio: float) -> None:
        super().__init__()
        if dims % 4:
            raise ValueError('the width of a Transformer over a feature map '
                             f'must be a multiple of 4, got {dims}')
        self.layers = nn.ModuleList(
            pre_norm_layer(dims, num_heads, mlp_ratio)
            for _ in range(num_layers))

    def forward(self, x: Tensor) -> Tensor:
        """Apply self-attention to the cells of a map.

        Args:
            x (Tensor): Shape (B, C, h, w).

        Returns:
            Tensor: Shape (B, C, h, w).
        """
        channels, height, width = x.shape[1:]
        tokens = x.flatten(2).transpose(1, 2)
        positions = sine_cosine_embedding(height, width, channels)
        tokens = tokens + positions.flatten(0, 1).to(tokens)
        for layer in self.layers:
            tokens = layer(tokens)
        return tokens.transpose(1, 2).unflatten(2, (height, width))
