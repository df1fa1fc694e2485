"""Necks that fuse the features of a clip, one file per method."""
from .base_video_neck import BaseVideoNeck
from .dcpose import DCPoseNeck
from .dsta import DSTANeck
from .fami import FAMINeck
from .glsmamba import GLSMambaNeck
from .poseidon import PoseidonNeck
from .posewarper import PoseWarpingNeck
from .strl import SpatioTemporalRepresentationLearner
from .tarvitpose import TARViTPoseNeck
from .tdmi import TDMINeck

__all__ = [
    'BaseVideoNeck', 'DCPoseNeck', 'DSTANeck', 'FAMINeck', 'GLSMambaNeck',
    'PoseWarpingNeck', 'PoseidonNeck', 'SpatioTemporalRepresentationLearner',
    'TARViTPoseNeck', 'TDMINeck'
]
