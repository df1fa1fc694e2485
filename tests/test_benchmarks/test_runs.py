"""Runs are made once, resumed when killed, and named when they fail."""
import json
import sys
import threading
import time
from pathlib import Path

import pytest
from comparison.errors import RunError, StoppedError
from comparison.logs import read_training
from comparison.plan import Progress, duration, execute
from comparison.runs import Run, Trainings
from comparison.sizes import ROOT

FAKE = [sys.executable, '-S', str(Path(__file__).with_name('fake_trainer.py'))]


@pytest.fixture
def trainings(tmp_path):
    return Trainings(tmp_path, trainer=FAKE)


def calls(trainings):
    path = trainings.work_dir / 'calls.txt'
    return path.read_text().splitlines() if path.exists() else []


def start(**kwargs):
    return Run('start_seed1', 'start', 'good.py', 1, epochs=8, **kwargs)


def follower(name='a_seed1', config='good.py', **kwargs):
    return Run(name, name[0], config, 1, epochs=4, start='start_seed1',
               start_options=('load_from={start}', ), **kwargs)


def test_results_and_no_second_run(trainings):
    runs = [start(), follower()]
    first = execute(runs, trainings, jobs=2)
    assert len(calls(trainings)) == 2
    assert calls(trainings)[0] == 'start_seed1 -'
    # the second one begins with what the first one left
    assert calls(trainings)[1].endswith('start_seed1/epoch_8.pth')
    result = first['a_seed1']
    assert result['AP'] == 51 and result['Ankle'] == 46
    assert result['seconds_per_iteration'] == 0.5  # the median
    assert result['epochs'] == 4 and result['method'] == 'a'
    assert result['checkpoint'].endswith('a_seed1/epoch_4.pth')
    assert result['versions']['torch'] and result['device'] == 'cpu'

    again = execute(runs, Trainings(trainings.work_dir, trainer=FAKE), 1)
    assert again == first
    assert len(calls(trainings)) == 2


def test_results_of_the_first_version_are_read(trainings):
    """The first version wrote no options, method or split, and absolute
    paths."""
    folder = trainings.folder('start_seed1')
    folder.mkdir()
    (folder / 'done.json').write_text(json.dumps(dict(
        name='start_seed1', config='good.py', seed=1, epochs=8, minutes=3.,
        seconds_per_iteration=1., checkpoint='/elsewhere/epoch_8.pth',
        AP=45., Head=50.)))
    results = execute([start(), follower()], trainings, 1)
    assert results['start_seed1']['AP'] == 45
    assert results['start_seed1']['split'] == 'hard'
    expected = trainings.folder('start_seed1').resolve() / 'epoch_8.pth'
    assert calls(trainings) == [f'a_seed1 {expected}']


@pytest.mark.parametrize('other', [
    dict(epochs=9), dict(config='other.py'), dict(options=('a=1', ))])
def test_the_result_of_another_run_is_refused(trainings, other):
    trainings.train(start())
    wanted = dict(name='start_seed1', method='start', config='good.py',
                  seed=1, epochs=8)
    with pytest.raises(RunError, match=f'of another run: {list(other)[0]}'):
        execute([Run(**{**wanted, **other})], trainings, 1)


def test_a_failure_names_its_log_and_spares_the_others(trainings, capsys):
    runs = [start(), follower('b_seed1', 'bad.py'), follower()]
    results = execute(runs, trainings, 1)
    assert sorted(results) == ['a_seed1', 'start_seed1']
    error = capsys.readouterr().err
    assert 'b_seed1 failed with status 1' in error
    log = trainings.folder('b_seed1') / 'output.log'
    assert str(log) in error and 'it is bad' in log.read_text()
    # only the one that failed is run again
    before = len(calls(trainings))
    execute(runs, trainings, 1)
    assert [c.split()[0] for c in calls(trainings)[before:]] == ['b_seed1']


def test_what_starts_from_a_failure_is_not_run(trainings, capsys):
    bad = Run('start_seed1', 'start', 'bad.py', 1, epochs=8)
    assert execute([bad, follower()], trainings, 2) == {}
    assert 'a_seed1 was not run: start_seed1' in capsys.readouterr().err
    assert len(calls(trainings)) == 1


def test_a_killed_run_goes_on_from_its_last_epoch(trainings):
    run = Run('s_seed0', 's', 'slow.py', 0, epochs=4,
              options=('load_from=start.pth', ))
    outcome = []

    def train():
        try:
            trainings.train(run)
        except StoppedError:
            outcome.append('stopped')

    thread = threading.Thread(target=train)
    thread.start()
    ready = trainings.folder('s_seed0') / 'ready'
    end = time.monotonic() + 30
    while not ready.exists() and time.monotonic() < end:
        threading.Event().wait(0.02)
    trainings.stop()
    thread.join(30)
    assert outcome == ['stopped']
    assert not trainings._children

    other = Trainings(trainings.work_dir, trainer=FAKE)
    result = other.train(run)
    folder = trainings.folder('s_seed0').resolve()
    assert calls(trainings) == ['s_seed0 start.pth',
                                f's_seed0 {folder}/epoch_1.pth']
    assert result['AP'] == 50 and result['minutes'] > 0
    # of other options: nothing to go on from
    assert 'epoch_1' not in ' '.join(other.command(run))


def test_ctrl_c_ends_the_child(trainings, tmp_path, monkeypatch):
    """The thread that waits for the child ends it."""
    import subprocess
    started = []

    class Interrupted(subprocess.Popen):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            started.append(self)
            self.first = True

        def wait(self, timeout=None):
            if self.first:
                self.first = False
                raise KeyboardInterrupt
            return super().wait(timeout)

    monkeypatch.setattr(subprocess, 'Popen', Interrupted)
    with pytest.raises(KeyboardInterrupt):
        trainings.call([sys.executable, '-S', '-c',
                        'import time; time.sleep(600)'], None)
    assert started[0].wait(30) < 0  # by a signal


def test_configs_of_projects_import_them(trainings, monkeypatch):
    """The repository is on the path, beside what the user has there."""
    wanted = {str(ROOT), '/of/the/user'}
    monkeypatch.setenv('PYTHONPATH', '/of/the/user')
    assert trainings.call([
        sys.executable, '-S', '-c',
        f'import sys; sys.exit(not {wanted} <= set(sys.path))'], None) == 0
    monkeypatch.delenv('PYTHONPATH')
    assert trainings.call([
        sys.executable, '-S', '-c', 'import os, sys; '
        f"sys.exit(os.environ['PYTHONPATH'] != {str(ROOT)!r})"], None) == 0


def test_a_training_without_evaluation(tmp_path):
    with pytest.raises(RunError, match='output.log'):
        read_training(tmp_path)


def test_damaged_result(trainings):
    folder = trainings.folder('start_seed1')
    folder.mkdir()
    (folder / 'done.json').write_text('{')
    with pytest.raises(RunError, match='damaged.*remove it'):
        trainings.finished(start())


def test_time_left():
    runs = [Run(f'{m}_seed{s}', m, 'c.py', s) for s in (0, 1) for m in 'ab']
    known = {'a_seed0': dict(method='a', minutes=10.)}
    progress = Progress(runs, known, jobs=2)
    # three open runs of 10 minutes, as far as is known, two at a time
    assert progress.remaining() == 15
    progress.end(runs[1], dict(method='b', minutes=30., AP=1.))
    assert progress.remaining() == (10 + 30) / 2
    assert Progress(runs, {}, 1).remaining() is None
    assert (duration(65), duration(7.4)) == ('1 h 05 min', '7 min')
