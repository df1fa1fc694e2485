"""Readers to be fuzzed, each with valid files to begin with.

A :class:`Target` writes a valid set of files below a folder, names those that
are damaged, and reads the whole. ``read`` must end without an error or with
one that names the damaged file.
"""
import contextlib
import io
import json
import random
import shutil
from pathlib import Path
from typing import Any, Callable, Dict, List

import numpy as np
from scipy.io import savemat
from test_datasets.test_convert import layouts  # of tests/

from mmpose_video.apis.file_boxes import FileBoxes
from mmpose_video.apis.frame_source import Frame
from mmpose_video.datasets.body import (
    HiEveClipDataset,
    PoseTrack18ClipDataset,
    SubJhmdbClipDataset,
)
from mmpose_video.datasets.convert import ConversionError, convert
from mmpose_video.datasets.convert import hieve as hieve_set
from mmpose_video.datasets.convert import jhmdb as jhmdb_set
from mmpose_video.datasets.convert import posetrack17 as posetrack17_set
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

from .mutations import mutate_bytes, mutate_json
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


class Conversion(Target):
    """Input of a converter, which must go on without the damaged file."""

    layout: Callable[..., Any]
    set: Any
    pattern = 'annotations/*/*.json'
    kwargs: dict = {}

    def prepare(self) -> None:
        """See :class:`Target`."""
        type(self).layout(self.root / 'src', videos=2, frames=2,
                          **self.kwargs)

    def find(self) -> List[Path]:
        """See :class:`Target`."""
        # the other videos must be converted all the same
        return sorted((self.root / 'src').glob(self.pattern))[:1]

    def plan(self) -> Any:
        """Look for what there is to convert."""
        return self.set.plan(str(self.root / 'src'))

    def read(self, victim: Path, index: int) -> None:
        """See :class:`Target`."""
        dst = self.root / 'dst'
        shutil.rmtree(dst, ignore_errors=True)
        on_error = ('skip', 'stop')[index % 2]
        out = io.StringIO()
        try:
            with contextlib.redirect_stdout(out):
                convert(self.plan(), str(dst), on_error=on_error,
                        progress=False)
        except ConversionError as error:
            if on_error == 'skip':
                raise RuntimeError(f'the conversion ended: {error}'
                                   ) from error
            # the summary names a label file, or an image that is not there
            if 'left out' not in out.getvalue():
                raise RuntimeError('the summary does not tell why') from error
            raise ValueError(f'{victim}: {out.getvalue()}') from error


class PoseTrack17(Conversion):
    """PoseTrack17's JSON files."""

    layout = staticmethod(layouts.posetrack17)
    set = posetrack17_set


class PoseTrack17Mat(Conversion):
    """PoseTrack17's .mat files."""

    layout = staticmethod(layouts.posetrack17_mat)
    set = posetrack17_set
    pattern = 'annotations/*/*.mat'

    def prepare(self) -> None:
        """See :class:`Target`."""
        layouts.posetrack17(self.root / 'json', videos=1, frames=2)
        path = next((self.root / 'json').glob('annotations/*/*.json'))
        self.annolist = json.loads(path.read_text())['annolist']
        super().prepare()

    def mutated(self, victim: Path, rng: random.Random) -> bytes:
        """See :class:`Target`."""
        if rng.random() < 0.5:
            return mutate_bytes(self.valid[victim], rng)
        content = json.loads(mutate_json(self.annolist, rng) or b'null')
        draft = self.root / 'draft.mat'
        try:
            savemat(draft, dict(annolist=layouts.as_struct(content)))
        except Exception:  # not every value can be written
            return mutate_bytes(self.valid[victim], rng)
        return draft.read_bytes()


class PoseTrack18(Conversion):
    """PoseTrack18's JSON files."""

    layout = staticmethod(layouts.posetrack18)
    set = posetrack18_set


class PoseTrack21(Conversion):
    """PoseTrack21's JSON files."""

    layout = staticmethod(layouts.posetrack21)
    set = posetrack18_set
    pattern = 'posetrack_data/*/*.json'

    def plan(self) -> Any:
        """See :class:`Target`."""
        return self.set.plan21(str(self.root / 'src'))


class Jhmdb(Conversion):
    """JHMDB's .mat files and lists."""

    layout = staticmethod(layouts.jhmdb)
    set = jhmdb_set

    def prepare(self) -> None:
        """See :class:`Target`."""
        layouts.jhmdb(self.root / 'src', videos=4, frames=2)
        # one of the three splits is enough
        for path in (self.root / 'src/sub_splits').glob('*_split[23].txt'):
            path.unlink()

    def find(self) -> List[Path]:
        """See :class:`Target`."""
        folder = self.root / 'src'
        video = 'catch/clip_0_np1_ba_0'
        return [folder / f'{room}/{video}/{room}.mat'
                for room in ('joint_positions', 'puppet_mask')]

    def mutated(self, victim: Path, rng: random.Random) -> bytes:
        """See :class:`Target`."""
        if rng.random() < 0.6:
            return mutate_bytes(self.valid[victim], rng)
        key = dict(joint_positions='pos_img',
                   puppet_mask='part_mask')[victim.stem]
        shapes = ((2, 15, 2), (2, 15), (15, 2), (2, 15, 0), (2, 15, 1), (1, ),
                  (3, 15, 2), (2, 15, 9), (1, 1, 2), (0, 0), (96, 160, 2),
                  (96, 160), (2, 3, 4, 5), (5, 5, 2))
        array = np.full(rng.choice(shapes), rng.choice((0., 1., 40.)))
        for _ in range(rng.randrange(3)):
            if array.size:
                array.flat[rng.randrange(array.size)] = rng.choice(
                    (np.nan, np.inf, -1e39, 1e308, -1, 1e6))
        value = rng.choice((array, array.astype(np.uint8), array > 0, 'text',
                            array.astype(complex), dict(a=array),
                            array.astype(object), array.astype(np.int64)))
        draft = self.root / 'draft.mat'
        with np.errstate(all='ignore'):
            savemat(draft, {rng.choice((key, key, key, 'other')): value})
        return draft.read_bytes()


class JhmdbLists(Jhmdb):
    """JHMDB's lists of the splits."""

    find = Conversion.find
    mutated = Target.mutated
    pattern = 'sub_splits/catch_test_split1.txt'


class HiEve(Conversion):
    """HiEve's label files, one per frame."""

    layout = staticmethod(layouts.hieve)
    set = hieve_set
    pattern = 'labels/1/*.xml'


class HiEveXml(HiEve):
    """The same as XML."""

    kwargs = dict(as_xml=True)


class HiEveVideo(Conversion):
    """HiEve's label files, one per video."""

    set = hieve_set
    pattern = 'labels/*.json'

    def prepare(self) -> None:
        """See :class:`Target`."""
        src = self.root / 'src'
        truth = layouts.hieve(src, videos=2, frames=2)
        for video, frames in truth.items():
            shutil.rmtree(src / 'labels' / video)
            write(src / 'labels' / f'{video}.json',
                  dict(annolist=hieve_annolist(frames)))


def hieve_annolist(frames: list) -> List[dict]:
    """Return HiEve's people in PoseTrack17's layout."""
    return [
        dict(
            image=[dict(name=f'{i:06d}.jpg')],
            annorect=[
                dict(
                    x1=[p['box'][0]], y1=[p['box'][1]], x2=[p['box'][2]],
                    y2=[p['box'][3]], track_id=[p['number']],
                    annopoints=[
                        dict(point=[
                            dict(id=[k], x=[int(p['joints'][k, 0])],
                                 y=[int(p['joints'][k, 1])],
                                 flag=[p['flags'][k]]) for k in range(14)
                        ])
                    ]) for p in people
            ]) for i, people in enumerate(frames)
    ]


class HiEveBoxes(Conversion):
    """HiEve's boxes as comma-separated values."""

    set = hieve_set

    def prepare(self) -> None:
        """See :class:`Target`."""
        layouts.hieve(self.root / 'src', videos=2, frames=2)
        folder = self.root / 'boxes'
        folder.mkdir()
        for video in '12':
            (folder / f'{video}.txt').write_text(
                ''.join(f'{frame}, {n}, 10, 20, 30, 40, 0.75, -1, -1, -1\n'
                        for frame in range(2) for n in range(3)))

    def find(self) -> List[Path]:
        """See :class:`Target`."""
        return [self.root / 'boxes/1.txt']

    def plan(self) -> Any:
        """See :class:`Target`."""
        return self.set.plan(str(self.root / 'src'),
                             boxes=str(self.root / 'boxes'))


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
    'convert_posetrack17': PoseTrack17,
    'convert_posetrack17_mat': PoseTrack17Mat,
    'convert_posetrack18': PoseTrack18,
    'convert_posetrack21': PoseTrack21,
    'convert_jhmdb': Jhmdb,
    'convert_jhmdb_lists': JhmdbLists,
    'convert_hieve': HiEve,
    'convert_hieve_xml': HiEveXml,
    'convert_hieve_video': HiEveVideo,
    'convert_hieve_boxes': HiEveBoxes,
    **READER_TARGETS,
}
