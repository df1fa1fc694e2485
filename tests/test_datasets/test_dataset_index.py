from pathlib import Path

import mmengine
import pytest
from mmengine.config import Config
from mmpose.registry import DATASETS

from mmpose_video.compat.mim_download import answer
from mmpose_video.datasets.convert.cli import parse_args
from mmpose_video.datasets.synthetic.cli import build_parser

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
    program, command, *arguments = entry['command'].split()
    assert program == 'mmpose-video'
    if command == 'convert':
        assert parse_args(arguments).dst == entry['data_root']
    else:
        assert command == 'render'
        args = build_parser().parse_args(arguments)
        assert args.out_dir == entry['data_root']


@pytest.fixture
def download(tmp_path, monkeypatch):
    """Mim's function, with the index of this source tree."""
    module = pytest.importorskip('mim.commands.download',
                                 exc_type=ImportError)
    mim = tmp_path / '.mim'
    mim.mkdir()
    (mim / 'dataset-index.yml').symlink_to(ROOT / 'dataset-index.yml')
    monkeypatch.setattr(module, 'is_installed', lambda package: True)
    monkeypatch.setattr(module, 'get_installed_path',
                        lambda package: str(tmp_path))
    yield lambda name, package='mmpose_video': module._download_dataset(
        package, name, str(tmp_path))
    assert list(tmp_path.iterdir()) == [mim]


@pytest.mark.parametrize('name, line', [
    ('synthetic', 'synthetic is not: it is made by `mmpose-video render '
     'data/synthetic/hard`'),
    ('posetrack18', 'posetrack18 is not: ask for it at https://posetrack.net, '
     'unpack it, and run `mmpose-video convert posetrack18 SRC '
     'data/posetrack18`'),
    ('coco', "there is no dataset 'coco' of mmpose_video; there are "
     'posetrack17, posetrack18, posetrack21, sub-jhmdb, hieve, synthetic')])
def test_mim_says_what_to_do(name, line, download):
    # mim knows no other end than an error, which lists what the file has
    with pytest.raises(KeyError, match='Cannot find') as error:
        download(name)
    assert 'mmpose-video render' in ADVICE and ADVICE in str(error.value)
    said = answer(error.value)
    assert said.startswith('error: ') and said.endswith(line)


def test_other_errors_keep_their_traceback(download):
    with pytest.raises(KeyError) as error:
        download('synthetic', package='mmdet')
    assert answer(error.value) is None
    assert answer(KeyError('Cannot find')) is None
    with pytest.raises(ZeroDivisionError) as error:
        1 / 0  # noqa: B018
    assert answer(error.value) is None
