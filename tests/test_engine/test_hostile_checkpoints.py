"""MMPose's own scripts with a checkpoint that tries to run code."""
import pytest
import torch


@pytest.mark.slow
def test_resume_runs_and_deletes_nothing_that_a_file_names(
        mim, write_config, tmp_path):
    run, trace, victim = (tmp_path / name
                          for name in ('run', 'trace', 'victim.txt'))
    mim('train', 'mmpose',
        write_config('train_cfg = dict(max_epochs=1, val_interval=1)\n'),
        '--work-dir', run)
    victim.write_text('mine')
    path = run / 'epoch_1.pth'
    content = torch.load(path, weights_only=False)
    code = f'open({str(trace)!r}, "w").close()'
    content['meta'].update(config=code, cfg=code)
    info = content['message_hub']['runtime_info']
    info.update(cfg=code, best_ckpt=str(victim), best_score=-1.)
    torch.save(content, path)

    config = write_config('train_cfg = dict(max_epochs=2, val_interval=1)\n')
    _, output = mim('train', 'mmpose', config, '--work-dir', run, '--resume')
    assert 'resumed epoch: 1' in output
    # a better model came, so MMEngine was about to delete the previous one
    assert 'The best checkpoint with' in output
    assert victim.read_text() == 'mine'
    mim('test', 'mmpose', config, '-C', path, '--work-dir', tmp_path / 'test')
    assert not trace.exists()
