"""Train in this process, which may be killed on the way.

Test modules cannot be imported by another process; this file can.
"""
import os
import signal

import mmengine.config
import torch
from mmengine.config import Config
from mmengine.hooks import Hook
from mmengine.runner import Runner

import mmpose_video  # noqa: F401

# Formatting the config, for logs and checkpoints, takes half of the time.
mmengine.config.config.FormatCode = lambda text, **kwargs: (text, True)


class KillHook(Hook):
    """Kill the training after an iteration, which is not saved."""

    priority = 'HIGHEST'

    def __init__(self, iteration):
        self.iteration = iteration

    def after_train_iter(self, runner, batch_idx, data_batch=None,
                         outputs=None):
        if runner.iter + 1 == self.iteration:
            os.kill(os.getpid(), signal.SIGKILL)


def train(config, work_dir, workers=0, kill_at=None, resume=False):
    torch.set_num_threads(1)
    cfg = Config.fromfile(config)
    cfg.work_dir, cfg.resume, cfg.log_level = work_dir, resume, 'ERROR'
    cfg.train_dataloader.update(
        num_workers=workers, persistent_workers=workers > 0)
    runner = Runner.from_cfg(cfg)
    if kill_at is not None:
        runner.register_hook(KillHook(kill_at))
    runner.train()
