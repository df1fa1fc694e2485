import pytest

from mmpose_video.formats.coco_labels import unlabeled_frames


@pytest.mark.parametrize('image, annotated, unlabeled', [
    (dict(is_labeled=False), False, True),
    (dict(is_labeled=True), False, False),
    (dict(), False, False),
    (dict(is_labeled=False), True, False),
    # PoseTrack21: people with a box and no key points count in AP
    (dict(is_labeled=False, has_labeled_person=True), False, False),
    (dict(is_labeled=False, has_labeled_person=False), False, True),
])
def test_which_frames_are_not_labelled(image, annotated, unlabeled):
    images = [dict(id=1, is_labeled=True), dict(image, id=2)]
    anns = [dict(image_id=1)] + [dict(image_id=2)] * annotated
    found = unlabeled_frames(dict(images=images, annotations=anns))
    assert found == ({2} if unlabeled else set())


def test_all_frames_of_a_test_set_count():
    images = [dict(id=1, is_labeled=False), dict(id=2, is_labeled=False)]
    assert unlabeled_frames(dict(images=images, annotations=[])) == set()
