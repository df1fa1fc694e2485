"""Sort the samples of a dataset by video and frame."""
import os.path as osp
from typing import Any, Iterator

import numpy as np
from mmengine.dataset import BaseDataset

from mmpose_video.formats.frame_index import parse_frame_name


def video_order(dataset: Any) -> np.ndarray:
    """Return the indices of the samples in order of video and frame.

    Annotation files need not be sorted, and files of detected boxes are
    often sorted by score.

    Args:
        dataset: An MMEngine dataset whose samples have an ``img_path``, or
            several in a ``ConcatDataset``, or in a ``CombinedDataset``
            without resampling.

    Returns:
        np.ndarray: A permutation of ``range(len(dataset))``, int64. The
        samples of a frame keep their order.

    Raises:
        TypeError: If the samples of a wrapper cannot be identified.
    """
    # `num_batch_per_epoch` limits the length of a dataset
    keys = [_key(path) for path, _ in zip(_paths(dataset),
                                          range(len(dataset)))]
    if len(keys) != len(dataset):
        raise TypeError(
            f'{type(dataset).__name__} has {len(dataset)} samples, but the '
            f'datasets in it have {len(keys)}: their order in the videos is '
            'unknown. Use `DefaultSampler` with it')
    order = sorted(range(len(keys)), key=keys.__getitem__)
    return np.array(order, dtype=np.int64)


def _key(path: str) -> tuple:
    """Return what samples are sorted by: folder, video and frame number."""
    frame = parse_frame_name(path)
    if frame is None:
        return osp.dirname(path), ('', ''), -1, path
    return osp.dirname(path), frame.series, frame.number, path


def _paths(dataset: Any) -> Iterator[str]:
    """Yield the paths of the key frames in the order of the indices."""
    # a slice of MMEngine's runner passes on its dataset's attributes
    dataset = getattr(dataset, '__dict__', {}).get('_dataset', dataset)
    if getattr(dataset, 'resample', False):
        raise TypeError(
            f'{type(dataset).__name__} draws its samples at random '
            '(`sample_ratio_factor`): use `DefaultSampler` with it')
    if hasattr(dataset, 'datasets'):
        for part in dataset.datasets:
            yield from _paths(part)
    elif isinstance(dataset, BaseDataset):
        dataset.full_init()
        for index in range(len(dataset)):
            # the method of the base class samples no clip
            yield BaseDataset.get_data_info(dataset, index)['img_path']
    else:
        raise TypeError(
            f'the videos of a {type(dataset).__name__} are unknown: use '
            '`DefaultSampler` with it')
