"""Layers that more than one method uses, one file each."""
from .affine_warp import affine_warp, translate, warp_affine
from .basic_block_chain import BasicBlockChain
from .conv_norm import ConvNorm
from .deformable_alignment import DeformableAlignment
from .rsb_block import RSBBlock, RSBChain
from .stagewise_alignment import StagewiseAlignment

__all__ = [
    'BasicBlockChain', 'ConvNorm', 'DeformableAlignment', 'RSBBlock',
    'RSBChain', 'StagewiseAlignment', 'affine_warp', 'translate',
    'warp_affine'
]
