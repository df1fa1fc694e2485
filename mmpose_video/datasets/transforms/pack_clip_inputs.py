"""Pack a clip for the model."""
from typing import Any, Sequence

from mmpose.datasets.transforms import PackPoseInputs
from mmpose.registry import TRANSFORMS

#: What a clip adds to the host's meta keys.
CLIP_META_KEYS = ('frame_paths', 'frame_offsets', 'frame_valid', 'key_index')
_HOST_META_KEYS = PackPoseInputs().meta_keys


@TRANSFORMS.register_module()
class PackClipInputs(PackPoseInputs):
    """:class:`PackPoseInputs` that keeps the times of the frames.

    The frames become one uint8 tensor of shape (T, 3, H, W).

    Args:
        meta_keys (Sequence[str]): What to store as meta info. Defaults to the
            host's keys and ``frame_paths``, ``frame_offsets``,
            ``frame_valid`` and ``key_index``.
        **kwargs: See :class:`PackPoseInputs`.
    """

    def __init__(self,
                 meta_keys: Sequence[str] = _HOST_META_KEYS + CLIP_META_KEYS,
                 **kwargs: Any) -> None:
        super().__init__(meta_keys=tuple(meta_keys), **kwargs)
