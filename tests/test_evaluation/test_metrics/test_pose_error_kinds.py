"""Kinds of errors in COCO's and in PoseTrack's units."""
import json
import math

import numpy as np
import pytest
from mmpose.datasets.datasets.utils import parse_pose_metainfo

from mmpose_video.evaluation import PoseErrorKinds, PoseTrackErrorKinds
from mmpose_video.evaluation.functional.posetrack_ap import read_pair
from mmpose_video.evaluation.functional.posetrack_errors import (
    analyze_errors,
)
from mmpose_video.formats.keypoints import COCO_KEYPOINTS

META = parse_pose_metainfo(
    dict(from_file='configs/_base_/datasets/coco.py'))
SIGMA = np.asarray(META['sigmas'], dtype=np.float64)
AREA = 10000.
NAMES = list(COCO_KEYPOINTS)
KINDS = ('good', 'jitter', 'inversion', 'swap', 'miss', 'lost')
# On a grid whose cells are far wider than any similarity reaches.
BODY = np.array([(400. * (i % 5) + 100, 400. * (i // 5) + 100)
                 for i in range(17)])


def radius(name, similarity):
    """Return the distance in pixels at which a keypoint has a similarity."""
    width = 2 * SIGMA[NAMES.index(name)]
    return math.sqrt(-2 * AREA * width**2 * math.log(similarity))


def labels(people, tmp_path, **changes):
    """Write annotations; people are (image, (17, 2), flags or None)."""
    anns = []
    for i, (image, points, flags) in enumerate(people):
        flags = np.full(17, 2) if flags is None else flags
        ann = dict(
            id=i, image_id=image, category_id=1, iscrowd=0, area=AREA,
            bbox=[0, 0, 100, 100],
            keypoints=np.column_stack([points, flags]).ravel().tolist())
        anns.append(dict(ann, **changes))
    path = tmp_path / 'labels.json'
    path.write_text(json.dumps(dict(
        images=[dict(id=i) for i in range(4)], annotations=anns,
        categories=[dict(id=1, name='person', keypoints=NAMES)])))
    return str(path)


def evaluate(ann_file, guesses, **options):
    """Run the metric; guesses are (image, (17, 2), score)."""
    metric = PoseErrorKinds(ann_file=ann_file, **options)
    metric.dataset_meta = META
    for i, (image, points, score) in enumerate(guesses):
        metric.process(None, [dict(
            id=i, img_id=image, pred_instances=dict(
                keypoints=np.asarray(points)[None],
                keypoint_scores=np.full((1, 17), score)))])
    return metric.evaluate(len(guesses))


def shares(result, name):
    """The kinds of a keypoint that are not zero."""
    return {kind: result[f'errors/{name} {kind}'] for kind in KINDS
            if result[f'errors/{name} {kind}']}


@pytest.mark.parametrize('similarity, kind', [
    (0.999, 'good'), (0.851, 'good'), (0.849, 'jitter'), (0.501, 'jitter'),
    (0.499, 'miss'), (0.01, 'miss')])
@pytest.mark.parametrize('name', ['nose', 'left_hip', 'right_ankle'])
def test_similarity_decides(name, similarity, kind, tmp_path):
    guess = BODY.copy()
    guess[NAMES.index(name)] += (0, radius(name, similarity))
    result = evaluate(
        labels([(0, BODY, None)], tmp_path), [(0, guess, 0.9)],
        per_joint=True)
    assert shares(result, name) == {kind: 1}
    assert result['errors/good'] == pytest.approx(
        (16 + (kind == 'good')) / 17)
    assert result['errors/found'] == 1


def test_the_nearest_joint_decides(tmp_path):
    # The knees lie close together: jitter of one's own, or inversion.
    body, left, right = BODY.copy(), NAMES.index('left_knee'), NAMES.index(
        'right_knee')
    reach = radius('left_knee', 0.5)
    body[right] = body[left] + (reach, 0)
    for share, kind in ((0.2, 'good'), (0.49, 'jitter'), (0.51, 'inversion'),
                        (0.9, 'inversion'), (1.9, 'inversion'),
                        (2.01, 'miss')):
        guess = body.copy()
        guess[left] = body[left] + (share * reach, 0)
        result = evaluate(
            labels([(0, body, None)], tmp_path), [(0, guess, 0.9)],
            per_joint=True)
        assert shares(result, 'left_knee') == {kind: 1}, share


@pytest.mark.parametrize('target, kind', [
    ('left_knee', 'swap'), ('right_knee', 'swap'), ('left_hip', 'miss')])
def test_joint_of_another_person(target, kind, tmp_path):
    other = BODY + (5000, 0)
    guess = BODY.copy()
    guess[NAMES.index('left_knee')] = other[NAMES.index(target)]
    result = evaluate(
        labels([(0, BODY, None), (0, other, None)], tmp_path),
        [(0, guess, 0.9)], per_joint=True)
    assert shares(result, 'left_knee') == {kind: 1}
    assert result['errors/found'] == 0.5
    # Nobody is swapped with people of other images.
    result = evaluate(
        labels([(0, BODY, None), (1, other, None)], tmp_path),
        [(0, guess, 0.9)], per_joint=True)
    assert shares(result, 'left_knee') == {'miss': 1}


def ks(a, b, j):
    """Return COCO's similarity of two points as keypoint j."""
    return math.exp(-((a[0] - b[0])**2 + (a[1] - b[1])**2) /
                    (2 * AREA * (2 * SIGMA[j])**2))


def oks(guess, person):
    """Return the mean similarity over the labeled keypoints."""
    _, points, flags = person
    values = [ks(guess[j], points[j], j) for j in range(17) if flags[j]]
    return sum(values) / len(values)


def oracle(people, guesses):
    """Count the kinds keypoint by keypoint, with plain numbers."""
    counts = {name: dict.fromkeys(KINDS, 0) for name in NAMES}
    flip = META['flip_indices']
    for image in range(4):
        here = [person for person in people if person[0] == image]
        taken = set()
        for _, guess, _ in sorted((g for g in guesses if g[0] == image),
                                  key=lambda g: -g[2]):
            free = [(oks(guess, here[i]), i) for i in range(len(here))
                    if i not in taken]
            if not free or max(free)[0] < 0.1:
                continue
            mine = max(free)[1]
            taken.add(mine)
            for j in range(17):
                if not here[mine][2][j]:
                    continue
                options = [(0., 'miss')]
                for i, (_, points, flags) in enumerate(here):
                    for k in {j, flip[j]}:
                        if flags[k]:
                            options.append((ks(guess[j], points[k], j), (
                                'swap' if i != mine else
                                'own' if k == j else 'inversion')))
                best, kind = max(options)
                if kind == 'own':
                    kind = 'good' if best >= 0.85 else 'jitter'
                counts[NAMES[j]][kind if best >= 0.5 else 'miss'] += 1
    return counts


def test_random_people_against_plain_loops(tmp_path, rng):
    people, guesses = [], []
    for image in range(4):
        for _ in range(4):
            points = rng.uniform(0, 60, (17, 2))
            people.append((image, points, rng.integers(0, 3, 17)))
            guess = points + rng.normal(0, 5, (17, 2))
            guesses.append((image, guess, rng.uniform()))
        guesses.append((image, rng.uniform(0, 60, (17, 2)), rng.uniform()))
    expected = oracle(people, guesses)
    result = evaluate(
        labels(people, tmp_path), guesses, per_joint=True)
    total = sum(sum(row.values()) for row in expected.values())
    for kind in KINDS:
        number = sum(row[kind] for row in expected.values())
        assert number or kind == 'lost'
        assert result[f'errors/{kind}'] == pytest.approx(number / total)
        for name in NAMES:
            assert result[f'errors/{name} {kind}'] == pytest.approx(
                expected[name][kind] / sum(expected[name].values()))
    assert sum(result[f'errors/{kind}'] for kind in KINDS) == pytest.approx(1)


def test_crowds_and_people_without_labels_are_left_out(tmp_path):
    path = labels([(0, BODY, None), (0, BODY + 9000, np.zeros(17))], tmp_path)
    assert evaluate(path, [(0, BODY, 0.9)])['errors/found'] == 1
    path = labels([(0, BODY, None)], tmp_path, iscrowd=1)
    result = evaluate(path, [(0, BODY, 0.9)])
    assert math.isnan(result['errors/good'])
    assert math.isnan(result['errors/found'])


def test_best_people_of_an_image_count(tmp_path):
    path = labels([(0, BODY, None)], tmp_path)
    guesses = [(0, BODY, 0.1), (0, BODY + 9000, 0.9)]
    assert evaluate(path, guesses, max_people=1)['errors/found'] == 0
    assert evaluate(path, guesses, max_people=2)['errors/found'] == 1


def test_area_of_the_box_stands_in(tmp_path):
    guess = BODY.copy()
    guess[0] += (0, radius('nose', 0.851))
    for box, kind in (([0, 0, 100, 100], 'jitter'),
                      ([0, 0, 100, 100 / 0.53], 'good')):
        path = labels([(0, BODY, None)], tmp_path, area=None, bbox=box)
        result = evaluate(path, [(0, guess, 0.9)], per_joint=True)
        assert shares(result, 'nose') == {kind: 1}


def test_missing_joints_are_lost(tmp_path):
    metric = PoseErrorKinds(
        ann_file=labels([(0, BODY, None)], tmp_path), keypoint_score_thr=0.5)
    metric.dataset_meta = META
    scores = np.full((1, 17), 0.9)
    scores[0, :2] = 0.1
    metric.process(None, [dict(id=0, img_id=0, pred_instances=dict(
        keypoints=BODY[None], keypoint_scores=scores))])
    assert metric.evaluate(1)['errors/lost'] == pytest.approx(2 / 17)


def test_wrong_input(tmp_path):
    path = labels([(0, BODY, None)], tmp_path)
    with pytest.raises(ValueError, match='are not in .*labels.json'):
        evaluate(path, [(77, BODY, 0.9)])
    with pytest.raises(ValueError, match=r'\[0\].* 51 numbers, got 3'):
        evaluate(labels([(0, BODY, None)], tmp_path, keypoints=[1, 2, 2]),
                 [(0, BODY, 0.9)])
    with pytest.raises(ValueError, match='neither an area nor a box'):
        evaluate(labels([(0, BODY, None)], tmp_path, area=0, bbox=None),
                 [(0, BODY, 0.9)])
    path = labels([(0, BODY, None)], tmp_path)
    metric = PoseErrorKinds(ann_file=path)
    metric.dataset_meta = META
    metric.process(None, [dict(id=0, img_id=0, pred_instances=dict(
        keypoints=BODY[None, :5], keypoint_scores=np.ones((1, 5))))])
    with pytest.raises(ValueError, match='have 5 keypoints.* has 17'):
        metric.evaluate(1)


def test_posetrack_units_equal_the_command(video, tmp_path, rng):
    gt, pred = video(2), video(2)
    for frame in range(2):
        for shift in (0, 50):
            body = {name: (rng.uniform(0, 300) + shift, rng.uniform(0, 300))
                    for name in gt.names}
            gt.add(body, frame)
            pred.add({name: (x + rng.normal(0, 40), y)
                      for name, (x, y) in body.items()}, frame, scores={})
    expected = analyze_errors(*read_pair(gt.data, pred.data, 'gt', 'pred'))
    path = tmp_path / 'gt.json'
    path.write_text(json.dumps(gt.data))
    metric = PoseTrackErrorKinds(ann_file=str(path))
    metric.dataset_meta = parse_pose_metainfo(
        dict(from_file='configs/_base_/datasets/posetrack18.py'))
    for ann in pred.data['annotations']:
        points = np.reshape(ann['keypoints'], (1, 17, 3))
        metric.process(None, [dict(
            id=ann['id'], img_id=ann['image_id'], pred_instances=dict(
                keypoints=points[..., :2],
                keypoint_scores=np.full((1, 17), 0.5)))])
    result = metric.evaluate(4)
    total = sum(expected['total'].values())
    for kind in KINDS:
        assert result[f'errors/{kind}'] == expected['total'][kind] / total
    assert result['errors/AP if no miss'] == expected['ap_if_mended']['miss']
    assert sum(result[f'errors/{kind}'] for kind in KINDS) == pytest.approx(1)
