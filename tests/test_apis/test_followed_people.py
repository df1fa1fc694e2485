"""People who are followed by their poses, frame by frame."""
import numpy as np
import pytest
from mmengine.structures import InstanceData

from mmpose_video.apis.followed_people import FollowedPeople
from mmpose_video.apis.found_people import FoundPeople
from mmpose_video.apis.frame_source import ArraySource, Frame
from mmpose_video.apis.movenet_crop import movenet_crop, movenet_region

K = 17
#: A pose of 100 x 200 pixels at the origin.
POSE = np.random.RandomState(0).rand(K, 2) * [100, 200]
POSE[:2] = [[0, 0], [100, 200]]


def frame(number, size=(640, 480)):
    return Frame(number, number, f'{number}.jpg',
                 np.zeros((size[1], size[0], 3), np.uint8))


def poses(*corners, scores=0.9):
    """People as a model predicts them, at these corners."""
    keypoints = np.array([POSE + corner for corner in corners]).reshape(
        -1, K, 2).astype(np.float32)
    score = np.broadcast_to(np.asarray(scores)[..., None], (
        len(corners), K)).astype(np.float32)
    return InstanceData(
        keypoints=keypoints, keypoint_scores=score,
        bboxes=np.zeros((len(corners), 4), np.float32),
        bbox_scores=np.zeros(len(corners), np.float32))


class Detector:
    """Returns the people it was given, and counts its calls."""

    def __init__(self, *corners):
        self.corners = corners
        self.calls = 0

    def __call__(self, image):
        self.calls += 1
        found = poses(*self.corners)
        boxes = np.array([[x, y, x + 100, y + 200]
                          for x, y in self.corners], np.float32)
        return FoundPeople(boxes.reshape(-1, 4), np.full(
            len(boxes), 0.3, np.float32), found.keypoints,
            found.keypoint_scores)


def test_detected_once_and_followed():
    detector = Detector((10, 20), (300, 40))
    people = FollowedPeople(detector, interval=5, margin=0.)
    first = people(frame(0))
    np.testing.assert_allclose(first.boxes, [[10, 20, 110, 220],
                                             [300, 40, 400, 240]])
    for number in range(1, 5):
        kept = people.review(frame(number - 1), poses(
            (10 + 3 * number, 20), (300, 40)))
        assert len(kept) == 2
        found = people(frame(number))
        np.testing.assert_allclose(
            found.boxes[0], [10 + 3 * number, 20, 110 + 3 * number, 220])
        np.testing.assert_allclose(found.scores, 0.9)
        assert detector.calls == 1
    people.review(frame(4), poses((10, 20), (300, 40)))
    # somebody new, next to those who are followed
    detector.corners += ((500, 100), )
    assert len(people(frame(5)).boxes) == 3
    assert detector.calls == 2
    assert people.summary() == (
        'people were looked for in 2 of 6 frames, and followed by their poses '
        'in the others')


def test_somebody_lost_is_looked_for_at_once():
    detector = Detector((10, 20), (300, 40))
    people = FollowedPeople(detector, interval=100)
    people(frame(0))
    kept = people.review(frame(0), poses((10, 20), (300, 40),
                                         scores=[0.9, 0.1]))
    assert len(kept) == 1 and kept.keypoints[0, 0].tolist() == [10, 20]
    detector.corners = ((12, 20), (450, 200))
    found = people(frame(1))
    assert detector.calls == 2
    # the one who is followed keeps the own box
    np.testing.assert_allclose(found.boxes, [
        [0, 0, 120, 240], [450, 200, 550, 400]], atol=1e-4)


def test_without_people_each_frame_is_searched():
    detector = Detector()
    people = FollowedPeople(detector, interval=100)
    for number in range(3):
        assert len(people(frame(number)).boxes) == 0
        assert len(people.review(frame(number), poses())) == 0
    assert detector.calls == 3


def test_two_crops_of_one_person_are_one_person():
    people = FollowedPeople(Detector((10, 20), (200, 20)))
    people(frame(0))
    kept = people.review(frame(0), poses((10, 20), (12, 21), (200, 20),
                                         scores=[0.5, 0.8, 0.4]))
    assert kept.keypoints[:, 0].tolist() == [[12, 21], [200, 20]]
    assert kept.bbox_scores.tolist() == pytest.approx([0.8, 0.4])


def test_boxes_leave_out_bad_joints():
    people = FollowedPeople(Detector((10, 20)), margin=0.1)
    people(frame(0))
    found = poses((10, 20))
    found.keypoints[0, 5] = [-500, 900]
    found.keypoint_scores[0, 5] = 0.1
    kept = people.review(frame(0), found)
    # the extent is 100 x 200
    np.testing.assert_allclose(kept.bboxes, [[0, 0, 120, 240]], atol=1e-4)


def test_few_joints_keep_the_box():
    people = FollowedPeople(Detector((10, 20)), min_score=0.)
    people(frame(0))
    found = poses((10, 20), scores=[0.1])
    found.keypoint_scores[0, :2] = 0.9
    found.bboxes[:] = [1, 2, 3, 4]
    assert people.review(frame(0), found).bboxes.tolist() == [[1, 2, 3, 4]]


def test_a_new_shot_starts_anew():
    detector = Detector((10, 20))
    people = FollowedPeople(detector, interval=100)
    people(frame(0))
    people.review(frame(0), poses((10, 20)))
    people(frame(1, size=(320, 480)))
    assert detector.calls == 2
    people.start(ArraySource([frame(0).image]))
    assert people.detections == 0


def test_interval_of_one_follows_no_one():
    detector = Detector((10, 20))
    people = FollowedPeople(detector, interval=1)
    assert not people.follows_poses
    people(frame(0))
    people.review(frame(0), poses((300, 300)))
    np.testing.assert_allclose(people(frame(1)).boxes, [[10, 20, 110, 220]])
    with pytest.raises(ValueError, match='interval'):
        FollowedPeople(detector, interval=0)


def test_200_people():
    corners = [(3 * i, i) for i in range(200)]
    people = FollowedPeople(Detector(*corners), sigmas=np.full(K, 0.001))
    assert len(people(frame(0)).boxes) == 200
    # each at another place: none is another's duplicate
    assert len(people.review(frame(0), poses(*corners))) == 200
    assert len(people(frame(1)).boxes) == 200


def test_movenet_region_by_hand():
    keypoints = np.full((K, 2), [100., 100.])
    keypoints[[5, 6]] = [[80, 40], [120, 40]]    # shoulders
    keypoints[[11, 12]] = [[90, 100], [110, 100]]  # hips
    keypoints[15] = [100, 240]                   # an ankle
    scores = np.ones(K)
    # body: 1.2 * 140; torso: 1.9 * 60
    np.testing.assert_allclose(
        movenet_region(keypoints, scores, (1000, 1000)),
        [100 - 168, 100 - 168, 100 + 168, 100 + 168])
    scores[15] = 0.1
    np.testing.assert_allclose(
        movenet_region(keypoints, scores, (1000, 1000)),
        [100 - 114, 100 - 114, 100 + 114, 100 + 114])
    # no farther than the farthest border
    np.testing.assert_allclose(
        movenet_region(keypoints, scores, (150, 110)), [0, 0, 200, 200])
    # no hips: 1.5 times the extent of what is seen
    scores[[11, 12]] = 0
    np.testing.assert_allclose(
        movenet_region(keypoints, scores, (1000, 1000)),
        [100 - 45, 70 - 45, 100 + 45, 70 + 45])
    # the pipeline enlarges by 1.25
    np.testing.assert_allclose(
        movenet_crop(1.25)(keypoints, scores, (1000, 1000)),
        [100 - 36, 70 - 36, 100 + 36, 70 + 36])


def test_the_crop_of_a_pose_is_handed_on():
    people = FollowedPeople(Detector((10, 20)), crop=movenet_crop(1.25))
    found = people(frame(0))
    pose = poses((10, 20))
    expected = movenet_crop(1.25)(pose.keypoints[0], pose.keypoint_scores[0],
                                  (640, 480))
    np.testing.assert_allclose(found.crops[0], expected, rtol=1e-5)
    np.testing.assert_allclose(found.boxes[0], [10, 20, 110, 220])
