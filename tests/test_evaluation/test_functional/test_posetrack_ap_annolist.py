"""PoseTrack's average precision on PoseTrack17's files."""
import numpy as np
import pytest

from mmpose_video.evaluation import evaluate_posetrack

from .posetrack_rules import JOINTS, random_pair


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
