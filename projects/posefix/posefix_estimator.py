"""The model of PoseFix."""
from typing import Any, Sequence

import numpy as np
import torch
from mmpose.registry import MODELS
from mmpose.utils.typing import SampleList
from torch import Tensor

from mmpose_video.models.pose_estimators import TopdownVideoPoseEstimator


@MODELS.register_module()
class PoseFixEstimator(TopdownVideoPoseEstimator):
    """Refine a pose by the image and by heatmaps of the pose itself.

    "PoseFix: Model-agnostic General Human Pose Refinement Network", Moon,
    Chang and Lee, CVPR 2019: behind the image the backbone gets a Gaussian
    for each keypoint of the input pose, zero for an absent one, at the
    resolution of the image. Its first convolution has ``3 + K`` input
    channels; weights for images are loaded into the first three, and the
    others keep their random values.

    Only the key frame of a clip is looked at. Scores of keypoints and people
    are those of the input pose.

    Args:
        sigma (float): Width of the Gaussians in pixels of the input: 7 at
            256x192 and 9 at 384x288.
        amplitude (float): Their height in grey values; it is divided by the
            preprocessor's mean ``std`` as the image is. Defaults to 255.
        **kwargs: See :class:`TopdownVideoPoseEstimator`.

    Raises:
        ValueError: If the head predicts another number of keypoints than the
            first convolution has room for.
    """

    def __init__(self, *args: Any, sigma: float, amplitude: float = 255.,
                 **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sigma = sigma
        std = getattr(self.data_preprocessor, 'std', None)
        self.amplitude = amplitude / (1. if std is None else float(std.mean()))
        first = next(module for module in self.backbone.modules()
                     if isinstance(module, torch.nn.Conv2d))
        self.num_pose_maps = first.in_channels - 3
        joints = getattr(self.head, 'num_joints', self.num_pose_maps)
        if joints != self.num_pose_maps:
            raise ValueError(
                f'the head predicts {joints} keypoints, but '
                f'`backbone.in_channels` leaves room for '
                f'{self.num_pose_maps}; set it to 3 + {joints}')
        first._register_load_state_dict_pre_hook(
            self._widen_image_weights, with_module=True)

    @staticmethod
    def _widen_image_weights(module: torch.nn.Conv2d, state_dict: dict,
                             prefix: str, *args: Any) -> None:
        """Complete weights for images by the random ones of the pose."""
        weight = state_dict.get(prefix + 'weight')
        own = module.weight
        if (weight is None or weight.shape[1] != 3 or own.shape[1] == 3
                or weight.shape[2:] != own.shape[2:]):
            return
        own = own.detach().clone()
        own[:, :3] = weight
        state_dict[prefix + 'weight'] = own

    def pose_maps(self, data_samples: SampleList, size: Sequence[int],
                  device: torch.device) -> Tensor:
        """Draw the input poses.

        Args:
            data_samples (list[PoseDataSample]): With ``input_keypoints``
                (1, K, 2) in pixels of the input and ``input_present``
                (1, K).
            size (Sequence[int]): Height and width of the input.
            device (torch.device): Where to draw.

        Returns:
            Tensor: (N, K, H, W).

        Raises:
            ValueError: If samples have no input pose.
        """
        for key in ('input_keypoints', 'input_present'):
            if any(key not in sample.metainfo for sample in data_samples):
                raise ValueError(
                    f'a sample has no `{key}`: PoseFix needs a dataset and '
                    'pipeline that give it a pose to refine')
        points = torch.from_numpy(np.concatenate(
            [sample.metainfo['input_keypoints'] for sample in data_samples]
        )).to(device)
        present = torch.from_numpy(np.concatenate(
            [sample.metainfo['input_present'] for sample in data_samples]
        )).to(points)
        rows, columns = (
            torch.exp(-(torch.arange(length, device=device) -
                        points[..., axis, None])**2 / (2 * self.sigma**2))
            for axis, length in ((1, size[0]), (0, size[1])))
        maps = rows[..., :, None] * columns[..., None, :]
        return self.amplitude * maps * present[..., None, None]

    def _with_pose(self, inputs: Tensor, data_samples: SampleList) -> Tensor:
        """Return the key frames with the maps behind, (N, 3 + K, H, W)."""
        if inputs.dim() == 5:
            key = self._clip_info(inputs, data_samples).key_index
            inputs = inputs[:, key]
        maps = self.pose_maps(data_samples, inputs.shape[-2:], inputs.device)
        if maps.shape[1] != self.num_pose_maps:
            raise ValueError(
                f'the input poses have {maps.shape[1]} keypoints, but '
                f'`backbone.in_channels` leaves room for '
                f'{self.num_pose_maps}; set it to 3 + {maps.shape[1]}')
        return torch.cat([inputs, maps.to(inputs)], dim=1)

    def loss(self, inputs: Tensor, data_samples: SampleList) -> dict:
        """Compute the losses of a batch.

        Args:
            inputs (Tensor): (N, T, 3, H, W) or (N, 3, H, W).
            data_samples (list[PoseDataSample]): Labels and input poses.

        Returns:
            dict: See :class:`PoseFixHead`.
        """
        self._check_num_keypoints(data_samples)
        inputs = self._with_pose(inputs, data_samples)
        losses = self.head.loss(
            self.extract_feat(inputs), data_samples, train_cfg=self.train_cfg)
        self._check_finite(losses, data_samples)
        return losses

    def predict(self, inputs: Tensor, data_samples: SampleList) -> SampleList:
        """Refine the poses of a batch.

        Args:
            inputs (Tensor): (N, T, 3, H, W) or (N, 3, H, W).
            data_samples (list[PoseDataSample]): Meta info and input poses.

        Returns:
            list[PoseDataSample]: With ``pred_instances``. An absent keypoint
            of the input is predicted like the others, with its score.
        """
        inputs = self._with_pose(inputs, data_samples)
        feats: Any = self.extract_feat(inputs)
        if self.test_cfg.get('flip_test', False):
            image, maps = inputs.flip(-1).split(
                [3, inputs.shape[1] - 3], dim=1)
            flip = data_samples[0].metainfo['flip_indices']
            feats = [feats, self.extract_feat(
                torch.cat([image, maps[:, flip]], dim=1))]
        preds = self.head.predict(feats, data_samples, test_cfg=self.test_cfg)
        instances, fields = preds if isinstance(preds, tuple) else (preds,
                                                                    None)
        for instance, sample in zip(instances, data_samples):
            if 'input_scores' in sample.metainfo:
                instance.keypoint_scores = sample.metainfo[
                    'input_scores'].copy()
        return self.add_pred_to_datasample(instances, fields, data_samples)
