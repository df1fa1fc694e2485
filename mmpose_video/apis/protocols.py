"""Interfaces of models and samplers, as the inferencer uses them."""
from typing import Any, Dict, Iterator, List, Protocol, Sequence, Tuple

import numpy as np
from mmpose.structures import PoseDataSample
from torch import Tensor

FeatureLevels = Tuple[Tensor, ...]


class PoseModel(Protocol):
    """A top-down pose estimator, such as ``TopdownVideoPoseEstimator``.

    Attributes:
        dataset_meta (dict): Meta information of the dataset.
        test_cfg (dict): Settings of the test, such as ``flip_test``.
    """

    dataset_meta: Dict[str, Any]
    test_cfg: Any

    def parameters(self) -> Iterator[Tensor]:
        """Yield the weights, which lie on the model's device."""

    def test_step(self, data: Any) -> List[PoseDataSample]:
        """Preprocess a batch and predict its poses."""


class VideoPoseModel(PoseModel, Protocol):
    """A pose estimator that sees the frames of a clip one by one first."""

    data_preprocessor: Any

    def extract_frame_feats(self, inputs: Tensor) -> FeatureLevels:
        """Extract the features of every frame of clips (N, T, 3, H, W)."""

    def predict_from_frame_feats(
            self, views: Sequence[FeatureLevels],
            data_samples: List[PoseDataSample]) -> List[PoseDataSample]:
        """Predict poses from features (N, T, C, h, w) of each view."""


class ClipSampler(Protocol):
    """Offsets of the frames of a clip from its key frame.

    Attributes:
        key_index (int): Position of the key frame in the clip.
        offset_unit (str): ``'frame'`` or ``'file'``, see
            :class:`BaseClipSampler`.
        edge_rule (str): ``'nearest'`` or ``'fami'``, see there.
    """

    key_index: int
    offset_unit: str
    edge_rule: str

    @property
    def reach(self) -> Tuple[int, int]:
        """tuple[int, int]: Longest distances before and after the key."""

    def __call__(self) -> np.ndarray:
        """Return the offsets, (T, ) int64."""
