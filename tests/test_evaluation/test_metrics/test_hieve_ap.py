"""HiEve's average precision, by hand."""
import json
import math

import numpy as np
import pytest

from mmpose_video.evaluation import HiEveAP
from mmpose_video.evaluation.functional.hieve import (
    HIEVE_JOINTS,
    reference_length,
)
from mmpose_video.formats.schema import Record

# Nose and chest 40 pixels apart: the head size.
POINTS = np.array([[100 + 10 * i, 40 * i] for i in range(14)], float)
POINTS[1] = 100, 40


@pytest.fixture
def labels(tmp_path):
    """A function that writes an annotation file of people with flags."""

    def write(*people, num_images=None, names=None):
        images = [dict(id=50 + i) for i in range(num_images or len(people))]
        annotations = []
        for i, flags in enumerate(people):
            flags = np.broadcast_to(flags, 14)
            points = np.column_stack([POINTS, flags])
            points[flags == 0] = 0
            annotations.append(
                dict(id=i, image_id=50 + i, bbox=[0, 0, 100, 300],
                     keypoints=points.reshape(-1).tolist()))
        data = dict(images=images, annotations=annotations,
                    categories=[dict(keypoints=names or list(HIEVE_JOINTS))])
        path = tmp_path / 'hieve.json'
        path.write_text(json.dumps(data))
        return str(path)

    return write


def guess(image, shift=0.0, score=0.5, number=0, box_score=1.0):
    """A predicted person, moved to the right."""
    return dict(
        id=number, img_id=50 + image,
        pred_instances=dict(
            keypoints=(POINTS + [shift, 0])[None],
            keypoint_scores=np.full((1, 14), score),
            bboxes=np.array([[0., 0., 100., 300. + number]]),
            bbox_scores=np.array([box_score])))


def evaluate(metric, samples):
    """Process and evaluate; the metric's keys without the prefix."""
    metric.process(None, samples)
    return {
        key.split('/')[1]: value
        for key, value in metric.evaluate(len(samples)).items()
    }


@pytest.mark.parametrize('shift, expected', [
    (0, (100, 100, 100)), (20, (100, 100, 100)), (21, (0, 100, 100)),
    (30, (0, 100, 100)), (31, (0, 0, 100)), (36, (0, 0, 100)), (37, (0, 0, 0))
])
def test_thresholds_of_the_paper(shift, expected, labels):
    values = evaluate(HiEveAP(labels(2)), [guess(0, shift)])
    assert (values['AP@0.5'], values['AP@0.75'],
            values['AP@0.9']) == expected
    assert values['AP'] == pytest.approx(np.mean(expected))


def test_unassigned_prediction_is_wrong(labels):
    samples = [guess(0, 0, 0.5, 0), guess(0, 300, 0.9, 1)]
    values = evaluate(HiEveAP(labels(2), per_joint=True), samples)
    assert values['AP'] == 50
    assert values['left_ankle AP'] == values['Ankle AP'] == 50
    # A person whose box scores too low is not predicted at all.
    samples[1] = guess(0, 300, 0.9, 1, box_score=0.1)
    assert evaluate(HiEveAP(labels(2)), samples)['AP'] == 100


def test_invisible_joints_do_not_count(labels):
    flags = np.full(14, 2)
    flags[[4, 7]] = 1
    path = labels(flags, 2)
    # In the first frame the wrists are predicted with a high score, in the
    # second they are found with a low one: not wrong, so 100.
    samples = [guess(0, 0, 0.9, 0), guess(1, 0, 0.5, 1)]
    values = evaluate(HiEveAP(path), samples)
    assert values['Wrist AP'] == 100
    # There is one wrist to find: without the second frame, none is.
    assert evaluate(HiEveAP(path), samples[:1])['Wrist AP'] == 0


def test_joints_without_annotation_are_wrong(labels):
    flags = np.full(14, 2)
    flags[[4, 7]] = 0
    samples = [guess(0, 0, 0.9, 0), guess(1, 0, 0.5, 1)]
    values = evaluate(HiEveAP(labels(flags, 2)), samples)
    assert values['Wrist AP'] == 50
    assert values['Elbow AP'] == 100
    alone = evaluate(HiEveAP(labels(flags)), samples[:1])
    assert math.isnan(alone['Wrist AP'])
    assert alone['AP'] == 100


def test_frame_without_people_is_left_out(labels):
    path = labels(2, num_images=3)
    samples = [guess(0, 0, 0.5, 0), guess(2, 0, 0.9, 1)]
    assert evaluate(HiEveAP(path), samples)['AP'] == 100


def test_reference_length():
    flags = np.full(14, 2)
    ann = dict(bbox=[0, 0, 100, 300], bbox_head=[10, 10, 30, 40])

    def length(points=POINTS, ratio=0.1):
        return reference_length(points, flags, Record(ann, 'annotation 3'),
                                ratio)

    assert length() == 30
    del ann['bbox_head']
    assert length() == 40
    one_place = POINTS.copy()
    one_place[0] = one_place[1]
    assert length(one_place) == pytest.approx(30)  # as without them
    flags[:2] = 1  # annotated, though invisible
    assert length() == 40
    for missing in (0, 1):
        flags[:2] = 2
        flags[missing] = 0
        assert length() == pytest.approx(30)
    assert length(ratio=0.2) == pytest.approx(60)
    for box, message in ((None, 'neither a head box'),
                         ([0, 0, 0, 0], 'tells no size'),
                         ([0, 0, 'a', 5], "'bbox' must be a list of 4")):
        ann['bbox'] = box
        with pytest.raises(ValueError, match=f'annotation 3: {message}|'
                           f'annotation 3.*{message}'):
            length()


def test_keypoints_by_name(labels):
    metric = HiEveAP(labels(2))
    names = HIEVE_JOINTS[::-1]
    metric.dataset_meta = dict(dataset_name='hieve',
                               keypoint_id2name=dict(enumerate(names)))
    data = guess(0)
    data['pred_instances']['keypoints'] = POINTS[None, ::-1]
    assert evaluate(metric, [data])['AP'] == 100


def test_bad_input(labels, tmp_path):
    path = labels(2)
    with pytest.raises(ValueError, match='1 of 1 predicted images'):
        evaluate(HiEveAP(path), [guess(7)])
    with pytest.raises(ValueError, match='joint is NaN'):
        evaluate(HiEveAP(path), [guess(0, 0, np.nan)])
    data = json.loads(open(path).read())
    data['annotations'][0]['keypoints'] = [1] * 45
    bad = tmp_path / 'bad.json'
    bad.write_text(json.dumps(data))
    with pytest.raises(ValueError, match=r'\[0\].* 42 numbers, got 45'):
        evaluate(HiEveAP(str(bad)), [guess(0)])
    bad.write_text('{}')
    with pytest.raises(ValueError, match="'images' is missing"):
        evaluate(HiEveAP(str(bad)), [guess(0)])
    with pytest.raises(ValueError, match='give `ann_file`'):
        evaluate(HiEveAP(), [guess(0)])
