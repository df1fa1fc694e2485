"""PCK, OKS and AP by a reference length on keypoints of the user's own."""
import json
import math

import numpy as np
import pytest
from mmpose.datasets.datasets.utils import parse_pose_metainfo
from mmpose.evaluation.functional import keypoint_pck_accuracy

from mmpose_video.evaluation import OwnKeypointsMetric
from mmpose_video.formats.schema import FormatError
from mmpose_video.formats.skeleton import Skeleton

NAMES = ('snout', 'left_ear', 'right_ear', 'back', 'tail_base')
BODY = np.array([(10., 20.), (30, 10), (30, 30), (60, 20), (90, 20)])
BOX = (0., 0., 100., 50.)
AREA = 5000.


def meta(**others):
    skeleton = Skeleton.of('mouse', NAMES, **others)
    info = skeleton.metainfo()
    return dict(parse_pose_metainfo(info), reference=info['reference'],
                has_sigmas=info['has_sigmas'])


def labels(tmp_path, bodies, flags=None):
    """One animal for each image."""
    path = tmp_path / 'labels.json'
    flags = np.full((len(bodies), 5), 2) if flags is None else flags
    path.write_text(json.dumps(dict(
        images=[dict(id=i, file_name=f'{i}.jpg') for i in range(len(bodies))],
        annotations=[
            dict(id=i, image_id=i, category_id=1, area=AREA, iscrowd=0,
                 bbox=list(BOX),
                 keypoints=np.column_stack([body, flag]).ravel().tolist())
            for i, (body, flag) in enumerate(zip(bodies, flags))],
        categories=[dict(id=1, name='mouse', keypoints=list(NAMES))])))
    return str(path)


def evaluate(path, bodies, guesses, info, flags=None, annotated=True,
             **options):
    metric = OwnKeypointsMetric(ann_file=path, **options)
    metric.dataset_meta = info
    flags = np.full((len(bodies), 5), 2) if flags is None else flags
    for i, (body, guess, flag) in enumerate(zip(bodies, guesses, flags)):
        sample = dict(
            id=i, img_id=i,
            gt_instances=dict(
                keypoints=body[None], keypoints_visible=(flag > 0)[None],
                bboxes=np.array([BOX]), bbox_scores=np.ones(1)),
            pred_instances=dict(keypoints=guess[None],
                                keypoint_scores=np.full((1, 5), .9)))
        if annotated:
            sample['raw_ann_info'] = dict(id=i)
        metric.process(None, [sample])
    return metric.evaluate(len(guesses))


def test_pck_is_mmposes(tmp_path, rng):
    bodies = [BODY] * 6
    guesses = [BODY + rng.uniform(-25, 25, BODY.shape) for _ in bodies]
    flags = rng.integers(0, 3, (6, 5))
    flags[:, 3] = 0
    result = evaluate(labels(tmp_path, bodies, flags), bodies, guesses,
                      meta(), flags, per_joint=True)
    each, mean, _ = keypoint_pck_accuracy(
        np.stack(guesses), np.stack(bodies), flags > 0, .2,
        np.full((6, 2), 100.))
    assert result['own/PCK'] == pytest.approx(mean)
    assert 0 < mean < 1
    for name, value in zip(NAMES, each):
        if name == 'back':
            assert math.isnan(result['own/back PCK'])
        else:
            assert result[f'own/{name} PCK'] == pytest.approx(value)
    # a keypoint set that says no more allows no more
    assert not [key for key in result if 'OKS' in key or 'AP' in key]


@pytest.mark.parametrize('similarity, ap', [
    (.99, 100), (.94, 90), (.77, 60), (.52, 10), (.49, 0)])
def test_oks(similarity, ap, tmp_path):
    """Thresholds .5 to .95 in ten steps; s = exp(-d^2 / (2 A (2 sigma)^2))."""
    sigma = .08
    distance = math.sqrt(-2 * AREA * (2 * sigma)**2 * math.log(similarity))
    result = evaluate(labels(tmp_path, [BODY]), [BODY],
                      [BODY + (0, distance)],
                      meta(sigmas=dict.fromkeys(NAMES, sigma)))
    assert result['own/OKS AP'] == pytest.approx(ap)
    assert result['own/OKS AP .5'] == pytest.approx(100 * (similarity > .5))
    assert result['own/OKS AP .75'] == pytest.approx(
        100 * (similarity > .75))
    assert result['own/OKS AR'] == pytest.approx(ap)
    assert 'own/AP' not in result


def test_given_sigmas_go_before_those_of_the_set(tmp_path):
    distance = math.sqrt(-2 * AREA * (2 * .08)**2 * math.log(.77))
    result = evaluate(labels(tmp_path, [BODY]), [BODY],
                      [BODY + (0, distance)],
                      meta(sigmas=dict.fromkeys(NAMES, .5)), sigmas=[.08] * 5)
    assert result['own/OKS AP'] == pytest.approx(60)


@pytest.mark.parametrize('reference, length', [
    (('snout', 'tail_base'), 80.), (('left_ear', 'right_ear'), 20.),
    (.3, 30.)])
@pytest.mark.parametrize('factor, right', [(.49, True), (.51, False)])
def test_reference_length(reference, length, factor, right, tmp_path):
    """Half of the distance of two keypoints, or of a share of the box."""
    guess = BODY.copy()
    guess[1] += (0, factor * length)
    info = meta(reference=reference) if not isinstance(reference, float) else (
        meta())
    given = dict(reference=reference) if isinstance(reference, float) else {}
    result = evaluate(labels(tmp_path, [BODY]), [BODY], [guess], info,
                      per_joint=True, **given)
    assert result['own/left_ear AP'] == 100 * right
    assert result['own/snout AP'] == 100
    assert result['own/AP'] == pytest.approx(80 + 20 * right)


def test_people_without_the_reference(tmp_path):
    """They get the median share of the box of those who have it: 0.8."""
    bodies = [BODY, BODY, BODY]
    flags = np.full((3, 5), 2)
    flags[2, 0] = 0
    info = meta(reference=('snout', 'tail_base'))
    for shift, right in ((39, True), (41, False)):
        guesses = [BODY, BODY, BODY + (0, shift)]
        result = evaluate(labels(tmp_path, bodies, flags), bodies, guesses,
                          info, flags, per_joint=True)
        # 2 of 3 are found, or 3 of 3
        assert (result['own/back AP'] == 100) == right
    flags[:, 0] = 0
    with pytest.raises(FormatError, match="nobody has both 'snout'"):
        evaluate(labels(tmp_path, bodies, flags), bodies, bodies, info, flags)


def test_detected_boxes(tmp_path):
    """Without labels of their own there is no PCK, the rest stays."""
    path = labels(tmp_path, [BODY])
    result = evaluate(path, [BODY], [BODY], meta(reference=('snout', 'back')),
                      annotated=False)
    assert result == {'own/AP': 100}
    with pytest.raises(ValueError, match='nothing can be computed'):
        evaluate(path, [BODY], [BODY], meta(), annotated=False)


@pytest.mark.parametrize('options, message', [
    (dict(reference=-1.), 'must be positive'),
    (dict(reference='snout'), 'names of two keypoints'),
    (dict(reference=('snout', 'nose')), "'nose' is not among"),
    (dict(sigmas=[.1]), '1 numbers for 5')])
def test_bad_options(options, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        evaluate(labels(tmp_path, [BODY]), [BODY], [BODY], meta(), **options)
