"""The base class of the video top-down data sets."""
import random
from typing import Any, List, Optional

import numpy as np
import torch
from mmengine.dataset import force_full_init
from mmengine.logging import print_log
from mmpose.datasets.datasets.base import BaseCocoStyleDataset

from .clip_samplers import CLIP_SAMPLERS
from .frame_index import FrameIndex

MISSING_FRAMES = ('nearest', 'error')


class BaseVideoDataset(BaseCocoStyleDataset):
    """COCO-style annotations of key frames, with the frames around them.

    A sample is one person in one key frame. Beside what the host's data sets
    give, it holds ``frame_paths``, ``frame_offsets``, ``frame_valid`` and
    ``key_index``; ``img_path`` stays the key frame's path, a string, which the
    host's tools rely on. The clip is sampled when a sample is fetched, so
    random clips differ between epochs.

    Args:
        clip_sampler (dict): Config of a sampler of :mod:`clip_samplers`.
            Defaults to ``dict(type='FixedOffsets', offsets=(0, ))``, single
            images.
        missing_frames (str): What stands in for a neighbour that does not
            exist: ``'nearest'``, the nearest frame that does, or ``'error'``.
            Defaults to 'nearest'.
        bbox_score_thr (float): Drop detected boxes with a lower score.
            Defaults to 0.0.
        backend_args (dict, optional): MMEngine's file backend.
        **kwargs: See :class:`BaseCocoStyleDataset`.
    """

    def __init__(self,
                 *args: Any,
                 clip_sampler: Optional[dict] = None,
                 missing_frames: str = 'nearest',
                 bbox_score_thr: float = 0.0,
                 backend_args: Optional[dict] = None,
                 **kwargs: Any) -> None:
        if missing_frames not in MISSING_FRAMES:
            raise ValueError(f'`missing_frames` must be one of '
                             f'{MISSING_FRAMES}, got {missing_frames!r}')
        self.clip_sampler = CLIP_SAMPLERS.build(
            clip_sampler or dict(type='FixedOffsets'))
        self.missing_frames = missing_frames
        self.bbox_score_thr = bbox_score_thr
        self.frame_index = FrameIndex(backend_args)
        self._skipped: dict = {}
        # Shared with the worker processes, which outlive an epoch where they
        # are persistent: [seed, epoch], negative until a hook sets it.
        self._sample_seed = torch.full((2, ), -1).share_memory_()
        super().__init__(*args, **kwargs)
        if self.data_mode != 'topdown':
            raise ValueError(f'{type(self).__name__} is top-down only, got '
                             f"data_mode='{self.data_mode}'")

    def set_sample_seed(self, seed: int, epoch: int) -> None:
        """Make each sample's randomness a function of seed, epoch and index.

        It then depends neither on the number of workers nor on where a
        training was interrupted.
        """
        self._sample_seed.copy_(torch.tensor([seed, epoch]))

    @force_full_init
    def prepare_data(self, idx: int) -> Any:
        """Sample a clip and run the pipeline on it."""
        seed, epoch = self._sample_seed.tolist()
        if seed >= 0 and not self.test_mode:
            state = np.random.SeedSequence([seed, epoch, idx])
            words = state.generate_state(2)
            np.random.seed(words[0])
            random.seed(int(words[1]))
        return super().prepare_data(idx)

    def get_data_info(self, idx: int) -> dict:
        """Annotation of a sample, with the paths of its clip."""
        data_info = super().get_data_info(idx)
        offsets = self.clip_sampler()
        paths, taken, valid = self.frame_index.neighbours(
            data_info['img_path'], offsets, self.missing_frames)
        data_info['frame_paths'] = paths
        data_info['frame_offsets'] = taken
        data_info['frame_valid'] = valid
        data_info['key_index'] = int(np.flatnonzero(offsets == 0)[0])
        return data_info

    def load_data_list(self) -> List[dict]:
        """Read the annotations, and say what was left out and why."""
        data_list = super().load_data_list()
        if self.bbox_file:
            data_list = list(filter(self._is_usable_detection, data_list))
        for reason, count in self._skipped.items():
            if count:
                print_log(
                    f'{type(self).__name__}: left out {count} of '
                    f'`{self.bbox_file or self.ann_file}`: {reason}',
                    logger='current')
        if not data_list:
            raise ValueError(
                f'no sample is left of `{self.bbox_file or self.ann_file}`: '
                f'{self._skipped or "it holds no annotation"}')
        return data_list

    def parse_data_info(self, raw_data_info: dict) -> Optional[dict]:
        """Parse one person's annotation; None if it cannot serve.

        Raises:
            ValueError: If the number of key points is not the data set's.
        """
        ann = raw_data_info['raw_ann_info']
        num_keypoints = self.metainfo['num_keypoints']
        values = ann.get('keypoints')
        if not values:
            self._skip('no key points')
            return None
        if len(values) != 3 * num_keypoints:
            raise ValueError(
                f'annotation {ann.get("id")} of image {ann.get("image_id")} '
                f'in `{self.ann_file}` has {len(values) / 3:g} key points, '
                f'{type(self).__name__} takes {num_keypoints}')
        if not np.isfinite(np.asarray(values, dtype=np.float64)).all():
            self._skip('key points that are not finite')
            return None
        box = np.asarray(ann.get('bbox', ()), dtype=np.float64)
        if box.size != 4 or not np.isfinite(box).all():
            self._skip('no box of four finite numbers')
            return None
        img = raw_data_info['raw_img_info']
        x, y, width, height = box
        if width <= 0 or height <= 0:
            self._skip('a box of zero area')
            return None
        if (x >= img['width'] or y >= img['height'] or x + width <= 0
                or y + height <= 0):
            self._skip('a box outside of the image')
            return None
        return super().parse_data_info(raw_data_info)

    def _is_usable_detection(self, data_info: dict) -> bool:
        """Whether a detected box can be cropped and counts."""
        x1, y1, x2, y2 = data_info['bbox'][0]
        height, width = data_info['img_shape']
        if not np.isfinite(data_info['bbox']).all():
            self._skip('no box of four finite numbers')
        elif x2 <= x1 or y2 <= y1:
            self._skip('a box of zero area')
        elif x1 >= width or y1 >= height or x2 <= 0 or y2 <= 0:
            self._skip('a box outside of the image')
        elif data_info['bbox_score'][0] < self.bbox_score_thr:
            self._skip('box score below `bbox_score_thr`')
        else:
            return True
        return False

    def _skip(self, reason: str) -> None:
        """Count an annotation that is left out."""
        self._skipped[reason] = self._skipped.get(reason, 0) + 1
