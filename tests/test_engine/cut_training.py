"""A small training that is killed while it writes.

Test modules cannot be imported by another process; this file can.
"""
import os
import resource
import signal
import sys
import time

import torch
from mmengine.dataset import DefaultSampler
from mmengine.evaluator import BaseMetric, Evaluator
from mmengine.hooks import CheckpointHook
from mmengine.model import BaseModel
from mmengine.runner import Runner
from torch.utils.data import Dataset

import mmpose_video.engine.hooks  # noqa: F401

# of the validations: the best is after 2 epochs, and not the last
SCORES = (.3, .5, .4)
EPOCHS = len(SCORES)


class Numbers(Dataset):

    def __len__(self):
        return 4

    def __getitem__(self, index):
        return dict(inputs=torch.full((3, ), index / 4))


class Line(BaseModel):
    """Counts its steps, so that a score can be a function of the weights."""

    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(3, 1)
        self.register_buffer('steps', torch.zeros((), dtype=torch.int64))

    def forward(self, inputs, mode='tensor'):
        out = self.layer(torch.stack(inputs))
        if mode == 'loss':
            self.steps += 1
            return dict(loss=(out**2).mean())
        return [self.steps.item()]


class Score(BaseMetric):

    def process(self, data_batch, data_samples):
        self.results.append(data_samples[0])

    def compute_metrics(self, results):
        return {'a/AP': SCORES[results[0] // 2 - 1]}


def make_runner(work_dir, resume, by_epoch=True, hook=True, **checkpoint):
    loader = dict(
        dataset=Numbers(),
        sampler=DefaultSampler(Numbers(), shuffle=False),
        batch_size=2, num_workers=0)
    hooks = dict(
        checkpoint=CheckpointHook(**{**dict(
            interval=1 if by_epoch else 2, save_best='a/AP', rule='greater',
            max_keep_ckpts=2, by_epoch=by_epoch), **checkpoint}))
    if hook:
        hooks.update(resume_validation=dict(type='ResumeValidationHook'))
    return Runner(
        model=Line(), work_dir=str(work_dir), resume=resume,
        train_dataloader=loader, val_dataloader=loader, val_cfg=dict(),
        val_evaluator=Evaluator(Score()),
        train_cfg=dict(by_epoch=True, max_epochs=EPOCHS) if by_epoch else
        dict(by_epoch=False, max_iters=2 * EPOCHS, val_interval=2),
        optim_wrapper=dict(optimizer=dict(type='Adam', lr=.1)),
        param_scheduler=dict(type='ReduceOnPlateauLR', monitor='a/AP',
                             rule='greater', patience=0) if by_epoch else
        dict(type='LinearLR', end=4, by_epoch=False),
        default_hooks=hooks, randomness=dict(seed=1),
        default_scope='mmpose',
        experiment_name=f'cut{time.time_ns()}', log_level='ERROR')


def train(work_dir, resume=False, kill_at=None, max_bytes=0, **settings):
    """Train, and be killed.

    Args:
        kill_at (int): Before the n-th time that a file is opened, renamed or
            deleted.
        max_bytes (int): Not then, but when a file grows longer than that.
    """
    torch.set_num_threads(1)
    events = []

    def kill(event, args):
        if event in ('open', 'os.rename', 'os.remove') and (
                str(work_dir) in str(args[0])):
            events.append(event)
            if len(events) != kill_at:
                return
            if not max_bytes:
                os.kill(os.getpid(), signal.SIGKILL)
            signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
            resource.setrlimit(resource.RLIMIT_FSIZE, (max_bytes, max_bytes))

    sys.addaudithook(kill)
    make_runner(work_dir, resume, **settings).train()
    return events
