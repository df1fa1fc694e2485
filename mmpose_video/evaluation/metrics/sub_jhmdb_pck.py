"""Sub-JHMDB's percentage of correct keypoints."""
import re
from typing import Any, Dict, Optional, Sequence, Union

import numpy as np
from mmengine.logging import MessageHub, print_log
from mmpose.evaluation.functional import keypoint_pck_accuracy
from mmpose.evaluation.metrics import JhmdbPCKAccuracy
from mmpose.registry import METRICS

from mmpose_video.formats.json_file import without_nan, write_json
from mmpose_video.formats.keypoints import JHMDB_JOINTS

from ..functional.sub_jhmdb import summarise_pck


@METRICS.register_module()
class SubJhmdbPCK(JhmdbPCKAccuracy):
    """PCK@0.2 of Sub-JHMDB, by keypoint, group and mean.

    A keypoint is right if it lies within ``thr`` of a reference length: the
    longer side of the person's box (``'bbox'``) or the torso, left shoulder
    to right hip (``'torso'``). It takes the samples as MMPose's
    ``JhmdbPCKAccuracy`` does and has the same means; beyond that it defaults
    to the 0.2 of the literature, reports neck and belly, which are part of
    the mean, keeps keypoints without annotations out of their group, and
    names its split.

    The literature averages the three splits, each of which has a model of
    its own. Give each test its ``out_file`` and average them with
    ``mmpose-video average-jhmdb FILE FILE FILE``.

    Args:
        thr (float): Threshold in reference lengths. Defaults to 0.2.
        norm_item (str | Sequence[str]): ``'bbox'``, ``'torso'`` or both.
            Defaults to ('bbox', 'torso').
        split (str, optional): Name of the split. Defaults to None, the
            ``sub1`` to ``sub3`` in the name of the dataset's annotation
            file.
        per_joint (bool): Also return the 15 keypoints. Defaults to False.
        out_file (str, optional): Json file for all numbers.
            Defaults to None.
        collect_device (str): See the base class. Defaults to 'cpu'.
        prefix (str, optional): Defaults to None, which gives 'jhmdb'.
    """

    default_prefix: Optional[str] = 'jhmdb'

    def __init__(self,
                 thr: float = 0.2,
                 norm_item: Union[str, Sequence[str]] = ('bbox', 'torso'),
                 split: Optional[str] = None,
                 per_joint: bool = False,
                 out_file: Optional[str] = None,
                 collect_device: str = 'cpu',
                 prefix: Optional[str] = None) -> None:
        super().__init__(
            thr=thr,
            norm_item=norm_item,
            collect_device=collect_device,
            prefix=prefix)
        strange = set(self.norm_item) - {'bbox', 'torso'}
        if strange:
            raise ValueError("`norm_item` of SubJhmdbPCK is 'bbox', 'torso' "
                             f'or both, got {sorted(strange)}')
        self.split = split
        self.per_joint = per_joint
        self.out_file = out_file

    def process(self, data_batch: Any, data_samples: Sequence[dict]) -> None:
        """Keep predictions and labels of a batch.

        Args:
            data_batch: Not used.
            data_samples (Sequence[dict]): Samples with ``pred_instances``
                (``keypoints`` (1, 15, 2) in pixels of the image) and
                ``gt_instances`` (the same, ``keypoints_visible`` and
                ``bboxes`` (1, 4) corners).

        Raises:
            ValueError: If the number of keypoints is not 15.
        """
        for sample in data_samples:
            num = np.shape(sample['pred_instances']['keypoints'])[1]
            if num != len(JHMDB_JOINTS):
                raise ValueError(f'JHMDB has {len(JHMDB_JOINTS)} joints, a '
                                 f'prediction has {num}')
        super().process(data_batch, data_samples)

    def compute_metrics(self, results: list) -> Dict[str, float]:
        """Evaluate all predictions of a split.

        Args:
            results (list): What :meth:`process` kept, of all processes.

        Returns:
            dict[str, float]: Fractions: 'PCK', the mean over the keypoints,
            'Head PCK', 'Sho PCK', 'Elb PCK', 'Wri PCK', 'Hip PCK',
            'Knee PCK', 'Ank PCK', 'Neck PCK', 'Belly PCK' and, if asked
            for, '<keypoint> PCK'; for the torso the same with 'tPCK'.
        """
        pred = np.concatenate([result['pred_coords'] for result in results])
        gt = np.concatenate([result['gt_coords'] for result in results])
        mask = np.concatenate([result['mask'] for result in results])
        metrics: Dict[str, float] = {}
        everything: Dict[str, float] = {}
        for item, key in (('bbox', 'PCK'), ('torso', 'tPCK')):
            if item not in self.norm_item:
                continue
            # MMPose's function overwrites its sizes.
            size = np.concatenate(
                [result[f'{item}_size'] for result in results])
            accuracy, _, _ = keypoint_pck_accuracy(pred, gt, mask, self.thr,
                                                   size)
            groups, joints = summarise_pck(accuracy)
            named = {
                key if name == 'Mean' else f'{name} {key}': value
                for name, value in groups.items()
            }
            by_joint = {f'{name} {key}': v for name, v in joints.items()}
            metrics.update(named)
            if self.per_joint:
                metrics.update(by_joint)
            everything.update(named, **by_joint)
        split = self._split_name()
        print_log(
            f'Sub-JHMDB PCK@{self.thr:g}, split {split}, {len(pred)} people: '
            + ', '.join(f'{k} {100 * v:.2f}' for k, v in metrics.items()),
            logger='current')
        if self.out_file is not None:
            write_json(
                dict(
                    split=split,
                    thr=self.thr,
                    num_people=len(pred),
                    results=without_nan(everything)), self.out_file)
        return metrics

    def _split_name(self) -> str:
        """Return the split's name, as given or as the file's name tells."""
        if self.split is not None:
            return self.split
        meta = getattr(self, '_dataset_meta', None) or {}
        path = MessageHub.get_current_instance().get_info(
            f"{meta.get('dataset_name')}_ann_file", None)
        found = re.findall(r'sub(\d)', str(path).rsplit('/', 1)[-1].lower())
        return f'sub{found[-1]}' if found else 'unknown'
