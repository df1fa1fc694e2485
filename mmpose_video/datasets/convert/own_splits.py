"""Names and splits of the videos of own labels."""
import fnmatch
import re
from typing import Dict, List, Sequence

import numpy as np

from mmpose_video.formats.labels import SPLITS, LabeledVideo


def folder_names(names: Sequence[str]) -> Dict[str, str]:
    """Return a name for each video that can be that of a folder.

    Args:
        names (Sequence[str]): Names of videos, unique.

    Returns:
        dict[str, str]: The names of the folders, unique as well.
    """
    folders: Dict[str, str] = {}
    for name in names:
        safe = re.sub(r'[^\w.\-]+', '_', name).strip('._')[:100] or 'video'
        taken, number = set(folders.values()), 2
        folders[name] = safe
        while folders[name] in taken:
            folders[name] = f'{safe}_{number}'
            number += 1
    return folders


def split_videos(videos: Dict[str, LabeledVideo], folders: Dict[str, str],
                 val: Sequence[str], val_share: float,
                 notes: List[str]) -> Dict[str, str]:
    """Return the split of each video: all of its frames are in one.

    Args:
        videos (dict[str, LabeledVideo]): The videos by name.
        folders (dict[str, str]): The names of their folders.
        val (Sequence[str]): Videos to hold out, names or patterns.
        val_share (float): Share of the videos to hold out, where neither
            ``val`` nor the labels tell.
        notes (list[str]): Takes what the user should know of the splits.

    Returns:
        dict[str, str]: ``train``, ``val`` or ``test`` by name.

    Raises:
        ValueError: If a video to hold out is not there.
    """
    if val:
        chosen: Dict[str, str] = dict.fromkeys(videos, 'train')
        for pattern in val:
            found = [name for name in videos
                     if fnmatch.fnmatchcase(name, pattern)
                     or fnmatch.fnmatchcase(folders[name], pattern)]
            if not found:
                raise ValueError(
                    f'no video {pattern!r} to hold out; there are '
                    f'{", ".join(sorted(folders.values()))}')
            chosen.update(dict.fromkeys(found, 'val'))
        return chosen
    told = {
        name: [frame.split for frame in video.frames if frame.split]
        for name, video in videos.items()
    }
    if any(told.values()):
        mixed = [folders[n] for n, s in told.items() if len(set(s)) > 1]
        if mixed:
            notes.append(
                'the labels put frames of one video into several splits, '
                'which lets a model see what it is tested on; each video goes '
                f'to the split of most of its frames: {", ".join(mixed)}')
        return {name: max(SPLITS, key=splits.count) if splits else 'train'
                for name, splits in told.items()}
    count = min(round(val_share * len(videos)) or (val_share > 0),
                len(videos) - 1)
    if val_share > 0 and not count:
        notes.append('there is one video, and none is left to hold out: give '
                     'the labels of another, since frames of the same video '
                     'say nothing of others')
    order = np.random.default_rng(0).permutation(sorted(videos))
    held = set(order[:count].tolist())
    return {name: 'val' if name in held else 'train' for name in videos}
