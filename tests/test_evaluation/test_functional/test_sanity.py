"""A result of zero names its possible causes."""

import pytest

from mmpose_video.evaluation import evaluate_posetrack

JOINTS = dict(nose=(100, 50), left_knee=(120, 200))


@pytest.mark.parametrize('joints, message', [
    (dict(nose=(.1, .05), left_knee=(.12, .2)),
     'joints lie in x 100 to 120, y 50 to 200, the predicted ones in x 0.1 '
     'to 0.12, y 0.05 to 0.2'),
    ({}, 'there is no predicted joint'),
])
def test_nothing_is_right(video, write, log, joints, message):
    gt = video().add(JOINTS)
    folders = write(gt, video().add(joints, scores={}))
    assert evaluate_posetrack(*folders)['nose'] == 0
    assert any(message in text and folders[1] in text
               for text in log.messages)


def test_predictions_in_other_frames(video, write, log):
    gt = video(2).add(JOINTS)
    evaluate_posetrack(*write(gt, video(2).add(JOINTS, frame=1, scores={})))
    assert 'no prediction in a frame with annotated people' in log.text


def test_nothing_is_annotated(video, write, log):
    gt = video().add({})
    evaluate_posetrack(*write(gt, video().add(JOINTS, scores={})))
    assert 'the ground truth has no annotated joint' in log.text


def test_one_joint_is_right(video, write, log):
    gt = video().add(JOINTS)
    evaluate_posetrack(*write(gt, video().add(
        dict(nose=(101, 50), left_knee=(900, 900)), scores={})))
    assert not log.messages


def test_frames_in_another_order(video, write):
    gt, pred = (video(2).add(JOINTS, scores={}) for _ in range(2))
    pred.data['images'].reverse()
    with pytest.raises(ValueError, match='frames in another order'):
        evaluate_posetrack(*write(gt, pred))


def test_people_of_other_images(video, write):
    gt, pred = (video(2).add(JOINTS, scores={}) for _ in range(2))
    for image in pred.data['images']:
        image['id'] += 5
    with pytest.raises(ValueError, match="pred.*no annotation's 'image_id'"):
        evaluate_posetrack(*write(gt, pred))
