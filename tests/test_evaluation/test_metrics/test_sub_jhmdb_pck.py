"""PCK of Sub-JHMDB, against plain loops and by hand."""
import json
import math

import numpy as np
import pytest
from mmengine.logging import MessageHub
from mmpose.evaluation.metrics import JhmdbPCKAccuracy, PCKAccuracy
from mmpose.registry import METRICS

from mmpose_video.evaluation import SubJhmdbPCK
from mmpose_video.evaluation.functional.sub_jhmdb import (
    JHMDB_JOINTS,
    average_splits,
    summarise_pck,
)
from mmpose_video.tools.average_jhmdb import main


def person(rng, visible=None):
    """A labeled person and a guess, random."""
    gt = rng.uniform(20, 220, (1, 15, 2))
    box = np.array([[10., 20., 10 + rng.uniform(60, 90), 200.]])
    return dict(
        gt_instances=dict(
            keypoints=gt,
            keypoints_visible=np.ones((1, 15)) if visible is None else
            visible.reshape(1, 15),
            bboxes=box),
        pred_instances=dict(keypoints=gt + rng.normal(0, 25, gt.shape)))


def evaluate(metric, samples):
    """Process and evaluate; the metric's keys without the prefix."""
    metric.process(None, samples)
    return {
        key.split('/')[1]: value
        for key, value in metric.evaluate(len(samples)).items()
    }


def loops(samples, thr, item):
    """Accuracy of each keypoint by counting."""
    accuracy = []
    for j in range(15):
        right = total = 0
        for sample in samples:
            gt = sample['gt_instances']
            if not gt['keypoints_visible'][0, j]:
                continue
            if item == 'bbox':
                x1, y1, x2, y2 = gt['bboxes'][0]
                size = max(x2 - x1, y2 - y1)
            else:
                size = math.dist(gt['keypoints'][0, 4], gt['keypoints'][0, 5])
            far = math.dist(gt['keypoints'][0, j],
                            sample['pred_instances']['keypoints'][0, j])
            right += far / size < thr
            total += 1
        accuracy.append(right / total if total else math.nan)
    return accuracy


@pytest.mark.parametrize('thr', [0.1, 0.2])
def test_against_loops(rng, thr):
    samples = [person(rng, rng.random(15) < 0.8) for _ in range(30)]
    values = evaluate(SubJhmdbPCK(thr=thr, per_joint=True), samples)
    for item, key in (('bbox', 'PCK'), ('torso', 'tPCK')):
        expected = loops(samples, thr, item)
        assert 0.02 < np.mean(expected) < 0.98
        for name, value in zip(JHMDB_JOINTS, expected):
            assert values[f'{name} {key}'] == pytest.approx(value)
        assert values[key] == pytest.approx(np.mean(expected))
        assert values[f'Head {key}'] == pytest.approx(expected[2])
        assert values[f'Neck {key}'] == pytest.approx(expected[0])
        assert values[f'Belly {key}'] == pytest.approx(expected[1])
        for group, pair in (('Sho', (3, 4)), ('Hip', (5, 6)), ('Elb', (7, 8)),
                            ('Knee', (9, 10)), ('Wri', (11, 12)),
                            ('Ank', (13, 14))):
            assert values[f'{group} {key}'] == pytest.approx(
                np.mean([expected[i] for i in pair]))


def test_agrees_with_mmpose_where_it_has_the_number(rng):
    samples = [person(rng) for _ in range(20)]
    ours = evaluate(SubJhmdbPCK(), samples)
    host = JhmdbPCKAccuracy(thr=0.2, norm_item=['bbox', 'torso'],
                            prefix='host')
    for key, value in evaluate(host, samples).items():
        assert ours[key] == pytest.approx(value)


def test_keypoint_that_is_never_annotated(rng):
    visible = np.ones(15)
    visible[[0, 7]] = 0
    values = evaluate(SubJhmdbPCK(norm_item='bbox', per_joint=True),
                      [person(rng, visible) for _ in range(10)])
    assert math.isnan(values['right_elbow PCK'])
    assert math.isnan(values['Neck PCK'])
    # One elbow is left, and the mean is over 13 keypoints.
    assert values['Elb PCK'] == values['left_elbow PCK']
    joints = [values[f'{name} PCK'] for name in JHMDB_JOINTS]
    assert values['PCK'] == pytest.approx(np.nanmean(joints))
    assert not any(key.endswith('tPCK') for key in values)


def test_registered_with_prefix(rng):
    metric = METRICS.build(dict(type='SubJhmdbPCK'))
    metric.process(None, [person(rng)])
    assert {'jhmdb/PCK', 'jhmdb/tPCK', 'jhmdb/Head PCK'} <= set(
        metric.evaluate(1))


def test_split_is_named_and_written(rng, tmp_path):
    hub = MessageHub.get_current_instance()
    hub.update_info('jhmdb_ann_file', '/data/jhmdb/annotations/Sub2_test.json')
    files = []
    samples = [[person(rng) for _ in range(4)] for _ in range(3)]
    for split, some in zip(('sub1', None, 'sub3'), samples):
        files.append(str(tmp_path / f'{len(files)}.json'))
        metric = SubJhmdbPCK(split=split, out_file=files[-1])
        metric.dataset_meta = dict(dataset_name='jhmdb')
        evaluate(metric, some)
    result = average_splits(files)
    assert list(result['splits']) == ['sub1', 'sub2', 'sub3']
    assert result['thr'] == 0.2
    for key, item in (('PCK', 'bbox'), ('tPCK', 'torso')):
        means = [np.mean(loops(some, 0.2, item)) for some in samples]
        assert result['mean'][key] == pytest.approx(np.mean(means))
        wrists = [loops(some, 0.2, item)[11] for some in samples]
        assert result['mean'][f'right_wrist {key}'] == pytest.approx(
            np.mean(wrists))


def test_command_that_averages(tmp_path, capsys):
    files = []
    for i, value in enumerate((0.5, 0.7, None)):
        results = {f'{group} PCK': 0.25 for group in
                   ('Head', 'Sho', 'Elb', 'Wri', 'Hip', 'Knee', 'Ank', 'Neck',
                    'Belly')}
        files.append(tmp_path / f'{i}.json')
        files[-1].write_text(json.dumps(
            dict(split=f'sub{i}', thr=0.2, results=dict(results, PCK=value))))
    assert main([str(file) for file in files]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == 'PCK@0.2, percent'
    assert lines[-1].split() == ['mean'] + ['25.00'] * 9 + ['60.00']
    assert main([str(files[0]), str(files[0])]) == 1
    assert 'second result of split sub0' in capsys.readouterr().err
    files[1].write_text(json.dumps(dict(split='b', thr=0.1, results={})))
    assert main([str(file) for file in files]) == 1
    assert '1.json is 0.1, that of' in capsys.readouterr().err
    files[1].write_text(json.dumps(dict(split='b', thr=0.2, results={})))
    assert main([str(file) for file in files]) == 1
    assert '1.json holds other results than' in capsys.readouterr().err
    files[0].write_text(json.dumps(
        dict(split='a', thr=0.2, results=dict(PCK=.5))))
    assert main([str(files[0])]) == 1
    assert "0.json lacks the result 'Head PCK'" in capsys.readouterr().err
    files[0].write_text(json.dumps(
        dict(split='a', thr=0.2, results=dict(PCK=[.5]))))
    assert main([str(files[0])]) == 1
    assert "'results': 'PCK' must be a number" in capsys.readouterr().err
    files[1].write_text('{}')
    assert main([str(file) for file in files[1:]]) == 1
    assert 'not written by SubJhmdbPCK' in capsys.readouterr().err
    assert main([str(tmp_path / 'none.json')]) == 1


def test_summary_by_hand():
    accuracy = np.arange(15) / 20
    accuracy[2] = -1
    groups, joints = summarise_pck(accuracy)
    assert math.isnan(groups['Head']) and math.isnan(joints['head'])
    assert groups['Hip'] == pytest.approx((5 + 6) / 40)
    assert groups['Mean'] == pytest.approx((105 - 2) / 20 / 14)
    assert all(math.isnan(v) for v in summarise_pck([-1.0] * 15)[0].values())


def test_bad_options(rng):
    with pytest.raises(ValueError, match="'bbox', 'torso' or both"):
        SubJhmdbPCK(norm_item='head')
    sample = person(rng)
    sample['pred_instances']['keypoints'] = np.zeros((1, 17, 2))
    with pytest.raises(ValueError, match='15 joints, a prediction has 17'):
        SubJhmdbPCK().process(None, [sample])


def test_mmposes_pck_works_for_posetrack(rng):
    # What the overfit checks read: PCK@0.2 of 17 points, ears unlabeled.
    samples = []
    for shift in (0, 0, 0, 30):
        gt = rng.uniform(0, 100, (1, 17, 2))
        visible = np.ones((1, 17))
        visible[0, 3:5] = 0
        pred = gt + shift
        pred[0, 3:5] = 999
        samples.append(dict(
            gt_instances=dict(keypoints=gt, keypoints_visible=visible,
                              bboxes=np.array([[0., 0., 50., 100.]])),
            pred_instances=dict(keypoints=pred)))
    values = evaluate(PCKAccuracy(thr=0.2, prefix='host'), samples)
    assert values['PCK'] == pytest.approx(0.75)
