"""Official weights of FAMI-Pose."""
from .converter import Converter
from .dcpose import RSB_RULES
from .rules import counted_from_one


class FAMIConverter(Converter):
    """Convert FAMI-Pose."""

    source = 'Pose-Group/FAMI-Pose, class Alignment_V15'
    configs = 'configs/fami/fami_hrnet-w48_*'
    rules = (
        (r'hrnet\.final_layer', 'neck.mi_loss.label_layer'),
        (r'hrnet', 'backbone'),
        (r'feat_global_offset_layers\.0\.layers', 'neck.transform.block'),
        (r'feat_global_offset_layers\.([1-5])',
         counted_from_one('neck.transform.convs.{}')),
        # layer 6 flattens
        (r'feat_global_offset_layers\.7', 'neck.transform.mlp.0'),
        (r'feat_global_offset_layers\.8', 'neck.transform.mlp.1'),
        (r'feat_global_offset_layers\.9', 'neck.transform.mlp.2'),
        (r'sup_agg_block\.layers', 'neck.merge'),
        (r'combined_feat_layers\.layers', 'neck.calibrate.combine'),
        (r'dcn_offset_([1-4])\.conv',
         counted_from_one('neck.calibrate.stages.{}.offset_conv')),
        (r'dcn_mask_([1-4])\.conv',
         counted_from_one('neck.calibrate.stages.{}.mask_conv')),
        (r'dcn_([1-4])',
         counted_from_one('neck.calibrate.stages.{}.deform_conv')),
        (r'init_feature_agg_block\.layers', 'neck.aggregate'),
        (r'agg_final_layer', 'head.final_layer'),
    )
    inside = RSB_RULES
