"""DiffPose's pose decoder: a clean heatmap from a noisy one and features."""
from typing import List, Optional, Tuple

from mmcv.cnn import build_norm_layer
from mmengine.model import normal_init
from mmpose.utils.typing import ConfigType
from torch import Tensor, nn
from torch.nn import functional as F

from ..layers.grid_transformer import GridTransformer
from .lookup_interaction import LookupInteraction, ScaleFeature
from .time_conditioning import TimeConditioning
from .time_embedding import TimeEmbedding

Pyramid = Tuple[ScaleFeature, ...]

#: Cells of the heatmap per cell of F^1, F^2 and F^3.
SCALES = (4, 2, 1)


class PoseDenoiser(nn.Module):
    r"""Predict the clean heatmap, :math:`f_\theta(x_t, F_t, t)`.

    The embedding of the step rescales the noisy heatmap to :math:`\bar x`;
    strided convolutions lower it to :math:`x^1, x^2, x^3 = \bar x`, and
    deconvolutions lift the feature to :math:`F^1, F^2, F^3` of the same
    sizes, a quarter, a half and the whole of the heatmap's. At each scale the
    heatmap looks up the feature (:class:`LookupInteraction`), at the coarsest
    one with Transformers, else with convolutions; the sum of the three, at
    the heatmap's size, gives :math:`\hat H` through a 3x3 convolution
    (DiffPose, ICCV 2023, pose decoder).

    Widths, depths, norms and the way of upsampling are in no source: package
    defaults, not the paper's. Group normalization replaces batch
    normalization here since the statistics of x_t change with t.

    Args:
        in_channels (int): Channels of the feature.
        num_keypoints (int): K.
        feature_stride (int): Cells of the heatmap per cell of the feature,
            a power of two. Defaults to 4.
        channels (int): Width C. Defaults to 128.
        time_dims (int): Width of the sinusoidal embedding. Defaults to 64.
        time_conditioning (str): 'scale', 'scale_shift' or 'concat'. Defaults
            to 'scale'.
        lookup (str): 'mask' or 'concat', see :class:`LookupInteraction`.
            Defaults to 'mask'.
        num_layers (int): Layers of each of the two Transformers at the
            coarsest scale. Defaults to 1.
        num_heads (int): Their heads. Defaults to 4.
        mlp_ratio (float): Their FFN's hidden width over C. Defaults to 2.
        norm_cfg (dict, optional): Defaults to group normalization with 8
            groups.
    """

    def __init__(self,
                 in_channels: int,
                 num_keypoints: int,
                 feature_stride: int = 4,
                 channels: int = 128,
                 time_dims: int = 64,
                 time_conditioning: str = 'scale',
                 lookup: str = 'mask',
                 num_layers: int = 1,
                 num_heads: int = 4,
                 mlp_ratio: float = 2.,
                 norm_cfg: Optional[ConfigType] = None) -> None:
        super().__init__()
        if feature_stride < 1 or feature_stride & (feature_stride - 1):
            raise ValueError('`feature_stride` must be a power of two (1, 2, '
                             f'4, 8, ...), got {feature_stride}')
        self.feature_stride = feature_stride
        self.norm_cfg = norm_cfg or dict(type='GN', num_groups=8)

        self.time_embedding = TimeEmbedding(time_dims)
        self.condition = TimeConditioning(num_keypoints,
                                          self.time_embedding.out_dims,
                                          time_conditioning)
        self.lower = nn.ModuleList(
            nn.Conv2d(num_keypoints, num_keypoints, 3, stride=2, padding=1)
            for _ in SCALES[1:])
        self.lift = nn.ModuleList(
            self._make_lift(in_channels, channels, feature_stride, scale)
            for scale in SCALES)

        def transformer() -> nn.Module:
            return GridTransformer(channels, num_layers, num_heads, mlp_ratio)

        coarsest = LookupInteraction(
            refine=nn.Sequential(
                nn.Conv2d(num_keypoints, channels, 1), transformer()),
            refined_channels=channels,
            channels=channels,
            post=transformer(),
            kernel_size=1,
            lookup=lookup)
        finer = [
            LookupInteraction(
                refine=nn.Conv2d(num_keypoints, num_keypoints, 3, padding=1),
                refined_channels=num_keypoints,
                channels=channels,
                post=nn.Sequential(self._norm(channels), nn.ReLU()),
                kernel_size=3,
                lookup=lookup) for _ in SCALES[1:]
        ]
        self.interactions = nn.ModuleList([coarsest, *finer])
        self.final = nn.Conv2d(channels, num_keypoints, 3, padding=1)
        # as the final layers of MMPose's heatmap heads: start near zero
        normal_init(self.final, std=0.001)

    def heatmap_size(self, feature: Tensor) -> Tuple[int, int]:
        """Return height and width of the heatmaps for a feature (N, C, h, w).

        Raises:
            ValueError: If they cannot be halved twice.
        """
        height, width = (
            size * self.feature_stride for size in feature.shape[-2:])
        if height % SCALES[0] or width % SCALES[0]:
            step = SCALES[0] // self.feature_stride
            raise ValueError(
                f'a feature of {feature.shape[-2]}x{feature.shape[-1]} with '
                f'`feature_stride` {self.feature_stride} makes heatmaps of '
                f'{height}x{width}, which cannot be halved twice; height and '
                f'width of the feature must be multiples of {step}')
        return height, width

    def encode(self, feature: Tensor) -> Pyramid:
        """Compute what depends on the image alone, once per image.

        Args:
            feature (Tensor): F_t, shape (N, in_channels, h, w).

        Returns:
            tuple[ScaleFeature]: From the coarsest to the finest.
        """
        self.heatmap_size(feature)
        return tuple(
            interaction.prepare(lift(feature))  # type: ignore[operator]
            for lift, interaction in zip(self.lift, self.interactions))

    def forward(self, x: Tensor, t: Tensor, pyramid: Pyramid) -> Tensor:
        """Predict clean heatmaps.

        Args:
            x (Tensor): Noisy heatmaps of P hypotheses for each of N images,
                shape (N, P, K, h, w).
            t (Tensor): Their steps, shape (N, P).
            pyramid (tuple[ScaleFeature]): What :meth:`encode` returned.

        Returns:
            Tensor: Shape (N, P, K, h, w); 1 at a keypoint, 0 far from it.
        """
        size = x.shape[-2:]
        x = x.to(self.final.weight.dtype)  # noise is float32 at first
        embedding = self.time_embedding(t.flatten())
        noisy: List[Tensor] = [self.condition(x.flatten(0, 1), embedding)]
        for conv in self.lower:
            noisy.insert(0, conv(noisy[0]))

        fused_levels = []
        for level, prepared, interaction in zip(noisy, pyramid,
                                                self.interactions):
            fused = interaction(level, prepared)
            if fused.shape[-2:] != size:
                fused = F.interpolate(
                    fused, size=size, mode='bilinear', align_corners=False)
            fused_levels.append(fused)
        coarse, middle, fine = fused_levels
        return self.final(coarse + middle + fine).unflatten(0, x.shape[:2])

    def _norm(self, channels: int) -> nn.Module:
        """Build a normalization layer."""
        return build_norm_layer(self.norm_cfg, channels)[1]

    def _make_lift(self, in_channels: int, channels: int, feature_stride: int,
                   scale: int) -> nn.Sequential:
        """Bring the feature to one of the three scales."""
        layers: List[nn.Module] = []

        def add(conv: nn.Module) -> None:
            layers.extend([conv, self._norm(channels), nn.ReLU()])

        while feature_stride > scale:
            add(
                nn.ConvTranspose2d(
                    in_channels, channels, 4, stride=2, padding=1, bias=False))
            in_channels, feature_stride = channels, feature_stride // 2
        while feature_stride < scale:
            add(
                nn.Conv2d(
                    in_channels, channels, 3, stride=2, padding=1, bias=False))
            in_channels, feature_stride = channels, feature_stride * 2
        if not layers:
            add(nn.Conv2d(in_channels, channels, 3, padding=1, bias=False))
        return nn.Sequential(*layers)
