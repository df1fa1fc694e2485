"""MoveNet on videos: with drawn weights, and with the published ones."""
import json

import cv2
import numpy as np
import pytest

from mmpose_video.apis import VideoPoseInferencer
from mmpose_video.apis.followed_people import FollowedPeople
from mmpose_video.apis.movenet_detector import MoveNetDetector
from mmpose_video.tools import infer as cli
from mmpose_video.weights import WeightsError, get_weights

from ..test_weights.movenet_material import NAMES, image, write_graph


@pytest.fixture(scope='module')
def drawn(tmp_path_factory):
    """A cache with graphs whose weights are drawn."""
    folder = tmp_path_factory.mktemp('drawn')
    (folder / 'weights').mkdir()
    for name in NAMES:
        write_graph(folder / 'weights', name)
    return folder


@pytest.fixture
def cache(drawn, monkeypatch):
    monkeypatch.setenv('MMPOSE_VIDEO_CACHE_DIR', str(drawn))


@pytest.fixture
def published():
    try:
        for name in NAMES:
            get_weights(f'movenet-{name}', offline=True)
    except WeightsError as error:
        pytest.skip(f'needs the published weights: {error}')


@pytest.fixture
def video(tmp_path):
    """Two figures, one of whom walks; 640 x 360 pixels, 6 frames."""
    path = tmp_path / 'two.avi'
    writer = cv2.VideoWriter(
        str(path), cv2.VideoWriter_fourcc(*'MJPG'), 10, (640, 360))
    for step in range(6):
        people = ((0.2 + 0.01 * step, 0.8), (0.7, 0.9))
        writer.write(image(360, 640, people)[..., ::-1].copy())
    writer.release()
    return path


@pytest.mark.slow
def test_one_command(published, video, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert cli.main([str(video), '--device', 'cpu']) == 0
    results = json.loads((tmp_path / 'results/predictions/two.json')
                         .read_text())
    assert [len(frame['instances']) for frame in results] == [2] * 6
    for frame in results:
        people = sorted(frame['instances'], key=lambda p: p['bbox'][0][0])
        middle = [np.mean(person['keypoints'], 0)[0] for person in people]
        step = frame['frame_id']
        assert middle == pytest.approx(
            [640 * (0.2 + 0.01 * step), 640 * 0.7], abs=25)
        assert np.mean(people[0]['keypoint_scores']) > 0.3
    # each keeps the number of the track
    assert len({person['track_id'] for frame in results
                for person in frame['instances']}) == 2
    capture = cv2.VideoCapture(str(
        tmp_path / 'results/visualizations/two.mp4'))
    assert capture.get(cv2.CAP_PROP_FRAME_COUNT) == 6


@pytest.mark.slow
@pytest.mark.parametrize('name', [f'movenet-{name}' for name in NAMES])
def test_each_model(cache, video, name):
    infer = VideoPoseInferencer(name, device='cpu', detector=dict(
        config='movenet', score_thr=0.01, max_people=3, sizes=[96]))
    results = list(infer(str(video), stream=dict(max_frames=2)))
    assert len(results) == 2
    for result in results:
        for person in result['predictions'][0]:
            assert np.shape(person['keypoints']) == (17, 2)
            assert len(person['keypoint_scores']) == 17
            assert person['track_id'] >= 0


def test_multi_pose_reports_what_it_found(cache):
    pixels = image(160, 240)[..., ::-1].copy()
    infer = VideoPoseInferencer('movenet-multipose', device='cpu', detector=(
        dict(config='movenet', score_thr=0.01, sizes=[96], max_people=4)))
    people, = next(iter(infer([pixels])))['predictions']
    found = infer.detector.detector(pixels)
    assert len(found.boxes) > 0
    np.testing.assert_allclose([p['keypoints'] for p in people],
                               found.keypoints, rtol=1e-6)
    np.testing.assert_allclose([p['bbox'][0] for p in people], found.boxes,
                               rtol=1e-6)
    with pytest.raises(ValueError, match='by itself and takes no boxes'):
        list(infer([pixels], boxes=[[[0, 0, 50, 50]]]))


@pytest.mark.parametrize('detector', ['rtmdet', FollowedPeople(None)])
def test_multi_pose_takes_no_other_detector(cache, detector):
    with pytest.raises(ValueError, match='finds people by itself'):
        VideoPoseInferencer('movenet-multipose', device='cpu',
                            detector=detector)


@pytest.mark.slow
def test_video_without_people(cache, video, monkeypatch, tmp_path):
    """Empty lists, and a warning that says what to check."""
    said = []
    monkeypatch.setattr('mmpose_video.apis.people_tally.print_log',
                        lambda text, *_: said.append(text))
    assert cli.main([
        str(video), '--out-dir', str(tmp_path / 'out'), '--device', 'cpu',
        '--model', 'movenet-lightning', '--box-score-thr', '1']) == 0
    content = json.loads((tmp_path / 'out/predictions/two.json').read_text())
    assert [frame['instances'] for frame in content] == [[]] * 6
    assert said[-1] == (
        'there are no people in the 6 frames of `two`: the detector finds '
        'none above its `score_thr`')
    capture = cv2.VideoCapture(str(tmp_path / 'out/visualizations/two.mp4'))
    assert capture.get(cv2.CAP_PROP_FRAME_COUNT) == 6


@pytest.mark.slow
def test_200_people(cache, video):
    """More people than fit into a batch, cropped and followed."""
    def crowd(pixels):
        from mmpose_video.apis.found_people import FoundPeople
        at = np.stack(np.meshgrid(np.arange(20) * 30, np.arange(10) * 30),
                      -1).reshape(-1, 2)
        return FoundPeople(
            np.concatenate([at, at + [25, 40]], 1).astype(np.float32),
            np.ones(200, np.float32),
            at[:, None] + np.random.RandomState(0).rand(200, 17, 2) * 30,
            np.ones((200, 17), np.float32))
    infer = VideoPoseInferencer(
        'movenet-lightning', device='cpu',
        detector=FollowedPeople(crowd, interval=1, min_score=0.,
                                duplicate_thr=1.))
    result, = infer(str(video), stream=dict(max_frames=1))
    assert len(result['predictions'][0]) == 200


@pytest.mark.slow
def test_200_people_by_command(published, tmp_path, monkeypatch):
    """Some are missed, of the others the best 100 are kept, as is said."""
    said = []
    monkeypatch.setattr('mmpose_video.apis.movenet_detector.print_log',
                        lambda text, *_: said.append(text))
    pixels = np.tile(image(128, 90)[..., ::-1], (10, 20, 1))
    cv2.imwrite(str(tmp_path / 'crowd.png'), pixels)
    assert cli.main([
        str(tmp_path / 'crowd.png'), '--out-dir', str(tmp_path / 'out'),
        '--device', 'cpu', '--model', 'movenet-lightning', '--tiles',
        '5']) == 0
    frame, = json.loads((tmp_path / 'out/predictions/crowd.json').read_text())
    # of two crops on one person one is dropped
    assert 80 <= len(frame['instances']) <= 100
    assert said == ['there are more than 100 people in a frame; the best are '
                    'kept (`max_people`)']


@pytest.mark.slow
def test_boxes_for_other_methods(cache, make_config, checkpoint, clip_set,
                                 images):
    """A video method with MoveNet's boxes, which follow its own poses."""
    infer = VideoPoseInferencer(
        make_config(clip_set), checkpoint, device='cpu', detector=dict(
            config='movenet', sizes=[96], score_thr=0.01, max_people=2,
            min_score=0.))
    results = list(infer(images))
    assert len(results) == len(images)
    assert all(len(result['predictions'][0]) >= 1 for result in results)


@pytest.mark.slow
@pytest.mark.parametrize('options', [
    dict(dtype='bfloat16'), dict(dtype='float16'),
    dict(runtime='onnxruntime')], ids=lambda given: [*given.values()][0])
def test_other_runtimes(published, video, options):
    """Near the poses of PyTorch in float32; the head has several outputs."""
    if 'runtime' in options:
        pytest.importorskip('onnxscript', reason='exporting needs onnxscript')
    capture = cv2.VideoCapture(str(video))
    images = [capture.read()[1] for _ in range(2)]
    boxes = [[[60, 10, 200, 350], [370, 10, 530, 350]]] * 2
    wanted, found = (
        [person['keypoints']
         for result in VideoPoseInferencer('movenet-lightning', device='cpu',
                                           **given)(images, boxes=boxes)
         for person in result['predictions'][0]]
        for given in ({}, options))
    assert np.shape(wanted) == (4, 17, 2)
    error = np.linalg.norm(np.subtract(found, wanted), axis=-1)
    # pixels, of figures 340 pixels high
    assert np.median(error) < (0.01 if 'runtime' in options else 8)


@pytest.mark.slow
def test_detector_scales_back(published):
    """The same people in an image of any size and shape."""
    detect = MoveNetDetector(device='cpu', sizes=[512])
    for height, width in ((360, 640), (333, 517)):
        found = detect(image(height, width, ((0.2, 0.8), (0.7, 0.9)))[
            ..., ::-1].copy())
        middles = np.sort(found.boxes[:, 0::2].mean(1))
        assert middles == pytest.approx([0.2 * width, 0.7 * width], abs=15)
        assert found.boxes[:, 3].max() <= height
        assert found.keypoints.shape == (2, 17, 2)


@pytest.mark.slow
def test_more_than_six_people(published):
    people = tuple((0.06 + 0.125 * i, 0.7) for i in range(8))
    found = MoveNetDetector(device='cpu', sizes=[512])(
        image(240, 1024, people)[..., ::-1].copy())
    assert len(found.boxes) > 6


@pytest.mark.slow
def test_tiles_find_small_people(published):
    """Whole, in the image's pixels, each once; the summary tells of them."""
    pixels = np.tile(image(512, 512)[..., ::-1], (3, 3, 1))
    whole = MoveNetDetector(device='cpu', sizes=[256])
    tiled = MoveNetDetector(whole.model, sizes=[256], tiles=3)
    few, many = whole(pixels), tiled(pixels)
    assert len(few.boxes) < len(many.boxes) == 9
    middles = (many.boxes[:, :2] + many.boxes[:, 2:]) / 2
    expected = np.stack(np.meshgrid([256, 768, 1280], [256, 768, 1280]), -1)
    assert np.sort(middles[:, 0]) == pytest.approx(
        np.sort(expected[..., 0].ravel()), abs=60)
    assert (np.abs(many.keypoints.mean(1) - middles) < 100).all()
    text = tiled.summary()
    assert 'up to 9 in one (as published it returns 6)' in text
    assert 'misses many' not in text and tiled.summary() is None


def test_the_summary_says_that_people_are_small(cache):
    """Of an image of 1000 pixels, 96 in the network's input."""
    detect = MoveNetDetector(device='cpu', sizes=[96], score_thr=0.)
    boxes = np.array([[0, 0, 9, 900], [0, 0, 9, 1001], [0, 0, 9, 1001.]])
    detect._count(boxes[:2], (1000, 960))
    assert '50% of them less than 96 pixels high' in detect.summary()
    detect._count(boxes, (1000, 960))
    assert detect.summary().endswith('up to 3 in one (as published it returns '
                                     '6)')


@pytest.mark.slow
def test_the_best_of_too_many(published, monkeypatch):
    said = []
    monkeypatch.setattr(
        'mmpose_video.apis.movenet_detector.print_log',
        lambda text, *_: said.append(text))
    detect = MoveNetDetector(device='cpu', sizes=[512], max_people=1)
    pixels = image(360, 640, ((0.2, 0.8), (0.7, 0.9)))[..., ::-1].copy()
    for _ in range(2):
        assert len(detect(pixels).boxes) == 1
    assert len(said) == 1 and 'more than 1 people' in said[0]


@pytest.mark.parametrize('change, said', [
    (dict(sizes=[100]), 'multiples of 32'), (dict(sizes=[]), 'multiples'),
    (dict(max_people=0), 'max_people'), (dict(tiles=0), 'tiles')])
def test_bad_arguments(change, said):
    with pytest.raises(ValueError, match=said):
        MoveNetDetector(**change)


@pytest.mark.parametrize('npm, reason', [
    (None, 'there is no `npm`'),
    ('echo "npm error network ENOTFOUND" >&2; exit 1', 'network ENOTFOUND')])
def test_command_without_weights(tmp_path, video, monkeypatch, capsys, npm,
                                 reason):
    """No client, or no network: which files to put where."""
    monkeypatch.setenv('MMPOSE_VIDEO_CACHE_DIR', str(tmp_path / 'empty'))
    (tmp_path / 'bin').mkdir()
    monkeypatch.setenv('PATH', str(tmp_path / 'bin'))
    if npm:
        (tmp_path / 'bin/npm').write_text(f'#!/bin/sh\n{npm}\n')
        (tmp_path / 'bin/npm').chmod(0o755)
    assert cli.main([str(video), '--out-dir', str(tmp_path / 'out')]) == 1
    said = capsys.readouterr().err
    assert reason in said
    assert 'Put movenet-thunder.json and movenet-thunder.bin there' in said
    assert not (tmp_path / 'out').exists()


@pytest.mark.parametrize('damage, reason', [
    (lambda graph: graph.with_suffix('.bin').write_bytes(b'short'),
     'the file is truncated; fetch it again'),
    (lambda graph: graph.with_suffix('.bin').unlink(),
     'put it beside the json file'),
    (lambda graph: graph.write_text('{"format": "layers-model"}'),
     'is not the json file of a TensorFlow.js graph model')])
def test_command_with_damaged_files_in_the_cache(
        tmp_path, video, monkeypatch, capsys, damage, reason):
    (tmp_path / 'cache/weights').mkdir(parents=True)
    damage(write_graph(tmp_path / 'cache/weights', 'thunder'))
    monkeypatch.setenv('MMPOSE_VIDEO_CACHE_DIR', str(tmp_path / 'cache'))
    assert cli.main([str(video), '--out-dir', str(tmp_path / 'out')]) == 1
    said = capsys.readouterr().err
    assert said.startswith('error: ') and len(said.splitlines()) == 1
    assert reason in said and str(tmp_path / 'cache/weights') in said
    assert not (tmp_path / 'out').exists()


@pytest.mark.slow
@pytest.mark.parametrize('words, said', [
    (['--boxes', 'movenet', '--detector', 'x.py'], 'two detectors'),
    (['--config', 'x.py', '--detect-every', '3'], '--detect-every is for'),
    (['--model', 'movenet-multipose', '--detect-every', '3'],
     '--detect-every is for'),
    (['--config', 'x.py', '--tiles', '3'], '--tiles is for'),
    (['--detector-checkpoint', 'x.pth'], '--detector-checkpoint is for')])
def test_command_refuses(video, capsys, words, said):
    assert cli.main([str(video), *words]) == 1
    assert said in capsys.readouterr().err
