"""Whole runs: files, tracks, interrupts and bad input."""
import json

import cv2
import numpy as np
import pytest

from mmpose_video.apis import (
    StreamOptions,
    VideoPoseInferencer,
    WholeImage,
    video_pose_inferencer,
)
from mmpose_video.apis.followed_people import FollowedPeople
from mmpose_video.apis.found_people import FoundPeople
from mmpose_video.apis.pose_stream import PoseStream
from mmpose_video.smoothing import build_filter
from mmpose_video.tools import infer as cli

BOXES = [np.array([[5. + t, 5, 70 + t, 110], [80, 10, 150, 115]])
         for t in range(9)]


def load(folder, kind, name='frames'):
    return json.loads((folder / kind / f'{name}.json').read_text())


def test_files(inferencer, images, tmp_path):
    results = list(inferencer(images, boxes=BOXES, out_dir=str(tmp_path),
                              output=dict(return_vis=True),
                              drawing=dict(kpt_thr=-10.)))
    rows = load(tmp_path, 'predictions')
    assert [row['frame_id'] for row in rows] == list(range(9))
    for row, result, boxes in zip(rows, results, BOXES):
        assert row['instances'] == json.loads(
            json.dumps(result['predictions'][0]))
        assert [p['track_id'] for p in row['instances']] == [0, 1]
        assert [p['bbox'][0] for p in row['instances']] == boxes.tolist()
    content = load(tmp_path, 'posetrack')
    assert len(content['annotations']) == 18
    x, y, w, h = content['annotations'][0]['bbox']
    assert [x, y, w, h] == [5, 5, 65, 105]
    assert not list(tmp_path.glob('**/*.part'))
    video = cv2.VideoCapture(
        str(tmp_path / 'visualizations' / 'frames.mp4'))
    assert video.get(cv2.CAP_PROP_FRAME_COUNT) == 9
    drawn = results[4]['visualization'][0]
    # a reversed view cannot become a tensor
    assert drawn.flags.c_contiguous
    changed = (drawn != images[4][..., ::-1]).any(-1)
    assert changed[30:90, [9, 80]].all()  # sides of the boxes
    assert 0.02 < changed.mean() < 0.8


def test_frames_without_people(inferencer, images, tmp_path):
    """They keep their place, also where a batch is not full."""
    boxes = [BOXES[t] if t in (1, 6) else [] for t in range(9)]
    results = list(inferencer(images, boxes=boxes, out_dir=str(tmp_path)))
    assert [len(r['predictions'][0]) for r in results] == [
        2 if t in (1, 6) else 0 for t in range(9)]
    assert [r['frame_id'] for r in results] == list(range(9))
    assert len(load(tmp_path, 'posetrack')['images']) == 9
    sample = next(inferencer(images, boxes=[[]] * 9,
                             output=dict(return_datasamples=True)))['predictions'][0]
    assert sample.pred_instances.keypoints.shape == (0, 17, 2)


def test_two_videos_in_turn(make_config, clip_set, checkpoint, images):
    """Two cameras, for instance: neither gets the people of the other."""
    def find(image):
        left = 5. if image[0, 0, 0] else 80.
        return FoundPeople(
            np.array([[left, 5, left + 65, 110]], 'f4'), np.ones(1, 'f4'),
            np.zeros((1, 17, 2), 'f4'), np.ones((1, 17), 'f4'))

    # people with bad scores are kept, with the boxes that they had
    infer = VideoPoseInferencer(
        make_config(clip_set), checkpoint, device='cpu',
        detector=FollowedPeople(find, min_score=-9., joint_thr=9.))
    videos = [np.array(images[:4]), np.array(images[:4])]
    for video, mark in zip(videos, (255, 0)):
        video[:, 0, 0] = mark
    alone = [list(infer(video)) for video in videos]
    for first, second in zip(infer(videos[0]), infer(videos[1])):
        for result, expected in zip((first, second), alone):
            assert result == expected[result['frame_id']]
    assert [run[3]['predictions'][0][0]['bbox'][0][0] for run in alone] == [
        5., 80.]


def test_own_sigmas_of_the_tracker(make_config, clip_set, checkpoint):
    infer = VideoPoseInferencer(
        make_config(clip_set), checkpoint, device='cpu',
        tracker=dict(sigmas=[0.1] * 17, max_lost=3))
    assert infer.system.tracker == dict(sigmas=[0.1] * 17, max_lost=3)


@pytest.mark.slow
def test_a_crowd(inferencer, images):
    """Many more people than a batch holds, in one frame."""
    rng = np.random.default_rng(0)
    corner = rng.uniform(0, 80, (60, 2))
    boxes = [np.concatenate([corner, corner + 40], 1)]
    result, = inferencer(images[:1], boxes=boxes)
    people = result['predictions'][0]
    assert len(people) == 60
    assert sorted(p['track_id'] for p in people) == list(range(60))
    np.testing.assert_allclose([p['bbox'][0] for p in people], boxes[0],
                               rtol=1e-6)


@pytest.mark.slow
def test_a_thousand_people(make_config, clip_set, images, tmp_path):
    """In two frames, with tracks, by a model of a few layers."""
    config = make_config(clip_set, kind='baseline')
    config.model.backbone = dict(
        type='ResNet', depth=18, stem_channels=16, base_channels=16,
        num_stages=1, strides=(1, ), dilations=(1, ), out_indices=(0, ))
    crowd = VideoPoseInferencer(config, device='cpu', batch_size=250)
    corner = np.random.default_rng(0).uniform(0, 100, (1000, 2))
    boxes = np.concatenate([corner, corner + 20], 1)
    results = list(crowd(images[:2], boxes=[boxes, boxes],
                         out_dir=str(tmp_path),
                         output=dict(save_vis=False)))
    for result in results:
        people = result['predictions'][0]
        assert len({p['track_id'] for p in people}) == len(people) == 1000
        np.testing.assert_allclose([p['bbox'][0] for p in people], boxes,
                                   rtol=1e-6)
    assert [len(row['instances']) for row in load(
        tmp_path, 'predictions')] == [1000, 1000]
    assert len(load(tmp_path, 'posetrack')['annotations']) == 2000


def test_default_batch_size(make_config, clip_set):
    """The small clips of five frames are 30,720 pixels each."""
    inferencer = VideoPoseInferencer(make_config(clip_set), device='cpu')
    assert inferencer.system.batch_size == 8


def test_no_frames(inferencer, tmp_path):
    """An error that says so; no file is written."""
    with pytest.raises(ValueError, match='no frames'):
        list(inferencer([], out_dir=str(tmp_path)))
    assert not list(tmp_path.iterdir())


def test_results_come_while_the_video_runs(inferencer, images):
    """No more frames are read than the batch and the clip need."""
    read = []

    def endless():
        for i in range(10**6):
            read.append(i)
            yield images[i % 9]

    results = inferencer(endless())
    for count in range(12):
        assert next(results)['frame_id'] == count
    results.close()
    assert len(read) <= 12 + 2 + inferencer.system.batch_size


def test_interrupt_leaves_valid_files(inferencer, images, tmp_path):
    """Each frame that was returned is on disk, at once and afterwards."""

    def interrupted():
        yield from images[:7]
        raise KeyboardInterrupt

    done = 0
    with pytest.raises(KeyboardInterrupt):
        for _ in inferencer(interrupted(), boxes=BOXES,
                            out_dir=str(tmp_path)):
            done += 1
            # while it runs, without waiting for its end: a kill may come
            assert len(load(tmp_path, 'predictions')) == done
            assert len(load(tmp_path, 'posetrack')['images']) == done
    assert done == 4
    assert len(load(tmp_path, 'predictions')) == done
    assert len(load(tmp_path, 'posetrack')['images']) == done
    video = cv2.VideoCapture(str(tmp_path / 'visualizations/frames.mp4'))
    assert video.get(cv2.CAP_PROP_FRAME_COUNT) == done


def test_the_size_changes(inferencer, images, tmp_path):
    large = [cv2.resize(image, (200, 150)) for image in images[:3]]
    results = list(inferencer(images[:4] + large, out_dir=str(tmp_path)))
    assert [r['predictions'][0][0]['bbox'][0][2] for r in results] == [
        160] * 4 + [200] * 3
    video = cv2.VideoCapture(str(tmp_path / 'visualizations/frames.mp4'))
    assert video.get(cv2.CAP_PROP_FRAME_COUNT) == 7


def test_track_ids_of_the_file_are_kept(inferencer, clip_dir, clip_file):
    content = json.loads(clip_file.read_text())
    wanted = {ann['track_id'] for ann in content['annotations']}
    found = {p['track_id'] for r in inferencer(str(clip_dir), str(clip_file))
             for p in r['predictions'][0]}
    assert found == wanted


@pytest.mark.slow
@pytest.mark.parametrize('config', [
    dict(type='OneEuro', fps=10), dict(type='Gaussian', sigma=1.)])
def test_smoothing(make_config, clip_set, checkpoint, inferencer, images,
                   config):
    """The output equals the filter applied to the raw output."""
    smooth = VideoPoseInferencer(make_config(clip_set), checkpoint, 'cpu',
                                 batch_size=4, smoother=config)
    raw, found = (
        np.array([[p['keypoints'] for p in r['predictions'][0]]
                  for r in i(images, boxes=BOXES)])
        for i in (inferencer, smooth))
    assert raw.shape == found.shape == (9, 2, 17, 2)
    for person in range(2):
        wanted = build_filter(config).filter(raw[:, person])
        np.testing.assert_allclose(found[:, person], wanted, atol=1e-4)
    assert np.abs(found - raw).max() > 1


@pytest.mark.slow
def test_smoothing_takes_the_rate_of_the_video(
        make_config, clip_set, checkpoint, inferencer, images, tmp_path):
    """One-Euro at 240 Hz, and at a rate that the caller knows better."""
    writer = cv2.VideoWriter(
        str(tmp_path / 'fast.mp4'), cv2.VideoWriter.fourcc(*'mp4v'), 240.,
        images[0].shape[1::-1])
    for image in images:
        writer.write(image)
    writer.release()
    video = str(tmp_path / 'fast.mp4')
    smooth = VideoPoseInferencer(make_config(clip_set), checkpoint, 'cpu',
                                 batch_size=4, smoother=dict(type='OneEuro'))
    raw = np.array([r['predictions'][0][0]['keypoints']
                    for r in inferencer(video, boxes=BOXES)])
    for fps, stream in ((240, None), (60, dict(fps=60))):
        found = np.array([r['predictions'][0][0]['keypoints']
                          for r in smooth(video, boxes=BOXES, stream=stream)])
        np.testing.assert_allclose(
            found, build_filter(dict(type='OneEuro', fps=fps)).filter(raw),
            atol=1e-3)


def test_unknown_rate_is_reported(make_config, clip_set, images, monkeypatch):
    lines = []
    monkeypatch.setattr(video_pose_inferencer, 'print_log',
                        lambda text, *args: lines.append(text))
    smooth = VideoPoseInferencer(make_config(clip_set), device='cpu',
                                 smoother=dict(type='OneEuro'))
    next(smooth(images))
    assert 'does not tell its frame rate' in lines[0]
    next(smooth(images, stream=dict(fps=50)))
    next(smooth(images[:1]))  # nothing to smooth
    assert len(lines) == 1


def test_latency_of_a_live_source(inferencer, images):
    """A camera's frame is answered after ``latency`` frames."""
    read = []

    class Camera:
        name, fps, total, live = 'camera', None, None, True

        def __iter__(self):
            from mmpose_video.apis import Frame
            for t, image in enumerate(images):
                read.append(t)
                yield Frame(t, t, f'{t}.jpg', image)

    for wait in (0, 1, 2):
        read.clear()
        frames = PoseStream(inferencer.system, WholeImage(),
                            StreamOptions(latency=wait)).run(Camera())
        for t in range(4):
            assert next(frames)[0].key.number == t
            assert len(read) == t + 1 + wait


def test_nan_is_reported(make_config, clip_set, images):
    import torch
    bad = VideoPoseInferencer(make_config(clip_set), device='cpu')
    head = bad.model.head
    original = head.predict

    def predict(*args, **kwargs):
        found = original(*args, **kwargs)
        for instances in found:
            instances.keypoints[..., 0] = np.nan
        return found

    head.predict = predict
    with torch.no_grad(), pytest.raises(FloatingPointError, match='frame 0'):
        list(bad(images))


def test_heatmaps_are_drawn_on_demand(inferencer, images):
    plain, both = (next(inferencer(
        images, output=dict(return_vis=True), drawing=dict(draw_heatmap=h)))
                   ['visualization'][0] for h in (False, True))
    assert both.size == 2 * plain.size
    assert not inferencer.model.test_cfg.get('output_heatmaps', False)


def test_heatmaps_of_two_videos_that_are_read_in_turn(inferencer, images):
    def run(heatmaps):
        return inferencer(images, output=dict(return_vis=True),
                          drawing=dict(draw_heatmap=heatmaps))

    before = inferencer.model.test_cfg
    plain, both = run(False), run(True)
    for one, other in zip(plain, both):
        assert (other['visualization'][0].size ==
                2 * one['visualization'][0].size)
    assert inferencer.model.test_cfg == before
    unfinished = [run(True), run(False)]
    for frames in unfinished:
        next(frames)
        assert inferencer.model.test_cfg == before


@pytest.mark.parametrize('options, error, message', [
    (dict(output=dict(save=True)), TypeError, "no option 'save'.*save_vis"),
    (dict(drawing=0.3), TypeError, 'DrawingOptions or a dict, got a float'),
    (dict(drawing=dict(color_by='age')), ValueError, 'color_by'),
    (dict(stream=dict(max_frames=0)), ValueError, 'max_frames'),
    (dict(stream=dict(fps=0.)), ValueError, 'fps'),
    (dict(stream=dict(latency=-1)), ValueError, 'latency')])
def test_wrong_options(inferencer, images, options, error, message):
    with pytest.raises(error, match=message):
        list(inferencer(images, **{'output': dict(return_vis=True),
                                   **options}))


@pytest.mark.parametrize('name', ['max_frames', 'latency'])
@pytest.mark.parametrize('value', [1.5, '2'])
def test_numbers_of_frames_are_whole(inferencer, images, name, value):
    """1.5 frames would never be reached."""
    with pytest.raises(ValueError, match=f'`{name}` must be a whole number'):
        next(inferencer(images, stream={name: value}))


def test_options_are_objects_or_dicts(inferencer, images):
    for stream in (StreamOptions(max_frames=2), dict(max_frames=2)):
        assert len(list(inferencer(images, stream=stream))) == 2


@pytest.mark.slow
def test_command_line(clip_set, clip_dir, clip_file, checkpoint, make_config,
                      tmp_path, capsys):
    config = tmp_path / 'config.py'
    make_config(clip_set).dump(str(config))
    arguments = ['--config', str(config), '--checkpoint', checkpoint,
                 '--out-dir', str(tmp_path), '--device', 'cpu']
    assert cli.main([str(clip_dir), *arguments, '--boxes', str(clip_file),
                     '--max-frames', '3', '--smooth', 'OneEuro', 'fps=12',
                     '--reuse-features', '--color-by', 'track']) == 0
    assert 'results of 3 frames are in' in capsys.readouterr().out
    assert len(load(tmp_path, 'predictions', clip_dir.name)) == 3
    assert (tmp_path / f'visualizations/{clip_dir.name}.mp4').exists()
    assert cli.main([str(tmp_path / 'none.mp4'), *arguments]) == 1
    assert 'none.mp4' in capsys.readouterr().err


def test_filter_words():
    assert cli.filter_config(['Gaussian', 'sigma=1.5', 'max_gap=3']) == dict(
        type='Gaussian', sigma=1.5, max_gap=3)
    assert cli.filter_config(
        ['SmoothNet', 'checkpoint=a=1.pth', 'scale=640,360.5']) == dict(
            type='SmoothNet', checkpoint='a=1.pth', scale=[640, 360.5])
    with pytest.raises(ValueError, match='KEY=NUMBER'):
        cli.filter_config(['Gaussian', 'sigma'])
