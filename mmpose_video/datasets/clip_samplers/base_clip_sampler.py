"""The base class of the clip samplers."""
from abc import ABCMeta, abstractmethod
from typing import Tuple

import numpy as np
from mmengine.registry import Registry

#: A ``clip_sampler`` in a config is part of a dataset, not a dataset, so the
#: samplers have a registry of their own.
CLIP_SAMPLERS = Registry('clip sampler', scope='mmpose')

OFFSET_UNITS = ('frame', 'file')
EDGE_RULES = ('nearest', 'fami')


class BaseClipSampler(metaclass=ABCMeta):
    """Choose the frames of a clip.

    A sampler is called for each clip and returns the offsets of its T frames
    from the key frame. Random samplers draw from NumPy's global generator, as
    transforms do, so that one seed (``randomness`` in the config) governs all
    of them.

    Args:
        offset_unit (str): What the offsets count. ``'frame'``: the numbers
            in the names of the frames, that is time; a frame that does not
            exist is replaced by another. ``'file'``: the frames that exist,
            in order of their numbers, where only every tenth frame was
            extracted or the names are time stamps. Defaults to 'frame'.
        edge_rule (str): Which frames stand in for those that do not exist,
            above all at the ends of a video: ``'nearest'``, the nearest that
            exist, or ``'fami'``, the rule of FAMI-Pose's and TDMI's released
            code, see :func:`fami_stand_ins`. Defaults to 'nearest'.

    Attributes:
        key_index (int): Position of the key frame in the clip.
        num_frames (int): Number of frames T.

    Raises:
        ValueError: If there is no such unit or rule.
    """

    key_index: int
    num_frames: int

    def __init__(self,
                 offset_unit: str = 'frame',
                 edge_rule: str = 'nearest') -> None:
        if offset_unit not in OFFSET_UNITS:
            raise ValueError(f'`offset_unit` must be one of {OFFSET_UNITS}, '
                             f'got {offset_unit!r}')
        if edge_rule not in EDGE_RULES:
            raise ValueError(f'`edge_rule` must be one of {EDGE_RULES}, got '
                             f'{edge_rule!r}')
        self.offset_unit = offset_unit
        self.edge_rule = edge_rule

    @abstractmethod
    def __call__(self) -> np.ndarray:
        """Return the offsets of a clip, (T, ) int64."""

    @property
    @abstractmethod
    def candidates(self) -> np.ndarray:
        """np.ndarray: All offsets that a clip may have, ascending, int64."""

    @property
    def reach(self) -> Tuple[int, int]:
        """tuple[int, int]: Longest distances before and after the key."""
        return (max(0, -int(self.candidates[0])),
                max(0, int(self.candidates[-1])))
