"""Evaluate on the keypoints that two datasets share."""
from typing import Any, Dict, Optional, Sequence

import numpy as np
from mmpose.evaluation.functional import transform_ann, transform_sigmas
from mmpose.evaluation.metrics import CocoMetric
from mmpose.registry import METRICS


@METRICS.register_module()
class CommonKeypointsMetric(CocoMetric):
    """:class:`CocoMetric` that ignores people without a shared keypoint.

    With its ``gt_converter`` MMPose's metric writes into each annotation
    that all keypoints are labelled. A person of CrowdPose of whom only head
    and neck are labelled then counts as missed, where COCO ignores people
    without labelled keypoints. Here they are counted.

    Args:
        ann_file (str): COCO-style annotations.
        gt_converter (dict): ``num_keypoints`` and ``mapping`` from the
            keypoints of the annotations to the shared ones.
        **kwargs: See :class:`CocoMetric`, ``pred_converter`` for instance.
    """

    def __init__(self, ann_file: str, gt_converter: Dict[str, Any],
                 **kwargs: Any) -> None:
        super().__init__(ann_file=ann_file, **kwargs)
        self.shared = (gt_converter['num_keypoints'], gt_converter['mapping'])
        for ann in self.coco.anns.values():
            transform_ann(ann, *self.shared)
            if 'keypoints' in ann:
                ann['num_keypoints'] = int(
                    np.count_nonzero(ann['keypoints'][2::3]))

    @property
    def dataset_meta(self) -> Optional[dict]:
        """Optional[dict]: Meta information, with the shared sigmas."""
        return self._dataset_meta

    @dataset_meta.setter
    def dataset_meta(self, dataset_meta: dict) -> None:
        """Keep the meta information; that of the dataset stays as it is."""
        sigmas: Sequence[float] = transform_sigmas(
            dataset_meta['sigmas'], *self.shared)
        self._dataset_meta = dict(
            dataset_meta, sigmas=sigmas, num_keypoints=len(sigmas))
