"""The job behind the button, without a browser."""
import csv
import json
import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from mmpose_video.apis import VideoPoseInferencer
from mmpose_video.app import job as job_module
from mmpose_video.app.browser_video import NOT_PLAYABLE, make_playable
from mmpose_video.app.errors import AppError, CancelledError
from mmpose_video.app.exports import export_all
from mmpose_video.app.job import WHOLE_IMAGE, JobOptions, PoseJob
from mmpose_video.app.menu import Menu

from ..test_apis.one_stage_material import write_one_stage

NUM_FRAMES = 9


def options(menu, **changes):
    values = dict(model=menu.titles()[0], people=WHOLE_IMAGE,
                  smoothing='none')
    return JobOptions(**{**values, **changes})


def ignore(done, total):
    pass


@pytest.fixture
def job(menu, workspace):
    return PoseJob(menu, workspace, device='cpu')


def frames_of(path):
    capture = cv2.VideoCapture(str(path))
    return int(capture.get(cv2.CAP_PROP_FRAME_COUNT))


@pytest.mark.slow
def test_a_video_becomes_files(job, menu, workspace, rendered, tiny_model):
    seen = []
    result = job.run(str(rendered), options(menu),
                     lambda *progress: seen.append(progress))
    assert seen == [(done, NUM_FRAMES) for done in range(NUM_FRAMES + 1)]
    assert result.folder.parent == workspace.jobs
    assert frames_of(result.video) == NUM_FRAMES
    assert {path.name for path in result.files} >= {
        f'two_people.{name}' for name in (
            'mmpose.json', 'csv.csv', 'coco.json', 'deeplabcut.csv',
            'trc.trc', 'yolo.zip')}
    # against the inferencer
    want = list(VideoPoseInferencer(*tiny_model, device='cpu')(
        str(rendered), boxes='whole_image'))
    points = np.array([r['predictions'][0][0]['keypoints'] for r in want])
    got = np.array([f.people[0].keypoints for f in result.results.frames])
    # videos are read by another library here
    np.testing.assert_allclose(got, points, atol=0.5)
    made = json.loads(next(p for p in result.files
                           if p.name.endswith('mmpose.json')).read_text())
    np.testing.assert_allclose(
        [f['instances'][0]['keypoints'] for f in made], got)
    table = next(p for p in result.files if p.name.endswith('csv.csv'))
    with open(table) as file:
        assert len(list(csv.DictReader(file))) == NUM_FRAMES * got.shape[1]
    with zipfile.ZipFile(result.archive) as archive:
        names = archive.namelist()
        assert archive.testzip() is None
    assert 'two_people.mp4' in names and 'two_people.mmpose.run.json' in names
    assert set(names) >= {path.name for path in result.files}
    # neither the upload nor anything unfinished stays
    assert not list(workspace.root.rglob('*.part*'))
    assert not list(workspace.root.rglob('*.avi'))
    assert str(workspace.root) not in (
        result.folder / 'results' / 'two_people.mmpose.run.json').read_text()


def test_a_stopped_job_leaves_nothing(job, menu, workspace, rendered):
    def report(done, total):
        if done == 3:
            raise CancelledError

    with pytest.raises(CancelledError):
        job.run(str(rendered), options(menu), report)
    assert not list(workspace.jobs.iterdir())
    # and the next one works
    assert job.run(str(rendered), options(menu), ignore).video.is_file()


def test_a_job_that_fails_leaves_nothing(job, menu, workspace, rendered,
                                         monkeypatch):
    def fail(*_):
        raise OSError('no space left on device')

    monkeypatch.setattr(job_module, 'export_all', fail)
    with pytest.raises(AppError, match='no space left'):
        job.run(str(rendered), options(menu), ignore)
    assert not list(workspace.jobs.iterdir())


@pytest.mark.parametrize('keep', [0, 16, 300])
def test_a_cut_video_is_one_line(job, menu, workspace, rendered, tmp_path,
                                 keep):
    path = tmp_path / 'cut.avi'
    path.write_bytes(rendered.read_bytes()[:keep])
    with pytest.raises(AppError, match='cut.avi|no frames') as why:
        job.run(str(path), options(menu), ignore)
    assert str(workspace.root) not in str(why.value)
    assert not list(workspace.jobs.iterdir())


def test_huge_frames_are_refused(job, menu, tmp_path, monkeypatch, rendered):
    monkeypatch.setattr(job_module, 'MAX_PIXELS', 100 * 100)
    with pytest.raises(AppError, match='frames of 160 x 120'):
        job.run(str(rendered), options(menu), ignore)


@pytest.mark.parametrize('change, message', [
    (dict(model='/etc/evil.py'), 'no model'),
    (dict(smoothing='SmoothNet'), "no filter 'SmoothNet'"),
    (dict(people='/etc/detector.py'), 'finds people')])
def test_options_are_those_of_the_page(job, menu, workspace, rendered, change,
                                       message):
    with pytest.raises(AppError, match=message):
        job.run(str(rendered), options(menu, **change), ignore)
    assert not list(workspace.jobs.iterdir())


@pytest.mark.slow
def test_smoothing_and_limits(job, menu, rendered, workspace):
    job.max_frames = 6
    seen = []
    result = job.run(
        str(rendered),
        options(menu, smoothing='OneEuro', max_lost=3, max_frames=4),
        lambda *progress: seen.append(progress))
    assert seen[-1] == (4, 4) and len(result.results.frames) == 4
    made = result.results.info.provenance
    assert made['smoother']['type'] == 'OneEuro'
    assert made['tracker']['max_lost'] == 3


@pytest.mark.slow
def test_one_model_stays_in_memory(job, menu, rendered):
    job.run(str(rendered), options(menu, max_frames=1), ignore)
    first = job._inferencer
    job.run(str(rendered), options(menu, max_frames=1), ignore)
    assert job._inferencer is first
    job.run(str(rendered), options(menu, max_frames=1, smoothing='Kalman'),
            ignore)
    assert job._inferencer is not first


@pytest.mark.slow
@pytest.mark.parametrize('people', ['MoveNet', WHOLE_IMAGE])
def test_a_model_that_finds_people_itself(people, workspace, rendered,
                                          tmp_path):
    """It runs as by itself, and the page says that nothing else does."""
    config, checkpoint = write_one_stage(tmp_path)
    content = torch.load(checkpoint, weights_only=True)
    for name, value in content['state_dict'].items():
        if name.endswith('bias') and ('out_cls' in name or 'out_obj' in name):
            value += 10.  # which begin at -4.6: high scores
    torch.save(content, checkpoint)
    menu = Menu([(config, checkpoint)])
    result = PoseJob(menu, workspace, device='cpu', max_frames=2).run(
        str(rendered), options(menu, people=people), ignore)
    assert f'finds people by itself, without {people}' in result.notes[0]
    want = list(VideoPoseInferencer(config, checkpoint, device='cpu')(
        str(rendered), stream=dict(max_frames=2, backend='pyav')))
    counts = [len(frame.people) for frame in result.results.frames]
    assert counts == [len(frame['predictions'][0]) for frame in want]
    assert min(counts) > 0


def test_warnings_of_a_run_reach_the_page(menu, workspace, rendered,
                                          tiny_model):
    from mmpose_video.app.menu import Menu
    random = Menu([(tiny_model[0], None)])
    job = PoseJob(random, workspace, device='cpu')
    result = job.run(str(rendered), options(random, max_frames=1), ignore)
    assert any('random' in note for note in result.notes)


@pytest.mark.slow
def test_without_pyav_the_video_is_vp9(job, menu, rendered, monkeypatch):
    """MPEG-4 Part 2, which OpenCV writes, is no format of browsers."""
    av = pytest.importorskip('av')
    monkeypatch.setattr(job_module, 'video_backend', lambda: 'opencv')
    result = job.run(str(rendered), options(menu, max_frames=3), ignore)
    with av.open(str(result.video)) as container:
        assert container.streams.video[0].codec_context.name in (
            'vp9', 'libvpx-vp9')
    assert frames_of(result.video) == 3 and NOT_PLAYABLE not in result.notes


def test_a_video_that_browsers_cannot_play_is_called_so(tmp_path):
    path = tmp_path / 'x.mp4'
    path.write_bytes(b'no video')
    assert make_playable(path, 'opencv') == NOT_PLAYABLE
    assert [p.name for p in tmp_path.iterdir()] == ['x.mp4']
    assert make_playable(path, 'pyav') is None


def test_formats_that_cannot_hold_the_results_are_noted(tmp_path,
                                                        make_results):
    """Two people with one id; the size of the frames is not known."""
    made = export_all(make_results({0: [(0, 0, 1), (9, 9, 1)]}),
                      Path(tmp_path, 'out'), 'x')
    notes = '\n'.join(made.notes)
    assert 'deeplabcut: frame 0 has two people with the same track' in notes
    assert 'yolo: YOLO divides by the size' in notes
    assert 'x.csv.csv' in {path.name for path in made.files}


def test_a_format_may_have_a_file_for_each_person(tmp_path, make_results):
    made = export_all(make_results({0: [(0, 0, 1), (9, 9, 4)]}), tmp_path, 'x')
    assert {path.name for path in made.files if path.suffix == '.trc'} == {
        'x.trc_person01.trc', 'x.trc_person04.trc'}
    assert all(path.is_file() for path in made.files)
