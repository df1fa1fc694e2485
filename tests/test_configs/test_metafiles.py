"""The metafiles are those of the configs, and mim reads them."""
import importlib.util
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HOW = 'out of date: run `python configs/metafiles.py`'


@pytest.fixture(scope='module')
def written():
    spec = importlib.util.spec_from_file_location(
        'metafiles', ROOT / 'configs' / 'metafiles.py')
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.make_metafiles()


def test_files_are_up_to_date(written):
    for name, content in written.items():
        assert (ROOT / name).exists(), f'{name} is {HOW}'
        assert (ROOT / name).read_text() == content, f'{name} is {HOW}'


def test_every_config_is_listed(written):
    configs = {path.relative_to(ROOT).as_posix()
               for path in (ROOT / 'configs').glob('*/*.py')
               if path.parent.name != '_base_'}
    text = '\n'.join(written.values())
    assert configs == {line.split()[1] for line in text.splitlines()
                       if line.startswith('  Config: ')}


def test_mim_reads_them():
    modelindex = pytest.importorskip('modelindex.load_model_index')
    search = pytest.importorskip('mim.commands.search')
    table = search.convert2df(
        modelindex.load(str(ROOT / 'model-index.yml')))
    row = table.loc['dcpose_hrnet-tiny_1xb16-4e_synthetic-96x64']
    assert row['training_data'] == 'rendered clips'
    assert row['architecture'] == 'hrnet,dcposeneck,heatmaphead'
    assert row['paper'] == 'https://arxiv.org/abs/2103.07254'
    # what `mim download` takes apart
    assert row['weight'].split('/')[-1] == ''
    assert (ROOT / row['config']).is_file()
