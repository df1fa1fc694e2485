"""GraFormer's block: attention among keypoints and graph convolutions."""
import torch
from mmpose.registry import MODELS
from torch import Tensor, nn

from .graph_conv import Links, adjacency_matrix


class ChebConv(nn.Module):
    """Chebyshev graph convolution of order 2: X W0 + L' X W1 + b.

    L' = -D^(-1/2) A D^(-1/2) is the normalized Laplacian of the skeleton
    without self loops, shifted by the identity. A keypoint without links has
    a zero row.

    Args:
        in_dims (int): Width of the input tokens.
        out_dims (int): Width of the output tokens.
        links (Sequence[tuple[int, int]]): The skeleton.
        num_keypoints (int): K.
    """

    def __init__(self, in_dims: int, out_dims: int, links: Links,
                 num_keypoints: int) -> None:
        super().__init__()
        adjacency = adjacency_matrix(links, num_keypoints).float()
        scale = adjacency.sum(-1).clamp(min=1).rsqrt()
        laplacian = -scale[:, None] * adjacency * scale
        self.register_buffer('laplacian', laplacian, persistent=False)
        self.own = nn.Linear(in_dims, out_dims)
        self.others = nn.Linear(in_dims, out_dims, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Convolve keypoint tokens (N, K, in_dims)."""
        return self.own(x) + self.laplacian @ self.others(x)


class LearnedGraphNet(nn.Module):
    """Two graph convolutions over one learned adjacency matrix.

    The matrix starts as the identity and is made symmetric and normalized by
    its row sums at each pass. Widths: d -> 2 d -> d.

    Args:
        dims (int): Width d of the tokens.
        num_keypoints (int): K.
    """

    def __init__(self, dims: int, num_keypoints: int) -> None:
        super().__init__()
        self.adjacency = nn.Parameter(torch.eye(num_keypoints))
        self.expand = nn.Linear(dims, 2 * dims)
        self.reduce = nn.Linear(2 * dims, dims)

    def forward(self, x: Tensor) -> Tensor:
        """Convolve keypoint tokens (N, K, d)."""
        matrix = self.adjacency.relu()
        matrix = (matrix + matrix.T) / 2
        scale = (matrix.sum(-1) + 1e-5).rsqrt()
        matrix = scale[:, None] * matrix * scale
        x = (matrix @ self.expand(x)).relu()
        return matrix @ self.reduce(x)


@MODELS.register_module()
class GraFormerBlock(nn.Module):
    """Attention and learned graph, then a residual pair of graph convolutions.

    From `GraFormer: Graph-Oriented Transformer for 3D Pose Estimation
    <https://arxiv.org/abs/2109.08364>`_: x + MHSA(LN(x)), x + graph(LN(x))
    with a learned graph, x + two Chebyshev convolutions over the skeleton.
    The last layers of all three branches start at zero, so that the block
    starts as the identity.

    Args:
        dims (int): Width of the tokens.
        links (Sequence[tuple[int, int]]): The skeleton.
        num_keypoints (int): K.
        num_heads (int): Attention heads; must divide ``dims``.
            Defaults to 4.
        dropout (float): Of the attention. Defaults to 0.25, as in the paper.

    Raises:
        ValueError: If the heads do not divide the width.
    """

    def __init__(self, dims: int, links: Links, num_keypoints: int,
                 num_heads: int = 4, dropout: float = 0.25) -> None:
        super().__init__()
        if dims % num_heads:
            raise ValueError(f'`num_heads` must divide the width {dims}, got '
                             f'{num_heads}')
        self.norm1 = nn.LayerNorm(dims)
        self.attention = nn.MultiheadAttention(
            dims, num_heads, dropout=dropout, batch_first=True)
        self.norm2 = nn.LayerNorm(dims)
        self.graph = LearnedGraphNet(dims, num_keypoints)
        self.conv1 = ChebConv(dims, dims, links, num_keypoints)
        self.conv2 = ChebConv(dims, dims, links, num_keypoints)
        self.init_weights()

    def init_weights(self) -> None:
        """Set the last layer of each branch to zero."""
        for layer in (self.attention.out_proj, self.graph.reduce,
                      self.conv2.own):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)
        nn.init.zeros_(self.conv2.others.weight)

    def forward(self, x: Tensor) -> Tensor:
        """Mix keypoint tokens of shape (N, K, dims)."""
        tokens = self.norm1(x)
        x = x + self.attention(tokens, tokens, tokens, need_weights=False)[0]
        x = x + self.graph(self.norm2(x))
        return x + self.conv2(self.conv1(x).relu())
