"""Results that overwrite neither inputs nor each other, on any disk."""
import contextlib
import json
import multiprocessing
import os
import resource
import signal
import sys
from types import ModuleType

import cv2
import numpy as np
import pytest

from mmpose_video.apis.result_files import ResultFiles
from mmpose_video.apis.result_paths import claim_paths
from mmpose_video.formats.json_array_file import JsonArrayFile
from mmpose_video.formats.keypoints import POSETRACK_KEYPOINTS
from mmpose_video.formats.results import RunInfo
from mmpose_video.visualization.opencv_encoder import mp4_frame_rate
from mmpose_video.visualization.video_file import VideoFile

INFO = RunInfo(POSETRACK_KEYPOINTS, 'a', fps=25.)
BOX = [[5., 5., 60., 100.]]


def write_video(path, images, codec='mp4v'):
    path.parent.mkdir(parents=True, exist_ok=True)
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*codec), 10.,
                             images[0].shape[1::-1])
    for image in images:
        writer.write(image)
    writer.release()
    return path


def frames_of(path):
    return [row['frame_id'] for row in json.loads(path.read_text())]


@contextlib.contextmanager
def full_disk(limit):
    """No file can grow beyond a number of bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.slow
def test_videos_of_one_name_do_not_collide(inferencer, images, tmp_path):
    out = tmp_path / 'out'
    videos = [
        write_video(tmp_path / 'a/clip.mp4', images[:2]),
        write_video(tmp_path / 'b/clip.mp4', images[:3]),
        write_video(tmp_path / 'b/clip.avi', images[:4], 'MJPG')
    ]
    for video in [*videos, *videos]:  # a second run replaces its own results
        list(inferencer(str(video), out_dir=str(out)))
    for kind, suffix in (('predictions', 'json'), ('posetrack', 'json'),
                         ('visualizations', 'mp4'), ('sources', 'txt')):
        assert sorted(path.name for path in (out / kind).iterdir()
                      if '.run.' not in path.name) == sorted(
            f'{name}.{suffix}' for name in ('clip', 'clip-2', 'clip-3'))
    for name, video, count in zip(('clip', 'clip-2', 'clip-3'), videos,
                                  (2, 3, 4)):
        assert len(frames_of(out / f'predictions/{name}.json')) == count
        # in PoseTrack's layout a video keeps its name
        image = json.loads(
            (out / f'posetrack/{name}.json').read_text())['images'][0]
        assert image['file_name'].startswith('clip/')
        drawn = cv2.VideoCapture(str(out / f'visualizations/{name}.mp4'))
        assert drawn.get(cv2.CAP_PROP_FRAME_COUNT) == count
        assert (out / f'sources/{name}.txt').read_text() == str(video)


def test_results_of_arrays_are_kept(inferencer, images, tmp_path):
    """Arrays cannot be recognized as the same video as before."""
    for count in (1, 2):
        list(inferencer(images[:count], out_dir=str(tmp_path)))
    assert frames_of(tmp_path / 'predictions/frames.json') == [0]
    assert frames_of(tmp_path / 'predictions/frames-2.json') == [0, 1]


def test_files_of_other_programs_are_kept(inferencer, images, tmp_path):
    other = tmp_path / 'predictions/frames.json'
    other.parent.mkdir()
    other.write_text('[]')
    list(inferencer(images[:1], out_dir=str(tmp_path)))
    assert other.read_text() == '[]'
    assert frames_of(tmp_path / 'predictions/frames-2.json') == [0]


def test_boxes_in_the_folder_of_the_results(inferencer, images, tmp_path):
    """Predictions of an earlier run serve as boxes, and stay."""
    video = write_video(tmp_path / 'clip.mp4', images[:3])
    list(inferencer(str(video), boxes=[BOX] * 3, out_dir=str(tmp_path)))
    boxes = tmp_path / 'predictions/clip.json'
    before = boxes.read_bytes()
    with pytest.raises(FileExistsError, match='is an input'):
        list(inferencer(str(video), boxes=str(boxes), out_dir=str(tmp_path)))
    assert boxes.read_bytes() == before
    # through a link it is the same file
    link = tmp_path / 'link'
    link.symlink_to(tmp_path, target_is_directory=True)
    with pytest.raises(FileExistsError, match='is an input'):
        list(inferencer(str(video), str(boxes), out_dir=str(link)))
    results = list(inferencer(str(video), str(boxes),
                              out_dir=str(tmp_path / 'other')))
    assert [r['predictions'][0][0]['bbox'][0] for r in results] == BOX * 3
    assert boxes.read_bytes() == before


@pytest.mark.parametrize('inputs', ['boxes', 'video'])
def test_mistyped_inputs_leave_earlier_results(inferencer, images, tmp_path,
                                               inputs):
    video = write_video(tmp_path / 'clip.mp4', images[:2])
    list(inferencer(str(video), out_dir=str(tmp_path)))
    before = {path: path.read_bytes()
              for path in tmp_path.glob('**/*') if path.is_file()}
    with pytest.raises(OSError, match='mistyped'):
        if inputs == 'boxes':
            list(inferencer(str(video), 'mistyped.json',
                            out_dir=str(tmp_path)))
        else:
            list(inferencer(str(tmp_path / 'mistyped.mp4'),
                            out_dir=str(tmp_path)))
    assert before == {path: path.read_bytes()
                      for path in tmp_path.glob('**/*') if path.is_file()}


def test_video_below_the_folder_of_the_results(inferencer, images, tmp_path):
    """It has the path that its own drawn video would get."""
    video = write_video(tmp_path / 'visualizations/clip.mp4', images[:3])
    before = video.read_bytes()
    for _ in range(2):
        assert len(list(inferencer(str(video), out_dir=str(tmp_path)))) == 3
        assert video.read_bytes() == before
    assert (tmp_path / 'visualizations/clip-2.mp4').exists()
    assert not (tmp_path / 'predictions/clip-3.json').exists()


def test_full_disk_leaves_valid_json(tmp_path):
    """At any size at which a write can fail, in the middle as well."""
    for limit in range(100, 400, 7):
        file = JsonArrayFile(str(tmp_path / f'{limit}.json'))
        done = 0
        with full_disk(limit), pytest.raises(OSError, match=f'{limit}.json'):
            while True:
                file.append(dict(frame=done, text='x' * 20))
                done += 1
        file.append('after')  # as there is room again
        file.close()
        rows = json.loads((tmp_path / f'{limit}.json').read_text())
        assert rows[-1] == 'after'
        assert [row['frame'] for row in rows[:-1]] == list(range(done))


def test_full_disk_in_a_run(tmp_path):
    person = dict(
        keypoints=[[1., 2.]] * 17, keypoint_scores=[.5] * 17, bbox=BOX,
        bbox_score=1., track_id=0)
    for limit in (70000, 75003, 80001):
        out = tmp_path / str(limit)
        files = ResultFiles(str(out), 'a', INFO, draw=False)
        done = 0
        with full_disk(limit), pytest.raises(OSError, match='a.json'):
            try:
                while True:
                    files.append(done, done, f'{done}.jpg', [person], None)
                    done += 1
            finally:
                files.close()
        assert done > 0
        # the frame that failed may be in one of the files
        assert done <= len(frames_of(out / 'predictions/a.json')) <= done + 1
        content = json.loads((out / 'posetrack/a.json').read_text())
        assert len(content['images']) == done
        assert {ann['image_id'] for ann in content['annotations']} == set(
            range(done))
        assert not list(out.glob('**/*.part*'))


def test_all_frame_rates_can_be_written(tmp_path):
    rng = np.random.default_rng(0)
    rates = [112.2369, 29.97, 30000 / 1001, 0.04, 1e-9, 90000., np.nan,
             *rng.uniform(66, 260, 25), *rng.uniform(1, 66, 5)]
    for rate in rates:
        file = VideoFile(str(tmp_path / 'a.mp4'), rate)
        file.append(np.zeros((16, 16, 3), np.uint8))
        file.append(np.zeros((16, 16, 3), np.uint8))
        file.close()
        video = cv2.VideoCapture(str(tmp_path / 'a.mp4'))
        assert video.get(cv2.CAP_PROP_FRAME_COUNT) == 2
        if 1 < rate < 300:
            assert abs(mp4_frame_rate(rate) / rate - 1) < 2e-4
            assert abs(video.get(cv2.CAP_PROP_FPS) / rate - 1) < 2e-4
        (tmp_path / 'a.mp4').unlink()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize('backend', ['opencv', 'pyav'])
def test_the_next_run_removes_the_video_of_a_killed_one(tmp_path, backend):
    if backend == 'pyav':
        pytest.importorskip('av')
    path = tmp_path / 'visualizations' / 'a.mp4'

    def draw():
        return np.zeros((16, 16, 3), np.uint8)

    def write(last):
        files = ResultFiles(str(tmp_path), 'a', INFO, draw=True, video='a.mp4',
                            video_backend=backend)
        for number, picture in enumerate([draw, draw, last]):
            files.append(number, number, '', [], picture)
        files.close()

    process = multiprocessing.get_context('fork').Process(
        target=write, args=(lambda: os.kill(os.getpid(), signal.SIGKILL), ))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    left, = path.parent.iterdir()
    assert left.name.startswith('a.mp4.') and left.suffix == '.part'
    assert frames_of(tmp_path / 'predictions' / 'a.json') == [0, 1, 2]

    write(draw)
    assert list(path.parent.iterdir()) == [path]
    assert cv2.VideoCapture(str(path)).get(cv2.CAP_PROP_FRAME_COUNT) == 3


def test_poses_do_not_depend_on_the_picture(inferencer, images, tmp_path):
    """The video cannot be written: its folder is a file."""
    (tmp_path / 'visualizations').write_text('in the way')
    results = list(inferencer(images, out_dir=str(tmp_path)))
    assert len(results) == 9
    assert frames_of(tmp_path / 'predictions/frames.json') == list(range(9))


@pytest.mark.parametrize('error', [KeyboardInterrupt, RuntimeError])
def test_formats_without_the_video(tmp_path, error):
    """An error at the end of the video costs no other file."""

    def draw():
        raise error

    files = ResultFiles(str(tmp_path), 'a', INFO, draw=True, formats=['csv'])
    files.append(0, 0, '0.jpg', [], lambda: np.zeros((32, 48, 3), np.uint8))
    files.video.close = draw
    files._files.callback(files.video.close)
    with pytest.raises(error):
        files.close()
    assert (tmp_path / 'csv/a.csv').read_text().startswith('frame,')
    assert os.listdir(tmp_path / 'visualizations') == ['a.mp4']


def test_a_video_on_a_full_disk_has_no_name(tmp_path):
    file = VideoFile(str(tmp_path / 'a.mp4'), 25.)
    rng = np.random.default_rng(0)
    with full_disk(20000):
        for _ in range(20):
            file.append(rng.integers(0, 255, (64, 64, 3), dtype=np.uint8))
        file.close()
    assert not list(tmp_path.iterdir())


def test_links_in_the_folder_of_the_results(tmp_path):
    """A link to nowhere counts as another's file, and nothing follows it."""
    out, trap = tmp_path / 'out', tmp_path / 'trap'
    for folder in ('sources', 'predictions'):
        (out / folder).mkdir(parents=True)
    (out / 'sources/a.txt').symlink_to(trap)
    (out / 'predictions/a-2.json').symlink_to(trap)
    (out / 'sources/a-3.txt').mkdir()
    paths = claim_paths(str(out), 'a', 'a.mp4', [])
    assert paths.predictions == str(out / 'predictions/a-4.json')
    assert claim_paths(str(out), 'a', 'a.mp4', []) == paths
    assert not trap.exists()


def test_names_that_are_no_text(inferencer, images, tmp_path):
    """OpenCV's bindings crash at names that are not UTF-8."""
    source = write_video(tmp_path / 'a.mp4', images[:2])
    video = os.fsdecode(bytes(tmp_path) + b'/caf\xe9\n -%03d.mp4')
    source.rename(video)
    out = str(tmp_path / 'out')
    for _ in range(2):
        assert len(list(inferencer(video, out_dir=out, output=dict(
            formats=('csv', 'trc'))))) == 2
    stem = os.path.splitext(os.path.basename(video))[0]
    for name in (f'predictions/{stem}.json', f'visualizations/{stem}.mp4',
                 f'csv/{stem}.csv'):
        assert os.path.getsize(os.path.join(out, name)) > 100
    assert len(os.listdir(os.path.join(out, 'sources'))) == 1


def test_posetrack_is_missed_where_it_is_asked_for(tmp_path, monkeypatch):
    """A model with other keypoints, of whom nobody expects the file."""
    said = []
    monkeypatch.setattr('mmpose_video.apis.result_files.print_log',
                        lambda text, *_: said.append(text))
    info = RunInfo(('nose', 'left_eye'), 'a', fps=25.)
    for formats in ([], ['csv'], ['posetrack']):
        ResultFiles(str(tmp_path), 'a', info, False, formats=formats).close()
    assert said == ["no file in PoseTrack's layout is written: the model "
                    'lacks some of its keypoints']


@pytest.mark.parametrize('name, package', [
    ('slp', 'sleap_io'), ('nwb', 'ndx_pose')])
def test_formats_that_need_a_package(tmp_path, monkeypatch, name, package):
    """Refused before the first frame, not after the last one."""
    for module in ('sleap_io', 'pynwb', 'ndx_pose'):
        monkeypatch.setitem(sys.modules, module, ModuleType(module))
    ResultFiles(str(tmp_path), 'a', INFO, draw=False, formats=[name]).close()
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ImportError, match=rf'`{package}`.*\[formats\]'):
        ResultFiles(str(tmp_path), 'a', INFO, draw=False, formats=[name])


def test_other_formats_overwrite_neither_inputs_nor_others(tmp_path):
    def run(**kwargs):
        files = ResultFiles(str(tmp_path), 'a', INFO, draw=False,
                            video='a.mp4', formats=['coco'], **kwargs)
        files.append(0, 0, '0.jpg', [])
        files.close()
        return files.paths.predictions

    path = tmp_path / 'coco/a.json'
    path.parent.mkdir()
    path.write_text('mine')
    assert run() == run() == str(tmp_path / 'predictions/a-2.json')
    assert path.read_text() == 'mine'
    own = tmp_path / 'coco/a-2.json'
    assert own.read_text() == '[]'
    with pytest.raises(FileExistsError, match='is an input'):
        run(inputs=[str(own)])
