"""Graph convolutions over the keypoints of a skeleton."""
from typing import Optional, Sequence, Tuple

import torch
from mmpose.registry import MODELS
from torch import Tensor, nn

Links = Sequence[Tuple[int, int]]


def adjacency_matrix(links: Links, num_keypoints: int) -> Tensor:
    """Return the symmetric adjacency matrix of a skeleton.

    Args:
        links (Sequence[tuple[int, int]]): Pairs of keypoints.
        num_keypoints (int): K.

    Returns:
        Tensor: Shape (K, K), boolean, with a false diagonal.

    Raises:
        ValueError: If a link names a keypoint that does not exist, or one
            keypoint twice.
    """
    matrix = torch.zeros(num_keypoints, num_keypoints, dtype=torch.bool)
    for i, j in links:
        if i == j or not (0 <= i < num_keypoints and 0 <= j < num_keypoints):
            raise ValueError(
                f'the link {(i, j)} does not join two of {num_keypoints} '
                'keypoints; the skeleton belongs to another keypoint set')
        matrix[i, j] = matrix[j, i] = True
    return matrix


@MODELS.register_module()
class SemGraphConv(nn.Module):
    """Graph convolution with learned edge weights.

    From `Semantic Graph Convolutional Networks for 3D Human Pose Regression
    <https://arxiv.org/abs/1904.03345>`_: a softmax over each keypoint's
    neighbors and itself gives a matrix M, and::

        Y = (M * I) X W0 + (M * (1 - I)) X W1 + b

    Args:
        in_dims (int): Width of the input tokens.
        out_dims (int): Width of the output tokens.
        links (Sequence[tuple[int, int]]): The skeleton; may be empty, which
            makes this a linear layer.
        num_keypoints (int): K.
    """

    absent: Tensor

    def __init__(self, in_dims: int, out_dims: int, links: Links,
                 num_keypoints: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(2, in_dims, out_dims))
        self.bias = nn.Parameter(torch.zeros(out_dims))
        neighbors = adjacency_matrix(links, num_keypoints)
        neighbors |= torch.eye(num_keypoints, dtype=torch.bool)
        self.register_buffer('absent', ~neighbors, persistent=False)
        # one logit per entry keeps loading independent of the edges' order;
        # entries off the skeleton are masked and get no gradient
        self.edges = nn.Parameter(torch.ones(num_keypoints, num_keypoints))
        nn.init.xavier_uniform_(self.weight, gain=1.414)

    @property
    def mixing(self) -> Tensor:
        """Tensor: The matrix M of shape (K, K); rows sum to 1."""
        return self.edges.masked_fill(self.absent, float('-inf')).softmax(-1)

    def forward(self, x: Tensor) -> Tensor:
        """Convolve.

        Args:
            x (Tensor): Keypoint tokens of shape (N, K, in_dims).

        Returns:
            Tensor: Shape (N, K, out_dims).
        """
        mixing = self.mixing
        own = torch.diagonal(mixing).unsqueeze(-1)
        others = mixing - torch.diag_embed(own.squeeze(-1))
        return (own * (x @ self.weight[0]) + others @ (x @ self.weight[1]) +
                self.bias)


class _TokenBatchNorm(nn.BatchNorm1d):
    """Batch norm over the channels of tokens (N, K, C)."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.transpose(1, 2)).transpose(1, 2)


@MODELS.register_module()
class SemGCNBlock(nn.Module):
    """Two semantic graph convolutions with a residual connection.

    Each convolution is followed by batch norm and ReLU; the residual branch
    ends in a linear layer that starts at zero, so that the block starts as
    the identity. Without it a graph convolution in front of an attention
    layer mixes keypoints before they are located.

    Args:
        dims (int): Width of the tokens.
        links (Sequence[tuple[int, int]]): The skeleton.
        num_keypoints (int): K.
        hidden_dims (int, optional): Width between the convolutions.
            Defaults to None, ``dims``.
    """

    def __init__(self, dims: int, links: Links, num_keypoints: int,
                 hidden_dims: Optional[int] = None) -> None:
        super().__init__()
        hidden = hidden_dims or dims
        self.branch = nn.Sequential(
            SemGraphConv(dims, hidden, links, num_keypoints),
            _TokenBatchNorm(hidden), nn.ReLU(inplace=True),
            SemGraphConv(hidden, hidden, links, num_keypoints),
            _TokenBatchNorm(hidden), nn.ReLU(inplace=True))
        self.to_out = nn.Linear(hidden, dims)
        self.init_weights()

    def init_weights(self) -> None:
        """Set the last layer to zero."""
        nn.init.zeros_(self.to_out.weight)
        nn.init.zeros_(self.to_out.bias)

    def forward(self, x: Tensor) -> Tensor:
        """Mix keypoint tokens of shape (N, K, dims)."""
        return x + self.to_out(self.branch(x))
