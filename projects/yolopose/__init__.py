"""YOLO-pose: boxes and poses of all people in one pass."""
from .yolo_pose_head import YOLOPoseHead
from .yolo_pose_oks_loss import YOLOPoseOKSLoss

__all__ = ['YOLOPoseHead', 'YOLOPoseOKSLoss']
