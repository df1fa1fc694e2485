"""The interface of the file formats of results."""
import os.path as osp
from abc import ABC, abstractmethod
from dataclasses import replace
from typing import Any, ClassVar, Dict, List, Optional, Tuple

from ..json_file import write_json
from ..keypoints import default_names
from ..schema import FormatError, Record, shown
from .pose_results import (
    FrameResult,
    PoseResults,
    RunInfo,
    check_results,
    read_sidecar,
    sidecar_path,
)


class ResultFormat(ABC):
    """A file format of results.

    Formats that have no place for it get a second file,
    ``<name>.run.json``, with the names of the keypoints, the numbers and
    times of the frames and how the results were made. Without it a file can
    still be read, as far as the format goes.

    Args:
        fps (float, optional): Frames per second, for results that tell none.
        size (tuple[int, int], optional): Width and height of the frames, for
            results that tell none.
        meters_per_pixel (float, optional): Scale of the image, for formats
            in meters.

    Raises:
        ValueError: If a value is not positive.

    Attributes:
        name (str): Name of the format.
        suffix (str): Suffix of its files, '' for a folder.
        title (str): One line about the format.
        embeds_info (bool): True if the file itself holds the info.
        holds_tracks (bool): False if the second file must tell the tracks.
        packages (tuple[str]): Modules of the extra ``formats`` that it needs.
    """

    name: ClassVar[str]
    suffix: ClassVar[str]
    title: ClassVar[str]
    embeds_info: ClassVar[bool] = False
    holds_tracks: ClassVar[bool] = True
    packages: ClassVar[Tuple[str, ...]] = ()

    def __init__(self,
                 fps: Optional[float] = None,
                 size: Optional[Tuple[int, int]] = None,
                 meters_per_pixel: Optional[float] = None) -> None:
        for key, value in (('fps', fps), ('size', size and min(size)),
                           ('meters_per_pixel', meters_per_pixel)):
            if value is not None and not 0 < value < float('inf'):
                raise ValueError(f'`{key}` must be positive, got {value}')
        self.fps = fps
        self.size = size
        self.scale = meters_per_pixel

    def write(self, results: PoseResults, path: str) -> None:
        """Write results.

        Args:
            results (PoseResults): The results.
            path (str): The file, or for some formats the folder.

        Raises:
            ImportError: If the format needs a package that is not installed.
            OSError: If it cannot be written.
            ValueError: If the format cannot hold the results.
        """
        results = replace(results, info=self._completed(results.info))
        self._write(results, path)
        if not self.embeds_info:
            content = info_dict(results)
            if not self.holds_tracks:
                # those without box and keypoints are in no file
                content['tracks'] = [[
                    person.track_id for person in frame.people
                    if person.box() is not None
                ] for frame in results.frames]
            write_json(content, sidecar_path(path), indent=1)

    def read(self, path: str) -> PoseResults:
        """Read results.

        Args:
            path (str): The file or folder.

        Raises:
            FormatError: If it does not follow the format.
            ImportError: If the format needs a package that is not installed.
            OSError: If it cannot be read.
        """
        sidecar = None if self.embeds_info else read_sidecar(path)
        info = None
        if sidecar is not None:
            info = RunInfo.from_dict(sidecar.data, sidecar.where)
        results = self._read(path, info)
        if sidecar is not None:
            restore_frames(results, sidecar)
            _restore_tracks(results, sidecar)
        check_results(results, path)
        results.info = self._completed(results.info)
        if not results.info.video:
            results.info.video = osp.splitext(
                osp.basename(osp.abspath(path)))[0]
        return results

    @abstractmethod
    def _write(self, results: PoseResults, path: str) -> None:
        """Write results without the second file."""

    @abstractmethod
    def _read(self, path: str, info: Optional[RunInfo]) -> PoseResults:
        """Read results; ``info`` is None without the second file."""

    def _completed(self, info: RunInfo) -> RunInfo:
        """Return the info with what the caller knows in place of None."""
        return replace(
            info,
            fps=self.fps if info.fps is None else info.fps,
            size=self.size if info.size is None else info.size)


def info_dict(results: PoseResults) -> Dict[str, Any]:
    """Return info and frames as JSON can hold them.

    Args:
        results (PoseResults): The results.
    """
    return dict(
        results.info.to_dict(),
        frames=[[frame.number, frame.time, frame.name]
                for frame in results.frames])


def restore_frames(results: PoseResults, info: Record) -> None:
    """Add frames, times and names that a format could not hold.

    Args:
        results (PoseResults): What was read; changed.
        info (Record): What :func:`info_dict` made.

    Raises:
        FormatError: If it is damaged.
    """
    people = {frame.number: frame.people for frame in results.frames}
    frames: List[FrameResult] = []
    for i, row in enumerate(info.items('frames', optional=True)):
        if not (isinstance(row, list) and len(row) == 3):
            raise info.error(f"'frames' holds {shown(row)} in place of "
                             'number, time and name')
        entry = Record(dict(zip(('number', 'time', 'name'), row)),
                       f'{info.where}, frames[{i}]')
        number = entry.integer('number')
        name = entry.value('name') or ''
        if not isinstance(name, str):
            raise entry.error(f"'name' must be a string, got {shown(name)}")
        frames.append(FrameResult(number, people.pop(number, []),
                                  entry.number('time', None), name))
    if people and frames:
        raise FormatError(
            f'{info.where} does not belong to the results: it lacks frame '
            f'{min(people)}')
    if frames:
        results.frames = frames


def _restore_tracks(results: PoseResults, info: Record) -> None:
    """Add the tracks that a format could not hold.

    Args:
        results (PoseResults): What was read, with all frames; changed.
        info (Record): The second file.

    Raises:
        FormatError: If it is damaged.
    """
    rows = info.items('tracks', optional=True)
    for frame, tracks in zip(results.frames, rows):
        if not isinstance(tracks, list) or len(tracks) != len(
                frame.people) or not all(
                    track is None or isinstance(track, int)
                    for track in tracks):
            raise info.error(f"'tracks' holds {shown(tracks)} for the "
                             f'{len(frame.people)} people of frame '
                             f'{frame.number}')
        for person, track in zip(frame.people, tracks):
            person.track_id = track


def names_for(info: Optional[RunInfo], count: int, where: str) -> RunInfo:
    """Return the info of a file, or one with default names.

    Args:
        info (RunInfo, optional): The info of the second file.
        count (int): Number of keypoints in the file.
        where (str): The file, for messages.

    Raises:
        FormatError: If the numbers of keypoints differ.
    """
    if info is None:
        return RunInfo(default_names(count))
    if len(info.keypoints) != count:
        raise FormatError(f'{where} has {count} keypoints, and its '
                          f'`.run.json` names {len(info.keypoints)}')
    return info
