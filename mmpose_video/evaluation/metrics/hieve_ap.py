"""HiEve's average precision as a metric of MMPose."""
from typing import Any, Dict, Optional, Sequence

from mmengine.fileio import get_local_path
from mmengine.logging import print_log
from mmpose.registry import METRICS

from mmpose_video.formats.json_file import read_json
from mmpose_video.formats.keypoints import HIEVE_JOINTS

from ..functional.hieve import (
    HIEVE_GROUPS,
    HIEVE_THRESHOLDS,
    hieve_ap,
    hieve_ground_truth,
)
from ..functional.sanity import warn_of_nothing_right
from .base_pose_ap import BasePoseAP


@METRICS.register_module()
class HiEveAP(BasePoseAP):
    """AP@0.5, AP@0.75, AP@0.9 and their mean on HiEve's 14 keypoints.

    See :mod:`mmpose_video.evaluation.functional.hieve` for the definition,
    and for what the paper leaves open: numbers of the benchmark's server may
    differ.

    Args:
        ann_file (str, optional): COCO-style annotations with COCO's flags
            (2 visible, 1 invisible, 0 not annotated). Defaults to None,
            the evaluated dataset's own file.
        thresholds (Sequence[float]): Distances of a match in head sizes.
            Defaults to (0.5, 0.75, 0.9), the paper's.
        box_ratio (float): Head size in longer sides of a person's box,
            where neither a head box nor nose and chest are annotated.
            Package default, not the paper's: 0.1.
        per_joint (bool): Also return the 14 keypoints. Defaults to False.
        **kwargs: See :class:`BasePoseAP`; ``prefix`` is by default 'hieve'.
    """

    default_prefix: Optional[str] = 'hieve'

    def __init__(self,
                 ann_file: Optional[str] = None,
                 thresholds: Sequence[float] = HIEVE_THRESHOLDS,
                 box_ratio: float = 0.1,
                 per_joint: bool = False,
                 **kwargs: Any) -> None:
        super().__init__(ann_file=ann_file, **kwargs)
        self.thresholds = tuple(thresholds)
        self.box_ratio = box_ratio
        self.per_joint = per_joint

    def compute_metrics(self, results: list) -> Dict[str, float]:
        """Evaluate all predictions of the set.

        Args:
            results (list): What :meth:`process` kept, of all processes.

        Returns:
            dict[str, float]: Percent: 'AP', 'AP@<thr>', '<group> AP' and,
            if asked for, '<keypoint> AP'.

        Raises:
            ValueError: If the labels are not known or do not fit the
                predictions.
        """
        results = self._without_repeats(results)
        source = self._label_file()
        with get_local_path(source) as path:
            gt, invisible, images = hieve_ground_truth(
                read_json(path), source, self.box_ratio)
        people = self._people(results)
        pred = self._table(people, images, HIEVE_JOINTS)
        table = hieve_ap(gt, pred, invisible, self.thresholds)
        warn_of_nothing_right(table['AP'], gt, pred, 'the predictions')
        print_log(
            f'HiEve AP, joint score {self.score_mode}, {len(images)} frames: '
            + ', '.join(f'{k} {v:.2f}' for k, v in table.items()),
            logger='current')
        names = ['AP', *(f'AP@{thr:g}' for thr in self.thresholds),
                 *(f'{group} AP' for group in HIEVE_GROUPS)]
        if self.per_joint:
            names += [f'{name} AP' for name in HIEVE_JOINTS]
        return {name: table[name] for name in names}
