"""Converters from official checkpoints, one module per method.

A new layout is a subclass of :class:`Converter` in a module of its own and a
line in :data:`CONVERTERS`.
"""
from typing import Dict, Type

from .converter import Conversion, Converter, LeftoverError, Weights
from .dcpose import DCPoseConverter
from .dsta import DSTAConverter
from .fami import FAMIConverter
from .hrnet import HRNetConverter
from .movenet import (
    MoveNetLightningConverter,
    MoveNetMultiPoseConverter,
    MoveNetThunderConverter,
)
from .one_channel import OneChannelConverter
from .online_distill import OnlineDistillConverter
from .posewarper import (
    FacebookPoseWarperConverter,
    PoseWarperConverter,
    PoseWarperStage1Converter,
)
from .rules import Rule, counted_from_one, translate
from .tdmi import TDMIConverter
from .vit_video import PoseidonConverter, TARViTPoseConverter
from .vitpose import ViTPoseConverter
from .weights_file import load_weights

#: Converters by the name of their layout, as the command takes it.
CONVERTERS: Dict[str, Type[Converter]] = {
    'dcpose': DCPoseConverter,
    'dsta': DSTAConverter,
    'fami': FAMIConverter,
    'hrnet': HRNetConverter,
    'movenet-lightning': MoveNetLightningConverter,
    'movenet-multipose': MoveNetMultiPoseConverter,
    'movenet-thunder': MoveNetThunderConverter,
    'one-channel': OneChannelConverter,
    'online-distill': OnlineDistillConverter,
    'poseidon': PoseidonConverter,
    'posewarper': PoseWarperConverter,
    'posewarper-facebook': FacebookPoseWarperConverter,
    'posewarper-stage1': PoseWarperStage1Converter,
    'tarvitpose': TARViTPoseConverter,
    'tdmi': TDMIConverter,
    'vitpose': ViTPoseConverter,
}

__all__ = [
    'CONVERTERS', 'Conversion', 'Converter', 'LeftoverError', 'Rule',
    'Weights', 'counted_from_one', 'load_weights', 'translate'
]
