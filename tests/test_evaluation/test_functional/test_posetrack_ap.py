"""PoseTrack's average precision, by rules in plain loops and by hand."""
import json
import math
import warnings

import numpy as np
import pytest

from mmpose_video.evaluation import evaluate_posetrack

JOINTS = [
    'right_ankle', 'right_knee', 'right_hip', 'left_hip', 'left_knee',
    'left_ankle', 'right_wrist', 'right_elbow', 'right_shoulder',
    'left_shoulder', 'left_elbow', 'left_wrist', 'head_bottom', 'nose',
    'head_top'
]
GROUPS = dict(
    Head=['head_top', 'head_bottom', 'nose'],
    **{
        part.title(): [f'right_{part}', f'left_{part}']
        for part in ('shoulder', 'elbow', 'wrist', 'hip', 'knee', 'ankle')
    })


# ------------------------------------------------ the rules, one by one


def inside(x, y, polygon):
    """Even-odd rule, one edge after the other."""
    odd = False
    for (ax, ay), (bx, by) in zip(polygon, polygon[1:] + polygon[:1]):
        if (ay > y) != (by > y) and x < ax + (y - ay) * (bx - ax) / (by - ay):
            odd = not odd
    return odd


def people_of(data, image, polygons):
    """Each person of a frame: keypoints by name, outside of all polygons."""
    names = data['categories'][0]['keypoints']
    people = []
    for ann in data['annotations']:
        if ann['image_id'] != image['id']:
            continue
        joints = {}
        for i, name in enumerate(names):
            x, y, flag = ann['keypoints'][3 * i:3 * i + 3]
            if name not in JOINTS or (x == 0 and y == 0 and flag == 0):
                continue
            if not any(inside(x, y, polygon) for polygon in polygons):
                score = ann['scores'][i] if ann.get('scores') else -9999
                joints[name] = (x, y, score)
        people.append((joints, ann.get('bbox_head')))
    return people


def oracle(pairs):
    """PoseTrack's rules, frame by frame and keypoint by keypoint."""
    found = {name: [] for name in JOINTS}
    to_find = dict.fromkeys(JOINTS, 0)
    for gt, pred in pairs:
        for gt_image, pred_image in zip(gt['images'], pred['images']):
            polygons = [
                list(zip(x, y))
                for x, y in zip(
                    gt_image.get('ignore_regions_x', []),
                    gt_image.get('ignore_regions_y', []))
            ]
            people = people_of(gt, gt_image, polygons)
            if not people:
                continue
            guesses = people_of(pred, pred_image, polygons)
            right = [[set() for _ in people] for _ in guesses]
            for p, (guess, _) in enumerate(guesses):
                for g, (person, head) in enumerate(people):
                    limit = 0.5 * 0.6 * math.hypot(head[2], head[3])
                    for name in set(guess) & set(person):
                        far = math.dist(guess[name][:2], person[name][:2])
                        if far <= limit and limit > 0:
                            right[p][g].add(name)
            choice = {}
            for p in range(len(guesses)):
                value = [
                    len(right[p][g]) / max(len(people[g][0]), 1)
                    for g in range(len(people))
                ]
                best = value.index(max(value))
                if value[best] > choice.get(best, (0, None))[0]:
                    choice[best] = (value[best], p)
            person_of = {p: g for g, (_, p) in choice.items()}
            for person, _ in people:
                for name in person:
                    to_find[name] += 1
            for p, (guess, _) in enumerate(guesses):
                for name, (_, _, score) in guess.items():
                    hit = p in person_of and name in right[p][person_of[p]]
                    found[name].append((score, hit))
    table = {}
    for name in JOINTS:
        ranked = sorted(found[name], key=lambda item: -item[0])
        if ranked and not to_find[name]:
            table[name] = math.nan
            continue
        hits, precision = 0, []
        for rank, (_, hit) in enumerate(ranked, 1):
            hits += hit
            precision.append(hits / rank)
        table[name] = 100 * sum(
            max(precision[rank:]) / to_find[name]
            for rank, (_, hit) in enumerate(ranked) if hit)
    valid = [value for value in table.values() if not math.isnan(value)]
    total = sum(valid) / len(valid) if valid else math.nan
    groups = {
        group: sum(table[name] for name in names) / len(names)
        for group, names in GROUPS.items()
    }
    return dict(groups, Total=total, **table)


def random_pair(rng, video, number):
    """Draw a video and predictions with every case of the rules."""
    num_frames = int(rng.integers(1, 5))
    name = f'{number:06d}_mpii_test'
    gt = video(num_frames, name)
    names = gt.names
    if rng.random() < 0.3:
        names = list(rng.permutation(JOINTS))
    pred = video(num_frames, name, names)
    never = set(rng.choice(JOINTS, int(rng.integers(0, 3)), replace=False))
    for frame in range(num_frames):
        if rng.random() < 0.5:
            gt.ignore(
                *[
                    rng.uniform(0, 400, (int(rng.integers(3, 8)), 2)).tolist()
                    for _ in range(int(rng.integers(1, 3)))
                ],
                frame=frame)
        for _ in range(int(rng.integers(0, 4))):
            centre = rng.uniform(50, 350, 2)
            joints = {
                joint: (*(centre + rng.normal(0, 60, 2)),
                        int(rng.integers(0, 2)))
                for joint in JOINTS
                if joint not in never and rng.random() < 0.8
            }
            head = [0, 0, *rng.uniform(10, 90, 2)]
            if rng.random() < 0.1:
                head[2:] = 0, 0
            gt.add(joints, frame, head)
            for _ in range(int(rng.integers(0, 3))):
                spread = 0.3 * math.hypot(head[2], head[3])
                guess = {
                    joint: tuple(
                        np.array(joints.get(joint, centre)[:2]) +
                        rng.normal(0, rng.choice([0.3, 1.0]) * spread + 1, 2))
                    for joint in JOINTS if rng.random() < 0.9
                }
                pred.add(guess, frame, None,
                         {joint: rng.random() for joint in JOINTS})
        if rng.random() < 0.3:
            pred.add({j: tuple(rng.uniform(0, 400, 2)) for j in JOINTS},
                     frame, None, {joint: rng.random() for joint in JOINTS})
    order = rng.permutation(len(pred.data['annotations']))
    pred.data['annotations'] = [pred.data['annotations'][i] for i in order]
    return gt, pred


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


# ----------------------------------------------------- by hand, in figures


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
def test_frame_without_labelled_people_yields_false_positives(
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


# -------------------------------------- where the official one falls over


def test_track_ids_and_doubles_are_of_no_account(video, write):
    gt, pred = video(), video()
    gt.add({'nose': (100, 100)}).add({'nose': (300, 100)})
    pred.add({'nose': (100, 100)}, scores={}, track_id=3)
    pred.add({'nose': (300, 100)}, scores={}, track_id=3)
    for ann in gt.data['annotations']:
        del ann['track_id']
    assert evaluate_posetrack(*write(gt, pred))['nose'] == 100


def test_annotation_of_an_unknown_image_is_left_out(video, write):
    gt, pred = video(), video()
    gt.add({'nose': (100, 100)})
    pred.add({'nose': (100, 100)}, scores={'nose': 0.2})
    pred.add({'nose': (900, 100)}, scores={'nose': 0.9}, image_id=4)
    assert evaluate_posetrack(*write(gt, pred))['nose'] == 100


def test_infinite_coordinates_count_as_wrong(video, write):
    gt, pred = video(), video()
    gt.add({'nose': (100, 100), 'left_hip': (10, 10)})
    pred.add({'nose': (math.nan, 100), 'left_hip': (10, 10)}, scores={})
    table = evaluate_posetrack(*write(gt, pred))
    assert table['nose'] == 0
    assert table['left_hip'] == 100


def break_head(gt, pred):
    del gt.data['annotations'][0]['bbox_head']


def break_head_box(gt, pred):
    gt.data['annotations'][0]['bbox_head'] = [1, 2, 3]


def break_head_nan(gt, pred):
    gt.data['annotations'][0]['bbox_head'] = [1, 2, 3, math.nan]


def break_keypoints(gt, pred):
    pred.data['annotations'][0]['keypoints'] = [1.0] * 48


def break_keypoints_empty(gt, pred):
    gt.data['annotations'][0]['keypoints'] = []


def break_keypoints_missing(gt, pred):
    del pred.data['annotations'][0]['keypoints']


def break_keypoints_text(gt, pred):
    pred.data['annotations'][0]['keypoints'] = ['a'] * 51


def break_gt_nan(gt, pred):
    gt.data['annotations'][0]['keypoints'][0] = math.nan


def break_category(gt, pred):
    pred.data['categories'][0]['keypoints'] = pred.names[:16]


def break_categories(gt, pred):
    del pred.data['categories']


def break_names(gt, pred):
    pred.data['categories'][0]['keypoints'][0] = 'nasal'


def break_names_twice(gt, pred):
    pred.data['categories'][0]['keypoints'][3] = 'nose'


def break_scores(gt, pred):
    pred.data['annotations'][0]['scores'] = [0.5] * 15


def break_scores_nan(gt, pred):
    pred.data['annotations'][0]['scores'][0] = math.nan


def break_scores_null(gt, pred):
    pred.data['annotations'][0]['scores'][0] = None


def break_frames(gt, pred):
    pred.data['images'].append(dict(id=4, file_name='a/000001_b/000007.jpg'))


def break_videos(gt, pred):
    gt.data['images'][0]['file_name'] = 'images/val/000009_b/000000.jpg'


def break_image_id(gt, pred):
    del gt.data['images'][0]['id']


def break_ann_image_id(gt, pred):
    del pred.data['annotations'][0]['image_id']


def break_images(gt, pred):
    del pred.data['images']


def break_region(gt, pred):
    gt.ignore([(0, 0), ('x', 1), (2, 2)])


def break_region_nan(gt, pred):
    gt.ignore([(0, 0), (math.nan, 1), (2, 2)])


@pytest.mark.parametrize('damage, message', [
    (break_head, r"annotations\[0\] \(id 1000\): 'bbox_head' is missing"),
    (break_head_box, "id 1000.*'bbox_head' must be a list of 4 .*got 3"),
    (break_head_nan, 'id 1000.*not finite'),
    (break_keypoints, "id 1000.*'keypoints' must be a list of 51 .*got 48"),
    (break_keypoints_empty, "id 1000.*'keypoints' must be .* 51 .*got 0"),
    (break_keypoints_missing, "id 1000.*'keypoints' is missing"),
    (break_keypoints_text, "id 1000.*'keypoints' must be .* 51 numbers"),
    (break_gt_nan, 'id 1000.*nose lies at'),
    (break_category, 'lists 16 keypoints'),
    (break_categories, "'categories' is missing"),
    (break_names, r"lack \['nose'\]"),
    (break_names_twice, r"repeat \['nose'\]"),
    (break_scores, "id 1000.*'scores' has 15 numbers for 17"),
    (break_scores_nan, 'id 1000.*score of nose is NaN'),
    (break_scores_null, 'id 1000.*score of nose is NaN'),
    (break_frames, 'has 3 frames, but .* has 2'),
    (break_videos, 'holds 2 videos'),
    (break_image_id, r"images\[0\]: 'id' is missing"),
    (break_ann_image_id, r"annotations\[0\].*'image_id' is missing"),
    (break_images, "'images' is missing"),
    (break_region, "id 10000.*ignore region 0: 'x' must be a list of numb"),
    (break_region_nan, 'id 10000.*ignore region 0: a corner is not finite'),
])
def test_broken_input_is_named(damage, message, video, write):
    gt, pred = video(2), video(2)
    gt.add({'nose': (100, 100)})
    pred.add({'nose': (100, 100)}, scores={})
    folders = write(gt, pred)
    assert evaluate_posetrack(*folders)['nose'] == 100
    damage(gt, pred)
    with pytest.raises(ValueError, match=message) as error:
        evaluate_posetrack(*write(gt, pred))
    assert '000001_mpii_test.json' in str(error.value)


def test_files_that_cannot_be_read(video, write, tmp_path):
    gt, pred = video(), video()
    folders = write(gt, pred)
    file = tmp_path / 'pred' / '000001_mpii_test.json'
    file.write_text('{"images": [')
    with pytest.raises(ValueError, match='000001_mpii_test.json is not val'):
        evaluate_posetrack(*folders)
    file.write_text('[1, 2]')
    with pytest.raises(ValueError, match='test.json must be an object'):
        evaluate_posetrack(*folders)
    file.unlink()
    with pytest.raises(FileNotFoundError, match='000001_mpii_test.json'):
        evaluate_posetrack(*folders)
    with pytest.raises(FileNotFoundError, match='nowhere'):
        evaluate_posetrack(folders[0], str(tmp_path / 'nowhere'))
    empty = tmp_path / 'empty'
    empty.mkdir()
    with pytest.raises(FileNotFoundError, match='empty holds no JSON'):
        evaluate_posetrack(str(empty), folders[1])


def test_crowd_that_is_compared_in_parts(video, write):
    # 640000 pairs of people on a grid: more than are held at once.
    gt, pred = video(), video()
    for i in range(800):
        joint = {'nose': (100.0 * (i % 100) + 1, 100.0 * (i // 100) + 1)}
        gt.add(joint)
        pred.add(joint, scores={'nose': 1 / (i + 1)})
    assert evaluate_posetrack(*write(gt, pred))['nose'] == 100


# ------------------------------------------------------ PoseTrack17's files


def annolist(data):
    """The content of a file in PoseTrack17's layout."""
    names = data['categories'][0]['keypoints']
    frames = []
    for image in data['images']:
        frame = dict(image=[dict(name=image['file_name'])], annorect=[])
        if 'ignore_regions_x' in image:
            frame['ignore_regions'] = [
                dict(point=[dict(x=[x], y=[y]) for x, y in zip(xs, ys)])
                for xs, ys in zip(image['ignore_regions_x'],
                                  image['ignore_regions_y'])
            ]
        for ann in data['annotations']:
            if ann['image_id'] != image['id']:
                continue
            points = []
            for i, name in enumerate(names):
                x, y, flag = ann['keypoints'][3 * i:3 * i + 3]
                if name in JOINTS and (x, y, flag) != (0, 0, 0):
                    point = dict(id=[JOINTS.index(name)], x=[x], y=[y])
                    if ann.get('scores'):
                        point['score'] = [ann['scores'][i]]
                    points.append(point)
            rect = dict(
                track_id=[ann['track_id']], annopoints=[dict(point=points)])
            if 'bbox_head' in ann:
                x, y, width, height = ann['bbox_head']
                rect.update(x1=[x], y1=[y], x2=[x + width], y2=[y + height])
            frame['annorect'].append(rect)
        frames.append(frame)
    return dict(annolist=frames)


@pytest.mark.parametrize('case', range(5))
def test_annolist_gives_the_same(case, video, write):
    rng = np.random.default_rng(100 + case)
    pairs = [random_pair(rng, video, i) for i in range(2)]
    gts, preds = map(list, zip(*pairs))
    expected = evaluate_posetrack(*write(gts, preds))
    for one in gts + preds[:1]:  # layouts may be mixed
        one.data = annolist(one.data)
    assert evaluate_posetrack(*write(gts, preds)) == pytest.approx(
        expected, abs=1e-12, nan_ok=True)


def test_annolist_details(video, write):
    gt, pred = video(2), video(2)
    gt.add({'nose': (100, 100)}).add({'nose': (100, 100)}, 1)
    pred.add({'nose': (100, 100)}, scores={'nose': 0.5})
    for one in (gt, pred):
        one.data = annolist(one.data)
    rects = pred.data['annolist'][0]['annorect']
    # Of two points with one id the first counts; no points, no person.
    rects[0]['annopoints'][0]['point'].append(
        dict(id=[13], x=[900], y=[900], score=[0.9]))
    rects += [dict(annopoints=[]), dict(track_id=[9]), dict(annopoints=[{}])]
    assert evaluate_posetrack(*write(gt, pred))['nose'] == 50
    del gt.data['annolist'][0]['annorect'][0]['x2']
    with pytest.raises(ValueError, match="annorect.0.: 'x2' is missing"):
        evaluate_posetrack(*write(gt, pred))
    gt.data['annolist'] = 3
    with pytest.raises(ValueError, match="'annolist' is missing or not"):
        evaluate_posetrack(*write(gt, pred))


def unwrapped(value):
    """Unwrap lists of one element, as the tool that wrote the files does."""
    if isinstance(value, list):
        value = [unwrapped(entry) for entry in value]
        return value[0] if len(value) == 1 else value
    if isinstance(value, dict):
        return {key: unwrapped(entry) for key, entry in value.items()}
    return value


@pytest.mark.parametrize('people', [1, 2])
def test_annolist_with_lists_of_one_dropped(people, video, write):
    gt, pred = video(3), video(3)
    for i in range(people):
        gt.add({'nose': (100, 100 + 500 * i), 'left_hip': (10, 10)})
        pred.add({'nose': (100, 100 + 500 * i)}, scores={'nose': 0.5})
    gt.ignore([(0, 0), (20, 0), (20, 20), (0, 20)])
    gt.add({'nose': (100, 100)}, 1)
    pred.add({'nose': (900, 100)}, 1, scores={})
    wanted = evaluate_posetrack(*write(gt, pred))
    assert 0 < wanted['nose'] < 100
    for one in (gt, pred):
        one.data = dict(annolist=[
            unwrapped(frame) for frame in annolist(one.data)['annolist']])
    found = evaluate_posetrack(*write(gt, pred))
    np.testing.assert_equal(found, wanted)


# ------------------------------------------------------- the command line


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
