"""MMPose's own scripts with a video model: train, resume, DDP, test, draw."""
import json
import random
from pathlib import Path

import pytest
import torch

from .conftest import read_metrics

KILL = """
from mmengine.hooks import Hook
import os
import signal


class KillHook(Hook):

    def __init__(self, iteration):
        self.iteration = iteration

    def after_train_iter(self, runner, batch_idx, **kwargs):
        if runner.iter + 1 == self.iteration:
            os.kill(os.getpid(), signal.SIGKILL)
"""


def weights(work_dir, epoch=3):
    state = torch.load(
        Path(work_dir) / f'epoch_{epoch}.pth', weights_only=False)
    return state['state_dict']


RANDOM_CLIPS = """
clip = dict(type='RandomOffsets', num_before=2, num_after=2, max_distance=3,
            _delete_=True)
train_dataloader['dataset']['clip_sampler'] = clip
"""


@pytest.mark.slow
def test_killed_and_resumed_ends_with_the_same_weights(
        mim, write_config, tmp_path):
    # one runs through and reads in the main process, the other is killed
    # and has workers that outlive an epoch
    whole, cut = (
        RANDOM_CLIPS + 'train_dataloader.update(num_workers=' + workers
        for workers in ('0, persistent_workers=False)\n',
                        '2, persistent_workers=True)\n'))
    mim('train', 'mmpose', write_config(whole), '--work-dir',
        tmp_path / 'whole')
    state = torch.load(tmp_path / 'whole' / 'epoch_3.pth', weights_only=False)
    per_epoch = state['meta']['iter'] // 3
    assert per_epoch >= 2, 'too few iterations to be killed between epochs'

    # somewhere after the first checkpoint and before the end
    iteration = random.Random(0).randrange(per_epoch + 1, 3 * per_epoch)
    (tmp_path / 'kill_hook.py').write_text(
        KILL + '\n\nfrom mmpose.registry import HOOKS\n'
        'HOOKS.register_module(module=KillHook)\n')
    killed = write_config(cut + f"""
custom_imports = dict(imports=['mmpose_video', 'kill_hook'])
custom_hooks = [dict(type='KillHook', iteration={iteration})]
""")
    code, _ = mim('train', 'mmpose', killed, '--work-dir', tmp_path / 'cut',
                  check=False, PYTHONPATH=str(tmp_path))
    assert code != 0
    assert not (tmp_path / 'cut' / 'epoch_3.pth').exists()

    _, output = mim('train', 'mmpose', write_config(cut), '--work-dir',
                    tmp_path / 'cut', '--resume')
    assert 'resumed epoch' in output
    expected, resumed = weights(tmp_path / 'whole'), weights(tmp_path / 'cut')
    assert expected.keys() == resumed.keys()
    differ = [name for name, value in expected.items()
              if not torch.equal(value, resumed[name])]
    assert not differ, f'{len(differ)} of {len(expected)}: {differ[:5]}'


@pytest.mark.slow
def test_two_processes_train_as_one(mim, write_config, tmp_path):
    # batch normalization sees half of the batch in each of two processes, so
    # it is kept out: the backbone is frozen, the neck has none
    frozen = ('model = dict(freeze_backbone=True)\n'
              # Adam makes steps of rounding errors where gradients vanish
              "optim_wrapper = dict(optimizer=dict(_delete_=True, "
              "type='SGD', lr=0.5, momentum=0.9, weight_decay=0.01))\n"
              # heatmaps of a model that has hardly learned are equally high
              # but for rounding errors, which would rank the people
              "val_evaluator[0]['score_mode'] = 'bbox'\n"
              # as many samples for each process, whatever was rendered
              "train_dataloader['dataset']['indices'] = 8\n")
    config = write_config(frozen)
    mim('train', 'mmpose', config, '--work-dir', tmp_path / 'one')
    config = write_config(
        frozen + "train_dataloader['batch_size'] = 2\n")
    mim('train', 'mmpose', config, '--work-dir', tmp_path / 'two',
        '--launcher', 'pytorch', '--gpus', '2')
    one, two = weights(tmp_path / 'one'), weights(tmp_path / 'two')
    for name, value in one.items():
        torch.testing.assert_close(two[name], value, atol=1e-4, rtol=1e-3)
    one, two = (read_metrics(tmp_path / name) for name in ('one', 'two'))
    assert 0 < one['PCK'] < 1
    for key in ('PCK', 'posetrack/AP', 'posetrack/Head AP'):
        assert one[key] == pytest.approx(two[key], abs=1e-4), key


@pytest.mark.slow
def test_test_script_draws_and_refuses_another_model(
        mim, write_config, tmp_path, clips):
    config = write_config("train_cfg = dict(max_epochs=1, val_interval=1)\n"
                          "val_evaluator[0]['dump_dir'] = 'dump'\n")
    mim('train', 'mmpose', config, '--work-dir', tmp_path / 'run')
    checkpoint = tmp_path / 'run' / 'epoch_1.pth'
    trained = read_metrics(tmp_path / 'run')
    mim('test', 'mmpose', config, '-C', checkpoint, '--work-dir',
        tmp_path / 'test', '--show-dir', tmp_path / 'shown')
    log = next((tmp_path / 'test').glob('*/*.json'))
    tested = json.loads(log.read_text())
    assert tested['PCK'] == pytest.approx(trained['PCK'], abs=1e-6)
    # one picture a person, drawn by the stock hook from `img_path`
    annotations = json.loads(
        (clips / 'annotations' / 'posetrack18_val.json').read_text())
    pictures = list(tmp_path.rglob('shown/**/*.jpg')) + list(
        tmp_path.rglob('shown/**/*.png'))
    labeled = {ann['image_id'] for ann in annotations['annotations']}
    assert len(pictures) >= len(labeled)

    other = write_config(
        'model = dict(head=dict(conv_out_channels=(8, ), '
        'conv_kernel_sizes=(3, )))',
        base='single_image/td-hm_hrnet-tiny_1xb16-4e_synthetic-96x64.py')
    code, output = mim('test', 'mmpose', other, '-C', checkpoint,
                       '--work-dir', tmp_path / 'other', check=False)
    assert code != 0
    assert 'it holds the weights of another model' in output
