"""Choose the reader of a file of labels."""
import os.path as osp
from typing import Callable, Dict, Optional

from ..deeplabcut_table import is_deeplabcut
from ..schema import FormatError
from ..skeleton import Skeleton
from .coco import read_coco
from .deeplabcut import read_deeplabcut
from .label_set import LabelSet
from .sleap import read_sleap
from .yolo import read_yolo

#: Readers by the names of the formats.
LABEL_FORMATS: Dict[str, Callable[[str, Optional[Skeleton]], LabelSet]] = {
    'coco': read_coco,
    'deeplabcut': read_deeplabcut,
    'sleap': read_sleap,
    'yolo': read_yolo,
}
_SUFFIXES = {'.json': 'coco', '.csv': 'deeplabcut', '.slp': 'sleap',
             '.yaml': 'yolo', '.yml': 'yolo'}


def label_format(path: str) -> str:
    """Return the format of a file or folder of labels.

    Args:
        path (str): The file or folder.

    Raises:
        FileNotFoundError: If it is not there.
        FormatError: If it is of no known format.
    """
    if not osp.exists(path):
        raise FileNotFoundError(f'there is no file or folder `{path}`')
    if osp.isdir(path):
        if osp.isfile(osp.join(path, 'data.yaml')):
            return 'yolo'
        if osp.isdir(osp.join(path, 'labeled-data')):
            return 'deeplabcut'
        raise FormatError(
            f'{path} is a folder without `data.yaml` (YOLO-pose) and without '
            '`labeled-data` (DeepLabCut); name the file of labels')
    suffix = osp.splitext(path)[1].lower()
    if suffix not in _SUFFIXES:
        raise FormatError(
            f'{path} has the suffix of no format of labels: .json (COCO), '
            '.csv (DeepLabCut), .slp (SLEAP), .yaml (YOLO-pose)')
    if suffix == '.csv':
        with open(path, encoding='utf-8-sig', errors='replace') as file:
            first = file.readline().strip()
        if not is_deeplabcut(first):
            raise FormatError(
                f'{path} is no table of DeepLabCut, which begins with '
                f'`scorer,`; it begins with `{first[:60]}`' if first else
                f'{path} is empty')
    return _SUFFIXES[suffix]


def read_labels(path: str, name: Optional[str] = None,
                skeleton: Optional[Skeleton] = None) -> LabelSet:
    """Read labels of any known format.

    Args:
        path (str): The file or folder.
        name (str, optional): Name of the format. Defaults to None: by suffix
            and content.
        skeleton (Skeleton, optional): Names the keypoints where the labels do
            not. Defaults to None.

    Raises:
        FormatError: If the content does not follow the format.
        ImportError: If the format needs a package that is not installed.
        OSError: If a file cannot be read.
    """
    return LABEL_FORMATS[name or label_format(path)](path, skeleton)
