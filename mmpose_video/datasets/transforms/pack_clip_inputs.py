"""Pack a clip for the model."""
from typing import Any, List, Optional, Sequence

import cv2
import numpy as np
import torch
from mmpose.datasets.transforms import PackPoseInputs
from mmpose.registry import TRANSFORMS

from mmpose_video.datasets.loading.clip_ring import ClipRing
from mmpose_video.datasets.loading.collate import allocate_clip, ring_of

#: Meta keys of a clip, beside MMPose's.
CLIP_META_KEYS = ('frame_paths', 'frame_offsets', 'frame_valid', 'key_index')
_MMPOSE_META_KEYS = PackPoseInputs().meta_keys


@TRANSFORMS.register_module()
class PackClipInputs(PackPoseInputs):
    """:class:`PackPoseInputs` that keeps the times of the frames.

    The frames become one uint8 tensor of shape (T, 3, H, W).

    With ``pack_transformed``, which only MMPose's ``browse_dataset`` sets,
    the key frame alone is packed, (3, H, W), as that script draws images.
    ``mmpose-video browse`` draws clips.

    Required Keys:

        - img (list[np.ndarray]): T frames (H, W, C), or one image
        - img_planes (Tensor, optional): The same as (T, C, H, W); packed
          without a copy if the frames still are its views
        - the labels that MMPose packs, and ``meta_keys``

    It returns ``inputs``, (T, C, H, W), and ``data_samples``, the labels and
    the meta info.

    Args:
        meta_keys (Sequence[str]): Keys to store as meta info. Defaults to
            MMPose's keys and ``frame_paths``, ``frame_offsets``,
            ``frame_valid`` and ``key_index``.
        **kwargs: See :class:`PackPoseInputs`.
    """

    def __init__(self,
                 meta_keys: Sequence[str] = _MMPOSE_META_KEYS + CLIP_META_KEYS,
                 **kwargs: Any) -> None:
        # MMPose would copy all meta info deeply; a sample has one owner
        super().__init__(meta_keys=(), **kwargs)
        self.clip_meta_keys = tuple(meta_keys)

    def transform(self, results: dict) -> dict:
        """Pack frames and annotations.

        Raises:
            ValueError: If frames differ in size, or were decoded at a
                fraction of their size and not cropped since.
        """
        if results.get('img_reduction', 1) != 1:
            raise ValueError(
                'frames of `LoadReducedClip` can be cropped by '
                '`TopdownClipAffine` only; put it in place of `TopdownAffine`')
        packed = self._pack(results)
        for key in self.clip_meta_keys:
            if key in results:
                packed['data_samples'].set_field(
                    results[key], key, field_type='metainfo')
        return packed

    def _pack(self, results: dict) -> dict:
        """Pack everything except the meta info."""
        frames = results['img']
        if not isinstance(frames, list):
            return super().transform(results)
        if self.pack_transformed:
            key_frame = frames[results['key_index']]
            return super().transform({**results, 'img': key_frame})
        # MMPose would copy each frame twice; it packs one pixel instead
        packed = super().transform({**results, 'img': frames[0][:1, :1]})
        planes = results.get('img_planes')
        packed['inputs'] = (planes if planes is not None and _are_views(
            frames, planes) else _to_tensor(frames, ring_of(results)))
        return packed

    def __repr__(self) -> str:
        return (f'{type(self).__name__}(meta_keys={self.clip_meta_keys}, '
                f'pack_transformed={self.pack_transformed})')


def _are_views(frames: List[np.ndarray], planes: torch.Tensor) -> bool:
    """Return whether the frames are still the images of a tensor."""
    def place(array: np.ndarray) -> tuple:
        return array.ctypes.data, array.shape, array.strides, array.dtype

    images = planes.numpy().transpose(0, 2, 3, 1)
    return len(frames) == len(images) and all(
        place(frame) == place(image)
        for frame, image in zip(frames, images))


def _to_tensor(frames: List[np.ndarray],
               ring: Optional[ClipRing]) -> torch.Tensor:
    """Copy frames (H, W, C) into a tensor (T, C, H, W)."""
    shape = frames[0].shape
    if any(frame.shape != shape for frame in frames):
        raise ValueError('the frames of a clip must have one size, got '
                         f'{[frame.shape for frame in frames]}')
    height, width, channels = shape
    clip = allocate_clip((len(frames), channels, height, width),
                         frames[0].dtype, ring)
    for frame, planes in zip(frames, clip.numpy()):
        cv2.split(frame, list(planes))
    return clip
