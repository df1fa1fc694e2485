import json
import logging

import numpy as np
import pytest

from mmpose_video.datasets.body import PoseTrack18ClipDataset
from mmpose_video.formats.box_files import (
    box_format,
    read_boxes,
    suppress,
    unlabeled_frames,
)

IMAGES = [
    dict(id=7, file_name='images/val/a_test/000000.jpg'),
    dict(id=8, file_name='images/val/b_test/000000.jpg'),
]


def by_id(image_id=7, **changes):
    box = dict(image_id=image_id, category_id=1, bbox=[1, 2, 30, 40], score=.5)
    return {**box, **changes}


def by_name(name='images/val/a_test/000000.jpg', **changes):
    # DCPose's files name frames as well as videos
    box = dict(image_name=name, category_id=1, bbox=[1, 2, 30, 40], score=.5,
               nframes=9, frame_id=0)
    return {**box, **changes}


def write(tmp_path, boxes):
    path = tmp_path / 'boxes.json'
    path.write_text(json.dumps(boxes))
    return str(path)


@pytest.mark.parametrize('boxes, kind', [
    ([by_id()], 'MMPose'), ([by_name()], 'DCPose'), ([], 'MMPose'),
    ([by_name(image_id=123456)], 'DCPose'),
])
def test_formats_are_told_apart(boxes, kind):
    assert box_format(boxes, 'file') == kind


@pytest.mark.parametrize('boxes, message', [
    (dict(boxes=[]), 'must hold a list of boxes'),
    ([[1, 2, 3, 4]], 'must hold a list of boxes'),
    ([by_id(), by_name()], 'use one of them'),
    ([dict(bbox=[1, 2, 3, 4], score=1)], 'box 0 of `file` has neither'),
])
def test_other_formats_are_an_error(boxes, message):
    with pytest.raises(ValueError, match=message):
        box_format(boxes, 'file')


@pytest.mark.parametrize('name', [
    'images/val/b_test/000000.jpg', './images/val/b_test/000000.jpg',
    'images\\val\\b_test\\000000.jpg', '/home/me/PoseTrack/b_test/000000.jpg',
    'b_test/000000.jpg'
])
def test_names_match_by_their_last_two_parts(tmp_path, name):
    found, kind, strangers = read_boxes(
        write(tmp_path, [by_name(name)]), IMAGES)
    assert kind == 'DCPose' and strangers == 0
    assert found[0]['image']['id'] == 8
    assert found[0]['bbox'].tolist() == [1, 2, 31, 42]
    assert found[0]['score'] == .5


def test_ambiguous_tails_match_nothing(tmp_path):
    images = [dict(id=1, file_name='train/a/0.jpg'),
              dict(id=2, file_name='val/a/0.jpg')]
    path = write(tmp_path, [by_name('val/a/0.jpg'), by_name('x/a/0.jpg')])
    found, _, strangers = read_boxes(path, images)
    assert [box['image']['id'] for box in found] == [2] and strangers == 1


def test_people_only_and_strangers_are_counted(tmp_path):
    path = write(tmp_path, [by_id(), by_id(category_id=3), by_id(99)])
    found, _, strangers = read_boxes(path, IMAGES)
    assert len(found) == 1 and strangers == 1


@pytest.mark.parametrize('boxes, message', [
    ([by_id(99), by_id(98)], 'none of the 2 boxes.*first image_id: 99'),
    ([{k: v for k, v in by_id().items() if k != 'score'}], 'box 0.*lacks'),
    ([by_id(), by_id(score=float('nan'))], 'box 1.*the score nan'),
    ([by_id(score=None)], 'box 0.*the score None'),
])
def test_files_that_do_not_fit(tmp_path, boxes, message):
    with pytest.raises(ValueError, match=message):
        read_boxes(write(tmp_path, boxes), IMAGES)


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(FileNotFoundError, match='correct `bbox_file`'):
        read_boxes(str(tmp_path / 'none.json'), IMAGES)
    path = tmp_path / 'boxes.json'
    path.write_text('[{')
    with pytest.raises(ValueError, match='boxes.json` is no valid json'):
        read_boxes(str(path), IMAGES)


@pytest.mark.parametrize('box', [None, [1, 2], 'abc', [1, 2, None, 4]])
def test_no_boxes_are_not_finite(tmp_path, box):
    found, _, _ = read_boxes(write(tmp_path, [by_id(bbox=box)]), IMAGES)
    assert not np.isfinite(found[0]['bbox']).any()


def greedy(boxes, scores, groups, threshold):
    """Suppression in plain loops."""
    kept = []
    for i in sorted(range(len(boxes)), key=lambda i: -scores[i]):
        for j in kept:
            low = np.maximum(boxes[i][:2], boxes[j][:2])
            high = np.minimum(boxes[i][2:], boxes[j][2:])
            inner = np.prod(np.maximum(high - low, 0))
            area = [np.prod(boxes[k][2:] - boxes[k][:2]) for k in (i, j)]
            if groups[i] == groups[j] and inner / (sum(area) -
                                                   inner) > threshold:
                break
        else:
            kept.append(i)
    return sorted(kept)


def test_suppression_against_loops(rng):
    corners = rng.uniform(0, 40, (60, 2))
    boxes = np.concatenate(
        [corners, corners + rng.uniform(10, 40, (60, 2))], axis=1)
    scores, groups = rng.permutation(60) / 60, rng.integers(0, 3, 60)
    kept = suppress(boxes, scores, groups, .4)
    assert kept == greedy(boxes, scores, groups, .4)
    assert 3 < len(kept) < 60


def test_dataset_with_dcposes_boxes(tmp_path, make_video, make_annotations):
    make_video()
    ann_file = make_annotations(width=None, height=None)
    name = 'images/000001_test/000003.jpg'
    path = write(tmp_path, [
        by_name(name, score=.9),
        by_name(name, score=.8, bbox=[2, 2, 30, 40]),
        by_name(name, score=.1),
        by_name(name, score=.9, bbox=[float('nan'), 0, 5, 5]),
        by_name('elsewhere/000009.jpg'),
    ])
    dataset = PoseTrack18ClipDataset(
        ann_file=ann_file.name, data_root=str(tmp_path), bbox_file=path,
        bbox_score_thr=.2, bbox_nms_thr=.7, test_mode=True)
    assert len(dataset) == 1
    info = dataset.get_data_info(0)
    assert info['img_id'] == 1001 and info['img_shape'] == (48, 64)
    assert info['bbox'].tolist() == [[1, 2, 31, 42]]
    assert info['bbox_score'] == pytest.approx([.9])
    assert info['keypoints'].shape == (1, 17, 2)
    assert dataset._skipped == {
        'a box in an image that `ann_file` does not list': 1,
        'no box of four finite numbers': 1,
        'box score below `bbox_score_thr`': 1,
        'box suppressed by `bbox_nms_thr`': 1
    }


@pytest.mark.parametrize('box, reason', [
    ([5, 5, -3, 10], 'a box of zero area'),
    ([5, 5, 10, 0], 'a box of zero area'),
    ([-30, 5, 10, 10], 'a box outside of the image'),
    ([70, 5, 10, 10], 'a box outside of the image'),
    ([5, float('nan'), 10, 10], 'no box of four finite numbers'),
    ([5, 5, float('inf'), 10], 'no box of four finite numbers'),
])
def test_boxes_that_cannot_be_cropped(tmp_path, make_video, make_annotations,
                                      box, reason):
    make_video()
    path = write(tmp_path, [by_id(1000), by_id(1001, bbox=box)])
    dataset = PoseTrack18ClipDataset(
        ann_file=make_annotations().name, data_root=str(tmp_path),
        bbox_file=path, test_mode=True)
    assert len(dataset) == 1 and dataset._skipped == {reason: 1}


@pytest.mark.parametrize('image, annotated, unlabeled', [
    (dict(is_labeled=False), False, True),
    (dict(is_labeled=True), False, False),
    (dict(), False, False),
    (dict(is_labeled=False), True, False),
    # PoseTrack21: people with a box and no key points count in AP
    (dict(is_labeled=False, has_labeled_person=True), False, False),
    (dict(is_labeled=False, has_labeled_person=False), False, True),
])
def test_which_frames_are_not_labelled(image, annotated, unlabeled):
    images = [dict(id=1, is_labeled=True), dict(image, id=2)]
    anns = [dict(image_id=1)] + [dict(image_id=2)] * annotated
    found = unlabeled_frames(dict(images=images, annotations=anns))
    assert found == ({2} if unlabeled else set())


def test_all_frames_of_a_test_set_count():
    images = [dict(id=1, is_labeled=False), dict(id=2, is_labeled=False)]
    assert unlabeled_frames(dict(images=images, annotations=[])) == set()


def test_boxes_of_unlabelled_frames(tmp_path, make_video, make_annotations):
    from mmengine.logging import MMLogger
    make_video()
    ann_file = make_annotations(key_frames=range(8))
    labels = json.loads(ann_file.read_text())
    for image in labels['images'][1::2]:
        image['is_labeled'] = False
    labels['annotations'] = labels['annotations'][::2]
    ann_file.write_text(json.dumps(labels))
    path = write(tmp_path, [by_id(1000 + i % 8) for i in range(20)])
    build = {
        'ann_file': ann_file.name, 'data_root': str(tmp_path),
        'bbox_file': path, 'test_mode': True}
    messages = []
    logger = MMLogger.get_current_instance()
    handler = logging.Handler()
    handler.emit = lambda record: messages.append(record.getMessage())
    logger.addHandler(handler)
    try:
        dataset = PoseTrack18ClipDataset(**build)
    finally:
        logger.removeHandler(handler)
    assert len(dataset) == 10
    assert {dataset.get_data_info(i)['img_id'] % 2
            for i in range(10)} == {0}
    assert any('left out 10 of' in text and 'not labelled' in text
               for text in messages)
    everything = PoseTrack18ClipDataset(**build, labeled_frames_only=False)
    assert len(everything) == 20
