"""Official weights of ViTPose."""
from typing import Mapping

from torch import Tensor

from .converter import Converter, Weights

#: From the official ViT's names to those of mmpretrain's.
VIT_RULES = (
    (r'backbone\.pos_embed', 'backbone.pos_embed'),
    (r'backbone\.patch_embed\.proj', 'backbone.patch_embed.projection'),
    (r'backbone\.blocks\.(\d+)\.norm([12])', r'backbone.layers.\1.ln\2'),
    (r'backbone\.blocks\.(\d+)\.attn', r'backbone.layers.\1.attn'),
    (r'backbone\.blocks\.(\d+)\.mlp\.fc1',
     r'backbone.layers.\1.ffn.layers.0.0'),
    (r'backbone\.blocks\.(\d+)\.mlp\.fc2',
     r'backbone.layers.\1.ffn.layers.1'),
    (r'backbone\.last_norm', 'backbone.ln1'),
)


class ViTPoseConverter(Converter):
    """ViTPose with the classic head (two deconvolutions)."""

    source = 'ViTAE-Transformer/ViTPose, class ViT'
    configs = 'configs/single_image/td-hm_vit-{base,huge}_*'
    rules = (
        *VIT_RULES,
        (r'keypoint_head\.deconv_layers', 'head.deconv_layers'),
        (r'keypoint_head\.final_layer', 'head.final_layer'),
    )
    # pretrained backbones have no head, and the simple head no deconvolutions
    optional = (r'keypoint_head\.deconv_layers',
                r'keypoint_head\.final_layer')
    dropped = ((r'backbone\.cls_token', 'the class token, which poses do not '
                'use'), )

    def check(self, weights: Mapping[str, Tensor]) -> None:
        """Refuse ViTPose+, whose layers hold several models."""
        experts = [name for name in weights if '.experts.' in name]
        if experts:
            raise ValueError(
                f'`{experts[0]}` and others are experts of ViTPose+, one set '
                'of weights for several datasets; tools/model_split.py of the '
                'official code makes a ViTPose checkpoint of each of them')

    def finish(self, weights: Weights) -> Weights:
        """Add the class token's position embedding to all others.

        The official model adds ``pos_embed[:, :1]`` to the embedding of each
        patch; mmpretrain's has no such row.
        """
        name = 'backbone.pos_embed'
        if name in weights:
            embedding = weights[name]
            weights[name] = embedding[:, 1:] + embedding[:, :1]
        return weights
