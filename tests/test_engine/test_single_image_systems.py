"""Heads that give no heatmaps, through MMPose's own scripts."""
import json

import pytest

from .conftest import read_metrics


@pytest.mark.slow
@pytest.mark.parametrize('system', ['rle', 'simcc', 'dsnt'])
def test_trained_and_tested_with_flip(mim, write_config, tmp_path, system):
    config = write_config(
        'model = dict(test_cfg=dict(flip_test=True))\n'
        'train_cfg = dict(max_epochs=1, val_interval=1)\n',
        base=f'single_image/{system}_hrnet-tiny_1xb16-4e_synthetic-96x64.py')
    mim('train', 'mmpose', config, '--work-dir', tmp_path / 'run')
    trained = read_metrics(tmp_path / 'run')
    mim('test', 'mmpose', config, '-C', tmp_path / 'run' / 'epoch_1.pth',
        '--work-dir', tmp_path / 'test')
    log = next((tmp_path / 'test').glob('*/*.json'))
    tested = json.loads(log.read_text())
    for key in ('PCK', 'posetrack/AP'):
        assert tested[key] == pytest.approx(trained[key], abs=1e-6)
    assert 0 <= tested['PCK'] <= 1
