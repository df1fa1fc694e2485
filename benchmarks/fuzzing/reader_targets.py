"""More readers to be fuzzed: results, labels of other tools, weights."""
import contextlib
import io
import json
import pickle
import random
import shutil
import zipfile
from pathlib import Path
from typing import Any, Dict, List, Type

import numpy as np
import torch
import yaml  # type: ignore[import-untyped]
from mmengine.logging import MessageHub
from test_datasets.test_convert import label_tools  # of tests/
from test_formats.test_results.test_round_trips import (  # of tests/
    PATHS,
    make_results,
)

from mmpose_video.app.comparison import compare_results
from mmpose_video.app.errors import AppError
from mmpose_video.compat.checkpoint import guarded_load
from mmpose_video.datasets.convert import ConversionError, convert
from mmpose_video.datasets.convert.own_labels import ImportOptions, plan
from mmpose_video.engine.checkpoint_match import match_checkpoint
from mmpose_video.formats.results import read_results, write_results
from mmpose_video.formats.schema import FormatError
from mmpose_video.formats.skeleton import Skeleton
from mmpose_video.formats.tfjs_graph import read_graph_weights

from .mutations import mutate_bytes, mutate_json
from .target import Target, write

#: Formats of text; those of HDF5 are read by other people's packages.
_FORMATS = ('mmpose', 'posetrack', 'coco', 'csv', 'deeplabcut', 'trc', 'yolo')


def _demo(results: Any) -> Dict[str, Any]:
    """Return results in the layout of MMPose's demos."""
    names = results.info.keypoints
    return dict(
        meta_info=dict(keypoint_id2name={
            str(i): name for i, name in enumerate(names)}),
        instance_info=[
            dict(frame_id=frame.number, instances=[
                dict(keypoints=np.nan_to_num(person.keypoints).tolist(),
                     keypoint_scores=person.scores.tolist(),
                     bbox=[person.bbox.tolist()], bbox_score=1.)
                for person in frame.people
            ]) for frame in results.frames
        ])


class Results(Target):
    """Files of results, read, compared and written in other formats."""

    def prepare(self) -> None:
        """See :class:`Target`."""
        self.files = self.root / 'results'
        for name in _FORMATS:
            write_results(make_results(), self._path(name), name)
        write(self.files / 'demo' / 'a.json', _demo(make_results()))
        shutil.copytree(self.files / 'csv', self.files / 'bare_csv')
        (self.files / 'bare_csv' / 'a.run.json').unlink()
        self.other = make_results(seed=1)

    def find(self) -> List[Path]:
        """See :class:`Target`."""
        return sorted(path for path in self.files.glob('**/*')
                      if path.is_file() and path.stat().st_size)

    def read(self, victim: Path, index: int) -> None:
        """See :class:`Target`."""
        kind = victim.relative_to(self.files).parts[0]
        name = dict(demo='mmpose', bare_csv='csv').get(kind, kind)
        by_content = name not in ('trc', 'yolo') and index % 2
        path = self._path(kind)
        try:
            results = read_results(path, None if by_content else name)
        except FormatError as error:
            # of a file and its `.run.json`, either may be to blame
            if path.rpartition('.')[0] in str(error):
                raise ValueError(f'{victim}: {error}') from error
            raise
        target = self.root / 'written'
        format_name = _FORMATS[index % len(_FORMATS)]
        with _named(victim, AppError):
            if index % 3 == 0:
                compare_results(results, self.other)
            write_results(results, str(target / PATHS[format_name]),
                          format_name)
        shutil.rmtree(target, ignore_errors=True)

    def _path(self, kind: str) -> str:
        """Return the path of the results in a format."""
        return str(self.files / kind / PATHS.get(
            dict(demo='mmpose', bare_csv='csv').get(kind, kind), ''))


@contextlib.contextmanager
def _named(victim: Path, *kinds: Type[Exception]) -> Any:
    """Name the file in errors that need not do so, as it is long read."""
    try:
        yield
    except (ValueError, *kinds) as error:
        if type(error) not in (ValueError, *kinds):
            raise
        raise ValueError(f'{victim}: {error}') from error


class OwnLabels(Target):
    """Labels of COCO, DeepLabCut and YOLO-pose, imported."""

    def prepare(self) -> None:
        """See :class:`Target`."""
        points = label_tools.truth()
        root = self.files = self.root / 'labels'
        label_tools.coco(root / 'coco/labels.json', points,
                         'images/{video}/{number:06d}.png')
        label_tools.write_images(root / 'coco',
                                 'images/{video}/{number:06d}.png')
        label_tools.deeplabcut(root / 'dlc', points)
        label_tools.write_images(
            root / 'dlc', 'labeled-data/{video}/img{number:04d}.png')
        label_tools.yolo(root / 'yolo', points)
        Skeleton.of('mouse', label_tools.NAMES, links=label_tools.LINKS,
                    sigmas={name: .1 for name in label_tools.NAMES},
                    colors=dict(snout=(255, 0, 0)), lower=('tail_base', ),
                    reference=('snout', 'tail_base')
                    ).write(str(root / 'skeleton.json'))
        (root / 'skeleton.yaml').write_text(
            yaml.safe_dump(json.loads((root / 'skeleton.json').read_text())))

    def find(self) -> List[Path]:
        """See :class:`Target`."""
        return sorted(path for path in self.files.glob('**/*')
                      if path.suffix in ('.json', '.csv', '.yaml', '.txt'))

    def mutated(self, victim: Path, rng: random.Random) -> bytes:
        """See :class:`Target`."""
        if victim.suffix == '.yaml' and rng.random() < 0.5:
            # JSON is YAML
            return mutate_json(yaml.safe_load(self.valid[victim]), rng)
        return super().mutated(victim, rng)

    def read(self, victim: Path, index: int) -> None:
        """See :class:`Target`."""
        skeleton, kind = None, victim.relative_to(self.files).parts[0]
        if victim.stem == 'skeleton':
            skeleton, kind = Skeleton.read(str(victim)), 'coco'
            skeleton.metainfo()
        source = str(self.files / kind)
        if kind == 'coco':
            source += '/labels.json'
        on_error = ('skip', 'stop')[index % 2]
        dst = self.root / 'imported'
        shutil.rmtree(dst, ignore_errors=True)
        out = io.StringIO()
        try:
            with contextlib.redirect_stdout(out):
                convert(
                    plan([source], str(dst), ImportOptions(
                        skeleton=skeleton,
                        drop_unknown=on_error == 'skip')),
                    str(dst), on_error=on_error, progress=False, link=False)
        except ConversionError as error:
            raise ValueError(f'{victim}: {error} {out.getvalue()}') from error
        except ValueError as error:
            # a skeleton may name other keypoints than the labels
            if victim.stem == 'skeleton' and source in str(error):
                raise ValueError(f'{victim}: {error}') from error
            raise


class GraphWeights(Target):
    """Graphs of TensorFlow.js, from which weights are converted."""

    def prepare(self) -> None:
        """See :class:`Target`."""
        data = np.arange(24, dtype=np.float32).tobytes()
        (self.root / 'a.bin').write_bytes(data + data[:24])
        write(self.root / 'a.json', dict(
            modelTopology=dict(node=[dict(name='x', op='Const')]),
            weightsManifest=[dict(paths=['a.bin'], weights=[
                dict(name='x', shape=[2, 3, 4], dtype='float32'),
                dict(name='y', shape=[3, 4], dtype='float32',
                     quantization=dict(dtype='float16',
                                       original_dtype='float32'))])]))

    def find(self) -> List[Path]:
        """See :class:`Target`."""
        return [self.root / 'a.json', self.root / 'a.bin']

    def read(self, victim: Path, index: int) -> None:
        """See :class:`Target`."""
        read_graph_weights(self.root / 'a.json')


class Checkpoints(Target):
    """Checkpoints as MMEngine writes them, compared with a model."""

    def prepare(self) -> None:
        """See :class:`Target`."""
        self.model = torch.nn.Sequential(
            torch.nn.Conv2d(1, 2, 1), torch.nn.BatchNorm2d(2))
        hub = MessageHub('fuzzing')
        hub.update_scalar('train/loss', 1.)
        hub.update_info('best_score', np.float32(.5))
        optimizer = torch.optim.Adam(self.model.parameters())
        torch.save(dict(
            meta=dict(epoch=1, iter=3, cfg='x = 1', dataset_meta=dict(
                dataset_name='a', sigmas=np.ones(3, np.float32))),
            state_dict=self.model.state_dict(),
            message_hub=hub.state_dict(),
            optimizer=optimizer.state_dict()), self.root / 'a.pth')
        with zipfile.ZipFile(self.root / 'a.pth') as archive:
            self.records = {
                name: archive.read(name) for name in archive.namelist()}

    def find(self) -> List[Path]:
        """See :class:`Target`."""
        return [self.root / 'a.pth']

    def mutated(self, victim: Path, rng: random.Random) -> bytes:
        """See :class:`Target`."""
        if rng.random() < 0.2:
            return mutate_bytes(self.valid[victim], rng)
        # an archive with valid check sums, and something else in it
        data = io.BytesIO()
        name = rng.choice([n for n in self.records if n.endswith('.pkl')] * 4
                          + list(self.records))
        with zipfile.ZipFile(data, 'w') as archive:
            for other, content in self.records.items():
                archive.writestr(
                    other, mutate_bytes(content, rng)
                    if other == name and content else content)
        return data.getvalue()

    def read(self, victim: Path, index: int) -> None:
        """See :class:`Target`."""
        try:
            content = guarded_load(str(victim), map_location='cpu')
            if isinstance(content, dict):
                match = match_checkpoint(self.model, content)
                match.find_fault(predicting=index % 2 == 0)
        except pickle.UnpicklingError as error:
            raise ValueError(str(error)) from error


READER_TARGETS: Dict[str, Any] = {
    'results': Results,
    'own_labels': OwnLabels,
    'graph_weights': GraphWeights,
    'checkpoints': Checkpoints,
}
