"""Convert video by video: resumable, and never half a file."""
import hashlib
import json
import os
import os.path as osp
import shutil
import sys
from typing import Any, Dict, List, Optional, Sequence

from mmpose_video.formats.json_file import read_json, write_json
from mmpose_video.utils import Progress

from .report import Report
from .source_images import SourceImages
from .task import Plan, SplitTask, VideoTask

#: Raise this when the same labels give another file than before.
VERSION = 1
ON_ERROR = ('stop', 'skip')


class ConversionError(ValueError):
    """The labels or the images are not what they should be."""


def convert(plan: Plan,
            dst: str,
            on_error: str = 'stop',
            overwrite: bool = False,
            link: bool = True,
            progress: bool = True) -> Report:
    """Write the annotation files of a data set.

    Each video's result is kept in ``DST/annotations/.convert`` until its
    split is whole, so that an interrupted run goes on where it was. A split
    from which nothing was missing and whose labels have not changed since is
    left alone.

    Args:
        plan (Plan): What to convert.
        dst (str): The data set's folder, a config's ``data_root``.
        on_error (str): ``'stop'`` looks through everything and then fails
            if images or labels are missing or broken; ``'skip'`` leaves
            them out. Defaults to 'stop'.
        overwrite (bool): Replace annotation files that this function did
            not write. Defaults to False.
        link (bool): Put links to the image folders into ``dst``.
            Defaults to True.
        progress (bool): Show a progress bar. Defaults to True.

    Returns:
        Report: What was left out.

    Raises:
        ConversionError: If something is missing or broken.
        FileExistsError: If a file is there that is not ours.
    """
    if on_error not in ON_ERROR:
        raise ValueError(f'`on_error` must be one of {ON_ERROR}, got '
                         f'{on_error!r}')
    folder = osp.join(dst, 'annotations')
    total, images = Report(), SourceImages(plan.image_root)
    for split in plan.splits:
        report = _convert_split(split, folder, images, on_error, overwrite,
                                progress)
        total.add(report)
    for note in plan.notes:
        print(note)
    if plan.finish is not None:
        report = Report()
        for path in plan.finish(folder, report):
            print(f'wrote {path}')
        print('\n'.join(report.lines()), end='\n' if report.lines() else '')
        total.add(report)
    if link:
        _link_images(plan, dst)
    return total


def _convert_split(split: SplitTask, folder: str, images: SourceImages,
                   on_error: str, overwrite: bool, progress: bool) -> Report:
    path = osp.join(folder, split.file_name)
    stem = osp.splitext(split.file_name)[0]
    parts = osp.join(folder, '.convert', stem)
    record = f'{parts}.done.json'
    prints = [_fingerprint(video) for video in split.videos]
    whole = _digest([prints, split.info, on_error, images.root, VERSION])
    done = _read_record(record)
    if osp.exists(path):
        if (done is not None and done['digest'] == whole
                and not done['report']['faults']):
            report = Report.from_dict(done['report'])
            print(f'{path} is there and up to date')
            print('\n'.join(report.lines()))
            return report
        if done is None and not overwrite:
            raise FileExistsError(
                f'`{path}` was not written by this command. Choose another '
                'folder, or pass --overwrite to replace it')
    print(f'{path}: {len(split.videos)} videos')
    report, records = Report(), []
    bar = (Progress('videos', len(split.videos), sys.stdout)
           if progress else None)
    for video, mark in zip(split.videos, prints):
        part = _convert_video(video, mark, parts, images)
        records.append(part)
        report.add(Report.from_dict(part['report']))
        if bar is not None:
            bar.update()
    if bar is not None:
        bar.close()
    print('\n'.join(report.lines()) or '  nothing was left out')
    if report.faults and on_error == 'stop':
        raise ConversionError(
            f'`{path}` was not written, as images or labels are missing or '
            'broken (see above). Put them right and run this again, which '
            'goes on from here, or pass `--on-error skip` to leave them out')
    content = _merge(split, records, path)
    write_json(content, path)
    write_json(dict(digest=whole, report=report.to_dict()), record)
    shutil.rmtree(parts, ignore_errors=True)
    print(f'  wrote {len(content["images"])} images, '
          f'{len(content["annotations"])} people')
    return report


def _convert_video(video: VideoTask, mark: str, parts: str,
                   images: SourceImages) -> dict:
    """One video's part, from the last run if it is there."""
    path = osp.join(parts, f'{_digest(video.name)}.json')
    part = _read_record(path)
    if part is not None and part.get('mark') == mark:
        return part
    report = Report()
    try:
        content = video.read(images, report)
    except PermissionError as error:
        report.fault('label file without permission to read it',
                     error.filename or video.name)
        content = dict(images=[], annotations=[])
    except (ValueError, OSError) as error:
        report.fault('label file that cannot be read', error)
        content = dict(images=[], annotations=[])
    part = dict(mark=mark, report=report.to_dict(), **content)
    if not report.faults:  # what is broken may be put right before long
        write_json(part, path)
    return part


def _read_record(path: str) -> Optional[dict]:
    """Read what an earlier run left; None if it left nothing of use."""
    try:
        record = read_json(path)
    except (OSError, ValueError):
        return None
    return record if isinstance(record, dict) else None


def _merge(split: SplitTask, records: Sequence[dict], path: str) -> dict:
    content: Dict[str, Any] = dict(
        images=[],
        annotations=[],
        categories=[split.category],
        info=dict(split.info, converter=VERSION))
    for record in records:
        content['images'] += record['images']
        content['annotations'] += record['annotations']
    if not content['images']:
        raise ConversionError(f'`{path}` was not written: no image is left')
    for key in ('images', 'annotations'):
        seen: set = set()
        for entry in content[key]:
            if entry['id'] in seen:
                raise ConversionError(
                    f"two {key} have the id {entry['id']}: is a video there "
                    f'twice? ({entry.get("file_name", entry)})')
            seen.add(entry['id'])
    return content


def _link_images(plan: Plan, dst: str) -> None:
    """Let the file names be valid below the new data root as well."""
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


def _fingerprint(video: VideoTask) -> str:
    """Changes when a label file changes."""
    marks: List[Any] = [video.name, VERSION]
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

