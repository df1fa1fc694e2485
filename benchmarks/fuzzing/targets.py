"""Readers to be fuzzed, each with valid files to begin with.

A :class:`Target` writes a valid set of files below a folder, names those that
are damaged, and reads the whole. ``read`` must end without an error or with
one that names the damaged file.
"""
import json
from pathlib import Path
from typing import Any, Callable, Dict, List

import numpy as np
from test_datasets.test_convert import layouts  # of tests/

from mmpose_video.apis.file_boxes import FileBoxes
from mmpose_video.apis.frame_source import Frame
from mmpose_video.datasets.body import (
    HiEveClipDataset,
    PoseTrack18ClipDataset,
    SubJhmdbClipDataset,
)
from mmpose_video.datasets.convert import convert
from mmpose_video.datasets.convert import hieve as hieve_set
from mmpose_video.datasets.convert import jhmdb as jhmdb_set
from mmpose_video.datasets.convert import posetrack18 as posetrack18_set
from mmpose_video.evaluation import (
    HiEveAP,
    PoseErrorKinds,
    PoseTrackAP,
    evaluate_posetrack,
    evaluate_posetrack_tracking,
)
from mmpose_video.evaluation.functional.sub_jhmdb import (
    JHMDB_GROUPS,
    average_splits,
)

from .conversion_targets import CONVERSION_TARGETS
from .reader_targets import READER_TARGETS
from .target import Target, write


class Annotations(Target):
    """Annotation files, read by the datasets."""

    def prepare(self) -> None:
        """See :class:`Target`."""
        layouts.posetrack18(self.root / 'pt', videos=1)
        layouts.hieve(self.root / 'hieve', videos=1)
        layouts.jhmdb(self.root / 'jhmdb', videos=2)
        for name, plan in (('pt', posetrack18_set.plan),
                           ('hieve', hieve_set.plan),
                           ('jhmdb', jhmdb_set.plan)):
            folder = str(self.root / name)
            convert(plan(folder), folder, progress=False)
        # sizes that are read from the images
        record = json.loads(
            (self.root / 'pt/annotations/posetrack18_val.json').read_text())
        for image in record['images']:
            del image['width'], image['height']
        write(self.root / 'pt/annotations/no_sizes.json', record)

    def find(self) -> List[Path]:
        """See :class:`Target`."""
        return [
            self.root / 'pt/annotations/posetrack18_val.json',
            self.root / 'pt/annotations/no_sizes.json',
            self.root / 'hieve/annotations/hieve_train.json',
            self.root / 'jhmdb/annotations/Sub1_train.json'
        ]

    def read(self, victim: Path, index: int) -> None:
        """See :class:`Target`."""
        name = victim.relative_to(self.root).parts[0]
        cls: Any = dict(pt=PoseTrack18ClipDataset, hieve=HiEveClipDataset,
                        jhmdb=SubJhmdbClipDataset)[name]
        dataset = cls(
            ann_file=str(victim), data_root=str(self.root / name),
            clip_sampler=dict(type='FixedOffsets', offsets=(-1, 0, 1)),
            test_mode=index % 2 == 0, serialize_data=False)
        read_samples(dataset)


def read_samples(dataset: Any) -> None:
    """Look for the clips of all samples.

    The file may name images that cannot be of a video; the error names them.
    """
    for i in range(len(dataset)):
        try:
            dataset.get_data_info(i)
        except (OSError, ValueError) as error:
            folder = str(Path(dataset.data_list[i]['img_path']).parent)
            if folder not in str(error):
                raise


def box_layouts(record: dict) -> Dict[str, Any]:
    """Return the boxes of a PoseTrack18 record in all layouts."""
    names = {image['id']: image['file_name'] for image in record['images']}
    numbers = {key: i for i, key in enumerate(names)}
    anns = record['annotations']
    frames: List[dict] = [
        dict(frame_id=i, img_name=f'{i:06d}.jpg', instances=[])
        for i in range(len(names))
    ]
    for ann in anns:
        x, y, w, h = ann['bbox']
        frames[numbers[ann['image_id']]]['instances'].append(
            dict(bbox=[[x, y, x + w, y + h]], bbox_score=.9,
                 track_id=ann['track_id'], keypoints=[[1., 2.]],
                 keypoint_scores=[.5]))
    return dict(
        mmpose=[
            dict(image_id=ann['image_id'], category_id=1, score=.5,
                 bbox=ann['bbox']) for ann in anns
        ],
        dcpose=[
            dict(image_name=names[ann['image_id']], category_id=1, score=.5,
                 bbox=ann['bbox'], nframes=3, frame_id=0) for ann in anns
        ],
        posetrack=record,
        predictions=frames)


class Boxes(Target):
    """Box files, read by the inferencer."""

    def prepare(self) -> None:
        """See :class:`Target`."""
        _, record = layouts.clip()
        self.names = [image['file_name'] for image in record['images']]
        for name, content in box_layouts(record).items():
            write(self.root / f'{name}.json', content)
        write(self.root / 'images.json', dict(images=record['images']))

    def find(self) -> List[Path]:
        """See :class:`Target`."""
        return sorted(self.root.glob('*.json'))

    def read(self, victim: Path, index: int) -> None:
        """See :class:`Target`."""
        path, ann_file = str(victim), None
        if victim.stem == 'images' or (index % 3 == 0
                                       and victim.stem == 'mmpose'):
            path = str(self.root / 'mmpose.json')
            ann_file = str(self.root / 'images.json')
        boxes = FileBoxes(path, ann_file=ann_file)
        image = np.zeros((layouts.HEIGHT, layouts.WIDTH, 3), np.uint8)
        for number in range(3):
            boxes(Frame(number, number, str(number), image))


class Detections(Target):
    """Box files, read by the datasets."""

    def prepare(self) -> None:
        """See :class:`Target`."""
        records = layouts.posetrack18(self.root, videos=1)
        record = next(iter(records.values()))
        for image in record['images']:
            image.update(width=layouts.WIDTH, height=layouts.HEIGHT)
        write(self.root / 'val.json', record)
        for name, content in box_layouts(record).items():
            write(self.root / 'boxes' / f'{name}.json', content)

    def find(self) -> List[Path]:
        """See :class:`Target`."""
        return [*sorted((self.root / 'boxes').glob('*.json')),
                self.root / 'val.json']

    def read(self, victim: Path, index: int) -> None:
        """See :class:`Target`."""
        boxes = victim
        if victim.name == 'val.json':
            boxes = self.victims[index % 3]
        dataset = PoseTrack18ClipDataset(
            ann_file=str(self.root / 'val.json'), data_root=str(self.root),
            bbox_file=str(boxes), bbox_nms_thr=0.5, test_mode=True,
            serialize_data=False)
        read_samples(dataset)


class Evaluation(Target):
    """Ground truth and predictions, read by the evaluators."""

    def prepare(self) -> None:
        """See :class:`Target`."""
        _, record = layouts.clip()
        records = layouts.posetrack17(self.root / 'src', videos=1)
        name = next(iter(records))
        annolist = json.loads(
            (self.root / 'src/annotations/val' / f'{name}.json').read_text())
        for image in record['images']:
            image['ignore_regions_x'] = [[1, 9, 9]]
            image['ignore_regions_y'] = [[2, 2, 7]]
        for ann in record['annotations']:
            ann['scores'] = [0.5] * 17
        for side in ('gt', 'pred'):
            write(self.root / 'new' / side / 'a.json', record)
            write(self.root / 'old' / side / 'a.json', annolist)

    def find(self) -> List[Path]:
        """See :class:`Target`."""
        return sorted(path for name in ('new', 'old')
                      for path in (self.root / name).glob('*/*.json'))

    def read(self, victim: Path, index: int) -> None:
        """See :class:`Target`."""
        folder = victim.parents[1]
        evaluate = (evaluate_posetrack, evaluate_posetrack_tracking)[index % 2]
        evaluate(str(folder / 'gt'), str(folder / 'pred'))


class Metrics(Target):
    """Annotation files, read by the metrics."""

    def prepare(self) -> None:
        """See :class:`Target`."""
        Annotations.prepare(self)  # type: ignore[arg-type]
        write(self.root / 'gt/000100_mpii_test.json',
              next(iter(layouts.posetrack18(self.root / 'a', videos=1)
                        .values())))
        for i in (1, 2):
            write(self.root / f'results/{i}.json', dict(
                split=f'sub{i}', thr=.2, num_people=4,
                results={
                    key: .5 for name in JHMDB_GROUPS
                    for key in ('PCK', 'tPCK', f'{name} PCK', f'{name} tPCK')
                }))

    def find(self) -> List[Path]:
        """See :class:`Target`."""
        return [self.root / 'pt/annotations/posetrack18_val.json',
                self.root / 'hieve/annotations/hieve_train.json',
                self.root / 'gt/000100_mpii_test.json',
                self.root / 'results/1.json']

    def read(self, victim: Path, index: int) -> None:
        """See :class:`Target`."""
        if victim.parent.name == 'results':
            average_splits([str(self.root / f'results/{i}.json')
                            for i in (1, 2)])
            return
        if victim.parent.name == 'gt':
            source = self.victims[0]
            metric: Any = PoseTrackAP(gt_dir=str(victim.parent))
        elif 'hieve' in victim.name:
            source, metric = victim, HiEveAP(ann_file=str(victim))
        else:
            source, metric = victim, PoseTrackAP(ann_file=str(victim))
        num = 14 if isinstance(metric, HiEveAP) else 17
        if num == 17 and index % 3 == 0:
            metric = PoseErrorKinds(ann_file=str(victim))
            metric.dataset_meta = PoseTrack18ClipDataset(
                ann_file=str(victim), lazy_init=True).metainfo
        metric.process(None, [
            dict(
                id=ann['id'], img_id=ann['image_id'], raw_ann_info=ann,
                pred_instances=dict(
                    keypoints=np.reshape(ann['keypoints'], (1, num, 3)),
                    keypoint_scores=np.full((1, num), .5)))
            for ann in json.loads(self.valid[source])['annotations']
        ])
        metric.evaluate(len(metric.results))


TARGETS: Dict[str, Callable[[Path], Target]] = {
    'annotations': Annotations,
    'boxes': Boxes,
    'detections': Detections,
    'evaluators': Evaluation,
    'metrics': Metrics,
    **CONVERSION_TARGETS,
    **READER_TARGETS,
}
