"""Choose the number of clips to predict at a time."""
from typing import Sequence

from mmengine.dataset import Compose

#: On a GPU.
GPU_CLIPS = 32
#: On a CPU: four crops of 256x256. There larger batches are slower, since the
#: maps of a layer no longer stay in the caches (package default).
CPU_PIXELS = 4 * 256 * 256


def default_batch_size(device: str, num_frames: int,
                       input_size: Sequence[int]) -> int:
    """Return the number of clips to predict at a time.

    Args:
        device (str): Type of the device, such as 'cpu' or 'cuda'.
        num_frames (int): Frames of a clip, T.
        input_size (Sequence[int]): Width and height of the crops in pixels.

    Returns:
        int: 32, on a CPU less where the crops are large, and at least 1.

    Examples:
        >>> default_batch_size('cpu', 1, (192, 256))
        5
        >>> default_batch_size('cpu', 5, (64, 96))
        8
    """
    if device != 'cpu':
        return GPU_CLIPS
    width, height = input_size
    clips = CPU_PIXELS // (num_frames * width * height)
    return min(max(clips, 1), GPU_CLIPS)


def input_size_of(pipeline: Compose) -> Sequence[int]:
    """Return width and height of the crops that a pipeline makes.

    Args:
        pipeline (Compose): The transforms.

    Returns:
        Sequence[int]: In pixels; (256, 256) if no transform tells.
    """
    for step in pipeline.transforms:
        size = getattr(step, 'input_size', None)
        if size is not None:
            return size
    return (256, 256)
