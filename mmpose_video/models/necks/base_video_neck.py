"""The interface between per-frame features and single-image heads."""
from abc import ABCMeta, abstractmethod
from typing import Dict, Optional, Sequence, Tuple

from mmengine.model import BaseModule
from mmpose.utils.typing import OptMultiConfig, SampleList
from torch import Tensor

from mmpose_video.structures import ClipInfo

Features = Tuple[Tensor, ...]
Context = Dict[str, Tensor]


class BaseVideoNeck(BaseModule, metaclass=ABCMeta):
    """Turns the features of T frames into features of the key frame.

    A subclass implements :meth:`fuse` and, where its method trains with
    auxiliary objectives, :meth:`loss`.

    A single image is legal for each neck: where the method defines no T = 1,
    the image is taken for a still clip, so that tools which know images only
    (counting operations, inference on a picture) run a video model.

    Args:
        clip_lengths (Sequence[int], optional): The values of T that the
            method defines. Defaults to None, any.
        init_cfg (dict | list[dict], optional): Initialization config.

    Attributes:
        uses_heatmaps (bool): Whether :meth:`loss` wants the head's heatmaps.
    """

    uses_heatmaps = False

    def __init__(self,
                 clip_lengths: Optional[Sequence[int]] = None,
                 init_cfg: OptMultiConfig = None) -> None:
        super().__init__(init_cfg=init_cfg)
        self.clip_lengths = None if clip_lengths is None else tuple(
            clip_lengths)

    def forward(self,
                feats: Features,
                clip: Optional[ClipInfo] = None) -> Features:
        """Fuse the frames.

        Args:
            feats (tuple[Tensor]): Feature maps of shape (N, T, C, h, w).
            clip (ClipInfo, optional): Times of the frames. Defaults to
                consecutive frames around the middle one.

        Returns:
            tuple[Tensor]: Feature maps of shape (N, C', h', w').
        """
        return self.encode(feats, clip)[0]

    def encode(self,
               feats: Features,
               clip: Optional[ClipInfo] = None) -> Tuple[Features, Context]:
        """As :meth:`forward`, with the tensors that :meth:`loss` needs.

        Raises:
            ValueError: If the clip length is not one that the method defines.
        """
        num_clips, num_frames = feats[0].shape[:2]
        if clip is None:
            clip = ClipInfo.centered(num_clips, num_frames, feats[0].device)
        if self.clip_lengths and num_frames not in self.clip_lengths:
            if num_frames == 1:
                return self.fuse(*self._still_clip(feats, clip))
            raise ValueError(
                f'{type(self).__name__} takes clips of '
                f'{" or ".join(map(str, self.clip_lengths))} frames, got '
                f'{num_frames}; change the `clip_sampler` of the data set or '
                'the clip length of the neck')
        return self.fuse(feats, clip)

    def _still_clip(self, feats: Features,
                    clip: ClipInfo) -> Tuple[Features, ClipInfo]:
        """Repeat the one frame to the shortest clip of the method."""
        assert self.clip_lengths is not None
        num_frames = min(self.clip_lengths)
        still = ClipInfo(
            num_frames=num_frames,
            key_index=num_frames // 2,
            offsets=clip.offsets.expand(-1, num_frames),
            valid=clip.valid.expand(-1, num_frames))
        return tuple(
            feat.expand(-1, num_frames, -1, -1, -1) for feat in feats), still

    @abstractmethod
    def fuse(self, feats: Features,
             clip: ClipInfo) -> Tuple[Features, Context]:
        """Fuse the frames.

        Args:
            feats (tuple[Tensor]): Feature maps of shape (N, T, C, h, w).
            clip (ClipInfo): Times of the frames.

        Returns:
            tuple: The fused feature maps, each (N, C', h', w'), and by name
            the intermediate tensors that :meth:`loss` needs.
        """

    def loss(self,
             context: Context,
             data_samples: SampleList,
             heatmaps: Optional[Tensor] = None) -> Dict[str, Tensor]:
        """Compute the auxiliary objectives; none by default.

        Args:
            context (dict[str, Tensor]): As :meth:`fuse` returned it.
            data_samples (list[PoseDataSample]): The annotations.
            heatmaps (Tensor, optional): What the head predicts from the fused
                features, (N, K, h, w). Given if ``uses_heatmaps``.

        Returns:
            dict[str, Tensor]: Scalars by name. Names that contain ``loss``
            are summed into the total, others are logged only.
        """
        return {}
