from pathlib import Path

import mmengine
import pytest
from mmengine.config import Config
from mmpose.registry import DATASETS

from mmpose_video.datasets.convert.cli import parse_args

ROOT = Path(__file__).parents[2]
INDEX = mmengine.load(ROOT / 'dataset-index.yml')


def test_every_base_config_is_listed():
    bases = (ROOT / 'configs/_base_/datasets').glob('*_video.py')
    listed = {Path(entry['config']).name for entry in INDEX.values()}
    assert listed == {path.name for path in bases}


@pytest.mark.parametrize('name', INDEX)
def test_entries_agree_with_configs_and_commands(name):
    entry = INDEX[name]
    config = Config.fromfile(ROOT / entry['config'])
    for loader in ('train_dataloader', 'val_dataloader', 'test_dataloader'):
        dataset = config[loader].dataset
        assert dataset.data_root.rstrip('/') == entry['data_root']
        assert DATASETS.get(dataset.type) is not None
    python, m, module, *arguments = entry['convert'].split()
    assert (python, m) == ('python', '-m')
    if module == 'mmpose_video.datasets.convert':
        args = parse_args(arguments)
        assert args.dst == entry['data_root']
    # what mim would download without asking
    assert 'download_root' not in entry
