"""Detected boxes as samples of a dataset."""
from collections import Counter
from typing import Callable, List, Optional, Tuple

import numpy as np

from mmpose_video.formats.box_files import BoxFile, FileBox, read_box_file
from mmpose_video.formats.box_matching import match_images
from mmpose_video.formats.coco_labels import unlabeled_frames

from .box_suppression import suppress


class DetectedPeople:
    """Read the people of a box file as samples without keypoints.

    Args:
        path (str): The box file, see :func:`read_box_file`.
        score_thr (float): Drop boxes with a lower score. Defaults to 0.
        nms_thr (float, optional): Of two boxes of an image whose overlap
            exceeds this, drop the one with the lower score. Defaults to
            None: keep both.
        labeled_only (bool): Drop boxes in frames that are not labeled.
            Defaults to True.

    Attributes:
        file (BoxFile): The content.
        skipped (Counter[str]): Number of boxes left out, by reason.

    Raises:
        OSError: If the file cannot be read.
        ValueError: If it breaks its format.
    """

    def __init__(self,
                 path: str,
                 score_thr: float = 0.,
                 nms_thr: Optional[float] = None,
                 labeled_only: bool = True) -> None:
        self.score_thr = score_thr
        self.nms_thr = nms_thr
        self.labeled_only = labeled_only
        self.skipped: Counter[str] = Counter()
        self.file = _read(path)

    def samples(self, labels: dict, complete: Callable[[dict], dict],
                num_keypoints: int) -> List[dict]:
        """Return a sample for each box that can be cropped.

        Args:
            labels (dict): The parsed annotation file.
            complete (Callable): Adds path and size to the entry of an image.
            num_keypoints (int): Number of keypoints of the dataset.

        Returns:
            list[dict]: In the layout of MMPose's datasets.

        Raises:
            ValueError: If no box is of an image of the annotation file.
        """
        matched = match_images(self.file, labels['images'])
        self._count('a box in an image that `ann_file` does not list',
                    len(matched.strangers))
        pairs = matched.pairs
        if self.labeled_only:
            pairs = self._in_labeled_frames(pairs, labels)
        shape = (1, num_keypoints)
        samples = []
        for i, (entry, box) in enumerate(pairs):
            image = complete(entry)
            sample = dict(
                img_id=image['id'],
                img_path=image['img_path'],
                img_shape=(image['height'], image['width']),
                bbox=box.bbox[None],
                bbox_score=np.array([box.score], dtype=np.float32),
                keypoints=np.zeros((*shape, 2), dtype=np.float32),
                keypoints_visible=np.ones(shape, dtype=np.float32),
                id=i)
            fault = self._fault(sample)
            if fault:
                self._count(fault)
            else:
                samples.append(sample)
        return self._suppress(samples)

    def _in_labeled_frames(self, pairs: List[Tuple[dict, FileBox]],
                           labels: dict) -> List[Tuple[dict, FileBox]]:
        """Keep the boxes in frames that an evaluation takes."""
        unlabeled = unlabeled_frames(labels)
        kept = [pair for pair in pairs if pair[0]['id'] not in unlabeled]
        self._count(
            'a box in a frame that is not labeled (`labeled_frames_only`)',
            len(pairs) - len(kept))
        return kept

    def _fault(self, sample: dict) -> str:
        """Return why a box is left out; empty if it is not."""
        x1, y1, x2, y2 = sample['bbox'][0]
        height, width = sample['img_shape']
        if not np.isfinite(sample['bbox']).all():
            return 'no box of four finite numbers'
        if x2 <= x1 or y2 <= y1:
            return 'a box of zero area'
        if x1 >= width or y1 >= height or x2 <= 0 or y2 <= 0:
            return 'a box outside of the image'
        if sample['bbox_score'][0] < self.score_thr:
            return 'box score below `bbox_score_thr`'
        return ''

    def _suppress(self, samples: List[dict]) -> List[dict]:
        """Apply non-maximum suppression."""
        if self.nms_thr is None or not samples:
            return samples
        kept = suppress(
            np.concatenate([sample['bbox'] for sample in samples]),
            np.concatenate([sample['bbox_score'] for sample in samples]),
            [sample['img_id'] for sample in samples], self.nms_thr)
        self._count('box suppressed by `bbox_nms_thr`',
                    len(samples) - len(kept))
        return [samples[i] for i in kept]

    def _count(self, reason: str, count: int = 1) -> None:
        """Count boxes that are left out."""
        if count:
            self.skipped[reason] += count


def _read(path: str) -> BoxFile:
    """Read a box file, with a hint if there is none."""
    try:
        return read_box_file(path)
    except FileNotFoundError as error:
        raise FileNotFoundError(
            f'there is no box file `{path}`: correct `bbox_file`, or set it '
            'to None for ground-truth boxes') from error
