"""Official weights of TDMI."""
from .converter import Converter
from .rules import counted_from_one


class TDMIConverter(Converter):
    """TDMI with its appearance branch, as in the authors' review upload."""

    source = ('a3s5d9f3g2/4523, class DTDMNRV15_2, over the HRNet of '
              'Anonymouscvcode/JM-Pose')
    configs = 'configs/tdmi/tdmi-{st,published}_hrnet-w48_*'
    dropped = (
        (r'motion_heatmap_head\.', 'a second head, which is never called'),
        (r'hrnet\.stage4\.2\.fuse_layers\.[1-9]',
         'outputs of the last module of stage 4 at lower resolutions, which '
         'nothing reads'),
    )
    rules = (
        (r'hrnet\.final_layer', 'neck.mi_loss.label_layer'),
        (r'hrnet', 'backbone'),
        (r'motion_fusion_s([1-4])\.layers',
         counted_from_one('neck.motion_stages.{}.encode')),
        (r'm_a_agg_s([1-4])\.layers',
         counted_from_one('neck.motion_stages.{}.guide')),
        (r'm_a_dcn_offset_s([1-4])\.conv',
         counted_from_one('neck.motion_stages.{}.modulate.offset_conv')),
        (r'm_a_dcn_mask_s([1-4])\.conv',
         counted_from_one('neck.motion_stages.{}.modulate.mask_conv')),
        (r'm_a_dcn_s([1-4])',
         counted_from_one('neck.motion_stages.{}.modulate.deform_conv')),
        (r'motion_smooth_s([2-4])\.layers',
         counted_from_one('neck.fusions.{}')),
        (r'use_motion_structure', 'neck.useful_mask.mlp'),
        (r'noisy_motion_structure', 'neck.noisy_mask.mlp'),
        (r'sup_agg\.layers', 'neck.appearance.merge'),
        (r'combined_feat_layers\.layers', 'neck.appearance.align.combine'),
        (r'dcn_offset_([1-4])\.conv', counted_from_one(
            'neck.appearance.align.stages.{}.offset_conv')),
        (r'dcn_mask_([1-4])\.conv', counted_from_one(
            'neck.appearance.align.stages.{}.mask_conv')),
        (r'dcn_([1-4])', counted_from_one(
            'neck.appearance.align.stages.{}.deform_conv')),
        (r'all_agg_block\.layers', 'neck.appearance.aggregate'),
        (r'multimodal_fusion\.0\.layers', 'neck.aggregate'),
        (r'heatmap_head', 'head.final_layer'),
    )
