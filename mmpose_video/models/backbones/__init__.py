"""Backbones and access to MMPose's."""
from .hrnet_lite import HRNetLite
from .hrnet_stages import HRNetStages
from .movenet_mobilenet_v2 import MoveNetMobileNetV2

__all__ = ['HRNetLite', 'HRNetStages', 'MoveNetMobileNetV2']
