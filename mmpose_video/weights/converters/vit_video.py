"""Official weights of two video methods over ViTPose, of one code line."""
from .converter import Converter

#: MMPose's backbone, which both have under two more names.
_BACKBONE = (r'backbone', 'backbone')
_COPIES = {'model.backbone.': 'backbone.'}


class TARViTPoseConverter(Converter):
    """TAR-ViTPose. The weights need ``layout='published'``."""

    source = 'zgspose/TARViTPose, class TAR_ViTPose'
    configs = 'configs/tarvitpose/tarvitpose-published_vit-*'
    copies = {
        **_COPIES,
        'model.head.deconv_layers.': 'heatmap_head.0.',
        'model.head.final_layer.': 'heatmap_head.1.',
    }
    rules = (
        _BACKBONE,
        (r'heatmap_head\.0', 'neck.rough_head.deconv_layers'),
        (r'heatmap_head\.1', 'neck.rough_head.final_layer'),
        (r'query_feat', 'neck.query'),
        (r'query_pe', 'neck.query_position'),
        (r'masked_attention_layers\.(\d+)', r'neck.layers.\1.cross'),
        (r'self_attention_layers\.(\d+)', r'neck.layers.\1.joints'),
        (r'ffn_layers\.(\d+)', r'neck.layers.\1.ffn'),
        (r'cross_attention', 'neck.restore'),
    )


class PoseidonConverter(Converter):
    """Poseidon. The weights need ``layout='published'``."""

    source = 'CesareDavidePace/poseidon, class Poseidon'
    configs = 'configs/poseidon/poseidon-published_vit-*'
    copies = {
        **_COPIES,
        'extract_layers.model.': 'backbone.',
        'model.head.deconv_layers.': 'deconv_layer.',
        'model.head.final_layer.': 'final_layer.',
    }
    rules = (
        _BACKBONE,
        (r'deconv_layer', 'head.deconv_layers'),
        (r'final_layer', 'head.final_layer'),
        (r'feature_fusion\.ppm\.paths', 'neck.pyramid.paths'),
        (r'feature_fusion\.fusion_conv', 'neck.pyramid.conv'),
        (r'feature_fusion\.fusion_norm', 'neck.pyramid.norm'),
        (r'feature_fusion\.attention_fusion\.final_proj',
         'neck.level_attention.proj'),
        (r'feature_fusion\.attention_fusion', 'neck.level_attention'),
        (r'adaptive_weighting\.frame_quality_estimator\.0',
         'neck.weighting.conv'),
        (r'adaptive_weighting\.frame_quality_estimator\.4',
         'neck.weighting.score'),
        (r'self_attention', 'neck.support_attention'),
        (r'cross_attention\.mha', 'neck.key_attention'),
        # the first and the second of the levels, for ViT-S, -B and for ViT-H
        (r'intermediate_layer_norms\.layer(3|9)', 'neck.level_norms.0'),
        (r'intermediate_layer_norms\.layer(7|21)', 'neck.level_norms.1'),
        (r'layer_norm', 'neck.norm'),
    )
