"""The top-down pose estimator for clips."""
import inspect
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Dict, Iterator, List, Optional, Sequence, Tuple

import torch
from mmpose.datasets.datasets.utils import parse_pose_metainfo
from mmpose.models.losses import RLELoss
from mmpose.models.pose_estimators import TopdownPoseEstimator
from mmpose.registry import MODELS
from mmpose.utils.typing import ConfigType, OptConfigType, SampleList
from torch import Tensor, nn

from mmpose_video.formats.skeleton import expand_metainfo
from mmpose_video.models.backbones.position_embedding import (
    resize_position_embedding_on_load,
)
from mmpose_video.models.losses.loss_terms import split_loss_terms
from mmpose_video.models.necks import BaseVideoNeck
from mmpose_video.structures import ClipInfo

from .keypoint_number import (
    fit_head,
    fit_neck,
    keypoints_of,
    share_keypoints,
)

FeatureLevels = Tuple[Tensor, ...]


@MODELS.register_module()
class TopdownVideoPoseEstimator(TopdownPoseEstimator):
    """Estimate the pose of one person in the key frame of a clip.

    Time is folded into the batch for the backbone, which may be any stock
    2-D backbone; a :class:`BaseVideoNeck` fuses the frames; the head sees the
    features of one image. Parameters keep the names ``backbone.*``,
    ``neck.*`` and ``head.*``, so single-image weights load unchanged.

    Without a video neck (no neck, or one of MMPose's) the model is a
    single-frame baseline: it looks at the key frame alone, whatever the
    length of the clip.

    The number of keypoints is set once, in the head (``out_channels`` or
    ``num_joints``) or by ``metainfo``. A neck that takes ``num_keypoints``
    gets it from there.

    Args:
        backbone (dict): Config of the backbone.
        neck (dict, optional): Config of the neck.
        head (dict, optional): Config of the head.
        freeze_backbone (bool): Train only neck and head: the backbone gets no
            gradients and stays in evaluation mode. Defaults to False.
        drift_frozen_bn (bool): Let the batch statistics of a frozen backbone
            follow the data nevertheless, as the published code of DCPose and
            FAMI-Pose does. Defaults to False.
        frames_per_pass (int, optional): Run the backbone on at most this many
            frames at a time, to bound memory. Batch normalization in training
            mode sees smaller batches then. Defaults to None, all frames.
        loss_weighting (dict, optional): Config of a module that weighs the
            dict of losses, such as :class:`AutomaticWeightedLoss`.
            Defaults to None.
        metainfo (dict, optional): The keypoint set, as the dataset has it,
            such as ``dict(from_file='skeleton.json')``. Its number of
            keypoints and its links take the place of those that the head
            names. Defaults to None, the head tells them.
        **kwargs: See :class:`TopdownPoseEstimator`.

    Raises:
        ValueError: If neck and head disagree on the number of keypoints, or
            ``loss_weighting`` names the loss of a head that learns a
            likelihood (RLE), which can be negative.
    """

    def __init__(self,
                 backbone: ConfigType,
                 neck: OptConfigType = None,
                 head: OptConfigType = None,
                 freeze_backbone: bool = False,
                 drift_frozen_bn: bool = False,
                 frames_per_pass: Optional[int] = None,
                 loss_weighting: Optional[ConfigType] = None,
                 metainfo: Optional[dict] = None,
                 **kwargs: Any) -> None:
        if metainfo is not None:
            metainfo = expand_metainfo(metainfo)
            parsed = parse_pose_metainfo(metainfo)
            neck, head = fit_neck(neck, parsed), fit_head(head, parsed)
        neck, head = share_keypoints(neck, head)
        super().__init__(
            backbone=backbone,
            neck=neck,
            head=head,
            metainfo=metainfo,
            **kwargs)
        resize_position_embedding_on_load(self.backbone)
        if frames_per_pass is not None and frames_per_pass < 1:
            raise ValueError('`frames_per_pass` must be at least 1, got '
                             f'{frames_per_pass}')
        self.freeze_backbone = freeze_backbone
        self.drift_frozen_bn = drift_frozen_bn
        self.frames_per_pass = frames_per_pass
        self.num_keypoints = keypoints_of(head)
        self._clip: Optional[ClipInfo] = None
        self.loss_weighting = self._build_weighting(loss_weighting)
        if freeze_backbone:
            self.backbone.requires_grad_(False)

    def _build_weighting(
            self, cfg: Optional[ConfigType]) -> Optional[nn.Module]:
        """Build what weighs the losses, and check that it may."""
        if cfg is None:
            return None
        weighting = MODELS.build(cfg)
        likelihood = any(isinstance(m, RLELoss) for m in self.modules())
        if likelihood and 'loss_kpt' in getattr(weighting, 'names', ()):
            raise ValueError(
                "RLE's loss, `loss_kpt`, can be negative, which makes "
                'automatic weights unbounded: leave it out of '
                '`loss_weighting.names` and weigh it by hand')
        return weighting

    @property
    def is_video_model(self) -> bool:
        """bool: Whether the model uses frames other than the key frame."""
        return self.with_neck and isinstance(self.neck, BaseVideoNeck)

    def train(self, mode: bool = True) -> 'TopdownVideoPoseEstimator':
        """Set the mode; a frozen backbone stays in evaluation mode."""
        super().train(mode)
        if self.freeze_backbone and not self.drift_frozen_bn:
            self.backbone.eval()
        return self

    def switch_to_deploy(self) -> None:
        """Merge the branches of re-parameterizable layers, such as RepVGG's.

        MMPose's method passes ``test_cfg`` to every layer, which mmpretrain's
        layers do not take.

        Raises:
            RuntimeError: If the model is in training mode: batch statistics
                are merged as they are.
        """
        if self.training:
            raise RuntimeError('call `eval()` before `switch_to_deploy()`')
        # a list: merging replaces modules
        for layer in list(self.modules()):
            switch = getattr(layer, 'switch_to_deploy', None)
            if layer is self or switch is None:
                continue
            takes_cfg = inspect.signature(switch).parameters
            switch(self.test_cfg) if takes_cfg else switch()

    def loss(self, inputs: Tensor, data_samples: SampleList) -> dict:
        """Compute the losses of a batch.

        Args:
            inputs (Tensor): Shape (N, T, 3, H, W), or (N, 3, H, W) for T = 1.
            data_samples (list[PoseDataSample]): The annotations.

        Returns:
            dict: The losses of the head and those that the neck adds.

        Raises:
            FloatingPointError: If a loss is not finite. The error comes
                before the optimizer's step, so the weights are still good.
            ValueError: If the annotations have another number of keypoints
                than the head.
        """
        self._check_num_keypoints(data_samples)
        clip = self._clip_info(inputs, data_samples)
        feats, context = self._fuse(inputs, clip)
        with _recorded_forward(self.head) as outputs:
            losses = self.head.loss(
                feats, data_samples, train_cfg=self.train_cfg)
        if self.is_video_model:
            heatmaps = None
            if self.neck.uses_heatmaps:
                # a diffusion head computes its loss without its forward()
                heatmaps = outputs[0] if outputs else self.head.forward(feats)
            extra = self.neck.loss(context, data_samples, heatmaps)
            clashes = extra.keys() & losses.keys()
            if clashes:
                raise KeyError(f'neck and head both return {sorted(clashes)}')
            losses.update(extra)
        losses = split_loss_terms(losses)
        self._check_finite(losses, data_samples)
        if self.loss_weighting is not None:
            losses = self.loss_weighting(losses)
        return losses

    def predict(self, inputs: Tensor, data_samples: SampleList) -> SampleList:
        """Predict the poses of a batch; see :class:`TopdownPoseEstimator`.

        Args:
            inputs (Tensor): Shape (N, T, 3, H, W), or (N, 3, H, W) for T = 1.
            data_samples (list[PoseDataSample]): Samples with meta info.
        """
        # MMPose calls ``extract_feat(inputs)``, twice for the flip test. The
        # times of the frames reach it through this attribute.
        self._clip = self._clip_info(inputs, data_samples)
        try:
            return super().predict(inputs, data_samples)
        finally:
            self._clip = None

    def predict_from_frame_feats(self, views: Sequence[FeatureLevels],
                                 data_samples: SampleList) -> SampleList:
        """Predict poses from features that the backbone gave before.

        Clips of neighboring key frames share most of their frames; so a
        caller may run :meth:`extract_frame_feats` once per frame and combine
        the results to clips.

        Args:
            views (Sequence[tuple[Tensor]]): Features of the clips, for each
                level of the backbone (N, T, C, h, w); where ``test_cfg`` asks
                for the flip test, also those of the mirrored clips.
            data_samples (list[PoseDataSample]): Samples with meta info.

        Returns:
            list[PoseDataSample]: The samples with ``pred_instances``.

        Raises:
            ValueError: If the model has no video neck, or if the number of
                views does not fit the flip test.
        """
        if not self.is_video_model:
            raise ValueError('the model has no video neck, which could '
                             'combine the features of several frames')
        flip = bool(self.test_cfg.get('flip_test', False))
        if len(views) != 1 + flip:
            raise ValueError(f'expected {1 + flip} view(s) with '
                             f'`flip_test={flip}`, got {len(views)}')
        clip = ClipInfo.from_data_samples(data_samples, views[0][0].shape[1],
                                          views[0][0].device)
        feats = [self.neck(view, clip) for view in views]
        preds = self.head.predict(
            feats if flip else feats[0], data_samples, test_cfg=self.test_cfg)
        instances, fields = preds if isinstance(preds, tuple) else (preds,
                                                                    None)
        return self.add_pred_to_datasample(instances, fields, data_samples)

    def extract_feat(self, inputs: Tensor) -> FeatureLevels:
        """Extract the features of the key frame, fused over the clip.

        Args:
            inputs (Tensor): Shape (N, T, 3, H, W), or (N, 3, H, W) for T = 1.

        Returns:
            tuple[Tensor]: Feature maps of shape (N, C, h, w).
        """
        return self._fuse(inputs, self._clip)[0]

    def extract_frame_feats(self, inputs: Tensor) -> FeatureLevels:
        """Extract the backbone's features of every frame.

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

    def _fuse(
        self, inputs: Tensor, clip: Optional[ClipInfo]
    ) -> Tuple[FeatureLevels, Dict[str, Tensor]]:
        """Run backbone and neck; return features and the neck's context."""
        if inputs.dim() == 4:
            inputs = inputs.unsqueeze(1)
        if self.is_video_model:
            if self.neck.uses_frames:
                clip = replace(clip or self._centered(inputs), frames=inputs)
            return self.neck.encode(self.extract_frame_feats(inputs), clip)
        clip = clip or self._centered(inputs)
        frame = inputs[:, clip.key_index, None]
        feats = tuple(
            level.squeeze(1) for level in self.extract_frame_feats(frame))
        if self.with_neck:
            feats = self.neck(feats)
        return feats, {}

    @staticmethod
    def _as_tuple(feats: Any) -> tuple:
        """Return a backbone's output, a tensor or a sequence, as a tuple."""
        return (feats, ) if isinstance(feats, Tensor) else tuple(feats)

    @staticmethod
    def _centered(inputs: Tensor) -> ClipInfo:
        """Return times for clips (N, T, 3, H, W) without data samples."""
        num_clips, num_frames = inputs.shape[:2]
        return ClipInfo.centered(num_clips, num_frames, inputs.device)

    @staticmethod
    def _clip_info(inputs: Tensor, data_samples: SampleList) -> ClipInfo:
        """Return the times of the frames of a batch."""
        num_frames = inputs.shape[1] if inputs.dim() == 5 else 1
        return ClipInfo.from_data_samples(data_samples, num_frames,
                                          inputs.device)

    def _check_num_keypoints(self, data_samples: SampleList) -> None:
        """Compare the head with the annotations."""
        labels = data_samples[0].get('gt_instance_labels')
        if (self.num_keypoints is None or labels is None
                or 'keypoint_weights' not in labels):
            return
        found = labels.keypoint_weights.shape[-1]
        if found != self.num_keypoints:
            raise ValueError(
                f'the dataset has {found} keypoints, the head '
                f'{self.num_keypoints}; give the model the `metainfo` of the '
                f'dataset, or set `model.head.out_channels` (`num_joints` of '
                f'a regression head) to {found}')

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


@contextmanager
def _recorded_forward(head: nn.Module) -> Iterator[List[Any]]:
    """Keep what a head's ``forward`` returns while its loss is computed.

    MMPose's heads call ``self.forward`` in ``loss`` and return losses alone.
    That call bypasses forward hooks, so the method is wrapped instead.
    """
    outputs: List[Any] = []
    forward = head.forward

    def recording(*args: Any, **kwargs: Any) -> Any:
        outputs.append(forward(*args, **kwargs))
        return outputs[-1]

    head.forward = recording  # type: ignore[method-assign]
    try:
        yield outputs
    finally:
        del head.forward
