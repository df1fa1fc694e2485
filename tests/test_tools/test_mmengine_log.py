"""The state of a run from MMEngine's own lines."""
import pytest

from mmpose_video.tools._mmengine_log import parse_run_state

STAMP = '11/26 13:00:00 - mmengine - INFO - '


@pytest.mark.parametrize('line, text', [
    ('Epoch(train)  [2][ 50/300]  lr: 1.0e-03  eta: 0:02:03  time: 0.51  '
     'data_time: 0.01  memory: 12  loss: 0.00214  loss_kpt: 0.002',
     'epoch 2/6, iteration 50/300, loss 0.00214, 0:02:03 left'),
    ('Epoch(train) [1][5/80]  eta: 1 day, 0:00:01  loss: nan',
     'epoch 1/6, iteration 5/80, loss nan, 1 day, 0:00:01 left'),
    ('Epoch(val)   [1][10/12]    eta: 0:00:03  time: 0.3',
     'epoch 1/6, val batch 10/12, 0:00:03 left'),
    ('Epoch(test) [12/12]    posetrack/AP: 53.1',
     'test batch 12/12')])
def test_states(line, text):
    assert parse_run_state(STAMP + line).describe(6) == text


@pytest.mark.parametrize('line', [
    '', 'train_cfg = dict(by_epoch=True, max_epochs=6)',
    STAMP + 'Saving checkpoint at 1 epochs', 'loss: 0.3 eta: 0:00:01'])
def test_other_lines(line):
    assert parse_run_state(line) is None
