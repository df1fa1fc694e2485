import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from mmengine.logging import MMLogger
from torch.utils.data import DataLoader

from mmpose_video.compat.script_errors import (
    final_line,
    report,
    tools_folders,
)
from mmpose_video.datasets.body import PoseTrack18ClipDataset
from mmpose_video.formats.json_file import read_json

CONFIG = (Path(__file__).parents[2] / 'configs' / 'single_image' /
          'td-hm_hrnet-tiny_1xb16-4e_synthetic-96x64.py')
SCRIPT = next(folder / 'train.py' for folder in tools_folders()
              if (folder / 'train.py').is_file())


def error_of(function, *args, **kwargs):
    with pytest.raises(Exception) as caught:
        function(*args, **kwargs)
    return caught.value


def bad_labels(tmp_path):
    path = tmp_path / 'labels.json'
    path.write_text(json.dumps(dict(images=7)))
    return path


class Lazy:
    """Reads its labels where it is asked for a sample."""

    def __init__(self, path):
        self.path = path

    def __len__(self):
        return 1

    def __getitem__(self, index):
        return len(PoseTrack18ClipDataset(ann_file=str(self.path)))


@pytest.mark.parametrize('workers', [0, 1])
def test_labels(tmp_path, workers):
    path = bad_labels(tmp_path)
    loader = DataLoader(Lazy(path), num_workers=workers)
    line = final_line(error_of(list, loader))
    assert line.startswith(f'error: {path}') and "'images'" in line
    assert '\n' not in line and 'Traceback' not in line


def test_files_that_cannot_be_opened(tmp_path):
    line = final_line(error_of(read_json, str(tmp_path / 'absent.json')))
    assert line.startswith('error: ') and 'absent.json' in line
    assert str(tmp_path) in final_line(error_of(open, tmp_path))


@pytest.mark.parametrize('fault', [
    lambda: {}['a'], lambda: np.zeros(3).reshape(2, 2),
    # within the package, but not an error that it raises
    lambda: final_line(None), lambda: exec('raise ValueError')])
def test_errors_from_elsewhere_keep_their_traceback(fault, capsys):
    error = error_of(fault)
    assert final_line(error) is None
    report(type(error), error, error.__traceback__)
    assert 'Traceback' in capsys.readouterr().err


def test_the_log_gets_the_traceback(tmp_path, monkeypatch, capsys):
    log = tmp_path / 'run.log'
    logger = MMLogger('run', log_file=str(log))
    monkeypatch.setitem(MMLogger._instance_dict, 'run', logger)
    error = error_of(read_json, str(tmp_path / 'absent.json'))
    report(type(error), error, error.__traceback__)
    assert capsys.readouterr().err.splitlines() == [
        f'error: {error} (the traceback is in {log})']
    assert 'Traceback' in log.read_text() and 'absent.json' in log.read_text()


def test_the_traceback_on_request(tmp_path, monkeypatch):
    error = error_of(len, PoseTrack18ClipDataset(
        ann_file=str(bad_labels(tmp_path)), lazy_init=True))
    assert final_line(error)
    monkeypatch.setenv('MMPOSE_VIDEO_TRACEBACK', '1')
    assert final_line(error) is None


def test_other_programs_are_left_alone():
    assert sys.excepthook is not report


@pytest.mark.slow
def test_script(tmp_path):
    env = dict(os.environ, OMP_NUM_THREADS='1')
    run = subprocess.run([sys.executable, str(SCRIPT), str(CONFIG)],
                         cwd=tmp_path, env=env, text=True,
                         capture_output=True)
    assert run.returncode == 1
    last = run.stderr.strip().splitlines()[-1]
    assert last.startswith('error: there is no annotation file')
    log = Path(last.rpartition(' ')[2].rstrip(')'))
    assert 'Traceback' in log.read_text()
    assert 'Traceback' not in run.stdout + run.stderr
