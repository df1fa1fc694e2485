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
    that all keypoints are labeled. A person of CrowdPose of whom only head
    and neck are labeled then counts as missed, where COCO ignores people
    without labeled keypoints. Here they are counted.

    Args:
        ann_file (str): COCO-style annotations.
        gt_converter (dict): ``num_keypoints`` and ``mapping`` from the
            keypoints of the annotations to the shared ones.
        **kwargs: See :class:`CocoMetric`, ``pred_converter`` for instance.

    Raises:
        ValueError: If a person of the file has fewer keypoints than the
            mapping takes.
    """

    def __init__(self, ann_file: str, gt_converter: Dict[str, Any],
                 **kwargs: Any) -> None:
        super().__init__(ann_file=ann_file, **kwargs)
        self.shared = (gt_converter['num_keypoints'], gt_converter['mapping'])
        needed = _least_number(gt_converter)
        for ann in self.coco.anns.values():
            found = len(ann.get('keypoints', ())) // 3
            if 'keypoints' in ann and found < needed:
                raise ValueError(
                    f'annotation {ann["id"]} in `{ann_file}` has {found} '
                    f'keypoints, `gt_converter` needs {needed}: is it '
                    "another dataset's file?")
            transform_ann(ann, *self.shared)
            if 'keypoints' in ann:
                ann['num_keypoints'] = int(
                    np.count_nonzero(ann['keypoints'][2::3]))

    def process(self, data_batch: Sequence[dict],
                data_samples: Sequence[dict]) -> None:
        """Keep the predictions of a batch.

        Raises:
            ValueError: If the model has fewer keypoints than
                ``pred_converter`` takes.
        """
        needed = _least_number(self.pred_converter)
        for sample in data_samples:
            found = sample['pred_instances']['keypoints'].shape[-2]
            if found < needed:
                raise ValueError(
                    f'the model predicts {found} keypoints, `pred_converter` '
                    f'needs {needed}: it is for another model')
        super().process(data_batch, data_samples)

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


def _least_number(converter: Optional[dict]) -> int:
    """Return how many keypoints a mapping needs to be there."""
    sources = np.ravel([source for source, _ in converter['mapping']]
                       if converter else [-1])
    return int(sources.max()) + 1
