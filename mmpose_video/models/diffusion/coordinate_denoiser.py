"""The pose decoder for diffusion over coordinates."""
from typing import NamedTuple

from torch import Tensor, nn
from torch.nn import functional as F

from ..layers.sine_cosine_embedding import sine_cosine_embedding
from .time_embedding import TimeEmbedding, sinusoidal_embedding


class CoordinateFeature(NamedTuple):
    """Features of an image, computed once for all steps and hypotheses.

    Attributes:
        grid (Tensor): Features, shape (N, C, h, w).
        tokens (Tensor): The same with positions, shape (N, h * w, C).
    """

    grid: Tensor
    tokens: Tensor


class CoordinateDenoiser(nn.Module):
    """Predict clean coordinates from noisy ones and features.

    The authors' notes plan diffusion over coordinates with a Transformer and
    say no more; all of this design is the package's, not the paper's. Each
    keypoint is a token made of its noisy position, its name, the step, and the
    feature looked up at that position (bilinearly, as the heatmap decoder
    looks up features under its mask). The tokens attend to each other and to
    the whole feature map.

    Args:
        in_channels (int): Channels of the feature.
        num_keypoints (int): K.
        channels (int): Width C, a multiple of 8. Defaults to 128.
        time_dims (int): Width of the sinusoidal embedding. Defaults to 64.
        num_layers (int): Transformer decoder layers. Defaults to 2.
        num_heads (int): Their heads. Defaults to 4.
        mlp_ratio (float): Their FFN's hidden width over C. Defaults to 2.
    """

    def __init__(self,
                 in_channels: int,
                 num_keypoints: int,
                 channels: int = 128,
                 time_dims: int = 64,
                 num_layers: int = 2,
                 num_heads: int = 4,
                 mlp_ratio: float = 2.) -> None:
        super().__init__()
        if channels % 8 or channels % num_heads:
            raise ValueError('`channels` must be a multiple of 8 and of '
                             f'`num_heads` {num_heads}, got {channels}')
        self.channels = channels
        self.project = nn.Conv2d(in_channels, channels, 1)
        self.joints = nn.Embedding(num_keypoints, channels)
        self.position = nn.Linear(channels, channels)
        self.time_embedding = TimeEmbedding(time_dims)
        self.step = nn.Sequential(
            nn.SiLU(), nn.Linear(self.time_embedding.out_dims, channels))
        self.layers = nn.ModuleList(
            nn.TransformerDecoderLayer(
                channels,
                num_heads,
                dim_feedforward=int(channels * mlp_ratio),
                dropout=0.,
                activation='gelu',
                batch_first=True,
                norm_first=True) for _ in range(num_layers))
        self.norm = nn.LayerNorm(channels)
        self.final = nn.Linear(channels, 2)
        # start by predicting the center of the crop
        nn.init.normal_(self.final.weight, std=0.01)
        nn.init.constant_(self.final.bias, 0.5)

    def encode(self, feature: Tensor) -> CoordinateFeature:
        """Compute what depends on the image alone, once per image.

        Args:
            feature (Tensor): F_t, shape (N, in_channels, h, w).
        """
        grid = self.project(feature)
        positions = sine_cosine_embedding(grid.shape[-2],
                                          grid.shape[-1], self.channels)
        tokens = grid.flatten(2).transpose(1, 2)
        tokens = tokens + positions.flatten(0, 1).to(grid)
        return CoordinateFeature(grid, tokens)

    def forward(self, x: Tensor, t: Tensor,
                prepared: CoordinateFeature) -> Tensor:
        """Predict clean coordinates.

        Args:
            x (Tensor): Noisy coordinates of P hypotheses for each of N
                images, mapped from [0, 1] to [-1, 1], (N, P, K, 2).
            t (Tensor): Their steps, shape (N, P).
            prepared (CoordinateFeature): What :meth:`encode` returned.

        Returns:
            Tensor: Fractions of the input's size, shape (N, P, K, 2).
        """
        num_images, hypotheses = x.shape[:2]
        # outside of the crop there is nothing to look up
        places = x.to(prepared.grid.dtype).clamp(-1, 1)
        found = F.grid_sample(
            prepared.grid, places, mode='bilinear', align_corners=False)
        # (N, C, P, K) -> (N * P, K, C)
        found = found.permute(0, 2, 3, 1).flatten(0, 1)
        waves = sinusoidal_embedding(
            places * 100, self.channels // 2, max_period=1000.)
        step = self.step(self.time_embedding(t.flatten()))
        tokens = found + self.joints.weight + step[:, None] + self.position(
            waves.flatten(-2).flatten(0, 1).to(found))
        memory = prepared.tokens[:, None].expand(-1, hypotheses, -1, -1)
        memory = memory.flatten(0, 1)
        for layer in self.layers:
            tokens = layer(tokens, memory)
        coords = self.final(self.norm(tokens))
        return coords.unflatten(0, (num_images, hypotheses))
