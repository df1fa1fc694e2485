"""Threads sleep soon and memory has huge pages, unless the user chose."""
import subprocess
import sys
import textwrap

import pytest

from mmpose_video.compat import torch_environment
from mmpose_video.compat.torch_environment import SPIN_COUNT, choose

BOTH = dict(GOMP_SPINCOUNT=SPIN_COUNT, THP_MEM_ALLOC_ENABLE='1')


def test_sets_both():
    environ = {}
    assert choose(environ, torch_loaded=False) == list(BOTH)
    assert environ == BOTH
    assert choose(environ, torch_loaded=False) == []


@pytest.mark.parametrize('name, other', [
    ('GOMP_SPINCOUNT', 'THP_MEM_ALLOC_ENABLE'),
    ('OMP_WAIT_POLICY', 'THP_MEM_ALLOC_ENABLE'),
    ('THP_MEM_ALLOC_ENABLE', 'GOMP_SPINCOUNT')])
def test_leaves_the_choice_of_the_user(name, other):
    environ = {name: '0'}
    assert choose(environ, torch_loaded=False) == [other]
    assert environ == {name: '0', other: BOTH[other]}


def test_comes_too_late_after_torch():
    environ = {}
    assert not choose(environ, torch_loaded=True)
    assert not environ


@pytest.mark.slow
@pytest.mark.parametrize('imports, expected', [
    (['mmengine'], BOTH),  # as MMPose's train.py and test.py begin
    (['json', 'mmpose', 'torch'], BOTH),
    (['torch', 'mmengine'], {}),
    (['torch'], {}),  # a process that has nothing to do with MMPose
    (['json'], {})])
def test_at_interpreter_start(imports, expected, tmp_path):
    for name in ('mmengine', 'mmpose', 'torch'):
        (tmp_path / f'{name}.py').touch()
    code = f"""
        import os, sys
        for name in {[*BOTH, 'OMP_WAIT_POLICY']!r}:
            os.environ.pop(name, None)
        exec(open({torch_environment.__file__!r}).read())
        before = ImportWatcher in sys.meta_path
        import {', '.join(imports)}
        print([before, ImportWatcher in sys.meta_path,
               {{name: os.environ[name] for name in {list(BOTH)!r}
                if name in os.environ}}])"""
    # -S: no site-packages, the modules of the working folder stand in
    result = subprocess.run(
        [sys.executable, '-S', '-c', textwrap.dedent(code)],
        cwd=tmp_path, capture_output=True, text=True, check=True)
    still_watching = imports == ['json']
    assert eval(result.stdout) == [True, still_watching, expected]
