"""Necks that fuse the features of a clip, one file or folder per method."""
from .base_video_neck import BaseVideoNeck
from .dcpose import DCPoseNeck
from .diffpose_strl import SpatioTemporalRepresentationLearner
from .dsta import DSTANeck
from .fami import FAMINeck
from .glsmamba import GLSMambaNeck
from .movenet_fpn import MoveNetFPN
from .mutual_info_neck import MutualInfoNeck
from .poseidon import PoseidonNeck
from .posewarper import PoseWarpingNeck
from .tarvitpose import TARViTPoseNeck
from .tdmi import DISFlow, RAFTFlow, TDMINeck

__all__ = [
    'BaseVideoNeck', 'DCPoseNeck', 'DISFlow', 'DSTANeck', 'FAMINeck',
    'GLSMambaNeck', 'MoveNetFPN', 'MutualInfoNeck', 'PoseWarpingNeck',
    'PoseidonNeck', 'RAFTFlow', 'SpatioTemporalRepresentationLearner',
    'TARViTPoseNeck', 'TDMINeck'
]
