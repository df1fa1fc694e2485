"""Labels from predictions, and the command that writes them."""
import json

import cv2
import numpy as np
import pytest
from mmengine.registry import init_default_scope
from mmpose.registry import DATASETS

from mmpose_video.apis.pseudo_labels import (
    LabelRules,
    VideoFolder,
    pseudo_labels,
)
from mmpose_video.formats.keypoints import (
    COCO_KEYPOINTS,
    POSETRACK_KEYPOINTS,
)
from mmpose_video.tools import pseudo_label as cli

NAMES = dict(enumerate(COCO_KEYPOINTS))
VIDEO = VideoFolder(3, 'images/train/000003_walk', 640, 480)


def person(track, score=0.9, box=(10., 20., 110., 220.)):
    """Keypoint k of COCO's order lies at (10 k, 20 k)."""
    k = np.arange(17)
    return dict(
        keypoints=np.stack([10. * k, 20. * k], 1).tolist(),
        keypoint_scores=np.broadcast_to(score, 17).tolist(),
        bbox=[list(box)], bbox_score=0.8, track_id=track)


def frames(*people, start=0):
    return [dict(frame_id=start + i, instances=list(each))
            for i, each in enumerate(people)]


def test_keypoints_move_by_name():
    content = pseudo_labels(frames([person(0)]), NAMES, VIDEO,
                            LabelRules(min_track=1), 'toy')
    entry, = content['annotations']
    points = np.reshape(entry['keypoints'], (17, 3))
    for i, name in enumerate(POSETRACK_KEYPOINTS):
        if name in COCO_KEYPOINTS:
            k = COCO_KEYPOINTS.index(name)
            assert points[i].tolist() == [10 * k, 20 * k, 1]
        else:  # the neck and the top of the head
            assert points[i].tolist() == [0, 0, 0]
    assert entry['num_keypoints'] == 15
    assert entry['bbox'] == [10, 20, 100, 200]
    assert entry['track_id'] == 0 and entry['category_id'] == 1
    # torso: the middles of 5, 6 and of 11, 12 are 60 and 120 apart; around
    # the nose and the ears, 0, 3 and 4
    side = 0.5 * np.hypot(60, 120)
    x, y = 70 / 3, 140 / 3
    assert entry['bbox_head'] == pytest.approx(
        [x - side / 2, y - side / 2, side, side], abs=0.01)
    image, = content['images']
    assert image['file_name'] == 'images/train/000003_walk/000000.jpg'
    assert image['id'] == entry['image_id'] == 10_003_000_000
    assert image['is_labeled'] and image['nframes'] == 1


def test_the_file_says_whose_labels_they_are():
    info = pseudo_labels([], NAMES, VIDEO, LabelRules(every=3),
                         'movenet-thunder')['info']
    assert info['pseudo_labels'] is True
    assert info['model'] == 'movenet-thunder'
    assert 'not checked by anyone' in info['description']
    assert info['rules']['every'] == 3


def test_rules():
    scores = np.full(17, 0.9)
    scores[11:] = 0.3
    few = np.full(17, 0.1)
    few[:6] = 0.9  # nose, eyes, ears, shoulder: four of PoseTrack's
    content = pseudo_labels(
        frames([person(0, scores), person(1, few), person(2, 0.35)],
               [person(0, scores)], [person(0, scores), person(3)]),
        NAMES, VIDEO, LabelRules(min_track=2, every=2, min_keypoints=5), 'toy')
    images, entries = content['images'], content['annotations']
    assert [image['is_labeled'] for image in images] == [True, False, True]
    assert [entry['track_id'] for entry in entries] == [0, 0]
    labeled = np.reshape(entries[0]['keypoints'], (17, 3))[:, 2]
    assert labeled.tolist() == [1, 0, 0] + [1] * 8 + [0] * 6
    # who gets no label is ignored, in labeled frames
    assert [len(image['ignore_regions_x']) for image in images] == [2, 0, 1]
    assert images[2]['ignore_regions_x'] == [[10, 110, 110, 10]]
    assert images[2]['ignore_regions_y'] == [[20, 20, 220, 220]]
    assert len({entry['id'] for entry in entries}) == 2


@pytest.mark.parametrize('name', ['min_track', 'every', 'min_keypoints'])
def test_bad_rules(name):
    with pytest.raises(ValueError, match=name):
        LabelRules(**{name: 0})


@pytest.mark.parametrize('count, share, val', [
    (1, 0.2, []), (2, 0.2, [1]), (5, 0.2, [4]), (10, 0.2, [4, 9]),
    (3, 0., []), (3, 0.99, [0, 2]), (2, 0.9, [1])])
def test_splits(count, share, val):
    parts = cli.splits(count, share)
    assert [i for i, part in enumerate(parts) if part == 'val'] == val


def test_bad_share():
    with pytest.raises(ValueError, match='val-share'):
        cli.splits(3, 1.)


@pytest.fixture
def words(make_config, clip_set, checkpoint, clip_dir, images, tmp_path):
    """A command that labels a folder and a video with a small model."""
    config = tmp_path / 'config.py'
    make_config(clip_set).dump(str(config))
    video = tmp_path / 'a film.avi'
    writer = cv2.VideoWriter(
        str(video), cv2.VideoWriter_fourcc(*'MJPG'), 10,
        images[0].shape[1::-1])
    for image in images[:4]:
        writer.write(image)
    writer.release()
    return [str(clip_dir), str(video), str(tmp_path / 'set'),
            '--model', str(config), '--checkpoint', checkpoint,
            '--boxes', 'whole_image', '--kpt-thr', '0', '--person-thr',
            '0', '--min-track', '1', '--every', '2', '--device', 'cpu',
            '--quiet']


@pytest.mark.slow
def test_command(words, tmp_path, capsys, images):
    """The dataset can be loaded, and the same command again does nothing."""
    assert cli.main(words) == 0
    said = capsys.readouterr().out
    assert '2 videos; the labels are those of' in said
    init_default_scope('mmpose')
    for split, length in (('train', 9), ('val', 4)):
        dataset = DATASETS.build(dict(
            type='PoseTrack18ClipDataset', data_root=str(tmp_path / 'set'),
            ann_file=f'annotations/posetrack18_{split}.json',
            data_prefix=dict(img='')))
        # every other frame, one person each
        assert len(dataset) == (length + 1) // 2
        content = json.loads((tmp_path / 'set/annotations' /
                              f'posetrack18_{split}.json').read_text())
        assert content['info']['pseudo_labels'] is True
        files = [tmp_path / 'set' / image['file_name']
                 for image in content['images']]
        assert len(files) == length and all(f.is_file() for f in files)
        assert cv2.imread(str(files[0])).shape == images[0].shape
    record = tmp_path / 'set/annotations/val/000002_a-film.json'
    before = record.stat().st_mtime_ns
    assert cli.main(words) == 0
    assert capsys.readouterr().out == said
    assert record.stat().st_mtime_ns == before


@pytest.mark.slow
def test_goes_on_after_an_interrupt(words, tmp_path, monkeypatch, capsys):
    write = cli._write_frames
    calls = []

    def interrupted(*args):
        calls.append(args)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return write(*args)

    monkeypatch.setattr(cli, '_write_frames', interrupted)
    assert cli.main(words) == 130
    assert 'the same command goes on' in capsys.readouterr().err
    assert not (tmp_path / 'set/annotations/posetrack18_val.json').exists()
    assert cli.main(words) == 0
    # the first video was not labeled again
    assert len(calls) == 3
    assert not list((tmp_path / 'set').rglob('*.part'))


def test_refusals(words, tmp_path, capsys):
    (tmp_path / 'set').mkdir()
    (tmp_path / 'set/mine.txt').write_text('')
    assert cli.main(words) == 1
    assert 'is not empty' in capsys.readouterr().err
    (tmp_path / 'set/mine.txt').unlink()
    assert cli.main(['gone.mp4', *words]) == 1
    assert 'there is no video `gone.mp4`' in capsys.readouterr().err
    assert not list((tmp_path / 'set').iterdir())
    (tmp_path / 'set' / cli.MANIFEST).write_text('{"settings": {}}')
    assert cli.main(words) == 1
    assert 'made with other settings' in capsys.readouterr().err
