"""Keypoints by occlusion and blur."""
import json
import pickle

import numpy as np
import pytest
from comparison.difficulty import BINS, bins, count, rates, read_predictions

CLEAR = dict(shutter=0.2, defocus=0., gain=1., noise=4.)


def person(**changes):
    """All keypoints at (10 j, 0), labeled and in sight; head size 30."""
    ann = dict(
        id=7, image_id=1, bbox_head=[0, 0, 30, 40],  # diagonal 50, times 0.6
        keypoints=[v for j in range(17) for v in (10 * j, 0, 1)],
        occluded=[False] * 17, self_occluded=[False] * 17, blur=[0.] * 17)
    ann.update(changes)
    return ann


def write(tmp_path, ann, exposure=CLEAR):
    path = tmp_path / 'labels.json'
    path.write_text(json.dumps(dict(
        images=[dict(id=1, exposure=exposure)], annotations=[ann])))
    return path


def truth(ann):
    return np.array(ann['keypoints'], float).reshape(-1, 3)[:, :2]


def test_found_means_within_half_a_head_size(tmp_path):
    ann = person()
    pose = truth(ann)
    pose[0, 1] += 15.  # just within
    pose[1, 1] += 15.1
    counts = count({7: pose}, write(tmp_path, ann))
    # ears are left out
    assert counts['joint']['in sight'] == [14, 15]
    assert counts['frame']['clear'] == [14, 15]
    assert counts['joint']['behind others'] == [0, 0]


def test_bins_of_a_joint(tmp_path):
    hidden = [j in (5, 6, 7) for j in range(17)]
    ann = person(occluded=hidden, self_occluded=[j == 8 for j in range(17)],
                 blur=[3. * (j == 9) + 2. * (j == 10) + 50. * (j == 5)
                       for j in range(17)])
    pose = truth(ann)
    pose[5] += 1000
    counts = count({7: pose}, write(tmp_path, ann, dict(CLEAR, gain=0.2)))
    assert counts['joint'] == {'in sight': [11, 11],
                               'behind own body': [1, 1],
                               'behind others': [2, 3]}
    # 3 of 15 are hidden
    assert counts['person hidden']['up to 1/4'] == [14, 15]
    # of hidden keypoints, blur says nothing
    assert counts['blur'] == {'< 2 px': [10, 10], '2 to 4 px': [2, 2],
                              '4 to 8 px': [0, 0], '> 8 px': [0, 0]}
    assert counts['frame']['dark'] == [14, 15]


@pytest.mark.parametrize('exposure, expected', [
    (dict(shutter=1.3), 'long exposure'), (dict(defocus=4.), 'out of focus'),
    (dict(gain=0.2, shutter=1.3), 'dark')])
def test_state_of_the_frame(exposure, expected):
    found = {key for _, key in bins(person(), {**CLEAR, **exposure})}
    assert ('frame', expected) in found


@pytest.mark.parametrize('hidden, expected', [
    (0, 'not'), (1, 'up to 1/4'), (4, 'up to 1/2'), (8, 'more')])
def test_share_of_hidden_joints(hidden, expected):
    ann = person(occluded=[j >= 17 - hidden for j in range(17)])
    found = {key[1] for _, key in bins(ann, CLEAR)
             if key[0] == 'person hidden'}
    assert found == {expected}


def test_joints_without_label_do_not_count():
    points = person()['keypoints']
    points[2] = 0
    joints = {j for j, _ in bins(person(keypoints=points), CLEAR)}
    assert joints == set(range(17)) - {0, 3, 4}
    assert not list(bins(person(keypoints=[0] * 51), CLEAR))


def test_real_labels_say_nothing(tmp_path):
    ann = person()
    del ann['occluded']
    assert count({}, write(tmp_path, ann)) == {}


def test_a_missing_prediction(tmp_path):
    with pytest.raises(ValueError, match='no prediction for annotation 7'):
        count({}, write(tmp_path, person()))


def test_rates_over_seeds():
    empty = {c: {name: [0, 0] for name in names}
             for c, names in BINS.items()}
    runs = []
    for found, total in ((1, 2), (3, 8)):
        runs.append(json.loads(json.dumps(empty)))
        runs[-1]['blur']['> 8 px'] = [found, total]
    assert rates(runs) == {'blur': {'> 8 px': 40.}}
    assert rates([]) == {} and rates([{}]) == {}


def test_predictions_of_the_test_script(tmp_path):
    path = tmp_path / 'predictions.pkl'
    sample = dict(id=7, pred_instances=dict(
        keypoints=np.arange(34.).reshape(1, 17, 2)))
    path.write_bytes(pickle.dumps([sample]))
    poses = read_predictions(path)
    assert list(poses) == [7] and poses[7].shape == (17, 2)
    assert poses[7][1].tolist() == [2, 3]
