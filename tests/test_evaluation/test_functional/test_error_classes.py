"""Classes of localisation errors, on constructed cases."""
import json
import math

import cv2
import numpy as np
import pytest

from mmpose_video.evaluation import evaluate_posetrack
from mmpose_video.evaluation.functional.error_classes import (
    ERROR_CLASSES,
)
from mmpose_video.evaluation.functional.posetrack_ap import (
    chain_pairs,
    read_folders,
    read_pair,
)
from mmpose_video.evaluation.functional.posetrack_errors import (
    analyze_errors,
)
from mmpose_video.formats.keypoints import (
    POSETRACK_JOINTS,
)
from mmpose_video.tools.analyze_errors import (
    format_errors,
    main,
    plot_errors,
)

# Head size 60: right up to 30 pixels, near up to 60 * 1.0326 = 61.96.
NEAR = 60 * 0.5 * math.sqrt(math.log(0.5) / math.log(0.85))
BODY = {name: (400 * (i % 5) + 100, 400 * (i // 5) + 100)
        for i, name in enumerate(POSETRACK_JOINTS)}


def moved(body, **points):
    """A body with some keypoints moved by (x, y), or taken away by None."""
    body = dict(body)
    for name, shift in points.items():
        if shift is None:
            del body[name]
        else:
            body[name] = tuple(np.add(body[name], shift))
    return body


def analyse(gt, pred):
    """The analysis of one video."""
    return analyze_errors(*read_pair(gt.data, pred.data, 'gt', 'pred'))


def classes(result, name):
    """The classes that a joint's predictions fell into."""
    return [kind for kind in ERROR_CLASSES
            for _ in range(result['joints'][name][kind])]


@pytest.mark.parametrize('distance, expected', [
    (0, 'good'), (30, 'good'), (30.01, 'jitter'), (NEAR - 0.01, 'jitter'),
    (NEAR + 0.01, 'miss'), (150, 'miss')])
def test_distance_decides(distance, expected, video):
    gt = video().add(BODY)
    pred = video().add(moved(BODY, nose=(0, distance)), scores={})
    result = analyse(gt, pred)
    assert classes(result, 'nose') == [expected]
    assert result['total']['good'] == 14 + (expected == 'good')


@pytest.mark.parametrize('offset, expected', [
    (0, 'inversion'), (NEAR - 0.01, 'inversion'), (NEAR + 0.01, 'miss')])
def test_left_and_right_mixed_up(offset, expected, video):
    gt = video().add(BODY)
    guess = dict(BODY)
    x, y = BODY['right_knee']
    guess['left_knee'] = x, y + offset
    result = analyse(gt, video().add(guess, scores={}))
    assert classes(result, 'left_knee') == [expected]
    assert classes(result, 'right_knee') == ['good']


def test_wrong_part_of_the_same_side_is_a_miss(video):
    guess = dict(BODY, left_knee=BODY['left_elbow'], nose=BODY['head_top'])
    result = analyse(video().add(BODY), video().add(guess, scores={}))
    assert classes(result, 'left_knee') == ['miss']
    assert classes(result, 'nose') == ['miss']


@pytest.mark.parametrize('target, expected', [
    ('left_knee', 'swap'), ('right_knee', 'swap'), ('left_elbow', 'miss')])
def test_joint_of_another_person(target, expected, video):
    other = {name: (x + 5000, y) for name, (x, y) in BODY.items()}
    gt = video().add(BODY).add(other)
    pred = video().add(dict(BODY, left_knee=other[target]), scores={})
    pred.add(other, scores={'nose': 0.9})
    assert sorted(classes(analyse(gt, pred), 'left_knee')) == sorted(
        [expected, 'good'])


def test_person_in_another_frame_is_no_swap(video):
    other = {name: (x + 5000, y) for name, (x, y) in BODY.items()}
    gt = video(2).add(BODY, 0).add(other, 1)
    pred = video(2).add(dict(BODY, nose=other['nose']), 0, scores={})
    assert classes(analyse(gt, pred), 'nose') == ['miss']


def test_nearer_explanation_wins(video):
    # The other person's knee lies 40 pixels from one's own right knee.
    other = {name: (x + 5000, y) for name, (x, y) in BODY.items()}
    x, y = BODY['right_knee']
    other['left_knee'] = x + 40, y
    gt = video().add(BODY).add(other)
    for shift, expected in ((5, 'inversion'), (35, 'swap')):
        guess = dict(BODY, left_knee=(x + shift, y))
        pred = video().add(guess, scores={})
        assert classes(analyse(gt, pred), 'left_knee') == [expected]


def test_another_persons_own_size_counts(video):
    # Near in units of the other's small head, or not.
    for head, expected in (([0, 0, 60, 80], 'swap'), ([0, 0, 6, 8], 'miss')):
        other = {'nose': (5000, 5000), 'left_hip': (5200, 5000)}
        gt = video().add(BODY).add(other, head=head)
        pred = video().add(dict(BODY, nose=(5040, 5000)), scores={})
        assert classes(analyse(gt, pred), 'nose') == [expected]


def test_counts_of_people_and_joints(video):
    gt = video(2).add(moved(BODY, nose=None), 0).add(BODY, 1)
    gt.add({}, 1)
    pred = video(2).add(moved(BODY, head_top=None), 0, scores={})
    pred.add({'nose': (9000, 9000)}, 0, scores={'nose': 0.9})
    result = analyse(gt, pred)
    assert result['people'] == dict(
        annotated=2, found=1, predicted=2, unassigned=1)
    assert result['unlabeled_joints'] == 1
    assert classes(result, 'nose') == []
    assert classes(result, 'head_top') == ['lost']
    assert result['total'] == dict(
        good=13, jitter=0, inversion=0, swap=0, miss=0, lost=1)


def test_gain_of_mending_by_hand(video):
    # Two people, each of whose noses counts one half. One nose is missed
    # and scores higher: AP of the nose is 25, of all other keypoints 100.
    gt = video(2).add(BODY, 0).add(BODY, 1)
    pred = video(2).add(moved(BODY, nose=(0, 200)), 0, scores={'nose': 0.9})
    pred.add(BODY, 1, scores={})
    result = analyse(gt, pred)
    assert result['ap'] == pytest.approx((14 * 100 + 25) / 15)
    mended = result['ap_if_mended']
    assert mended['miss'] == pytest.approx(100)
    for kind in ('jitter', 'inversion', 'swap', 'unassigned'):
        assert mended[kind] == pytest.approx(result['ap'])


def test_gain_of_dropping_unassigned_predictions(video):
    gt = video().add(BODY)
    pred = video().add(BODY, scores={})
    far = {name: (x + 9000, y) for name, (x, y) in BODY.items()}
    pred.add(far, scores=dict.fromkeys(BODY, 0.9))
    result = analyse(gt, pred)
    assert result['ap'] == pytest.approx(50)
    assert result['ap_if_mended']['unassigned'] == pytest.approx(100)


def random_pair(rng, video):
    """People and guesses with errors of all kinds."""
    gt, pred = video(8), video(8)
    for frame in range(8):
        if frame % 2:
            gt.ignore([(0, 0), (500, 0), (0, 500)], frame=frame)
        for _ in range(3):
            shift = rng.uniform(0, 300, 2)
            body = {name: tuple(np.add(xy, shift) / 3)
                    for name, xy in BODY.items() if rng.random() < 0.9}
            gt.add(body, frame)
            guess = {name: tuple(np.add(xy, rng.normal(0, 25, 2)))
                     for name, xy in body.items()}
            if 'left_knee' in guess and 'right_knee' in guess:
                guess['left_knee'] = guess['right_knee']
            pred.add(guess, frame, None, {j: rng.random() for j in BODY})
    return gt, pred


def test_ap_is_the_evaluators_and_mending_never_hurts(video, write, rng):
    gt, pred = random_pair(rng, video)
    folders = write(gt, pred)
    result = analyze_errors(*read_folders(*folders))
    assert result['ap'] == evaluate_posetrack(*folders)['Total']
    assert min(result['total'][k] for k in ('good', 'jitter', 'miss')) > 0
    assert result['joints']['left_knee']['inversion'] > 5
    for kind, value in result['ap_if_mended'].items():
        assert value >= result['ap'], kind
    assert result['ap_if_mended']['inversion'] > result['ap']


def test_no_person_is_found(video):
    result = analyse(video().add(BODY), video())
    assert result['people'] == dict(
        annotated=1, found=0, predicted=0, unassigned=0)
    assert sum(result['total'].values()) == 0
    assert result['ap'] == 0
    assert '0 of 1 annotated people found' in format_errors(result)


def test_empty_head_box_is_no_error(video):
    gt = video().add(BODY, head=[5, 5, 0, 0]).add(
        {name: (x + 5000, y) for name, (x, y) in BODY.items()})
    pred = video().add({n: (x + 5000, y) for n, (x, y) in BODY.items()},
                       scores={})
    assert analyse(gt, pred)['total']['good'] == 15


def test_videos_are_chained(video):
    pairs = []
    for i in range(2):
        gt = video(1, f'00000{i}_mpii_test').add(BODY)
        pred = video(1, f'00000{i}_mpii_test').add(BODY, scores={})
        pairs.append(read_pair(gt.data, pred.data, 'gt', 'pred'))
    assert analyze_errors(*chain_pairs(pairs))['total']['good'] == 30


@pytest.mark.slow
def test_command_line(video, write, tmp_path, capsys, rng):
    folders = write(*random_pair(rng, video))
    out = tmp_path / 'report'
    assert main([*folders, '--out-dir', str(out)]) == 0
    printed = capsys.readouterr().out
    assert 'percent of the found people' in printed
    written = json.loads((out / 'errors.json').read_text())
    assert set(written['total']) == set(ERROR_CLASSES)
    picture = cv2.imread(str(out / 'errors.png'))
    colors = {tuple(c) for c in picture.reshape(-1, 3)[::7].tolist()}
    # Green of the good keypoints and orange of the inversions, as BGR.
    assert (0x73, 0x9e, 0x00) in colors and (0x00, 0x9f, 0xe6) in colors
    folders[1] = str(tmp_path / 'none')
    assert main([*folders, '--out-dir', str(out)]) == 1
    assert 'none' in capsys.readouterr().err


def test_numbers_that_are_none_do_not_stop_the_report(video, write, tmp_path):
    folders = write(video().add({}), video().add(BODY, scores={}))
    assert main([*folders, '--out-dir', str(tmp_path / 'out')]) == 0
    written = json.loads((tmp_path / 'out' / 'errors.json').read_text())
    assert written['ap'] is None


def test_plot_leaves_no_figure_behind(video, tmp_path):
    import matplotlib.pyplot as plt
    result = analyse(video().add(BODY), video().add(BODY, scores={}))
    plot_errors(result, str(tmp_path / 'a.png'))
    assert (tmp_path / 'a.png').stat().st_size > 1000
    assert plt.get_fignums() == []
