"""Labels of DeepLabCut, as its ``CollectedData`` tables hold them."""
import glob
import os.path as osp
from typing import Any, Dict, List, Optional, Tuple

import numpy as np

from ..deeplabcut_table import SINGLE, DeepLabCutRows, read_deeplabcut_table
from ..frame_index import frame_number
from ..schema import FormatError
from ..skeleton import Skeleton
from ..yaml_file import read_yaml
from .label_set import LabeledFrame, LabeledPerson, LabeledVideo, LabelSet


def read_deeplabcut(path: str, skeleton: Optional[Skeleton] = None
                    ) -> LabelSet:
    """Read a project, or one table.

    Args:
        path (str): Folder with ``config.yaml`` and ``labeled-data``, or a
            table (csv). Tables of pandas' h5 are not read: DeepLabCut writes
            a csv beside each.
        skeleton (Skeleton, optional): Not used: tables name their keypoints.

    Raises:
        FormatError: If there is no table, or one breaks the layout.
        OSError: If a file cannot be read.
    """
    del skeleton
    files, config = [path], None
    if osp.isdir(path):
        files = _tables(path)
        config = osp.join(path, 'config.yaml')
    tables = [(file, read_deeplabcut_table(file)) for file in files]
    names = tuple(dict.fromkeys(
        name for _, table in tables for name in table.bodyparts))
    links: List[Tuple[str, str]] = []
    title = 'animal'
    if config and osp.isfile(config):
        project = read_yaml(config)
        links = _links(project, names)
        title = str(project.get('Task') or title)
    result = LabelSet(Skeleton.of(title, names, links=tuple(links)), [])
    videos: Dict[str, LabeledVideo] = {}
    for file, table in tables:
        _add(result, videos, file, table)
    result.videos = list(videos.values())
    return result


def _tables(project: str) -> List[str]:
    """Return the tables of a project."""
    for pattern in ('labeled-data/*/CollectedData*.csv', 'CollectedData*.csv',
                    '*/CollectedData*.csv'):
        found = sorted(glob.glob(osp.join(glob.escape(project), pattern)))
        if found:
            return found
    if glob.glob(osp.join(glob.escape(project), '**', 'CollectedData*.h5'),
                 recursive=True):
        raise FormatError(
            f'{project} has its labels as h5 only; write the csv beside it: '
            "`pandas.read_hdf('CollectedData_NAME.h5').to_csv("
            "'CollectedData_NAME.csv')`")
    raise FormatError(f'{project} is no project of DeepLabCut: there is no '
                      '`labeled-data/VIDEO/CollectedData_NAME.csv`')


def _links(project: Dict[str, Any], names: Tuple[str, ...]
           ) -> List[Tuple[str, str]]:
    """Return the limbs that ``config.yaml`` names."""
    links = project.get('skeleton')
    return [(link[0], link[1])
            for link in (links if isinstance(links, list) else [])
            if isinstance(link, list) and len(link) == 2
            and link[0] in names and link[1] in names and link[0] != link[1]]


def _add(result: LabelSet, videos: Dict[str, LabeledVideo], file: str,
         table: DeepLabCutRows) -> None:
    """Add the rows of a table to their videos."""
    places = [result.skeleton.keypoints.index(n) for n in table.bodyparts]
    several = len(table.individuals) > 1
    for name, animals in zip(table.index, table.values):
        where = f'{file}, row {name}'
        number = frame_number(name)
        if number is None:
            raise FormatError(f'{where}: it names no frame')
        people = []
        for animal, values in zip(table.individuals, animals):
            if not np.isfinite(values[:, :2]).all(-1).any():
                continue
            if animal == SINGLE and several:
                result.left_out.append(
                    ('keypoints that exist once, beside those of individuals',
                     where))
                continue
            points = np.full((len(result.skeleton.keypoints), 2), np.nan)
            points[places] = values[:, :2]
            people.append(LabeledPerson.seen(
                points, where, track=animal or None))
        if not people:
            result.left_out.append(('frame without a label', where))
            continue
        video, image = _video_of(name, file)
        videos.setdefault(video, LabeledVideo(
            video, [], file=video, source=file)).frames.append(
                LabeledFrame(number, people, image))


def _video_of(name: str, file: str) -> Tuple[str, str]:
    """Return the video of a row, and its image relative to the project.

    Rows of labels name ``labeled-data/<video>/img0012.png``; a project that
    was moved may have the absolute path. Those of analyzed videos are
    numbers, and the table is named after the video.
    """
    parts = name.split('/')
    if len(parts) >= 2 and '..' not in parts:
        return parts[-2], '/'.join(parts[-3:])
    if len(parts) == 1 and not parts[0].isdigit():
        folder = osp.basename(osp.dirname(osp.abspath(file)))
        return folder, f'labeled-data/{folder}/{name}'
    if len(parts) > 1:
        return parts[-2] if parts[-2] != '..' else parts[-1], name
    return osp.splitext(osp.basename(file))[0].partition('DLC')[0], ''
