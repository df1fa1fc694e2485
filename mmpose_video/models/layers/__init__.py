"""Layers that more than one method uses, one file each."""
from .basic_block_chain import BasicBlockChain
from .conv_norm import ConvNorm
from .deconv_upsample import DeconvUpsample
from .deformable_alignment import DeformableAlignment
from .stagewise_alignment import StagewiseAlignment

__all__ = [
    'BasicBlockChain', 'ConvNorm', 'DeconvUpsample', 'DeformableAlignment',
    'StagewiseAlignment'
]
