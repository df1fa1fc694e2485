"""Write the metafiles, by which mim finds the models.

``python configs/metafiles.py`` writes ``configs/<method>/metafile.yml`` from
the configs and the READMEs, and ``model-index.yml``, which lists them. Then
``mim search mmpose_video`` shows all models, and ``mim download mmpose_video
--config NAME`` saves a config.
"""
import re
from pathlib import Path
from typing import Any, Dict, List

import yaml
from mmengine.config import Config

ROOT = Path(__file__).resolve().parents[1]
#: mim cannot download a config without weights: it splits the address of the
#: weights at the slashes and skips a file that is there. Of this address
#: nothing is left, so the config alone is saved.
NO_WEIGHTS = 'none/'
HEADER = '# Written by `python configs/metafiles.py`\n'
INDEX_HEADER = HEADER + (
    '# No weights are published; docs/public_checkpoints.md says how to\n'
    '# convert those of the authors.\n')
DATASETS = {
    'synthetic': 'Rendered clips',
    'posetrack17': 'PoseTrack17',
    'posetrack18': 'PoseTrack18',
    'posetrack21': 'PoseTrack21',
    'sub-jhmdb': 'Sub-JHMDB',
    'hieve': 'HiEve',
    'coco': 'COCO',
}


def method_folders() -> List[Path]:
    """Return the folders of configs, sorted."""
    return sorted({path.parent for path in (ROOT / 'configs').glob('*/*.py')
                   if path.parent.name != '_base_'})


def describe_collection(folder: Path) -> Dict[str, Any]:
    """Return a method's entry, from the head of its README if it has one.

    Args:
        folder (Path): ``configs/<method>``.
    """
    if not (folder / 'README.md').exists():
        return dict(Name=folder.name)
    text = (folder / 'README.md').read_text()
    head = text.split('\n\n', 2)[1]
    collection: Dict[str, Any] = dict(
        Name=text.splitlines()[0].lstrip('# '))
    paper = re.search(r'https://arxiv\.org/abs/[\d.]+', head)
    if paper:
        collection['Paper'] = paper[0]
    collection['README'] = (folder / 'README.md').relative_to(
        ROOT).as_posix()
    return collection


def describe_model(path: Path, collection: str) -> Dict[str, Any]:
    """Return the entry of a config.

    Args:
        path (Path): The config.
        collection (str): Name of its method.
    """
    model = Config.fromfile(str(path)).model
    parts = [model.get(name) for name in ('backbone', 'neck', 'head')]
    data = path.stem.rsplit('_', 1)[-1].rsplit('-', 1)[0]
    return {
        'Name': path.stem,
        'In Collection': collection,
        'Config': path.relative_to(ROOT).as_posix(),
        'Metadata': {
            'Training Data': DATASETS.get(data, data),
            'Architecture': [part['type'] for part in parts if part],
        },
        'Weights': NO_WEIGHTS,
    }


def make_metafiles() -> Dict[str, str]:
    """Return the content of each file by its path from the root."""
    files: Dict[str, str] = {}
    for folder in method_folders():
        collection = describe_collection(folder)
        models = [describe_model(path, collection['Name'])
                  for path in sorted(folder.glob('*.py'))]
        name = (folder / 'metafile.yml').relative_to(ROOT).as_posix()
        files[name] = HEADER + yaml.safe_dump(
            dict(Collections=[collection], Models=models), sort_keys=False)
    files['model-index.yml'] = INDEX_HEADER + yaml.safe_dump(
        dict(Import=list(files)))
    return files


def main() -> None:
    """Write the files."""
    for name, content in make_metafiles().items():
        (ROOT / name).write_text(content)


if __name__ == '__main__':
    main()
