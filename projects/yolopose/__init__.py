"""YOLO-pose: boxes and poses of all people in one pass."""
from .resumed_mode_switch_hook import ResumedModeSwitchHook
from .yolo_pose_head import YOLOPoseHead
from .yolo_pose_oks_loss import YOLOPoseOKSLoss

__all__ = ['ResumedModeSwitchHook', 'YOLOPoseHead', 'YOLOPoseOKSLoss']
