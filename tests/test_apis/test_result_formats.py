"""Results in other formats, and how they were made."""
import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
import torch

import mmpose_video
from mmpose_video.apis import VideoPoseInferencer
from mmpose_video.formats.results import read_results
from mmpose_video.tools import infer as cli

BOXES = [np.array([[5. + t, 5, 70 + t, 110], [80, 10, 150, 115]])
         for t in range(9)]
PATHS = dict(csv='frames.csv', coco='frames.json', trc='frames.trc',
             yolo='frames', deeplabcut='frames.csv')


@pytest.fixture(scope='module')
def run(make_config, clip_set, checkpoint, images, tmp_path_factory):
    """Folder and results of a run that writes all formats."""
    folder = tmp_path_factory.mktemp('formats')
    infer = VideoPoseInferencer(
        make_config(clip_set), checkpoint, 'cpu', batch_size=4,
        smoother=dict(type='OneEuro', beta=0.01), tracker=dict(max_lost=7))
    boxes = [BOXES[t] if t != 3 else [] for t in range(9)]
    results = list(infer(
        images, boxes=boxes, out_dir=str(folder), stream=dict(fps=50),
        output=dict(formats=tuple(PATHS), save_vis=False)))
    return folder, results


@pytest.mark.parametrize('name', PATHS)
def test_all_formats_hold_the_results(run, name):
    folder, results = run
    found = read_results(str(folder / name / PATHS[name]), name)
    assert found.info.fps == 50 and found.info.size == (160, 120)
    assert [len(f.people) for f in found.frames] == [
        0 if t == 3 else 2 for t in range(9)]
    np.testing.assert_allclose(found.times(), np.arange(9) / 50, atol=1e-6)
    for frame, result in zip(found.frames, results):
        for person, given in zip(frame.people, result['predictions'][0]):
            points = np.array(given['keypoints'])
            known = np.isfinite(person.keypoints).all(-1)
            assert known.all() or name == 'yolo'
            np.testing.assert_allclose(person.keypoints[known],
                                       points[known], atol=1e-3)


def test_how_they_were_made(run, checkpoint):
    """In the predictions, PoseTrack's file and each other format."""
    folder, _ = run
    made = json.loads(
        (folder / 'predictions/frames.run.json').read_text())['provenance']
    assert made['checkpoint'] == dict(
        name='random.pth', sha256=hashlib.sha256(
            Path(checkpoint).read_bytes()).hexdigest())
    assert made['smoother']['type'] == 'OneEuro'
    assert made['smoother']['fps'] == made['frame_rate'] == 50
    assert made['smoother']['beta'] == 0.01
    assert made['tracker']['max_lost'] == 7
    assert made['tracker']['oks_weight'] == 0.5
    assert made['boxes']['type'] == 'GivenBoxes'
    assert made['model']['clip']['offsets'] == [-2, -1, 0, 1, 2]
    assert made['versions']['mmpose_video'] == mmpose_video.__version__
    assert made['versions']['torch'] == torch.__version__.split('+')[0]
    for name, path in (('mmpose', 'predictions/frames.json'),
                       ('posetrack', 'posetrack/frames.json'),
                       *((n, f'{n}/{p}') for n, p in PATHS.items())):
        found = read_results(str(folder / path), name)
        assert found.info.provenance == made, name


def test_a_format_that_fails_leaves_the_others(inferencer, images, tmp_path):
    """TRC needs a frame rate, which arrays do not have."""
    results = list(inferencer(
        images, boxes=BOXES, out_dir=str(tmp_path),
        output=dict(formats=['trc', 'csv'], save_vis=False)))
    assert len(results) == 9
    assert not (tmp_path / 'trc').exists()
    assert (tmp_path / 'csv' / 'frames.csv').exists()


def test_interrupted_runs_export_too(inferencer, images, tmp_path):
    def interrupted():
        yield from images[:7]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(inferencer(interrupted(), boxes=BOXES, out_dir=str(tmp_path),
                        output=dict(formats='csv', save_vis=False)))
    found = read_results(str(tmp_path / 'csv' / 'frames.csv'))
    assert [f.number for f in found.frames] == list(range(4))


def test_wrong_format(inferencer, images, tmp_path):
    with pytest.raises(ValueError, match="no format 'bvh'.*csv"):
        next(inferencer(images, out_dir=str(tmp_path),
                        output=dict(formats=['bvh'])))
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_command_line(make_config, clip_set, clip_dir, checkpoint, tmp_path):
    config = tmp_path / 'config.py'
    make_config(clip_set).dump(str(config))
    arguments = [str(clip_dir), '--config', str(config), '--checkpoint',
                 checkpoint, '--device', 'cpu', '--max-frames', '2',
                 '--no-video', '--quiet']
    for more, kinds in (([], {'csv'}), (['--formats'], set()),
                        (['--formats', 'coco', 'csv'], {'coco', 'csv'})):
        out = tmp_path / f'out{len(more)}'
        assert cli.main([*arguments, '--out-dir', str(out), *more]) == 0
        assert {p.name for p in out.iterdir()} == {
            'predictions', 'posetrack', 'sources'} | kinds


def test_checkpoint_that_was_written_again(make_config, clip_set, checkpoint,
                                           images, tmp_path):
    """As a training writes its last one: each run tells its own weights."""
    path = tmp_path / 'last.pth'
    weights = torch.load(checkpoint, weights_only=True)
    for epoch in range(2):
        torch.save(dict(weights, meta=dict(epoch=epoch)), path)
        infer = VideoPoseInferencer(make_config(clip_set), str(path),
                                    device='cpu')
        out = tmp_path / str(epoch)
        list(infer(images[:1], out_dir=str(out), boxes='whole_image',
                   output=dict(save_vis=False)))
        made = json.loads((out / 'predictions/frames.run.json').read_text())
        assert made['provenance']['checkpoint']['sha256'] == (
            hashlib.sha256(path.read_bytes()).hexdigest())
