"""Nothing that a checkpoint says is executed, opened or deleted."""
import time

import numpy as np
import pytest
import torch
from mmengine.dataset import DefaultSampler
from mmengine.evaluator import BaseMetric, Evaluator
from mmengine.hooks import CheckpointHook
from mmengine.infer import BaseInferencer
from mmengine.logging import MessageHub
from mmengine.model import BaseModel
from mmengine.runner import Runner
from mmengine.runner.checkpoint import CheckpointLoader
from torch.utils.data import Dataset


class Numbers(Dataset):

    metainfo = dict(dataset_name='numbers', sigmas=np.ones(2))

    def __len__(self):
        return 4

    def __getitem__(self, index):
        return dict(inputs=torch.full((3, ), index / 4))


class Line(BaseModel):

    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(3, 1)

    def forward(self, inputs, mode='tensor'):
        out = self.layer(torch.stack(inputs))
        return dict(loss=(out**2).mean()) if mode == 'loss' else [out]


class Rising(BaseMetric):
    """Each evaluation is better than the one before."""

    count = 0

    def process(self, data_batch, data_samples):
        self.results.append(0)

    def compute_metrics(self, results):
        Rising.count += 1
        return {'a/AP': float(Rising.count), 'b/AP': float(Rising.count)}


def make_runner(work_dir, epochs, save_best='a/AP', **kwargs):
    loader = dict(
        dataset=Numbers(),
        sampler=DefaultSampler(Numbers(), shuffle=False),
        batch_size=2,
        num_workers=0)
    return Runner(
        model=Line(),
        work_dir=str(work_dir),
        train_dataloader=loader,
        val_dataloader=loader,
        val_cfg=dict(),
        val_evaluator=Evaluator(Rising()),
        train_cfg=dict(by_epoch=True, max_epochs=epochs),
        optim_wrapper=dict(optimizer=dict(type='SGD', lr=.1)),
        default_hooks=dict(
            checkpoint=CheckpointHook(
                interval=1, save_best=save_best, rule='greater',
                max_keep_ckpts=2)),
        default_scope='mmengine',
        experiment_name=f'{work_dir.name}{time.time_ns()}',
        **kwargs)


@pytest.fixture(autouse=True)
def forget():
    Rising.count = 0
    yield
    MessageHub._instance_dict.clear()


def names(folder):
    return sorted(p.name for p in folder.glob('*.pth'))


def rewrite(path, change):
    content = torch.load(path, weights_only=False)
    change(content)
    torch.save(content, path)


def resume(work_dir, path, epochs=2, **kwargs):
    runner = make_runner(
        work_dir, epochs, load_from=str(path), resume=True, **kwargs)
    runner.train()
    return runner


@pytest.fixture
def trained(tmp_path):
    make_runner(tmp_path / 'run', 1).train()
    return tmp_path / 'run'


def test_config_in_meta_is_not_executed(trained, tmp_path):
    trace = tmp_path / 'trace'

    def change(content):
        content['meta']['config'] = f'open({str(trace)!r}, "w")'

    path = trained / 'epoch_1.pth'
    rewrite(path, change)
    resume(trained, path)
    assert not trace.exists()


@pytest.mark.parametrize('several', [False, True])
@pytest.mark.parametrize('place', ['elsewhere', 'work_dir', 'parent', 'dots'])
def test_best_model_of_a_file_deletes_nothing_else(place, several, tmp_path):
    indicators = ['a/AP', 'b/AP'] if several else 'a/AP'
    run = tmp_path / 'run'
    make_runner(run, 1, save_best=indicators).train()
    victim = dict(
        elsewhere=tmp_path / 'other' / 'best_a_AP_epoch_1.pth',
        work_dir=run / 'notes.txt',
        parent=tmp_path / 'best_a_AP_epoch_1.pth',
        dots=run / 'best_a_AP_epoch_1.pth.bak')[place]
    victim.parent.mkdir(exist_ok=True)
    victim.write_text('mine')
    name = f'{run}/../best_a_AP_epoch_1.pth' if place == 'parent' else victim

    def change(content):
        info = content['message_hub']['runtime_info']
        info['best_ckpt_a/AP' if several else 'best_ckpt'] = str(name)

    path = run / 'epoch_1.pth'
    rewrite(path, change)
    resume(run, path, save_best=indicators)
    assert victim.read_text() == 'mine'
    assert 'best_a_AP_epoch_2.pth' in names(run)


@pytest.mark.parametrize('several', [False, True])
def test_the_runs_own_best_model_is_still_replaced(several, tmp_path):
    indicators = ['a/AP', 'b/AP'] if several else 'a/AP'
    run = tmp_path / 'run'
    make_runner(run, 1, save_best=indicators).train()
    assert 'best_a_AP_epoch_1.pth' in names(run)
    moved = run.rename(tmp_path / 'moved')  # the file's paths are the old ones
    resume(moved, moved / 'epoch_1.pth', save_best=indicators)
    assert names(moved) == [
        'best_a_AP_epoch_2.pth',
        *(['best_b_AP_epoch_2.pth'] if several else []), 'epoch_1.pth',
        'epoch_2.pth'
    ]


def test_checkpoints_to_delete_are_numbers(trained, tmp_path):
    (trained / 'epoch_x').mkdir()
    victim = trained / 'victim.pth'
    victim.write_text('mine')

    def change(content):
        content['message_hub']['runtime_info']['keep_ckpt_ids'] = [
            'x/../victim', 'x/../victim', 'x/../victim', 1
        ]

    path = trained / 'epoch_1.pth'
    rewrite(path, change)
    runner = resume(trained, path, epochs=3)
    assert victim.exists()
    assert runner.message_hub.get_info('keep_ckpt_ids') == [2, 3]


def test_the_present_runs_config_and_labels_stay(trained):
    def change(content):
        hub = content['message_hub']
        for key in ('cfg', 'numbers_ann_file', 'mine'):
            hub['runtime_info'][key] = 'from the file'
            hub['resumed_keys'][key] = True

    path = trained / 'epoch_1.pth'
    rewrite(path, change)
    runner = make_runner(trained, 2, load_from=str(path), resume=True)
    runner.message_hub.update_info('numbers_ann_file', 'of this run')
    runner.train()
    info = runner.message_hub.runtime_info
    assert info['numbers_ann_file'] == 'of this run'
    assert info['cfg'] == runner.cfg.pretty_text
    assert info['mine'] == 'from the file'


def test_paths_in_the_datasets_meta_are_dropped(tmp_path):
    path = tmp_path / 'a.pth'
    torch.save(
        dict(state_dict={}, meta=dict(dataset_meta=dict(
            dataset_name='numbers', img_path='/etc/hosts', sigmas=[1.],
            classes=('person', )))), path)
    meta = CheckpointLoader.load_checkpoint(str(path), 'cpu')['meta']
    assert meta['dataset_meta'] == dict(
        dataset_name='numbers', sigmas=[1.], classes=('person', ))


@pytest.mark.parametrize('place', ['hub', 'meta'])
def test_inferencers_do_not_execute_a_checkpoints_config(place, tmp_path):
    class Inferencer(BaseInferencer):

        def _init_pipeline(self, cfg):
            return None

        def visualize(self, *args, **kwargs):
            """Unused."""

        def postprocess(self, *args, **kwargs):
            """Unused."""

    path, trace = tmp_path / 'a.pth', tmp_path / 'trace'
    text = f'open({str(trace)!r}, "w")'
    torch.save(
        dict(state_dict={}, meta=dict(cfg=text)) if place == 'meta' else dict(
            state_dict={},
            message_hub=dict(runtime_info=dict(cfg=text))), path)
    with pytest.raises(ValueError, match='no config was given for .*a.pth'):
        Inferencer(weights=str(path), device='cpu')
    assert not trace.exists()
