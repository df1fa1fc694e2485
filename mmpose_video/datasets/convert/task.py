"""Tasks that the module of a dataset hands to the runner."""
from dataclasses import dataclass, field
from typing import Any, Callable, Dict, List, Optional

from .report import Report
from .source_images import SourceImages

#: ``read(images, report)`` gives ``images`` and ``annotations`` of a video.
Reader = Callable[[SourceImages, Report], Dict[str, List[dict]]]


@dataclass
class VideoTask:
    """One video.

    Attributes:
        name (str): Unique in its split.
        sources (list[str]): Label files that the result depends on.
        read (Callable): Reads them.
        key (str): Changes when the result does for another reason, such as
            an option. Defaults to ''.
    """

    name: str
    sources: List[str]
    read: Reader
    key: str = ''


@dataclass
class SplitTask:
    """One annotation file.

    Attributes:
        file_name (str): Below ``DST/annotations``.
        videos (list[VideoTask]): In the order of the file.
        category (dict): The file's only category.
        info (dict): Goes into the file as it is.
    """

    file_name: str
    videos: List[VideoTask]
    category: dict
    info: dict = field(default_factory=dict)


@dataclass
class Plan:
    """All that there is to convert.

    Attributes:
        splits (list[SplitTask]): The annotation files.
        image_root (str): Folder to which image names are relative.
        image_folders (list[str]): What lies in it of images, for links.
        notes (list[str]): What the user should know.
        report (Report): What was missing or broken already when the plan
            was made.
        finish (Callable, optional): ``finish(annotation files, Report)``
            returns what else there is to write, JSON content by path.
    """

    splits: List[SplitTask]
    image_root: str
    image_folders: List[str]
    notes: List[str] = field(default_factory=list)
    report: Report = field(default_factory=Report)
    finish: Optional[Callable[[List[str], Report], Dict[str, Any]]] = None
