"""Choose names of result files that overwrite neither inputs nor others."""
import itertools
import os
import os.path as osp
from typing import List, NamedTuple, Optional, Sequence

from mmpose_video.formats.results import RESULT_FORMATS
from mmpose_video.formats.results.pose_results import sidecar_path

#: Longest path that the text file with the owner may hold.
_LONGEST_PATH = 1 << 16


class ResultPaths(NamedTuple):
    """Paths of the results of a video.

    Attributes:
        predictions (str): Results in the layout of MMPose's inferencers.
        posetrack (str): Results in PoseTrack's layout.
        run (str): How the results were made.
        visualization (str): The drawn video.
        owner (str): A text file with the path of the video that the other
            files belong to.
    """

    predictions: str
    posetrack: str
    run: str
    visualization: str
    owner: str

    @classmethod
    def of(cls, out_dir: str, name: str) -> 'ResultPaths':
        """Return the paths of results of a name."""
        return cls(
            osp.join(out_dir, 'predictions', f'{name}.json'),
            osp.join(out_dir, 'posetrack', f'{name}.json'),
            osp.join(out_dir, 'predictions', f'{name}.run.json'),
            osp.join(out_dir, 'visualizations', f'{name}.mp4'),
            osp.join(out_dir, 'sources', f'{name}.txt'))


def format_path(out_dir: str, name: str, kind: str) -> str:
    """Return the path of results of a name in another format.

    Args:
        out_dir (str): Folder of the results.
        name (str): Name of the results.
        kind (str): Name of the format.
    """
    return osp.join(out_dir, kind, name + RESULT_FORMATS[kind].suffix)


def find_paths(out_dir: str, name: str, video: Optional[str],
               inputs: Sequence[str],
               formats: Sequence[str] = ()) -> ResultPaths:
    """Find names that are free, or that belong to the same video.

    Results of an earlier run on the same video are replaced. Where the name
    belongs to another video (``a/clip.mp4`` and ``b/clip.mp4``) or to an
    input without a path (a camera, arrays), the first free one of
    ``<name>-2``, ``<name>-3`` and so on is taken.

    Args:
        out_dir (str): Folder of the results.
        name (str): Name of the video.
        video (str, optional): Path of the video, None if it has none.
        inputs (Sequence[str]): Files that must not be overwritten.
        formats (Sequence[str]): Other formats that will be written. Defaults
            to none.

    Raises:
        FileExistsError: If one of the files is an input.
    """
    for count in itertools.count(1):
        unique = name if count == 1 else f'{name}-{count}'
        paths = ResultPaths.of(out_dir, unique)
        written: List[str] = [*paths]
        for kind in formats:
            path = format_path(out_dir, unique, kind)
            written += [path, sidecar_path(path)]
        # a link counts, wherever it leads
        if osp.lexists(paths.owner):
            if video is None or _owner(paths) != osp.realpath(video):
                continue
        elif any(map(osp.lexists, written)):
            continue  # written by another program
        break
    for path in written:
        for source in inputs:
            if osp.realpath(path) == osp.realpath(source):
                raise FileExistsError(
                    f'`{source}` is an input of this run and would be '
                    'overwritten by its results; choose another folder for '
                    'the results')
    return paths


def claim_paths(out_dir: str, name: str, video: Optional[str],
                inputs: Sequence[str],
                formats: Sequence[str] = ()) -> ResultPaths:
    """Find names as :func:`find_paths` does, and take them.

    Two processes that write to one folder never get the same names for
    different videos.

    Args:
        out_dir (str): Folder of the results.
        name (str): Name of the video.
        video (str, optional): Path of the video, None if it has none.
        inputs (Sequence[str]): Files that must not be overwritten.
        formats (Sequence[str]): Other formats that will be written. Defaults
            to none.

    Raises:
        FileExistsError: If one of the files is an input.
        OSError: If the folder cannot be written.
    """
    os.makedirs(osp.join(out_dir, 'sources'), exist_ok=True)
    while True:
        paths = find_paths(out_dir, name, video, inputs, formats)
        if osp.exists(paths.owner):
            return paths
        try:
            with open(paths.owner, 'xb') as file:
                file.write(os.fsencode(osp.realpath(video) if video else name))
        except FileExistsError:
            continue  # another process was faster
        return paths


def _owner(paths: ResultPaths) -> Optional[str]:
    """Return the path of the video whose results these are, if any."""
    if not osp.isfile(paths.owner):
        return None  # a folder, or a link to nowhere
    with open(paths.owner, 'rb') as file:
        return os.fsdecode(file.read(_LONGEST_PATH))
