"""Crop the person out of all frames of a clip."""
from typing import Dict, List, Optional

import cv2
import numpy as np
import torch
from mmpose.datasets.transforms import TopdownAffine
from mmpose.registry import TRANSFORMS
from mmpose.structures.bbox import get_udp_warp_matrix, get_warp_matrix

from mmpose_video.datasets.loading.clip_crop import crop_clip
from mmpose_video.datasets.loading.collate import allocate_clip


@TRANSFORMS.register_module()
class TopdownClipAffine(TopdownAffine):
    """:class:`TopdownAffine` for lists of frames, with less copying.

    The result is the host's bit for bit. What differs is the way there: all
    frames are cropped at once where :func:`crop_clip` can,
    planes are written into the memory that a worker sends, and a flipped
    frame is made contiguous by OpenCV (NumPy takes ten times as long, and the
    host's flip leaves it to others). ``img`` is a list of views (H, W, C) of
    the tensor ``img_planes`` (T, C, H, W).

    It also takes frames that :class:`LoadReducedClip` decoded at 1/2, 1/4 or
    1/8 of their size. Boxes and key points stay in pixels of the file; only
    the matrix that fetches pixels is another: the centre of pixel ``x`` of a
    reduced frame lies at ``r x + (r - 1) / 2`` of the file.

    Args:
        input_size (tuple[int, int]): Width and height of the crop.
        use_udp (bool): See :class:`TopdownAffine`. Defaults to False.
    """

    def transform(self, results: Dict) -> Optional[dict]:
        """Crop the frames and move the key points."""
        frames = results['img']
        reduction = results.pop('img_reduction', 1)
        if not isinstance(frames, list):
            return super().transform(results)
        # the host's part: boxes and key points, and no frames to warp
        results['img'] = []
        results = super().transform(results)
        clip = self._warp(frames, self._matrix(results), reduction)
        # what follows sees images; packing finds that they are one tensor
        results['img_planes'] = clip
        results['img'] = list(clip.numpy().transpose(0, 2, 3, 1))
        return results

    def _matrix(self, results: dict) -> np.ndarray:
        """From pixels of the file to pixels of the crop, shape (2, 3)."""
        rotation = results['bbox_rotation'][
            0] if 'bbox_rotation' in results else 0.
        make = get_udp_warp_matrix if self.use_udp else get_warp_matrix
        return make(
            results['input_center'],
            results['input_scale'],
            rotation,
            output_size=self.input_size)

    def _warp(self, frames: List[np.ndarray], matrix: np.ndarray,
              reduction: int) -> torch.Tensor:
        """Crop all frames, (T, C, H, W)."""
        width, height = self.input_size
        if reduction != 1:
            to_file = np.diag([reduction, reduction, 1.])
            to_file[:2, 2] = (reduction - 1) / 2
            matrix = matrix @ to_file
        frames = [_contiguous(frame) for frame in frames]
        channels = frames[0].shape[2] if frames[0].ndim == 3 else 1
        clip = allocate_clip((len(frames), channels, height, width),
                             frames[0].dtype)
        if not crop_clip(frames, matrix, clip.numpy()):
            for frame, planes in zip(frames, clip.numpy()):
                crop = cv2.warpAffine(
                    frame, matrix, (width, height), flags=cv2.INTER_LINEAR)
                cv2.split(crop, list(planes))
        return clip


def _contiguous(frame: np.ndarray) -> np.ndarray:
    """Undo what ``np.flip`` did, and let OpenCV flip."""
    axes = [axis for axis in (0, 1) if frame.strides[axis] < 0]
    if not axes:
        return frame
    return cv2.flip(np.flip(frame, axes), -1 if len(axes) == 2 else axes[0])
