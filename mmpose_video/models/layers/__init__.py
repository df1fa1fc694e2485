"""Layers that more than one method uses, one file each."""
from .activations import HardMish, Mish, swap_activations
from .basic_block_chain import BasicBlockChain
from .conv_norm import ConvNorm
from .coordinate_attention import CoordinateAttention
from .deconv_upsample import DeconvUpsample
from .deformable_alignment import DeformableAlignment
from .gated_attention import GatedAttentionUnit
from .graformer import GraFormerBlock
from .graph_conv import SemGCNBlock, SemGraphConv
from .selective_kernel import LargeSelectiveKernel, SelectiveKernel
from .stagewise_alignment import StagewiseAlignment

__all__ = [
    'BasicBlockChain', 'ConvNorm', 'CoordinateAttention', 'DeconvUpsample',
    'DeformableAlignment', 'GatedAttentionUnit', 'GraFormerBlock', 'HardMish',
    'LargeSelectiveKernel', 'Mish', 'SelectiveKernel', 'SemGCNBlock',
    'SemGraphConv', 'StagewiseAlignment', 'swap_activations'
]
