"""Find the folders of a distribution."""
import glob
import os.path as osp
from typing import Dict, List, Optional, Sequence

LABEL_FOLDERS = ('annotations', 'posetrack_data/annotations',
                 'posetrack_data', '.')
SPLITS = ('train', 'val', 'test')


def find_label_files(src: str, labels: Optional[str] = None,
                     folders: Sequence[str] = LABEL_FOLDERS,
                     splits: Sequence[str] = SPLITS,
                     suffixes: Sequence[str] = ('.json', )
                     ) -> Dict[str, List[str]]:
    """Find the label files of each split.

    Args:
        src (str): What the owners distribute, unpacked.
        labels (str, optional): Folder with the folders of the splits.
            Defaults to None, the first of ``folders`` that has any.
        folders (Sequence[str]): Where the labels may be, relative to
            ``src``.
        splits (Sequence[str]): Names of the splits.
        suffixes (Sequence[str]): Of the files. The first that a split has
            files of counts.

    Returns:
        dict[str, list[str]]: Files by split, sorted; splits without any are
        absent.

    Raises:
        FileNotFoundError: If there are none.
    """
    if not osp.isdir(src):
        raise FileNotFoundError(f'there is no folder `{src}`')
    tried = [labels] if labels else [osp.join(src, f) for f in folders]
    for folder in tried:
        found = {}
        for split in splits:
            for suffix in suffixes:
                pattern = osp.join(glob.escape(folder), split, '*' + suffix)
                files = sorted(glob.glob(pattern))
                if files:
                    found[split] = files
                    break
        if found:
            return found
    raise FileNotFoundError(
        f'no {" or ".join(suffixes)} file in a folder {"/".join(splits)} of '
        f'{[osp.normpath(folder) for folder in tried]}. Unpack the labels '
        'there, or name their folder with --labels')
