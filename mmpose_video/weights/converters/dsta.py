"""Official weights of DSTA."""
import torch

from .converter import Converter, Weights

_FLOW = 'head.loss_module.flow_model'


class DSTAConverter(Converter):
    """Convert DSTA over ResNet-50."""

    source = 'zgspose/DSTA, class DSTA_STD_ResNet50'
    configs = 'configs/dsta/dsta_res50_*'
    rules = (
        (r'preact', 'backbone'),
        (r'fc_coord\.linear', 'neck.embed'),
        (r'Spatial_pos_embed', 'neck.spatial_embed'),
        (r'Spatial_blocks\.(\d+)', r'neck.spatial_layers.\1'),
        (r'Spatial_norm', 'neck.spatial_norm'),
        (r'Temporal_pos_embed', 'neck.temporal_embed'),
        (r'blocks\.(\d+)', r'neck.temporal_layers.\1'),
        (r'Temporal_norm', 'neck.temporal_norm'),
        (r'weighted_mean', 'neck.mix'),
        (r'head_coord', 'head.coord'),
        (r'head_sigma', 'head.sigma'),
        (r'flow', _FLOW),
    )
    # serves training alone
    optional = ('flow', )
    inside = (
        (r'\.attn\.qkv\.(weight|bias)$', r'.self_attn.in_proj_\1'),
        (r'\.attn\.proj\.', '.self_attn.out_proj.'),
        (r'\.mlp\.fc([12])\.', r'.linear\1.'),
    )

    def finish(self, weights: Weights) -> Weights:
        """Add the flow's prior, which the official code keeps as a constant.

        It is a normal distribution around 0.5 of unit variance.
        """
        if f'{_FLOW}.mask' in weights:
            weights[f'{_FLOW}.loc'] = torch.full((2, ), 0.5)
            weights[f'{_FLOW}.cov'] = torch.eye(2)
        return weights
