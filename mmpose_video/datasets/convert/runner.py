"""Convert video by video: resumable, and never half a file."""
import hashlib
import json
import os
import os.path as osp
import shutil
import sys
from typing import Any, Dict, List, Optional, Sequence, Tuple

from mmpose_video.formats.json_file import read_json, write_json
from mmpose_video.utils import Progress

from .report import Report
from .source_images import SourceImages
from .task import Plan, SplitTask, VideoTask

#: Raise this when the same labels give another file than before.
VERSION = 2
ON_ERROR = ('stop', 'skip')
FAULTY = 'images or labels are missing or broken (see above)'


class ConversionError(ValueError):
    """The labels or the images are not what they should be."""


def convert(plan: Plan,
            dst: str,
            on_error: str = 'stop',
            overwrite: bool = False,
            link: bool = True,
            progress: bool = True) -> Report:
    """Write the annotation files of a dataset.

    Each video's result is kept in ``DST/annotations/.convert`` until its
    split is whole, so that an interrupted run goes on where it was. A split
    from which nothing was missing and whose labels have not changed since is
    left alone.

    Args:
        plan (Plan): What to convert.
        dst (str): The dataset's folder, a config's ``data_root``.
        on_error (str): ``'stop'`` looks through everything, and writes no
            file of which images or labels are missing or broken; ``'skip'``
            leaves them out. Defaults to 'stop'.
        overwrite (bool): Replace annotation files that this function did
            not write. Defaults to False.
        link (bool): Put links to the image folders into ``dst``.
            Defaults to True.
        progress (bool): Show a progress bar. Defaults to True.

    Returns:
        Report: What was left out.

    Raises:
        ConversionError: If something is missing or broken, or no image is
            left.
        FileExistsError: If a file of that name was not written here.
    """
    if on_error not in ON_ERROR:
        raise ValueError(f'`on_error` must be one of {ON_ERROR}, got '
                         f'{on_error!r}')
    folder = osp.join(dst, 'annotations')
    total, images = Report(), SourceImages(plan.image_root)
    written, failed = [], []
    total.add(plan.report)
    if plan.report.lines():
        print('\n'.join(plan.report.lines()))
    faulty = bool(plan.report.faults) and on_error == 'stop'
    for split in plan.splits:
        path = osp.join(folder, split.file_name)
        report, reason = _convert_split(split, path, images, on_error,
                                        overwrite, progress, faulty)
        total.add(report)
        if reason:
            failed.append(f'`{path}` was not written, as {reason}')
        else:
            written.append(path)
    for note in plan.notes:
        print(note)
    if plan.finish is not None and written:
        report = Report()
        files = plan.finish(written, report)
        print('\n'.join(report.lines()), end='\n' if report.lines() else '')
        total.add(report)
        for path, content in files.items():
            if report.faults and on_error == 'stop':
                failed.append(f'`{path}` was not written, as {FAULTY}')
                continue
            write_json(content, path)
            print(f'wrote {path}')
    if failed and (on_error == 'stop' or not written):
        advice = ('. Put them right and run this again, which goes on from '
                  'here, or pass `--on-error skip` to leave them out'
                  if on_error == 'stop' else '')
        raise ConversionError('; '.join(failed) + advice)
    for message in failed:
        print(message)
    if link:
        _link_images(plan, dst)
    return total


def _convert_split(split: SplitTask, path: str, images: SourceImages,
                   on_error: str, overwrite: bool, progress: bool,
                   faulty: bool) -> Tuple[Report, str]:
    """Write one annotation file, unless what belongs to it is faulty.

    Returns:
        tuple[Report, str]: What was left out, and why the file was not
        written, empty if it was.
    """
    folder, name = osp.split(path)
    parts = osp.join(folder, '.convert', osp.splitext(name)[0])
    record = f'{parts}.done.json'
    prints = [_fingerprint(video) for video in split.videos]
    whole = _digest([prints, split.info, on_error, images.root, VERSION])
    done = _read_record(record, ('digest', 'report'))
    if osp.exists(path):
        if (done is not None and done['digest'] == whole
                and not done['report']['faults'] and not faulty):
            report = Report.from_dict(done['report'])
            print(f'{path} is there and up to date')
            print('\n'.join(report.lines()))
            return report, ''
        if done is None and not overwrite:
            raise FileExistsError(
                f'`{path}` was not written by this command. Choose another '
                'folder, or pass --overwrite to replace it')
    print(f'{path}: {len(split.videos)} videos')
    report = Report()
    content: Dict[str, Any] = dict(
        images=[],
        annotations=[],
        categories=[split.category],
        info=dict(split.info, converter=VERSION))
    seen = _Ids()
    bar = (Progress('videos', len(split.videos), sys.stdout)
           if progress else None)
    for video, mark in zip(split.videos, prints):
        part = _convert_video(video, mark, parts, images)
        report.add(Report.from_dict(part['report']))
        problem = seen.add(part)
        if problem:
            report.lose(_label_file(video), problem,
                        'video with ids that are not unique')
        else:
            content['images'] += part['images']
            content['annotations'] += part['annotations']
        if bar is not None:
            bar.update()
    if bar is not None:
        bar.close()
    print('\n'.join(report.lines()) or '  nothing was left out')
    if faulty or (report.faults and on_error == 'stop'):
        return report, FAULTY
    if not content['images']:
        return report, 'no image is left'
    write_json(content, path)
    write_json(dict(digest=whole, report=report.to_dict()), record)
    shutil.rmtree(parts, ignore_errors=True)
    print(f'  wrote {len(content["images"])} images, '
          f'{len(content["annotations"])} people')
    return report, ''


class _Ids:
    """The ids of a split, which must be unique."""

    def __init__(self) -> None:
        self.seen: Dict[str, set] = dict(images=set(), annotations=set())

    def add(self, part: dict) -> str:
        """Add a video's ids, all or none of them.

        Returns:
            str: What is wrong with them, empty if nothing is.
        """
        new: Dict[str, set] = dict(images=set(), annotations=set())
        for key, ids in new.items():
            for entry in part[key]:
                if entry['id'] in self.seen[key] or entry['id'] in ids:
                    return (f"the id {entry['id']!r} is that of two {key}: "
                            'is the video there twice?')
                ids.add(entry['id'])
        for key, ids in new.items():
            self.seen[key] |= ids
        return ''


def _convert_video(video: VideoTask, mark: str, parts: str,
                   images: SourceImages) -> dict:
    """Return one video's part, from the last run if it is there."""
    path = osp.join(parts, f'{_digest(video.name)}.json')
    part = _read_record(path, ('mark', 'report', 'images', 'annotations'))
    if part is not None and part['mark'] == mark:
        return part
    report = Report()
    content: dict = dict(images=[], annotations=[])
    try:
        content = video.read(images, report)
    except PermissionError as error:
        name = str(error.filename or _label_file(video))
        report.lose(name, name,
                    'label file without permission to read it')
    except (ValueError, OSError) as error:
        report.lose(_label_file(video), str(error),
                    'label file that cannot be read')
    part = dict(mark=mark, report=report.to_dict(), **content)
    if not report.faults:  # what is broken may be put right before long
        write_json(part, path)
    return part


def _read_record(path: str, keys: Sequence[str]) -> Optional[dict]:
    """Read what an earlier run left; None if it left nothing of use."""
    try:
        record = read_json(path)
    except (OSError, ValueError):
        return None
    usable = isinstance(record, dict) and set(keys) <= set(record)
    return record if usable else None


def _link_images(plan: Plan, dst: str) -> None:
    """Link the images into the new data root under their file names."""
    if osp.realpath(plan.image_root) == osp.realpath(dst):
        return
    for name in plan.image_folders:
        source, target = osp.join(plan.image_root, name), osp.join(dst, name)
        if osp.lexists(target) or not osp.isdir(source):
            continue
        try:
            os.symlink(osp.abspath(source), target)
        except OSError as error:
            print(f'`{target}` could not be linked ({error}): set '
                  f"data_prefix=dict(img='{osp.abspath(plan.image_root)}')")


def _label_file(video: VideoTask) -> str:
    """Return a video's label file, its name if there are several."""
    return video.sources[0] if len(video.sources) == 1 else video.name


def _fingerprint(video: VideoTask) -> str:
    """Return a text that changes when a label file changes."""
    marks: List[Any] = [video.name, VERSION]
    if video.key:
        marks.append(video.key)
    for path in video.sources:
        try:
            stat = os.stat(path)
            marks.append([path, stat.st_size, stat.st_mtime_ns])
        except OSError:
            marks.append([path, None])
    return _digest(marks)


def _digest(value: Any) -> str:
    text = json.dumps(value, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]

