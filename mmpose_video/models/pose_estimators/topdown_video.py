"""The top-down pose estimator for clips."""
from typing import Any, Dict, Optional, Tuple

import torch
from mmpose.models.pose_estimators import TopdownPoseEstimator
from mmpose.registry import MODELS
from mmpose.utils.typing import ConfigType, SampleList
from torch import Tensor

from mmpose_video.models.necks import BaseVideoNeck
from mmpose_video.structures import ClipInfo


@MODELS.register_module()
class TopdownVideoPoseEstimator(TopdownPoseEstimator):
    """Estimates the pose of one person in the key frame of a clip.

    Time is folded into the batch for the backbone, which may be any stock
    2-D backbone; a :class:`BaseVideoNeck` fuses the frames; the head sees the
    features of one image. Parameters keep the names ``backbone.*``,
    ``neck.*`` and ``head.*``, so single-image weights load as they are.

    Without a video neck (none, or one of the host's) the model is a
    single-frame baseline: it sees the key frame alone, whatever the length of
    the clip.

    Args:
        backbone (dict): Config of the backbone.
        neck (dict, optional): Config of the neck.
        head (dict, optional): Config of the head.
        freeze_backbone (bool): Train neck and head alone: the backbone gets no
            gradients and stays in evaluation mode. Defaults to False.
        drift_frozen_bn (bool): Let the batch statistics of a frozen backbone
            follow the data nevertheless, as the published code of DCPose and
            FAMI-Pose does. Defaults to False.
        frames_per_pass (int, optional): Run the backbone on at most that many
            frames at a time, to bound memory. Batch normalization that is in
            training mode sees smaller batches then. Defaults to None, all.
        **kwargs: See :class:`TopdownPoseEstimator`.
    """

    def __init__(self,
                 backbone: ConfigType,
                 neck: Optional[ConfigType] = None,
                 head: Optional[ConfigType] = None,
                 freeze_backbone: bool = False,
                 drift_frozen_bn: bool = False,
                 frames_per_pass: Optional[int] = None,
                 **kwargs: Any) -> None:
        super().__init__(backbone=backbone, neck=neck, head=head, **kwargs)
        if frames_per_pass is not None and frames_per_pass < 1:
            raise ValueError('`frames_per_pass` must be at least 1, got '
                             f'{frames_per_pass}')
        self.freeze_backbone = freeze_backbone
        self.drift_frozen_bn = drift_frozen_bn
        self.frames_per_pass = frames_per_pass
        self._clip: Optional[ClipInfo] = None
        if freeze_backbone:
            self.backbone.requires_grad_(False)

    @property
    def is_video_model(self) -> bool:
        """bool: Whether the model looks at more than the key frame."""
        return self.with_neck and isinstance(self.neck, BaseVideoNeck)

    def train(self, mode: bool = True) -> 'TopdownVideoPoseEstimator':
        """Set the mode; a frozen backbone stays in evaluation mode."""
        super().train(mode)
        if self.freeze_backbone and not self.drift_frozen_bn:
            self.backbone.eval()
        return self

    def loss(self, inputs: Tensor, data_samples: SampleList) -> dict:
        """Compute the losses of a batch.

        Args:
            inputs (Tensor): Shape (N, T, 3, H, W), or (N, 3, H, W) for T = 1.
            data_samples (list[PoseDataSample]): The annotations.

        Returns:
            dict: The head's losses and those that the neck adds, by name.

        Raises:
            FloatingPointError: If a loss is not finite. It is raised before
                the optimizer's step, so the weights are still good.
        """
        clip = self._clip_info(inputs, data_samples)
        feats, context = self._encode(inputs, clip)
        losses = self.head.loss(feats, data_samples, train_cfg=self.train_cfg)
        if self.is_video_model:
            heatmaps = None
            if self.neck.uses_heatmaps:
                heatmaps = self.head.forward(feats)
            extra = self.neck.loss(context, data_samples, heatmaps)
            clashes = extra.keys() & losses.keys()
            if clashes:
                raise KeyError(f'neck and head both return {sorted(clashes)}')
            losses.update(extra)
        self._check_finite(losses, data_samples)
        return losses

    def predict(self, inputs: Tensor, data_samples: SampleList) -> SampleList:
        """Predict the poses of a batch; see the host's method.

        Args:
            inputs (Tensor): Shape (N, T, 3, H, W), or (N, 3, H, W) for T = 1.
            data_samples (list[PoseDataSample]): The samples' meta info.
        """
        # The host calls ``extract_feat(inputs)``, for the flip test twice;
        # the times of the frames reach it through this attribute.
        self._clip = self._clip_info(inputs, data_samples)
        try:
            return super().predict(inputs, data_samples)
        finally:
            self._clip = None

    def extract_feat(self, inputs: Tensor) -> Tuple[Tensor, ...]:
        """Features of the key frame, fused over the clip.

        Args:
            inputs (Tensor): Shape (N, T, 3, H, W), or (N, 3, H, W) for T = 1.

        Returns:
            tuple[Tensor]: Feature maps of shape (N, C, h, w).
        """
        return self._encode(inputs, self._clip)[0]

    def extract_frame_feats(self, inputs: Tensor) -> Tuple[Tensor, ...]:
        """Per-frame features of the backbone.

        Args:
            inputs (Tensor): Shape (N, T, 3, H, W).

        Returns:
            tuple[Tensor]: Feature maps of shape (N, T, C, h, w).
        """
        num_clips, num_frames = inputs.shape[:2]
        frames = inputs.flatten(0, 1)
        # no graph through a frozen backbone: it would only cost memory
        with torch.set_grad_enabled(torch.is_grad_enabled()
                                    and not self.freeze_backbone):
            # not split by their number: exporters keep that symbolic
            passes = (frames, ) if self.frames_per_pass is None else (
                frames.split(self.frames_per_pass))
            outputs = [self._as_tuple(self.backbone(x)) for x in passes]
        levels = [
            level[0] if len(level) == 1 else torch.cat(level)
            for level in zip(*outputs)
        ]
        return tuple(
            level.unflatten(0, (num_clips, num_frames)) for level in levels)

    def _encode(
        self, inputs: Tensor, clip: Optional[ClipInfo]
    ) -> Tuple[Tuple[Tensor, ...], Dict[str, Tensor]]:
        """Backbone and neck."""
        if inputs.dim() == 4:
            inputs = inputs.unsqueeze(1)
        if self.is_video_model:
            return self.neck.encode(self.extract_frame_feats(inputs), clip)
        num_clips, num_frames = inputs.shape[:2]
        if clip is None:
            clip = ClipInfo.centered(num_clips, num_frames, inputs.device)
        frame = inputs[:, clip.key_index, None]
        feats = tuple(
            level.squeeze(1) for level in self.extract_frame_feats(frame))
        if self.with_neck:
            feats = self.neck(feats)
        return feats, {}

    @staticmethod
    def _as_tuple(feats: Any) -> tuple:
        """Backbones return a tensor, a list or a tuple."""
        return (feats, ) if isinstance(feats, Tensor) else tuple(feats)

    @staticmethod
    def _clip_info(inputs: Tensor, data_samples: SampleList) -> ClipInfo:
        """Times of the frames of a batch."""
        num_frames = inputs.shape[1] if inputs.dim() == 5 else 1
        return ClipInfo.from_data_samples(data_samples, num_frames,
                                          inputs.device)

    @staticmethod
    def _check_finite(losses: dict, data_samples: SampleList) -> None:
        """Stop before a bad loss reaches the weights."""
        bad = [
            name for name, value in losses.items()
            if 'loss' in name and not torch.isfinite(value).all()
        ]
        if bad:
            paths = [sample.get('img_path') for sample in data_samples]
            raise FloatingPointError(
                f'{", ".join(bad)} became NaN or infinite; the weights were '
                'not updated with it and the last checkpoint is intact. Lower '
                'the learning rate, clip the gradients (`optim_wrapper.'
                'clip_grad`) or train in float32. Samples of this batch: '
                f'{paths[:8]}{" ..." if len(paths) > 8 else ""}')
