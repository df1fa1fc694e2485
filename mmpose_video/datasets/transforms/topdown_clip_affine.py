"""Crop the person out of all frames of a clip."""
from typing import Dict, List, Optional, Tuple

import cv2
import numpy as np
import torch
from mmpose.datasets.transforms import TopdownAffine
from mmpose.registry import TRANSFORMS
from mmpose.structures.bbox import get_udp_warp_matrix, get_warp_matrix

from mmpose_video.datasets.loading.clip_crop import crop_clip
from mmpose_video.datasets.loading.clip_ring import ClipRing
from mmpose_video.datasets.loading.collate import allocate_clip, ring_of


@TRANSFORMS.register_module()
class TopdownClipAffine(TopdownAffine):
    """:class:`TopdownAffine` for lists of frames, with less copying.

    The crops are MMPose's bit for bit. All frames are cropped at once where
    :func:`crop_clip` can do it, planes are written into the memory that a
    worker sends, and a flipped frame is made contiguous by OpenCV (NumPy
    takes ten times as long, and MMPose's flip leaves it to others). ``img``
    is a list of views (H, W, C) of the tensor ``img_planes`` (T, C, H, W).

    It also takes frames that :class:`LoadReducedClip` decoded at 1/2, 1/4 or
    1/8 of their size. Boxes and keypoints stay in pixels of the file; only
    the matrix that fetches pixels differs: the center of pixel ``x`` of a
    reduced frame lies at ``r x + (r - 1) / 2`` of the file.

    Required Keys:

        - img (list[np.ndarray]): T frames (H, W, C), or one image
        - bbox_center, bbox_scale (np.ndarray): (1, 2), pixels
        - bbox_rotation (np.ndarray, optional): (1, ), degrees
        - keypoints (np.ndarray, optional): (1, K, 2), pixels
        - img_reduction (int, optional): Factor by which frames are smaller

    Modified Keys:

        - img (list[np.ndarray]): T crops, views of ``img_planes``
        - bbox_scale (np.ndarray): With the aspect ratio of the input

    Added Keys:

        - img_planes (Tensor): The crops, (T, C, H, W)
        - input_size, input_center, input_scale: Size, center and scale
        - transformed_keypoints (np.ndarray): (1, K, 2), pixels of the crop

    Removed Keys:

        - img_reduction

    Args:
        input_size (tuple[int, int]): Width and height of the crop.
        use_udp (bool): See :class:`TopdownAffine`. Defaults to False.
        use_dark (bool): Crop with the matrix of DARK's code, see
            :func:`dark_warp_matrix`, as FAMI-Pose and TDMI do. Their
            predictions go back by the usual matrix, as MMPose's do, which
            biases them. Defaults to False.

    Raises:
        ValueError: If both ``use_udp`` and ``use_dark`` are set.
    """

    def __init__(self,
                 input_size: Tuple[int, int],
                 use_udp: bool = False,
                 use_dark: bool = False) -> None:
        super().__init__(input_size, use_udp)
        if use_udp and use_dark:
            raise ValueError('`use_udp` and `use_dark` exclude each other')
        self.use_dark = use_dark

    def transform(self, results: Dict) -> Optional[dict]:
        """Crop the frames and transform the keypoints."""
        frames = results['img']
        reduction = results.pop('img_reduction', 1)
        if not isinstance(frames, list):
            if self.use_dark:
                raise TypeError('`use_dark` is for clips; load the image '
                                'with `LoadClip`')
            return super().transform(results)
        # MMPose does the boxes and keypoints, and has no frames to warp
        results['img'] = []
        results = super().transform(results)
        matrix = self._matrix(results)
        if self.use_dark and results.get('keypoints') is not None:
            points = cv2.transform(results['keypoints'][..., :2], matrix)
            results['transformed_keypoints'][..., :2] = points
        clip = self._warp(frames, matrix, reduction, ring_of(results))
        # what follows sees images; packing finds that they are one tensor
        results['img_planes'] = clip
        results['img'] = list(clip.numpy().transpose(0, 2, 3, 1))
        return results

    def _matrix(self, results: dict) -> np.ndarray:
        """Return the matrix from file to crop, (2, 3)."""
        rotation = results['bbox_rotation'][
            0] if 'bbox_rotation' in results else 0.
        make = (
            dark_warp_matrix if self.use_dark else
            get_udp_warp_matrix if self.use_udp else get_warp_matrix)
        return make(
            results['input_center'],
            results['input_scale'],
            rotation,
            output_size=self.input_size)

    def _warp(self, frames: List[np.ndarray], matrix: np.ndarray,
              reduction: int, ring: Optional[ClipRing]) -> torch.Tensor:
        """Return the crops of all frames, (T, C, H, W)."""
        width, height = self.input_size
        if reduction != 1:
            to_file = np.diag([reduction, reduction, 1.])
            to_file[:2, 2] = (reduction - 1) / 2
            matrix = matrix @ to_file
        frames = [_contiguous(frame) for frame in frames]
        channels = frames[0].shape[2] if frames[0].ndim == 3 else 1
        clip = allocate_clip((len(frames), channels, height, width),
                             frames[0].dtype, ring)
        if not crop_clip(frames, matrix, clip.numpy()):
            for frame, planes in zip(frames, clip.numpy()):
                crop = cv2.warpAffine(
                    frame, matrix, (width, height), flags=cv2.INTER_LINEAR)
                cv2.split(crop, list(planes))
        return clip


def _contiguous(frame: np.ndarray) -> np.ndarray:
    """Return a contiguous frame; OpenCV does what ``np.flip`` deferred."""
    axes = [axis for axis in (0, 1) if frame.strides[axis] < 0]
    if not axes:
        return frame
    return cv2.flip(np.flip(frame, axes), -1 if len(axes) == 2 else axes[0])


def dark_warp_matrix(center: np.ndarray, scale: np.ndarray, rot: float,
                     output_size: Tuple[int, int]) -> np.ndarray:
    """Return the crop's matrix as DARK's code has it.

    After ``dark_get_affine_transform`` of FAMI-Pose and of TDMI: distances
    are those between the centers of the first and last pixel. The box's
    center goes to ((W - 1) / 2, (H - 1) / 2), and the zoom is
    (W - 1) / (w - 1) in both directions, w the width of the box in pixels.

    Args:
        center (np.ndarray): Center of the box in pixels, (2, ).
        scale (np.ndarray): Width and height of the box in pixels, (2, ).
        rot (float): Rotation in degrees.
        output_size (tuple[int, int]): Width W and height H of the crop.

    Returns:
        np.ndarray: (2, 3) float64.
    """
    size = np.array(output_size, dtype=np.float64)
    zoom = (size[0] - 1) / (float(scale[0]) - 1)
    cos, sin = np.cos(np.deg2rad(rot)), np.sin(np.deg2rad(rot))
    linear = zoom * np.array([[cos, sin], [-sin, cos]])
    shift = (size - 1) / 2 - linear @ np.asarray(center, dtype=np.float64)
    return np.column_stack([linear, shift])
