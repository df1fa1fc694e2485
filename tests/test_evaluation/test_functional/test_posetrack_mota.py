"""PoseTrack's tracking accuracy, by hand and by plain loops."""
import itertools
import json
import math
import sys

import numpy as np
import pytest

from mmpose_video.evaluation import evaluate_posetrack_tracking
from mmpose_video.tools import eval_tracking as cli

NOSE = 'nose'


@pytest.fixture(autouse=True)
def motmetrics():
    pytest.importorskip('motmetrics')


def fill(video, frames):
    """Add people: for each frame a dict from track to place or keypoints."""
    for t, people in enumerate(frames):
        for track, joints in people.items():
            if not isinstance(joints, dict):
                joints = {NOSE: (joints, 200)}
            video.add(joints, frame=t, track_id=track)
    return video


@pytest.fixture
def evaluate(video, write):
    """Evaluate frames of ground truth and predictions."""

    def run(gt, pred, **regions):
        gt = fill(video(len(gt)), gt)
        for name, polygon in regions.items():
            gt.ignore(polygon, frame=int(name[1:]))
        return evaluate_posetrack_tracking(
            *write(gt, fill(video(len(pred)), pred)))

    return run


LAST = {0: 100}  # the last frame does not count


def test_a_switch(evaluate):
    """With 3 objects, track 8 replaces track 7."""
    table = evaluate([{0: 100}] * 3 + [LAST],
                     [{7: 110}, {7: 100}, {8: 100}, {1: 900}])
    assert table[NOSE] == pytest.approx(100 * (1 - 1 / 3))
    assert table['Total'] == table[NOSE]
    assert math.isnan(table['left_wrist']) and math.isnan(table['Wrist'])
    assert math.isnan(table['Head'])  # as head_top is nowhere annotated
    assert (table['Precision'], table['Recall']) == (100, 100)
    assert (table['Switches'], table['Objects']) == (1, 3)


def test_a_miss_and_a_false_positive(evaluate):
    """Half a head size is 30 pixels."""
    table = evaluate([{0: 100}] * 3 + [LAST],
                     [{7: 130}, {7: 131}, {7: 70}, {}])
    assert table[NOSE] == pytest.approx(100 * (1 - 2 / 3))
    assert table['Misses'] == table['False positives'] == 1
    assert table['Precision'] == table['Recall'] == pytest.approx(200 / 3)


def test_a_match_is_kept_though_another_is_nearer(evaluate):
    table = evaluate([{0: 100}] * 2 + [LAST],
                     [{7: 100}, {7: 125, 9: 101}, {}])
    assert (table['Switches'], table['False positives']) == (0, 1)
    assert table[NOSE] == 50


def test_a_match_is_kept_over_a_gap(evaluate):
    """The track comes back after a frame without it."""
    wait = {0: 100, 1: 500}
    table = evaluate([wait] * 3 + [LAST],
                     [{7: 100, 3: 500}, {3: 500}, {7: 100, 3: 500}, {}])
    assert (table['Switches'], table['Misses']) == (0, 1)


def test_the_total_distance_decides(evaluate):
    """0 and 1 with 7 and 8: 5 + 5 beats 2 + 12."""
    table = evaluate([{0: 100, 1: 107}] * 2 + [LAST],
                     [{7: 105, 8: 112}, {7: 100, 8: 107}, {}])
    assert table[NOSE] == 100


def test_more_errors_than_objects(evaluate):
    table = evaluate([{0: 100}, LAST],
                     [{1: 300, 2: 400, 3: 500, 4: 600}, {}])
    assert table[NOSE] == -400


def test_a_frame_where_one_side_has_no_people(evaluate):
    """One miss and one false positive of each keypoint."""
    two = {0: 100, 1: 400}
    table = evaluate([two, two, LAST], [{}, {7: 100, 8: 400}, {}])
    assert (table['Misses'], table['False positives']) == (15, 15)
    assert table['Objects'] == 15 + 2
    assert table[NOSE] == pytest.approx(100 * (1 - 2 / 3))
    assert table['left_wrist'] == -100


def test_people_without_keypoints(evaluate):
    """They count as people, unless the frame has ignore regions."""
    gt, pred = [{0: 100}, LAST], [{7: {}}, {}]
    assert evaluate(gt, pred)['Misses'] == 1
    far = [(800, 800), (900, 800), (900, 900)]
    assert evaluate(gt, pred, f0=far)['Misses'] == 15


def test_ignored_joints_are_neither_missed_nor_wrong(evaluate):
    region = [(350, 100), (450, 100), (450, 300), (350, 300)]
    table = evaluate([{0: 100, 1: 400}, LAST], [{7: 100, 8: 410}, {}],
                     f0=region)
    assert (table[NOSE], table['Objects']) == (100, 1)


def test_frames_without_annotations_do_not_count(evaluate):
    table = evaluate([{0: 100}, {}, {0: 100}, LAST],
                     [{7: 100}, {7: 500, 8: 900}, {7: 100}, {}])
    assert (table[NOSE], table['Objects']) == (100, 2)


def test_videos_have_tracks_of_their_own(video, write):
    """Track 7 is another one in the next video, where 8 is no switch."""
    gts, preds = (
        [fill(video(2, name), [{0: 100}, {0: 100}][:2]) if side == 'gt' else
         fill(video(2, name), [{track: 100}, {}])
         for name, track in (('000001_a', 7), ('000002_a', 8))]
        for side in ('gt', 'pred'))
    table = evaluate_posetrack_tracking(*write(gts, preds))
    assert (table[NOSE], table['Objects'], table['Switches']) == (100, 2, 0)


def clear_mot(gt, pred, limit):
    """Errors and objects of one keypoint, frame by frame, all assignments."""
    known, errors, objects = {}, 0, 0
    for people, guesses in zip(gt[:-1], pred[:-1]):
        objects += len(people)
        far = {(g, p): abs(people[g] - guesses[p])
               for g in people for p in guesses
               if abs(people[g] - guesses[p]) <= limit}
        matched = {}
        for g in people:  # in the file's order, where two want the same
            p = known.get(g)
            if (g, p) in far and p not in matched.values():
                matched[g] = p
        free = [p for p in guesses if p not in matched.values()]
        rest = [g for g in people if g not in matched]
        best = (0, 0., {})
        for chosen in itertools.product([None, *free], repeat=len(rest)):
            pairs = {g: p for g, p in zip(rest, chosen) if p is not None}
            if len(set(pairs.values())) < len(pairs) or not all(
                    pair in far for pair in pairs.items()):
                continue
            cost = (-len(pairs), sum(far[pair] for pair in pairs.items()))
            if cost < best[:2]:
                best = (*cost, pairs)
        for g, p in best[2].items():
            errors += g in known and known[g] != p
            known[g] = p
        hits = len(matched) + len(best[2])
        errors += len(people) + len(guesses) - 2 * hits
    return errors, objects


@pytest.mark.parametrize('seed', range(6))
def test_plain_loops_agree(evaluate, seed):
    rng = np.random.default_rng(seed)
    gt, pred = [], []
    for _ in range(12):
        tracks = rng.permutation(4)[:rng.integers(1, 4)]
        gt.append({int(i): float(60 * i + rng.normal(0, 15)) + 100
                   for i in tracks})
        ids = rng.permutation(5)[:rng.integers(1, 5)]
        pred.append({int(i): float(50 * i + rng.normal(0, 20)) + 100
                     for i in ids})
    errors, objects = clear_mot(gt, pred, 30)
    table = evaluate(gt, pred)
    assert table['Objects'] == objects
    assert table[NOSE] == pytest.approx(100 * (1 - errors / objects))


@pytest.mark.parametrize('track, message', [
    (None, "'track_id' is missing"),
    ('a', "'track_id' must be a whole number, got 'a'")])
def test_tracks_are_needed(video, write, track, message):
    gt = fill(video(2), [{0: 100}, LAST])
    pred = fill(video(2), [{track: 100}, {}])
    with pytest.raises(ValueError, match=message):
        evaluate_posetrack_tracking(*write(gt, pred))


def test_a_track_stands_once_in_a_frame(video, write):
    gt = fill(video(2), [{0: 100}, LAST])
    pred = fill(fill(video(2), [{3: 100}]), [{3: 500}])
    with pytest.raises(ValueError, match='two people of frame 0 are track 3'):
        evaluate_posetrack_tracking(*write(gt, pred))


def test_the_older_layout(video, write, tmp_path):
    """Tracks in lists; people without points are left out."""
    gt, pred = write(fill(video(3), [{0: 100}, {0: 100}, LAST]),
                     fill(video(3), [{7: 100}, {7: 100}, {}]))
    rect = dict(track_id=[7], x1=[0], y1=[0], x2=[1], y2=[1])
    nose = dict(id=[13], x=[100], y=[200], score=[1.])
    frames = [
        [dict(rect, annopoints=[dict(point=[nose])])], [dict(rect)], []]
    (tmp_path / 'pred' / '000001_mpii_test.json').write_text(json.dumps(
        dict(annolist=[dict(image=[dict(name='a')], annorect=rects)
                       for rects in frames])))
    table = evaluate_posetrack_tracking(gt, pred)
    assert table[NOSE] == pytest.approx(100 * (1 - 2 / 2))
    assert table['Misses'] == 15


def test_says_what_to_install(video, write, monkeypatch):
    monkeypatch.setitem(sys.modules, 'motmetrics', None)
    one = fill(video(2), [{0: 100}, LAST])
    with pytest.raises(ImportError, match=r'mmpose_video\[mot\]'):
        evaluate_posetrack_tracking(*write(one, one))


def test_command_line(video, write, tmp_path, capsys):
    one = fill(video(2), [{0: 100}, LAST])
    folders = write(one, one)
    out = tmp_path / 'mota.json'
    assert cli.main([*folders, '--json', str(out)]) == 0
    assert 'Switches' in capsys.readouterr().out
    table = json.loads(out.read_text())
    assert table['nose'] == 100 and table['Wrist'] is None
    assert cli.main([str(tmp_path / 'none'), folders[1]]) == 1
    assert 'none' in capsys.readouterr().err
