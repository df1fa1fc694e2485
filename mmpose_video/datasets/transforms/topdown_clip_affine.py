"""Crop the person out of all frames of a clip."""
from typing import Dict, List, Optional

import cv2
import numpy as np
from mmpose.datasets.transforms import TopdownAffine
from mmpose.registry import TRANSFORMS
from mmpose.structures.bbox import get_udp_warp_matrix, get_warp_matrix


@TRANSFORMS.register_module()
class TopdownClipAffine(TopdownAffine):
    """:class:`TopdownAffine` for lists of frames, with less copying.

    The result is the host's bit for bit. What differs is the way there: a
    frame that stands in the clip twice is warped once, all crops lie in one
    array, and a flipped frame is made contiguous by OpenCV (NumPy takes ten
    times as long, and the host's flip leaves it to others).

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
        results['img'] = self._warp(frames, self._matrix(results), reduction)
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
              reduction: int) -> List[np.ndarray]:
        """Crop all frames."""
        width, height = self.input_size
        if reduction != 1:
            to_file = np.diag([reduction, reduction, 1.])
            to_file[:2, 2] = (reduction - 1) / 2
            matrix = matrix @ to_file
        crops = np.empty((len(frames), height, width, *frames[0].shape[2:]),
                         frames[0].dtype)
        done: Dict[int, np.ndarray] = {}
        for frame, crop in zip(frames, crops):
            if id(frame) in done:
                crop[:] = done[id(frame)]
                continue
            cv2.warpAffine(
                _contiguous(frame), matrix, (width, height), dst=crop,
                flags=cv2.INTER_LINEAR)
            done[id(frame)] = crop
        return list(crops)


def _contiguous(frame: np.ndarray) -> np.ndarray:
    """Undo what ``np.flip`` did, and let OpenCV flip."""
    axes = [axis for axis in (0, 1) if frame.strides[axis] < 0]
    if not axes:
        return frame
    return cv2.flip(np.flip(frame, axes), -1 if len(axes) == 2 else axes[0])
