"""The interface between per-frame features and single-image heads."""
from abc import ABCMeta, abstractmethod
from dataclasses import replace
from typing import ClassVar, Dict, Optional, Sequence, Tuple

from mmengine.model import BaseModule
from mmpose.utils.typing import OptMultiConfig, SampleList
from torch import Tensor

from mmpose_video.structures import ClipInfo

Features = Tuple[Tensor, ...]
Context = Dict[str, Tensor]


class BaseVideoNeck(BaseModule, metaclass=ABCMeta):
    """Turn the features of T frames into features of the key frame.

    A subclass implements :meth:`fuse` and, if its method trains with
    auxiliary objectives, :meth:`loss`.

    Every neck accepts a single image: where the method does not define
    T = 1, the image is repeated to a still clip. So tools that know only
    images (operation counting, inference on a picture) run a video model.

    If the constructor of a subclass takes ``num_keypoints``, the estimator
    passes the number that the head's config names.

    Args:
        clip_lengths (Sequence[int], optional): The values of T that the
            method defines. Defaults to None, any.
        init_cfg (dict | list[dict], optional): Initialization config.

    Attributes:
        outputs_heatmaps (bool): Whether the output is heatmaps rather than
            features. The estimator then sets the head's ``in_channels``.
    """

    outputs_heatmaps: ClassVar[bool] = False

    def __init__(self,
                 clip_lengths: Optional[Sequence[int]] = None,
                 init_cfg: OptMultiConfig = None) -> None:
        super().__init__(init_cfg=init_cfg)
        self.clip_lengths = None if clip_lengths is None else tuple(
            clip_lengths)

    @property
    def uses_heatmaps(self) -> bool:
        """bool: Whether :meth:`loss` needs the head's heatmaps."""
        return False

    @property
    def uses_frames(self) -> bool:
        """bool: Whether :meth:`fuse` needs the images, `clip.frames`."""
        return False

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
        """Fuse the frames and keep the tensors that :meth:`loss` needs.

        Args:
            feats (tuple[Tensor]): Feature maps of shape (N, T, C, h, w).
            clip (ClipInfo, optional): Times of the frames. Defaults to
                consecutive frames around the middle one.

        Returns:
            tuple: As of :meth:`fuse`.

        Raises:
            ValueError: If the method does not define this clip length, or if
                it needs the images and they are missing.
        """
        num_clips, num_frames = feats[0].shape[:2]
        if clip is None:
            clip = ClipInfo.centered(num_clips, num_frames, feats[0].device)
        if self.uses_frames and clip.frames is None:
            raise ValueError(
                f'{type(self).__name__} needs the images as well as their '
                'features; features that were computed before '
                '(`reuse_features`) do not suffice')
        if self.clip_lengths and num_frames not in self.clip_lengths:
            if num_frames == 1:
                return self.fuse(*self._still_clip(feats, clip))
            raise ValueError(
                f'{type(self).__name__} takes clips of '
                f'{" or ".join(map(str, self.clip_lengths))} frames, got '
                f'{num_frames}; change the `clip_sampler` of the dataset or '
                'the clip length of the neck')
        return self.fuse(feats, clip)

    def _still_clip(self, feats: Features,
                    clip: ClipInfo) -> Tuple[Features, ClipInfo]:
        """Repeat a single frame to the method's shortest clip."""
        assert self.clip_lengths is not None
        num_frames = min(self.clip_lengths)
        still = ClipInfo(
            num_frames=num_frames,
            key_index=num_frames // 2,
            offsets=clip.offsets.expand(-1, num_frames),
            valid=clip.valid.expand(-1, num_frames))
        if clip.frames is not None:
            frames = clip.frames.expand(-1, num_frames, -1, -1, -1)
            still = replace(still, frames=frames)
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
            tuple: The fused feature maps, each (N, C', h', w'), and a dict of
            the intermediate tensors that :meth:`loss` needs.
        """

    def loss(self,
             context: Context,
             data_samples: SampleList,
             heatmaps: Optional[Tensor] = None) -> Dict[str, Tensor]:
        """Compute the auxiliary objectives; there are none by default.

        Args:
            context (dict[str, Tensor]): As :meth:`fuse` returned it.
            data_samples (list[PoseDataSample]): The annotations.
            heatmaps (Tensor, optional): The head's prediction from the fused
                features, (N, K, h, w). Given if ``uses_heatmaps``.

        Returns:
            dict[str, Tensor]: Scalars by name. Those whose name contains
            ``loss`` are summed into the total, others are logged only.
        """
        return {}
