"""Commands with their output in a file: their lines, failures and ends."""
import os
import signal
import subprocess
import sys
import textwrap
import threading

import pytest

from mmpose_video.tools._job import JobError, run_job

pytestmark = pytest.mark.skipif(os.name != 'posix', reason='process groups')


def python(code):
    return [sys.executable, '-c', textwrap.dedent(code)]


def test_passes_on_whole_lines(tmp_path):
    lines = []
    run_job(
        python("""
            import sys
            print('one'); print('two', file=sys.stderr, flush=True)
            print('no end', end='')"""), str(tmp_path / 'log'), lines.append)
    # stderr is not buffered, stdout is
    assert sorted(lines) == ['one', 'two']
    assert 'no end' in (tmp_path / 'log').read_text()


def test_a_failure_tells_the_end_of_the_output(tmp_path):
    with pytest.raises(JobError, match='KeyError: 5\n\nended with status 1'):
        run_job(python('{}[5]'), str(tmp_path / 'log'))


@pytest.mark.slow
def test_a_killed_command_ends_the_job_and_its_orphans(tmp_path):
    # an orphan that holds the output, as a loader worker does; the pipe of
    # its own ends when it ends
    read, write = os.pipe()
    os.set_inheritable(write, True)
    job = python(f"""
        import os, signal, subprocess, sys
        subprocess.Popen([sys.executable, '-c', 'import time; '
                          'time.sleep(600)'], pass_fds=[{write}])
        os.kill(os.getpid(), signal.SIGKILL)""")
    # what run_job starts must not close the pipe
    starter = subprocess.run(
        python(f"""
            from mmpose_video.tools._job import JobError, run_job
            import functools, subprocess
            subprocess.Popen = functools.partial(
                subprocess.Popen, pass_fds=[{write}])
            try:
                run_job({job!r}, {str(tmp_path / 'log')!r})
            except JobError as error:
                print(error.status)"""),
        pass_fds=[write], capture_output=True, text=True, timeout=100,
        check=True)
    os.close(write)
    assert starter.stdout.strip() == str(-signal.SIGKILL)
    assert os.read(read, 1) == b''
    os.close(read)


def test_an_interrupt_ends_the_command(tmp_path):
    job = python("""
        import os
        print(os.getpid(), flush=True)
        import time
        try:
            time.sleep(600)
        finally:
            print('cleaned up', flush=True)""")
    pids = []

    def interrupt(line):
        pids.append(int(line))
        threading.Thread(
            target=os.kill, args=(os.getpid(), signal.SIGINT)).start()

    with pytest.raises(KeyboardInterrupt):
        run_job(job, str(tmp_path / 'log'), interrupt)
    with pytest.raises(ProcessLookupError):
        os.kill(pids[0], 0)
    assert 'cleaned up' in (tmp_path / 'log').read_text()
