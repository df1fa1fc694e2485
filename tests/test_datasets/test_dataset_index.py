from pathlib import Path

import mmengine
import pytest
from mmengine.config import Config
from mmpose.registry import DATASETS

from mmpose_video.datasets.convert.cli import parse_args

ROOT = Path(__file__).parents[2]
(ADVICE, INDEX), = mmengine.load(ROOT / 'dataset-index.yml').items()


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


@pytest.mark.parametrize('name', ['synthetic', 'posetrack18'])
def test_mim_says_what_to_do(name, tmp_path, monkeypatch):
    download = pytest.importorskip('mim.commands.download',
                                   exc_type=ImportError)
    mim = tmp_path / '.mim'
    mim.mkdir()
    (mim / 'dataset-index.yml').symlink_to(ROOT / 'dataset-index.yml')
    monkeypatch.setattr(download, 'is_installed', lambda package: True)
    monkeypatch.setattr(download, 'get_installed_path',
                        lambda package: str(tmp_path))
    # mim knows no other end than an error, which lists what the file has
    with pytest.raises(KeyError, match='Cannot find') as error:
        download._download_dataset('mmpose_video', name, str(tmp_path))
    assert 'mmpose-video render' in ADVICE and ADVICE in str(error.value)
    assert list(tmp_path.iterdir()) == [mim]
