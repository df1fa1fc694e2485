"""Official weights of DCPose."""
from .converter import Converter
from .rules import counted_from_one

#: Names inside a residual steps block and a ``conv_bn_relu``.
RSB_RULES = (
    (r'\.conv_bn_relu1\.', '.expand.'),
    (r'\.conv_bn_relu2_(\d)_(\d)\.', counted_from_one('.branches.{}.{}.')),
    (r'\.conv_bn_relu3\.', '.fuse.'),
    (r'\.downsample\.(?=conv\.|bn\.)', '.shortcut.'),
    (r'\.conv\.(?=weight$|bias$)', '.0.'),
    (r'\.bn\.', '.1.'),
)


class DCPoseConverter(Converter):
    """Convert DCPose."""

    source = 'Pose-Group/DCPose, class DcPose_RSN'
    configs = 'configs/dcpose/dcpose_hrnet-w48_*'
    rules = (
        (r'rough_pose_estimation_net\.final_layer',
         'neck.rough_head.final_layer'),
        (r'rough_pose_estimation_net', 'backbone'),
        (r'support_temporal_fuse\.layers\.(\d+)', r'neck.merge.\1'),
        (r'diff_temporal_fuse\.layers\.(\d+)', r'neck.residual.\1'),
        (r'offset_mask_combine_conv\.layers\.(\d+)', r'neck.guide.\1'),
        (r'offsets_list\.(\d+)\.0', r'neck.corrections.\1.offset_conv'),
        (r'masks_list\.(\d+)\.0', r'neck.corrections.\1.mask_conv'),
        (r'modulated_deform_conv_list\.(\d+)\.deform_conv',
         r'neck.corrections.\1.deform_conv'),
    )
    inside = RSB_RULES
