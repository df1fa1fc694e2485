"""Sizes of a comparison: data, configs, length of the trainings."""
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, List, Optional, Tuple

ROOT = Path(__file__).resolve().parents[2]
SPLITS = ('easy', 'hard')


@dataclass(frozen=True)
class Size:
    """One size of the comparison.

    Args:
        name (str): Its name on the command line.
        suffix (str): How its configs' names end.
        backbone (str): The backbone that the methods share; configs with
            another one are methods of their own.
        about (str): One line for ``--help`` and the tables.
        start_epochs (int, optional): Of the single-frame start. None: no
            start, the configs say where they begin.
        epochs (int, optional): Of each method. None: what its config says.
        batch_size (int): Clips per step, for the tables.
        render (str, optional): Options of the clip generator. None: the data
            is not ours to make.
        data (str): Folder of a split below the repository, with ``{split}``.
        sigma (float): Width of its targets, in cells of the heatmap.
        whole_frame_suffix (str, optional): How the names of configs in
            ``projects`` end whose models find the people of whole frames
            themselves. None: there are none.
    """
    name: str
    suffix: str
    backbone: str
    about: str
    start_epochs: Optional[int]
    epochs: Optional[int]
    batch_size: int
    render: Optional[str]
    data: str
    sigma: float
    whole_frame_suffix: Optional[str] = None

    @property
    def splits(self) -> Tuple[str, ...]:
        """Tuple[str, ...]: Names of the splits."""
        return SPLITS if self.render else ('posetrack18', )

    def folder(self, split: str) -> Path:
        """Return the folder of the data of a split."""
        return ROOT / self.data.format(split=split)

    def render_command(self, split: str, workers: int) -> List[str]:
        """Return the command that renders a split, if it is not there yet."""
        assert self.render is not None
        return [
            sys.executable, '-m', 'mmpose_video.datasets.synthetic',
            self.data.format(split=split), '--difficulty', split,
            '--workers', str(workers), *shlex.split(self.render)
        ]

    def data_options(self, split: str) -> Tuple[str, ...]:
        """Return config options that point a config at a split."""
        # the configs of the small size read the hard split already
        if self.render is None or self.data.format(
                split=split) == 'data/synthetic/hard':
            return ()
        root = self.data.format(split=split) + '/'
        return tuple(f'{loader}_dataloader.dataset.data_root={root}'
                     for loader in ('train', 'val', 'test'))

    def check_data(self, split: str) -> None:
        """Refuse to start without the data.

        Raises:
            FileNotFoundError: If an annotation file is not there; says how
                to get it.
        """
        folder = self.folder(split)
        for part in ('train', 'val'):
            path = folder / 'annotations' / f'posetrack18_{part}.json'
            if path.is_file():
                continue
            remedy = (
                'docs/datasets.md says where to obtain PoseTrack18 and how '
                'to convert it to this layout; --size small needs no download'
                if self.render is None else 'make it with: ' +
                shlex.join(['python', *self.render_command(split, 1)[1:]]))
            raise FileNotFoundError(f'there is no {path}: {remedy}')


SIZES: Dict[str, Size] = {
    size.name: size
    for size in (
        Size('small', '_1xb16-4e_synthetic-96x64.py', 'hrnet-tiny',
             'rendered clips at 96x64, small models, for two CPU cores',
             8, 4, 16, '--videos 150 --val-videos 30 --frames 16 '
             '--labeled-every 4', 'data/synthetic/{split}', 1.,
             '_synthetic-256x160.py'),
        Size('medium', '_1xb32-4e_synthetic-256x192.py', 'hrnet-w32',
             'rendered clips at 256x192, HRNet-W32, for one GPU',
             15, 4, 32, '--videos 400 --val-videos 60 --frames 16 '
             '--labeled-every 4', 'data/synthetic/medium_{split}', 3.),
        Size('paper', 'e_posetrack18-*.py', '',
             'the published recipes on PoseTrack18, which you must have',
             None, None, 0, None, 'data/posetrack18', 3.),
    )
}
