"""One metric for any keypoint set."""
from typing import Any, Dict, List, Optional, Sequence, Tuple, Union

import numpy as np
from mmengine.fileio import get_local_path
from mmengine.logging import print_log
from mmpose.registry import METRICS

from mmpose_video.formats.json_file import read_json

from ..functional.own_keypoints import (
    oks_ap,
    pck,
    reference_of,
    reference_table,
)
from ..functional.pose_ap import pose_average_precision
from ..functional.sanity import warn_of_nothing_right
from .base_pose_ap import BasePoseAP, _array


@METRICS.register_module()
class OwnKeypointsMetric(BasePoseAP):
    """PCK, and what else the keypoint set allows.

    * ``PCK``: always; a keypoint is right within ``pck_thr`` longer sides of
      the annotated box, as in MMPose's ``PCKAccuracy``. It needs annotated
      boxes: of detected people none has labels of its own.
    * ``OKS AP``, ``OKS AP .5``, ``OKS AP .75``, ``OKS AR``: where the
      keypoint set has sigmas, as xtcocotools computes them.
    * ``AP``: PoseTrack's AP, where there is a reference length in place of
      the head size; a keypoint is right within ``ap_thr`` lengths.

    Args:
        ann_file (str, optional): COCO-style annotations of the whole set.
            Defaults to None, the evaluated dataset's own file.
        reference (tuple[str, str] | float, optional): Two keypoints whose
            distance is the reference length, or a share of the longer side
            of the box. Defaults to None, that of the keypoint set's file.
        sigmas (Sequence[float], optional): Spreads of the labels. Defaults to
            None, those of the keypoint set's file.
        pck_thr (float): Defaults to 0.2.
        ap_thr (float): Defaults to 0.5, PoseTrack's.
        per_joint (bool): Also return '<keypoint> PCK' and '<keypoint> AP'.
            Defaults to False.
        **kwargs: See :class:`BasePoseAP`; ``prefix`` is by default 'own',
            ``bbox_score_thr`` 0.

    Examples:
        >>> val_evaluator = dict(type='OwnKeypointsMetric')
        >>> default_hooks = dict(checkpoint=dict(save_best='own/PCK'))
    """

    default_prefix: Optional[str] = 'own'

    def __init__(self,
                 ann_file: Optional[str] = None,
                 reference: Union[Tuple[str, str], float, None] = None,
                 sigmas: Optional[Sequence[float]] = None,
                 pck_thr: float = 0.2,
                 ap_thr: float = 0.5,
                 per_joint: bool = False,
                 bbox_score_thr: float = 0.,
                 **kwargs: Any) -> None:
        super().__init__(
            ann_file=ann_file, bbox_score_thr=bbox_score_thr, **kwargs)
        self.reference = reference_of({}, reference)
        self.sigmas = sigmas
        self.pck_thr = pck_thr
        self.ap_thr = ap_thr
        self.per_joint = per_joint

    def process(self, data_batch: Any, data_samples: Sequence[dict]) -> None:
        """Keep predictions and, where there are any, their labels.

        Args:
            data_batch: Not used.
            data_samples (Sequence[dict]): See :class:`BasePoseAP`; samples
                with annotated boxes have ``gt_instances`` with ``keypoints``
                (1, K, 2), ``keypoints_visible`` (1, K) and ``bboxes`` (1, 4).

        Raises:
            ValueError: If a sample holds no prediction.
        """
        before = len(self.results)
        super().process(data_batch, data_samples)
        for result, sample in zip(self.results[before:], data_samples):
            gt = sample.get('gt_instances', {})
            if not result['gt_boxes'] or 'keypoints' not in gt or (
                    len(result['keypoints']) != 1):
                continue
            visible = _array(gt['keypoints_visible'])[0]
            labeled = (visible if visible.ndim == 1 else visible[..., 0]) > 0
            corners = _array(gt['bboxes'])[0]
            side = float((corners[2:] - corners[:2]).max())
            delta = result['keypoints'][0] - _array(gt['keypoints'])[0]
            result['distances'] = np.linalg.norm(delta, axis=-1) / side
            result['labeled'] = labeled

    def compute_metrics(self, results: list) -> Dict[str, float]:
        """Evaluate all predictions of the set.

        Args:
            results (list): What :meth:`process` kept, of all processes.

        Returns:
            dict[str, float]: 'PCK' as a fraction, 'OKS AP', 'OKS AP .5',
            'OKS AP .75', 'OKS AR' and 'AP' in percent, as far as they can be
            computed, and those of each keypoint if asked for.

        Raises:
            ValueError: If the labels are not known or do not fit the
                predictions, or nothing at all can be computed.
        """
        results = self._without_repeats(results)
        names = self._names()
        metrics = self._pck(results, names)
        reference = reference_of(self._meta, self.reference)
        sigmas = self._sigmas(len(names))
        if reference is not None or sigmas is not None:
            people = self._people(results)
            source = self._label_file()
            with get_local_path(source) as path:
                data = read_json(path)
            if reference is not None:
                gt, images = reference_table(data, source, names, reference)
                pred = self._table(people, images, names)
                joints = pose_average_precision(gt, pred, self.ap_thr)
                valid = joints[~np.isnan(joints)]
                metrics['AP'] = (
                    float(valid.mean()) if len(valid) else float('nan'))
                if self.per_joint:
                    metrics.update(zip((f'{n} AP' for n in names),
                                       joints.tolist()))
                warn_of_nothing_right(metrics['AP'], gt, pred,
                                      'the predictions')
            if sigmas is not None:
                metrics.update(oks_ap(data, people, sigmas))
        if not metrics:
            raise ValueError(
                'nothing can be computed: detected boxes allow no PCK, and '
                'the keypoint set has neither `sigmas` nor a `reference`')
        print_log(
            f'{type(self).__name__}, {len(results)} samples: '
            + ', '.join(f'{k} {v:.4g}' for k, v in metrics.items()),
            logger='current')
        return metrics

    def _names(self) -> List[str]:
        meta = self._meta['keypoint_id2name']
        return [meta[i] for i in range(len(meta))]

    def _sigmas(self, num: int) -> Optional[Sequence[float]]:
        """Return the sigmas, None if nobody gave any."""
        if self.sigmas is not None:
            if len(self.sigmas) != num:
                raise ValueError(f'`sigmas` has {len(self.sigmas)} numbers '
                                 f'for {num} keypoints')
            return self.sigmas
        # MMPose's own keypoint sets always have sigmas
        if self._meta.get('has_sigmas', True):
            return self._meta.get('sigmas')
        return None

    def _pck(self, results: List[dict], names: List[str]
             ) -> Dict[str, float]:
        """Return PCK, nothing if no sample has labels of its own."""
        paired = [result for result in results if 'distances' in result]
        if not paired:
            return {}
        mean, each = pck(
            np.stack([result['distances'] for result in paired]),
            np.stack([result['labeled'] for result in paired]),
            self.pck_thr)
        metrics = {'PCK': mean}
        if self.per_joint:
            metrics.update(zip((f'{n} PCK' for n in names), each.tolist()))
        return metrics
