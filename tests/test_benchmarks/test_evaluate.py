"""Each trained model is tested and measured once."""
import json
import os
import pickle
import sys
from pathlib import Path

import numpy as np
import pytest
from comparison import evaluate
from comparison.cost import measure
from comparison.methods import discover
from comparison.runs import Trainings
from comparison.sizes import SIZES
from mmengine.config import Config

from mmpose_video.datasets.synthetic import SyntheticConfig, generate

SMALL = SIZES['small']
ROOT = Path(__file__).parents[2]
#: Stands in for ``mim test``: dumps a file that lies there.
FAKE = """
import pathlib, shutil, sys
dump = sys.argv[sys.argv.index('--dump') + 1]
shutil.copyfile(pathlib.Path(sys.argv[1]).parent / 'poses', dump)
"""


@pytest.fixture(scope='module')
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp('data')
    generate(folder / 'synthetic' / 'hard', SyntheticConfig(
        train_videos=1, val_videos=1, frames=4, width=160, height=96))
    return folder


@pytest.fixture
def trainings(tmp_path):
    return Trainings(tmp_path)


def finish(trainings, name='tdmi_seed0', **kwargs):
    """A finished run."""
    folder = trainings.folder(name)
    folder.mkdir()
    (folder / 'config.py').touch()
    result = dict(dict(
        name=name, method=name.split('_')[0], variant=None, split='hard',
        config='configs/tdmi/config.py', seed=0, epochs=4, minutes=1., AP=1.,
        checkpoint=str(folder / 'epoch_4.pth')), **kwargs)
    (folder / 'done.json').write_text(json.dumps(result))
    return result


@pytest.mark.slow
def test_predictions_are_counted_once(trainings, data, monkeypatch):
    monkeypatch.setattr('comparison.sizes.ROOT', data / 'none')
    labels = data / 'synthetic/hard/annotations/posetrack18_val.json'
    result = finish(trainings)
    folder = trainings.folder('tdmi_seed0')
    samples = [
        dict(id=ann['id'], pred_instances=dict(keypoints=np.array(
            ann['keypoints']).reshape(1, 17, 3)))
        for ann in json.loads(labels.read_text())['annotations']]
    (folder / 'poses').write_bytes(pickle.dumps(samples))
    tester = [sys.executable, '-S', '-c', FAKE]
    # first without labels: the run is named, and comes again
    with pytest.raises(FileNotFoundError):
        evaluate.predict_all(SMALL, trainings, [result], tester)
    monkeypatch.setattr('comparison.sizes.ROOT', data.parent)
    link = data.parent / 'data'
    if not link.exists():
        link.symlink_to(data)
    assert evaluate.predict_all(SMALL, trainings, [result], tester) == []
    found, everything = json.loads(
        (folder / 'difficulty.json').read_text())['frame']['clear']
    assert found == everything > 0  # the labels themselves were predicted
    (folder / 'poses').unlink()  # a second test would fail
    assert evaluate.predict_all(SMALL, trainings, [result], tester) == []

    collected, = evaluate.collect(trainings, [result])
    assert collected['difficulty']['frame']['clear'] == [found, found]
    assert collected['cost'] is None and 'checkpoint' not in collected
    assert str(trainings.work_dir) not in json.dumps(collected)

    # trained anew: tested anew
    newer = (folder / 'predictions.pkl').stat().st_mtime + 10
    os.utime(folder / 'done.json', (newer, newer))
    errors = evaluate.predict_all(SMALL, trainings, [result], tester)
    assert 'test.log' in errors[0]


STILL = """
import json, pathlib, sys
assert sys.argv[-1] == 'test_dataloader.dataset.clip_sampler.dilation=0'
work_dir = pathlib.Path(sys.argv[sys.argv.index('--work-dir') + 1])
(work_dir / 'now').mkdir(parents=True)
(work_dir / 'now' / 'now.json').write_text(json.dumps({'posetrack/AP': 12.5}))
"""


def test_video_models_are_tested_on_still_clips_once(trainings):
    results = [finish(trainings), finish(
        trainings, 'baseline_seed0', config='configs/single_image/config.py')]
    tester = [sys.executable, '-S', '-c', STILL]
    assert evaluate.still_all(trainings, results, tester) == []
    # a second test would fail: the folder is there
    assert evaluate.still_all(trainings, results, tester) == []
    found = evaluate.collect(trainings, results)
    assert [run['still_AP'] for run in found] == [12.5, None]


def test_real_data_say_nothing_of_difficulty(trainings):
    assert evaluate.predict_all(SIZES['paper'], trainings,
                                [finish(trainings)], ['no program']) == []


def test_whole_frames_have_no_keypoints_to_sort_and_no_clips(trainings):
    result = finish(trainings, 'adaptivepose_seed0',
                    config='projects/adaptivepose/configs/config.py')
    for test in (lambda: evaluate.predict_all(
            SMALL, trainings, [result], ['no program']),
                 lambda: evaluate.still_all(
                     trainings, [result], ['no program'])):
        assert test() == []


def test_one_measurement_per_model(trainings, monkeypatch):
    commands = []

    def call(command, log):
        commands.append(command)
        Path(command[3]).write_text(json.dumps(dict(macs=len(commands))))
        return 0

    monkeypatch.setattr(trainings, 'call', call)
    results = [finish(trainings, 'start_seed0'), finish(trainings),
               finish(trainings, 'tdmi_seed1', seed=1),
               finish(trainings, 'tdmi.no-mi_seed0', method='tdmi',
                      variant='no-mi')]
    assert evaluate.measure_all(trainings, results) == []
    assert [Path(c[3]).parent.name for c in commands] == [
        'tdmi_seed0', 'tdmi.no-mi_seed0']
    assert evaluate.measure_all(trainings, results) == []
    assert len(commands) == 2
    costs = [run['cost'] for run in evaluate.collect(trainings, results)]
    assert costs == [None, dict(macs=1), dict(macs=1), dict(macs=2)]


def test_a_config_that_is_gone(trainings):
    result = finish(trainings)
    (trainings.folder('tdmi_seed0') / 'config.py').unlink()
    error, = evaluate.measure_all(trainings, [result])
    assert 'config.py is gone' in error


@pytest.mark.slow
@pytest.mark.parametrize('name', ['baseline', 'tdmi'])
def test_cost_of_a_model(name, data, tmp_path):
    config = Config.fromfile(ROOT / discover(SMALL)[name].config)
    config.train_dataloader.dataset.data_root = str(data / 'synthetic/hard')
    config.model.freeze_backbone = name != 'baseline'
    config.dump(tmp_path / 'config.py')
    cost = measure(str(tmp_path / 'config.py'), 'cpu', 4, 1)
    assert cost['batch_size'] == 4
    assert cost['frames'] == (1 if name == 'baseline' else 5)
    assert (cost['trainable'] < cost['params']) == (name != 'baseline')
    for key in ('macs', 'clips_per_second', 'samples_per_second'):
        assert cost[key] > 0
    assert cost['memory_mb'] > 100 and cost['machine']
