"""Times of the frames of a batch of clips."""
from dataclasses import dataclass
from typing import Optional, Sequence

import numpy as np
import torch
from mmpose.structures import PoseDataSample
from torch import Tensor


@dataclass(frozen=True)
class ClipInfo:
    """Time stamps of a batch of N clips with T frames each.

    Attributes:
        num_frames (int): T.
        key_index (int): Position of the key frame, the one whose pose is
            estimated, in the clip. The same for all clips of a batch.
        offsets (Tensor): Shape (N, T), int64. Each frame's distance in frames
            from the key frame; 0 for the key frame itself and for a frame
            that it stands in for.
        valid (Tensor): Shape (N, T), bool. False where the wanted frame did
            not exist and the nearest one stands in.
        frames (Tensor, optional): The normalized images, (N, T, 3, H, W), for
            necks that look at them (:attr:`BaseVideoNeck.uses_frames`).
    """

    num_frames: int
    key_index: int
    offsets: Tensor
    valid: Tensor
    frames: Optional[Tensor] = None

    @classmethod
    def centered(cls,
                 num_clips: int,
                 num_frames: int,
                 device: Optional[torch.device] = None) -> 'ClipInfo':
        """Describe consecutive frames around a key frame in the middle.

        For raw tensors, which come without data samples (operation counting,
        tracing), and for single images, T = 1.
        """
        key_index = num_frames // 2
        offsets = torch.arange(num_frames, device=device) - key_index
        return cls(
            num_frames=num_frames,
            key_index=key_index,
            offsets=offsets.expand(num_clips, -1),
            valid=torch.ones(
                num_clips, num_frames, dtype=torch.bool, device=device))

    @classmethod
    def from_data_samples(
            cls,
            data_samples: Sequence[PoseDataSample],
            num_frames: int,
            device: Optional[torch.device] = None) -> 'ClipInfo':
        """Collect the times that :class:`PackClipInputs` put in the meta info.

        Args:
            data_samples (Sequence[PoseDataSample]): The N samples.
            num_frames (int): T of the input tensor, to be checked.
            device (torch.device, optional): Device of the tensors.

        Raises:
            ValueError: If the samples disagree with the tensor or with each
                other.
        """
        metas = [sample.metainfo for sample in data_samples]
        if num_frames == 1 and 'frame_offsets' not in metas[0]:
            return cls.centered(len(metas), 1, device)

        missing = [
            meta.get('img_path', i) for i, meta in enumerate(metas)
            if 'frame_offsets' not in meta or 'key_index' not in meta
        ]
        if missing:
            raise ValueError(
                f'the samples of {missing[:3]} carry no `frame_offsets` and '
                '`key_index`: end the pipeline with `PackClipInputs`, not '
                '`PackPoseInputs`')
        offsets = np.stack([meta['frame_offsets'] for meta in metas])
        if offsets.shape[1] != num_frames:
            raise ValueError(
                f'the input tensor holds {num_frames} frames per clip, but '
                f'`frame_offsets` has {offsets.shape[1]} entries')
        key_indices = {int(meta['key_index']) for meta in metas}
        if len(key_indices) != 1:
            raise ValueError('the key frame must stand at the same place in '
                             f'all clips of a batch, got {key_indices}')
        valid = np.stack([
            meta.get('frame_valid', np.ones(num_frames, dtype=bool))
            for meta in metas
        ])
        return cls(
            num_frames=num_frames,
            key_index=key_indices.pop(),
            offsets=torch.as_tensor(offsets, dtype=torch.int64).to(device),
            valid=torch.as_tensor(valid, dtype=torch.bool).to(device))
