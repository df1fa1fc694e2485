"""Pack a sample together with its input pose."""
from typing import Any

from mmpose.registry import TRANSFORMS

from mmpose_video.datasets.transforms import PackClipInputs

#: What PoseFix adds to the meta keys.
INPUT_KEYS = ('input_keypoints', 'input_present', 'input_scores')


@TRANSFORMS.register_module()
class PackPoseFixInputs(PackClipInputs):
    """:class:`PackClipInputs` that keeps the input pose as meta info.

    Args:
        **kwargs: See :class:`PackClipInputs`.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.clip_meta_keys += INPUT_KEYS
