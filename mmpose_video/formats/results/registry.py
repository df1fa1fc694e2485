"""Choose the file format of results."""
import os.path as osp
from typing import Any, Dict, Optional, Type

from ..deeplabcut_table import is_deeplabcut
from ..json_file import read_json
from ..schema import FormatError
from .base_format import ResultFormat
from .coco_results import CocoResults
from .csv_table import CsvTable
from .deeplabcut import DeepLabCutTable
from .mmpose_json import MMPoseJson
from .nwb import NwbFile
from .pose_results import PoseResults
from .posetrack_json import PoseTrackJson, is_posetrack
from .sleap_slp import SleapFile
from .trc import TrcMarkers
from .yolo_labels import YoloLabels

#: All formats by name; of two with the same suffix the first is the default.
RESULT_FORMATS: Dict[str, Type[ResultFormat]] = {
    kind.name: kind
    for kind in (MMPoseJson, PoseTrackJson, CocoResults, CsvTable,
                 DeepLabCutTable, TrcMarkers, YoloLabels, SleapFile, NwbFile)
}


def find_format(path: str, name: Optional[str] = None,
                existing: bool = False) -> Type[ResultFormat]:
    """Return the format of a file.

    Args:
        path (str): The file or folder.
        name (str, optional): Name of the format. Defaults to None: by the
            suffix.
        existing (bool): Look into the file where its suffix is not enough.
            Defaults to False.

    Raises:
        FormatError: If the content follows none of the formats.
        OSError: If an existing file cannot be read.
        ValueError: If there is no such format.
    """
    if name is not None:
        if name not in RESULT_FORMATS:
            raise ValueError(f'there is no format {name!r}; there are '
                             f'{", ".join(RESULT_FORMATS)}')
        return RESULT_FORMATS[name]
    suffix = osp.splitext(path)[1].lower()
    if existing and suffix == '.json':
        return _json_format(path)
    if existing and suffix == '.csv':
        with open(path, encoding='utf-8', errors='replace') as file:
            return DeepLabCutTable if is_deeplabcut(
                file.readline()) else CsvTable
    for kind in RESULT_FORMATS.values():
        if kind.suffix == suffix:
            return kind
    raise ValueError(
        f'`{path}` has the suffix of no format; name one of '
        f'{", ".join(RESULT_FORMATS)} (--from, --to)')


def _json_format(path: str) -> Type[ResultFormat]:
    """Return the format of a JSON file by its content."""
    content = read_json(path)
    if is_posetrack(content):
        return PoseTrackJson
    if isinstance(content, dict) and 'instance_info' in content:
        return MMPoseJson
    if isinstance(content, list):
        first = content[0] if content else {}
        if not content or (isinstance(first, dict) and 'instances' in first):
            return MMPoseJson
        if isinstance(first, dict) and 'image_id' in first:
            return CocoResults
    raise FormatError(
        f'{path} is JSON, but holds no results: neither frames with '
        "`instances`, nor people with `image_id`, nor PoseTrack's layout")


def read_results(path: str, name: Optional[str] = None,
                 **options: Any) -> PoseResults:
    """Read results of any format.

    Args:
        path (str): The file or folder.
        name (str, optional): Name of the format. Defaults to None: by suffix
            and content.
        **options: Arguments of the format, see :class:`ResultFormat`.

    Raises:
        FormatError: If the content does not follow the format.
        ImportError: If the format needs a package that is not installed.
        OSError: If it cannot be read.
        ValueError: If there is no such format.
    """
    return find_format(path, name, existing=True)(**options).read(path)


def write_results(results: PoseResults, path: str,
                  name: Optional[str] = None, **options: Any) -> None:
    """Write results in any format.

    Args:
        results (PoseResults): The results.
        path (str): The file or folder.
        name (str, optional): Name of the format. Defaults to None: by the
            suffix.
        **options: Arguments of the format, see :class:`ResultFormat`.

    Raises:
        ImportError: If the format needs a package that is not installed.
        OSError: If it cannot be written.
        ValueError: If there is no such format, or it cannot hold the
            results.
    """
    find_format(path, name)(**options).write(results, path)
