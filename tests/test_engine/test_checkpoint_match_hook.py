from types import SimpleNamespace
from unittest.mock import MagicMock

import pytest
import torch
from mmengine.runner import BaseLoop

from mmpose_video.engine.hooks import CheckpointMatchHook


def runner(training):
    model = torch.nn.ModuleDict(dict(
        backbone=torch.nn.Linear(2, 3), head=torch.nn.Linear(3, 4)))
    loop = MagicMock(spec=BaseLoop) if training else dict(type='Loop')
    return SimpleNamespace(model=model, logger=MagicMock(), _train_loop=loop)


def state(run, **changes):
    return {**run.model.state_dict(), **changes}


@pytest.mark.parametrize('training', [True, False])
def test_the_same_model_passes_in_silence(training):
    run = runner(training)
    hook = CheckpointMatchHook()
    hook.after_load_checkpoint(run, dict(state_dict=state(run)))
    hook.after_load_checkpoint(run, state(run))
    hook.after_load_checkpoint(run, dict(state_dict={
        f'module.{name}': value for name, value in state(run).items()}))
    run.logger.warning.assert_not_called()


def test_names_of_mmpose_0x():
    run = runner(training=False)
    old = {name.replace('head.', 'keypoint_head.'): value
           for name, value in state(run).items()}
    CheckpointMatchHook().after_load_checkpoint(run, dict(state_dict=old))


@pytest.mark.parametrize('bad', [
    {'head.weight': torch.zeros(5, 3)}, 'absent'])
def test_testing_another_model_is_an_error(bad):
    run = runner(training=False)
    weights = state(run)
    if bad == 'absent':
        del weights['head.weight']
    else:
        weights.update(bad)
    with pytest.raises(RuntimeError, match='3 of 4 tensors.*head.weight'):
        CheckpointMatchHook().after_load_checkpoint(
            run, dict(state_dict=weights))
    CheckpointMatchHook(strict=False).after_load_checkpoint(
        run, dict(state_dict=weights))
    run.logger.warning.assert_called_once()


def test_training_may_start_from_a_part_but_not_from_nothing():
    run = runner(training=True)
    part = {name: value for name, value in state(run).items()
            if name.startswith('backbone')}
    CheckpointMatchHook().after_load_checkpoint(run, dict(state_dict=part))
    assert '2 of 4' in run.logger.warning.call_args[0][0]
    with pytest.raises(RuntimeError, match='0 of 4'):
        CheckpointMatchHook().after_load_checkpoint(
            run, dict(state_dict=dict(other=torch.zeros(1))))


@pytest.mark.parametrize('training', [True, False])
def test_weights_that_are_not_finite_are_refused(training):
    run = runner(training)
    weights = state(run, **{'head.bias': torch.full((4, ), float('inf'))})
    with pytest.raises(RuntimeError, match=r'not finite: 1 \(head.bias\)'):
        CheckpointMatchHook().after_load_checkpoint(run, weights)


def test_objectives_may_be_absent_when_testing():
    run = runner(training=False)
    weights = state(run)
    run.model['objective'] = torch.nn.Linear(2, 2)
    with pytest.raises(RuntimeError, match='absent: 2'):
        CheckpointMatchHook().after_load_checkpoint(run, weights)
    run.model['objective'].training_only = True
    CheckpointMatchHook().after_load_checkpoint(run, weights)
    run.logger.warning.assert_not_called()
