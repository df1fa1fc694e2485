"""Track people through a video."""
from .crop_anchors import CropAnchors
from .pose_tracker import PoseTracker
from .similarity import box_iou, oks

__all__ = ['CropAnchors', 'PoseTracker', 'box_iou', 'oks']
