"""PoseTrack's average precision, by rules in plain loops and by hand."""
import json
import math
import warnings

import numpy as np
import pytest

from mmpose_video.evaluation import evaluate_posetrack

from .posetrack_rules import GROUPS, JOINTS, oracle, random_pair


@pytest.mark.parametrize('case', range(25))
def test_random_videos_against_the_rules(case, video, write):
    rng = np.random.default_rng(case)
    pairs = [random_pair(rng, video, i) for i in range(3)]
    gts, preds = map(list, zip(*pairs))
    table = evaluate_posetrack(*write(gts, preds))
    expected = oracle([(gt.data, pred.data) for gt, pred in pairs])
    assert set(table) == set(expected)
    for name, value in expected.items():
        assert table[name] == pytest.approx(value, abs=1e-9, nan_ok=True)
    # The random cases must be worth the comparison.
    assert sum(0 < value < 100 for value in expected.values()) > 5


def test_keys_and_types(video, write):
    gt, pred = video(), video()
    gt.add({'nose': (100, 100)})
    pred.add({'nose': (100, 100)}, scores={})
    table = evaluate_posetrack(*write(gt, pred))
    assert list(table) == [*GROUPS, 'Total', *JOINTS]
    assert all(type(value) is float for value in table.values())


def test_precision_envelope_by_hand(video, write):
    # Four people to find; the guesses in order of score are right, wrong,
    # right, wrong. Precision 1, 1/2, 2/3, 1/2; recall 1/4 and 2/4.
    gt, pred = video(4), video(4)
    for frame in range(4):
        gt.add({'nose': (100, 100)}, frame)
    for frame, (x, score) in enumerate([(100, 0.9), (200, 0.8), (130, 0.7),
                                        (131, 0.6)]):
        pred.add({'nose': (x, 100)}, frame, scores={'nose': score})
    table = evaluate_posetrack(*write(gt, pred))
    assert table['nose'] == pytest.approx(100 * (1 / 4 + 2 / 3 / 4))


def test_total_is_the_mean_of_joints_not_of_groups(video, write):
    gt, pred = video(), video()
    joints = {name: (10 * i + 5, 40) for i, name in enumerate(JOINTS)}
    gt.add(joints)
    right = {name: joints[name] for name in ('nose', 'left_knee')}
    pred.add(right, scores={})
    table = evaluate_posetrack(*write(gt, pred))
    assert table['Head'] == pytest.approx(100 / 3)
    assert table['Knee'] == 50
    assert table['Wrist'] == 0
    assert table['Total'] == pytest.approx(200 / 15)


def test_matches_up_to_half_of_the_head_size(video, write):
    # Head size 0.6 * 100; the limit of 30 pixels itself still matches.
    for x, expected in ((130, 100), (130.001, 0)):
        gt, pred = video(), video()
        gt.add({'nose': (100, 100), 'left_hip': (10, 10)})
        pred.add({'nose': (x, 100), 'left_hip': (10, 10)}, scores={})
        assert evaluate_posetrack(*write(gt, pred))['nose'] == expected


def test_frames_pair_by_position_not_by_id(video, write):
    gt, pred = video(2), video(2)
    for i, image in enumerate(pred.data['images']):
        image['id'] = 77 - i
    gt.add({'nose': (100, 100)}, 0).add({'nose': (300, 100)}, 1)
    pred.add({'nose': (100, 100)}, 0, scores={})
    pred.add({'nose': (300, 100)}, 1, scores={})
    assert evaluate_posetrack(*write(gt, pred))['nose'] == 100


def test_frame_without_people_is_dropped_with_its_predictions(video, write):
    gt, pred = video(2), video(2)
    gt.add({'nose': (100, 100)}, 0)
    gt.data['images'][1]['is_labeled'] = True  # of no account
    pred.add({'nose': (100, 100)}, 0, scores={'nose': 0.1})
    pred.add({'nose': (100, 100)}, 1, scores={'nose': 0.9})
    assert evaluate_posetrack(*write(gt, pred))['nose'] == 100


@pytest.mark.parametrize('joints', [{}, {'nose': (500, 500)}])
def test_frame_without_labeled_people_yields_false_positives(
        joints, video, write):
    # The people of the second frame have no keypoints, or lie in the region.
    gt, pred = video(2), video(2)
    gt.add({'nose': (100, 100)}, 0).add(joints, 1)
    gt.ignore([(400, 400), (600, 400), (600, 600), (400, 600)], frame=1)
    pred.add({'nose': (100, 100)}, 0, scores={'nose': 0.1})
    pred.add({'nose': (100, 100)}, 1, scores={'nose': 0.9})
    assert evaluate_posetrack(*write(gt, pred))['nose'] == 50


def test_only_zeros_with_flag_zero_are_absent(video, write):
    gt, pred = video(3), video(3)
    gt.add({'nose': (100, 100, 0)}, 0)  # annotated in spite of the flag
    gt.add({'nose': (0, 0, 1)}, 1)  # a real point in the corner
    gt.add({'nose': (0, 0, 0), 'left_hip': (9, 9)}, 2)
    pred.add({'nose': (100, 100, 0)}, 0, scores={'nose': 0.9})
    pred.add({'nose': (0, 3, 0)}, 1, scores={'nose': 0.8})
    pred.add({'nose': (0, 0, 0), 'left_hip': (9, 9)}, 2, scores={'nose': 1})
    assert evaluate_posetrack(*write(gt, pred))['nose'] == 100


def test_joint_that_the_person_lacks_is_a_false_positive(video, write):
    gt, pred = video(2), video(2)
    gt.add({'nose': (100, 100), 'left_hip': (100, 300)}, 0)
    gt.add({'nose': (100, 100)}, 1)
    for frame, score in ((0, 0.2), (1, 0.9)):
        pred.add({'nose': (100, 100), 'left_hip': (100, 300)}, frame,
                 scores={'left_hip': score})
    table = evaluate_posetrack(*write(gt, pred))
    assert table['nose'] == 100
    assert table['left_hip'] == 50


def test_joint_never_annotated_is_nan_and_joint_never_predicted_zero(
        video, write):
    gt, pred = video(), video()
    gt.add({'nose': (100, 100), 'left_hip': (100, 300)})
    pred.add({'nose': (100, 100), 'left_knee': (100, 400)}, scores={})
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        table = evaluate_posetrack(*write(gt, pred))
    assert math.isnan(table['left_knee'])
    assert math.isnan(table['Knee'])
    assert table['left_hip'] == table['Hip'] == 0
    # 14 keypoints count, among them those that nobody looked for or found.
    assert table['Total'] == pytest.approx(100 / 14)


def test_nothing_annotated_at_all(video, write):
    gt, pred = video(), video()
    gt.add({}, head=None)
    pred.add({name: (5, 5) for name in JOINTS}, scores={})
    table = evaluate_posetrack(*write(gt, pred))
    assert all(math.isnan(value) for value in table.values())


def test_head_box_of_no_size_never_matches(video, write):
    gt, pred = video(), video()
    gt.add({'nose': (100, 100)}, head=[50, 50, 0, 0])
    pred.add({'nose': (100, 100)}, scores={})
    assert evaluate_posetrack(*write(gt, pred))['nose'] == 0


def test_prediction_has_no_second_choice(video, write):
    # Both guesses match the first person best; the worse one is not given
    # to the second person although it lies within reach.
    gt, pred = video(), video()
    gt.add({'nose': (100, 100), 'left_hip': (100, 300)})
    gt.add({'nose': (120, 100), 'left_hip': (400, 300)})
    pred.add({'nose': (110, 100), 'left_hip': (100, 300)}, scores={})
    pred.add({'nose': (120, 100), 'left_hip': (100, 305)},
             scores={'nose': 0.4, 'left_hip': 0.4})
    table = evaluate_posetrack(*write(gt, pred))
    assert table['nose'] == 50
    assert table['left_hip'] == 50


def test_fraction_counts_the_persons_joints(video, write):
    # One of one keypoint beats two of three.
    gt, pred = video(), video()
    gt.add({'nose': (100, 100), 'left_hip': (100, 300),
            'left_knee': (100, 500)})
    gt.add({'nose': (110, 100)})
    pred.add({'nose': (105, 100), 'left_hip': (100, 300)}, scores={})
    table = evaluate_posetrack(*write(gt, pred))
    assert table['nose'] == 50
    assert table['left_hip'] == 0


def test_ties_go_to_the_first_whatever_the_score(video, write):
    gt, pred = video(), video()
    gt.add({'nose': (100, 100)})
    pred.add({'nose': (110, 100)}, scores={'nose': 0.1})
    pred.add({'nose': (100, 100)}, scores={'nose': 0.9})
    # The first has the lower score, so a false positive ranks before it.
    assert evaluate_posetrack(*write(gt, pred))['nose'] == 50


def test_only_the_ground_truths_regions_count(video, write):
    square = [(0, 0), (200, 0), (200, 200), (0, 200)]
    gt, pred = video(2), video(2)
    for frame in range(2):
        gt.add({'nose': (300, 300), 'left_hip': (300, 350)}, frame)
        pred.add({'nose': (300, 300), 'left_hip': (300, 350)}, frame,
                 scores={'nose': 0.5})
    pred.add({'nose': (100, 100)}, 0, scores={'nose': 0.9})
    assert evaluate_posetrack(*write(gt, pred))['nose'] == pytest.approx(
        100 * 2 / 3)
    pred.ignore(square)
    assert evaluate_posetrack(*write(gt, pred))['nose'] == pytest.approx(
        100 * 2 / 3)
    gt.ignore(square)
    assert evaluate_posetrack(*write(gt, pred))['nose'] == 100


def test_point_on_the_edge_of_a_region_counts(video, write):
    for x, expected in ((200, 50), (199.9, 100)):
        gt, pred = video(), video()
        gt.ignore([(0, 0), (200, 0), (200, 200), (0, 200)])
        gt.add({'nose': (300, 300)})
        pred.add({'nose': (x, 100)}, scores={'nose': 0.9})
        pred.add({'nose': (300, 300)}, scores={'nose': 0.5})
        assert evaluate_posetrack(*write(gt, pred))['nose'] == expected


def test_region_also_hides_what_is_to_be_found(video, write):
    gt, pred = video(), video()
    gt.ignore([(0, 0), (200, 0), (200, 200), (0, 200)])
    gt.add({'nose': (100, 100), 'left_hip': (300, 300)})
    pred.add({'left_hip': (300, 300)}, scores={})
    table = evaluate_posetrack(*write(gt, pred))
    assert table['nose'] == 0  # nothing to find, nothing predicted
    assert table['left_hip'] == 100


def test_self_crossing_region_follows_even_odd(video, write):
    # A bow tie: its left half is inside, the middle of its top is not.
    bow = [(0, 0), (200, 200), (200, 0), (0, 200)]
    for point, expected in (((20, 100), 100), ((100, 20), 50)):
        gt, pred = video(), video()
        gt.ignore(bow).add({'nose': (300, 300)})
        pred.add({'nose': point}, scores={'nose': 0.9})
        pred.add({'nose': (300, 300)}, scores={'nose': 0.5})
        assert evaluate_posetrack(*write(gt, pred))['nose'] == expected


@pytest.mark.parametrize('polygon', [[], [(5, 5)], [(0, 0), (200, 200)]])
def test_region_of_fewer_than_three_corners_has_no_inside(
        polygon, video, write):
    gt, pred = video(), video()
    gt.ignore(polygon).add({'nose': (5, 5)})
    pred.add({'nose': (5, 5)}, scores={})
    assert evaluate_posetrack(*write(gt, pred))['nose'] == 100


@pytest.mark.parametrize('scores', [None, []])
def test_missing_scores_rank_last(scores, video, write):
    gt, pred = video(2), video(2)
    gt.add({'nose': (100, 100)}, 0).add({'nose': (100, 100)}, 1)
    # The person's own score is of no account.
    pred.add({'nose': (400, 100)}, 0, scores=scores, score=1.0)
    pred.add({'nose': (100, 100)}, 1, scores={'nose': -9998})
    assert evaluate_posetrack(*write(gt, pred))['nose'] == 50


def test_equal_scores_rank_the_later_one_first(video, write):
    # The official order is undefined here; ours is at least the same on
    # each machine.
    values = []
    for wrong in (0, 1):
        gt, pred = video(2), video(2)
        for frame in range(2):
            gt.add({'nose': (100, 100)}, frame)
            x = 400 if frame == wrong else 100
            pred.add({'nose': (x, 100)}, frame, scores={})
        values.append(evaluate_posetrack(*write(gt, pred))['nose'])
    assert values == [50, 25]


def test_fifteen_names_in_any_order(video, write, rng):
    gt = video().add({'nose': (100, 100), 'left_knee': (300, 300)})
    pred = video(names=list(rng.permutation(JOINTS)))
    pred.add({'nose': (100, 100), 'left_knee': (300, 300)}, scores={})
    table = evaluate_posetrack(*write(gt, pred))
    assert table['nose'] == table['left_knee'] == 100


def test_crowd_that_is_compared_in_parts(video, write):
    # 640000 pairs of people on a grid: more than are held at once.
    gt, pred = video(), video()
    for i in range(800):
        joint = {'nose': (100.0 * (i % 100) + 1, 100.0 * (i // 100) + 1)}
        gt.add(joint)
        pred.add(joint, scores={'nose': 1 / (i + 1)})
    assert evaluate_posetrack(*write(gt, pred))['nose'] == 100


def test_command_line(video, write, tmp_path, capsys):
    from mmpose_video.tools.eval_posetrack import main
    gt, pred = video(), video()
    gt.add({'nose': (100, 100), 'left_hip': (10, 10)})
    pred.add({'nose': (100, 100), 'left_knee': (10, 10)}, scores={})
    out = tmp_path / 'table.json'
    folders = write(gt, pred)
    assert main([*folders, '--json', str(out)]) == 0
    printed = capsys.readouterr().out.splitlines()
    assert printed[0].split(' | ')[0].strip() == 'Head'
    assert float(printed[1].split(' | ')[0]) == 33.33
    written = json.loads(out.read_text())
    assert written['nose'] == 100
    assert written['left_knee'] is None
    assert main([folders[0], str(tmp_path / 'nowhere')]) == 1
    assert 'nowhere' in capsys.readouterr().err
