"""Official weights of HRNet."""
from .converter import Converter

#: Official modules whose names MMPose's HRNet has kept.
HRNET_MODULES = (r'((?:conv|bn)[12]|layer1|transition[123]|stage[234])')


class HRNetConverter(Converter):
    """HRNet for poses (COCO, MPII) or for ImageNet's classes."""

    source = ('leoxiaobin/deep-high-resolution-net.pytorch, class '
              'PoseHighResolutionNet, and HRNet/HRNet-Image-Classification')
    configs = 'configs/single_image/td-hm_hrnet-w{32,48}_*'
    dropped = (
        (r'(incre_modules|downsamp_modules|classifier|final_layer\.[01])\.',
         "the classification head of ImageNet's model"),
    )
    rules = (
        (r'final_layer', 'head.final_layer'),
        (HRNET_MODULES, r'backbone.\1'),
    )
    optional = ('final_layer', )
