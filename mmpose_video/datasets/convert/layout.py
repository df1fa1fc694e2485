"""Find the folders of a distribution."""
import glob
import os.path as osp
from typing import Dict, List, Optional, Sequence

LABEL_FOLDERS = ('annotations', 'posetrack_data/annotations',
                 'posetrack_data', '.')
SPLITS = ('train', 'val', 'test')


def find_label_files(src: str, labels: Optional[str] = None,
                     folders: Sequence[str] = LABEL_FOLDERS,
                     splits: Sequence[str] = SPLITS) -> Dict[str, List[str]]:
    """Label files of each split.

    Args:
        src (str): What the owners distribute, unpacked.
        labels (str, optional): Folder with the folders of the splits.
            Defaults to None, the first of ``folders`` that has any.
        folders (Sequence[str]): Where the labels may be, relative to
            ``src``.
        splits (Sequence[str]): Names of the splits.

    Returns:
        dict[str, list[str]]: Json files by split, sorted; splits without
        any are absent.

    Raises:
        FileNotFoundError: If there are none.
    """
    if not osp.isdir(src):
        raise FileNotFoundError(f'there is no folder `{src}`')
    tried = [labels] if labels else [osp.join(src, f) for f in folders]
    for folder in tried:
        found = {}
        for split in splits:
            pattern = osp.join(glob.escape(folder), split, '*.json')
            files = sorted(glob.glob(pattern))
            if files:
                found[split] = files
        if found:
            return found
    mats = glob.glob(osp.join(glob.escape(src), '**', '*.mat'),
                     recursive=True)
    hint = ('. There are .mat files: turn them into json with `mat2json.m` '
            'of https://github.com/leonid-pishchulin/poseval' if mats else '')
    raise FileNotFoundError(
        f'no json file in a folder {"/".join(splits)} of '
        f'{[osp.normpath(folder) for folder in tried]}{hint}. Unpack the '
        'labels there, or name their folder with --labels')
