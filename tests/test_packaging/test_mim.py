"""MMPose's own scripts, called by mim, on a model that trains in seconds."""
import importlib.metadata
import os
import re
import subprocess
import sys

import pytest
import torch

from mmpose_video.compat import startup

pytest.importorskip('mim', exc_type=ImportError)


def installed():
    """Return whether pip knows the package, where mim looks it up."""
    try:
        importlib.metadata.distribution('mmpose_video')
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


pytestmark = [
    pytest.mark.skipif(
        not installed(), reason='mmpose_video is not installed'),
    pytest.mark.xdist_group('mim'),  # one process, so one training
]


def mim(folder, *args, check=True):
    """Run mim outside of the source tree, so that nothing is found there."""
    env = {k: v for k, v in os.environ.items() if k != 'PYTHONPATH'}
    result = subprocess.run([sys.executable, '-m', 'mim', *map(str, args)],
                            cwd=folder,
                            env=env,
                            stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT,
                            text=True)
    assert not check or result.returncode == 0, result.stdout[-3000:]
    return result.stdout


def score(text):
    return float(re.findall(r' PCK: ([\d.]+)', text)[-1])


@pytest.fixture(scope='module')
def trained(tiny):
    output = mim(tiny, 'train', 'mmpose', tiny / 'tiny.py')
    return score(output)


@pytest.mark.slow
def test_test_reads_the_checkpoint(tiny, trained):
    output = mim(tiny, 'test', 'mmpose', tiny / 'tiny.py', '-C',
                 tiny / 'work' / 'epoch_1.pth')
    assert score(output) == pytest.approx(trained, abs=1e-6)


@pytest.mark.slow
def test_resume_through_this_packages_name(tiny, trained):
    output = mim(tiny, 'train', 'mmpose_video', tiny / 'tiny.py', '--resume',
                 '--cfg-options', 'train_cfg.max_epochs=2')
    assert 'resumed epoch: 1' in output
    assert (tiny / 'work' / 'epoch_2.pth').is_file()


@pytest.mark.slow
def test_publish(tiny, trained):
    out = tiny / 'published.pth'
    mim(tiny, 'run', 'mmpose_video', 'publish_model',
        tiny / 'work' / 'epoch_1.pth', out)
    published = list(tiny.glob('published-*.pth'))
    assert len(published) == 1
    content = torch.load(published[0], weights_only=False)
    assert set(content) == {'meta', 'state_dict'}


@pytest.mark.slow
def test_scripts_that_import_mmpose_before_the_config(tiny):
    # these find mmcv._ext through the .pth file only
    output = mim(tiny, 'run', 'mmpose', 'get_flops', tiny / 'tiny.py',
                 '--input-shape', '32', '32')
    assert 'Flops' in output


@pytest.mark.slow
def test_a_dataset_is_named_by_one_line(tmp_path):
    script = tmp_path / 'mim'  # as installed, with the startup file at hand
    script.write_text(f"""
import runpy, sys
runpy.run_path({startup.__file__!r})
from mim.cli import cli
sys.exit(cli())
""")
    for words in (['--dataset', 'synthetic'], ['--dataset=synthetic']):
        result = subprocess.run(
            [sys.executable, script, 'download', 'mmpose_video', *words],
            cwd=tmp_path, capture_output=True, text=True)
        assert result.returncode == 1 and not result.stdout
        assert result.stderr == (
            'error: mim downloads from OpenDataLab alone, where synthetic is '
            'not: it is made by `mmpose-video render data/synthetic/hard`\n')
    # what else goes wrong keeps its traceback
    result = subprocess.run(
        [sys.executable, script, 'download', 'no_such', '--dataset', 'a'],
        cwd=tmp_path, capture_output=True, text=True)
    assert result.returncode == 1 and 'Traceback' in result.stderr


@pytest.mark.slow
def test_two_processes(tiny, trained):
    if torch.cuda.device_count() == 1:
        pytest.skip('two processes need two GPUs, or none')
    output = mim(tiny, 'train', 'mmpose', tiny / 'tiny.py', '--launcher',
                 'pytorch', '-G', '2', '--work-dir', tiny / 'ddp')
    assert (tiny / 'ddp' / 'epoch_1.pth').is_file()
    assert score(output) >= 0


@pytest.mark.slow
def test_config_by_name(tiny):
    # an unknown name is refused after the search, a known one is resolved
    output = mim(tiny, 'train', 'mmpose_video', 'no_such.py', check=False)
    assert 'can not find' in ' '.join(output.split())
    from mim.utils import get_installed_path, recursively_find
    root = get_installed_path('mmpose_video')
    assert os.path.isfile(os.path.join(root, '.mim', 'tools', 'train.py'))
    found = recursively_find(root, 'default_runtime.py', followlinks=True)
    assert len(found) == 1
