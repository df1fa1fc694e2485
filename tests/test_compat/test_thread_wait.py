"""Idle OpenMP threads sleep soon, unless the user chose otherwise."""
import subprocess
import sys
import textwrap

import pytest

from mmpose_video.compat import thread_wait
from mmpose_video.compat.thread_wait import SPIN_COUNT, choose_wait


def test_sets_the_spin_count():
    environ = {}
    assert choose_wait(environ, torch_loaded=False)
    assert environ == dict(GOMP_SPINCOUNT=SPIN_COUNT)
    assert not choose_wait(environ, torch_loaded=False)


@pytest.mark.parametrize('name', ['GOMP_SPINCOUNT', 'OMP_WAIT_POLICY'])
def test_leaves_the_choice_of_the_user(name):
    environ = {name: 'ACTIVE'}
    assert not choose_wait(environ, torch_loaded=False)
    assert environ == {name: 'ACTIVE'}


def test_comes_too_late_after_torch():
    environ = {}
    assert not choose_wait(environ, torch_loaded=True)
    assert not environ


@pytest.mark.parametrize('imports, expected', [
    (['mmengine'], SPIN_COUNT),  # as MMPose's train.py and test.py begin
    (['json', 'mmpose', 'torch'], SPIN_COUNT),
    (['torch', 'mmengine'], None),
    (['torch'], None),  # a process that has nothing to do with MMPose
    (['json'], None)])
def test_at_interpreter_start(imports, expected, tmp_path):
    for name in ('mmengine', 'mmpose', 'torch'):
        (tmp_path / f'{name}.py').touch()
    code = f"""
        import os, sys
        os.environ.pop('GOMP_SPINCOUNT', None)
        os.environ.pop('OMP_WAIT_POLICY', None)
        exec(open({thread_wait.__file__!r}).read())
        before = WaitChooser in sys.meta_path
        import {', '.join(imports)}
        print(before, WaitChooser in sys.meta_path,
              os.environ.get('GOMP_SPINCOUNT'))"""
    # -S: no site-packages, the modules of the working folder stand in
    result = subprocess.run(
        [sys.executable, '-S', '-c', textwrap.dedent(code)],
        cwd=tmp_path, capture_output=True, text=True, check=True)
    still_watching = imports == ['json']
    assert result.stdout.split() == [
        'True', str(still_watching), str(expected)]
