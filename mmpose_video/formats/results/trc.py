"""Results as TRC files, for OpenSim, Sports2D and Pose2Sim."""
import glob
import io
import os.path as osp
import re
from typing import Dict, List, Optional, Tuple

import numpy as np

from ..json_file import atomic_file
from ..schema import FormatError
from .base_format import ResultFormat
from .pose_results import FrameResult, PersonResult, PoseResults, RunInfo

_HEADER = ('DataRate', 'CameraRate', 'NumFrames', 'NumMarkers', 'Units',
           'OrigDataRate', 'OrigDataStartFrame', 'OrigNumFrames')


class TrcMarkers(ResultFormat):
    """Tab-separated marker positions over time, one file for each track.

    With one track the file is ``<name>.trc``, with more they are
    ``<name>_person00.trc`` and so on, with the ids of the tracks. Missing
    positions are left blank. Scores and boxes are lost.

    With ``meters_per_pixel`` positions are in meters with y pointing up, as
    OpenSim has it; without, in pixels with y pointing down, ``Units`` being
    ``px``.
    """

    name = 'trc'
    suffix = '.trc'
    title = 'TRC markers of OpenSim and Sports2D, a file for each track'

    def _write(self, results: PoseResults, path: str) -> None:
        fps = results.info.fps
        if not fps:
            raise ValueError('TRC stores times, and the results tell no '
                             'frame rate; give `fps` (--fps)')
        tracks = results.by_track('TRC')
        if len(tracks) <= 1:
            self._write_track(results, next(iter(tracks.values()), {}), path)
            return
        stem = osp.splitext(path)[0]
        for track, people in sorted(tracks.items()):
            self._write_track(results, people,
                              f'{stem}_person{track:02d}.trc')

    def _write_track(self, results: PoseResults,
                     people: Dict[int, PersonResult], path: str) -> None:
        """Write the file of one track."""
        names, fps = results.info.keypoints, results.info.fps
        count = len(results.frames)
        start = results.frames[0].number + 1 if count else 1
        values = (f'{fps:g}', f'{fps:g}', count, len(names),
                  'px' if self.scale is None else 'm', f'{fps:g}', start,
                  count)
        lines: List[List] = [
            ['PathFileType', 4, '(X/Y/Z)', osp.basename(path)], [*_HEADER],
            [*values], ['Frame#', 'Time'], ['', '']
        ]
        for i, name in enumerate(names, start=1):
            lines[3] += [name, '', '']
            lines[4] += [f'X{i}', f'Y{i}', f'Z{i}']
        for frame, time in zip(results.frames, results.times()):
            row: List = [frame.number + 1, f'{time:.6f}']
            person = people.get(frame.number)
            for x, y in (person.keypoints if person else
                         np.full((len(names), 2), np.nan)):
                row += self._cells(x, y)
            lines.append(row)
        with atomic_file(path) as raw:
            text = io.TextIOWrapper(raw, encoding='utf-8', newline='\n')
            for line in lines:
                text.write('\t'.join(map(str, line)) + '\n')
            text.flush()
            text.detach()

    def _cells(self, x: float, y: float) -> Tuple[str, str, str]:
        """Return a position as text."""
        if not np.isfinite([x, y]).all():
            return '', '', ''
        if self.scale is None:
            return f'{x:.5f}', f'{y:.5f}', '0'
        return f'{x * self.scale:.7f}', f'{-y * self.scale:.7f}', '0'

    def _read(self, path: str, info: Optional[RunInfo]) -> PoseResults:
        stem = osp.splitext(path)[0]
        files = {0: path}
        if not osp.exists(path):
            found = {
                int(match[1]): name
                for name in glob.glob(f'{glob.escape(stem)}_person*.trc')
                if (match := re.search(r'_person(\d+)\.trc$', name))
            }
            files = found or files
        frames: Dict[int, FrameResult] = {}
        for track, file in sorted(files.items()):
            rate, names, rows = self._parse(file)
            if info is None:
                info = RunInfo.of(names, fps=rate)
            if tuple(names) != info.keypoints:
                raise FormatError(f'{file} has other markers than its '
                                  '`.run.json` or the files of other tracks')
            for number, time, points in rows:
                frame = frames.setdefault(number,
                                          FrameResult(number, [], time))
                known = np.isfinite(points).all(-1)
                if known.any():
                    frame.people.append(
                        PersonResult(points, known.astype(np.float64),
                                     track_id=track))
        assert info is not None
        return PoseResults(info, [frames[n] for n in sorted(frames)])

    def _parse(self, path: str
               ) -> Tuple[float, List[str], List[Tuple[int, float,
                                                       np.ndarray]]]:
        """Return rate, names of markers, and number, time and positions."""
        try:
            with open(path, encoding='utf-8-sig') as file:
                lines = [line.rstrip('\r\n').split('\t') for line in file]
        except UnicodeDecodeError as error:
            raise FormatError(f'{path} is no TRC file: {error}') from error
        if len(lines) < 5 or lines[0][0] != 'PathFileType':
            raise FormatError(f'{path} is no TRC file: it does not begin '
                              'with `PathFileType`')
        head = dict(zip(lines[1], lines[2]))
        units = head.get('Units', '')
        try:
            rate = float(head['DataRate'])
        except (KeyError, ValueError):
            rate = 0.
        if not 0 < rate < np.inf:
            raise FormatError(f'{path} tells no `DataRate`')
        if self.scale is None and units != 'px':
            raise FormatError(
                f'{path} is in {units or "unknown units"}, and results are '
                'in pixels; give `meters_per_pixel` (--meters-per-pixel)')
        names = [name for name in lines[3][2:] if name.strip()]
        rows = []
        for i, line in enumerate(lines[5:], start=6):
            if not ''.join(line).strip():
                continue
            try:
                cells = [float(c) if c.strip() else np.nan for c in line[2:]]
                number, time = int(line[0]) - 1, float(line[1])
            except (ValueError, IndexError) as error:
                raise FormatError(f'{path}, line {i}: {error}') from error
            if not np.isfinite(time):
                raise FormatError(f'{path}, line {i}: the time is {time}')
            cells += [np.nan] * (3 * len(names) - len(cells))
            points = np.array(cells[:3 * len(names)]).reshape(-1, 3)[:, :2]
            if self.scale is not None:
                points = points * [1, -1] / self._unit(units, path)
            rows.append((number, time, points))
        return rate, names, rows

    def _unit(self, units: str, path: str) -> float:
        """Return the length of a pixel in the units of a file."""
        assert self.scale is not None
        factors = dict(m=1., mm=1000., cm=100.)
        if units not in factors:
            raise FormatError(f'{path} is in {units!r}; known are m, cm, mm '
                              'and px')
        return self.scale * factors[units]
