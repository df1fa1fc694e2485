"""Look for the images that labels name, and for their sizes."""
import os
import os.path as osp
from functools import lru_cache
from typing import Dict, Optional, Tuple

from mmpose_video.datasets.loading.image_size import read_size
from mmpose_video.formats.frame_index import only_series
from mmpose_video.formats.inner_path import inner_path

from .report import Report


class SourceImages:
    """Images below a folder. Each folder is listed once.

    Args:
        root (str): Folder to which file names are relative.
    """

    def __init__(self, root: str) -> None:
        self.root = root
        # a video's frames lie in one folder, and videos come one by one
        self._listing = lru_cache(16)(self._list)

    def _list(self, folder: str) -> Tuple[frozenset, str]:
        """Return the names in a folder, and what prevented the listing."""
        try:
            with os.scandir(osp.join(self.root, folder)) as entries:
                return frozenset(entry.name for entry in entries), ''
        except (FileNotFoundError, NotADirectoryError):
            return frozenset(), 'image folder that does not exist'
        except PermissionError:
            return frozenset(), 'image folder without permission to list it'
        except OSError:
            return frozenset(), 'image folder that cannot be listed'

    def size(self, file_name: str, report: Report,
             known: Optional[Tuple[int, int]] = None
             ) -> Optional[Tuple[int, int]]:
        """Check an image.

        Args:
            file_name (str): Relative to the root.
            report (Report): Takes the fault, if there is one.
            known (tuple[int, int], optional): Width and height that the
                labels give; the file is then not opened.

        Returns:
            tuple[int, int] | None: Width and height; None if it is not there
            or not an image.
        """
        try:
            path = inner_path(self.root, file_name, 'labels')
        except ValueError:
            report.fault('image name that leaves the image folder', file_name)
            return None
        folder, name = osp.split(file_name)
        names, problem = self._listing(folder)
        if name not in names:
            report.fault(problem or 'image that does not exist', file_name)
            return None
        if known is not None:
            return known
        try:
            return read_size(path)
        except PermissionError:
            report.fault('image without permission to read it', file_name)
        except OSError:
            report.fault('file that is not an image', file_name)
        return None

    def frames(self, folder: str, report: Report) -> Dict[int, str]:
        """Return the images of a video by frame number.

        Raises:
            ValueError: If the folder holds frames of several videos.
        """
        names, problem = self._listing(folder)
        if problem:
            report.fault(problem, folder)
        return {
            number: osp.join(folder, name)
            for number, name in only_series(names, folder).items()
        }
