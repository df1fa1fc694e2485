"""The demo skips what is done and goes on where it was stopped."""
import pytest

from mmpose_video.tools.demo import EPOCHS, Demo


@pytest.fixture
def demo(tmp_path, monkeypatch):
    """A demo whose commands are noted instead of run."""
    demo = Demo(str(tmp_path), 'config.py')
    demo.commands = []

    def step(name, command):
        demo.commands.append(command)
        if name == 'training':
            (tmp_path / 'best_AP_epoch_1.pth').touch()
            (tmp_path / f'epoch_{EPOCHS}.pth').touch()

    monkeypatch.setattr(demo, '_step', step)
    monkeypatch.setattr(demo, '_render', lambda: None)
    monkeypatch.setattr(demo, '_untrained_checkpoint', lambda: 'untrained')
    monkeypatch.setattr(
        demo, '_evaluate',
        lambda path, name: 1. if name == 'untrained' else 20.)
    monkeypatch.setattr(demo, '_draw', lambda path: 'video/video.mp4')
    return demo


def test_trains_once(demo, capsys):
    demo.run()
    command, = demo.commands
    assert command[1:3] == ['train', 'mmpose']
    assert f'train_cfg.max_epochs={EPOCHS}' in command
    demo.run()
    assert len(demo.commands) == 1
    assert 'untrained 1.0, trained 20.0' in capsys.readouterr().out


def test_goes_on_after_a_stop(demo, tmp_path):
    # a best checkpoint alone does not mean that the training was finished
    (tmp_path / 'best_AP_epoch_1.pth').touch()
    demo.run()
    command, = demo.commands
    assert command[command.index('--resume') + 1] == 'auto'


def test_fresh_starts_again(demo, tmp_path):
    (tmp_path / f'epoch_{EPOCHS}.pth').touch()
    demo.run(fresh=True)
    command, = demo.commands
    assert '--resume' not in command


def test_a_model_that_learned_nothing_is_an_error(demo, monkeypatch):
    monkeypatch.setattr(demo, '_evaluate', lambda path, name: 1.)
    with pytest.raises(SystemExit, match='training.log'):
        demo.run()
