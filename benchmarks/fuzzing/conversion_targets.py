"""Inputs of the converters to be fuzzed."""
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

from mmpose_video.datasets.convert import ConversionError, convert
from mmpose_video.datasets.convert import hieve as hieve_set
from mmpose_video.datasets.convert import jhmdb as jhmdb_set
from mmpose_video.datasets.convert import posetrack17 as posetrack17_set
from mmpose_video.datasets.convert import posetrack18 as posetrack18_set

from .mutations import mutate_bytes, mutate_json
from .target import Target, write


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


CONVERSION_TARGETS: Dict[str, Callable[[Path], Target]] = {
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
}
