"""The file of dense labels."""
import copy

import numpy as np
import pytest

from mmpose_video.datasets.propagation import DenseLabels, Target

NAMES = ('nose', 'head_bottom', 'left_hip', 'right_hip')


@pytest.fixture
def sparse():
    return dict(
        info='kept',
        images=[dict(id=10, file_name='a/000010.jpg', frame_id=10, width=64,
                     is_labeled=True),
                dict(id=12, file_name='a/000012.jpg', frame_id=12, width=64,
                     is_labeled=False)],
        annotations=[dict(
            id=5, image_id=10, category_id=1, track_id=3, area=600,
            bbox=[0., 0., 20., 30.], bbox_head=[4., 1., 6., 5.],
            keypoints=[5., 4., 1, 6., 8., 2, 10., 20., 1, 0., 0., 0])],
        categories=[dict(id=1, name='person')])


def dense(sparse, **kwargs):
    return DenseLabels(sparse, '/data', NAMES, **{'score_thr': 0.2, **kwargs})


MOVED = np.array([[2., 1.], [4., 3.], [1., 0.], [9., 9.]])


def test_a_new_frame(sparse):
    before = copy.deepcopy(sparse)
    labels = dense(sparse)
    assert labels.add(sparse['annotations'][0],
                      Target('/data/a/000011.jpg', 10, 1), MOVED,
                      np.array([0.9, 0.8, 0.7, 0.6]))
    content = labels.content()
    assert sparse == before and content['info'] == 'kept'
    assert [i['id'] for i in content['images']] == [10, 11, 12]
    assert content['images'][1] == dict(
        id=11, file_name='a/000011.jpg', frame_id=11, width=64,
        is_labeled=True, propagated_from=10)
    old, new = content['annotations']
    assert old == before['annotations'][0]
    # the fourth was not labeled; both points of the head move its box
    assert new['keypoints'] == [7, 5, 1, 10, 11, 2, 11, 20, 1, 0, 0, 0]
    assert new['bbox_head'] == [7., 3., 6., 5.]
    # margins: 5 and 4 before, 10 and 10 behind the outermost keypoints
    assert new['bbox'] == [2., 1., 19., 29.]
    assert new['area'] == 19 * 29
    assert (new['id'], new['image_id'], new['track_id'],
            new['propagated_from'], new['num_keypoints']) == (6, 11, 3, 5, 3)
    assert new['keypoint_scores'] == [0.9, 0.8, 0.7, 0]


def test_a_frame_that_is_listed(sparse):
    labels = dense(sparse)
    labels.add(sparse['annotations'][0], Target('/data/a/000012.jpg', 10, 2),
               MOVED, np.ones(4))
    images = labels.content()['images']
    assert [i['id'] for i in images] == [10, 12]
    assert images[1]['is_labeled'] and images[1]['propagated_from'] == 10


def test_scores_below_the_threshold(sparse):
    labels = dense(sparse, score_thr=0.5)
    scores = np.array([0.9, 0.4, 0.4, 0.9])
    labels.add(sparse['annotations'][0], Target('/data/a/000011.jpg', 10, 1),
               MOVED, scores)
    new = labels.content()['annotations'][1]
    assert new['keypoints'][3:] == [0] * 9 and new['num_keypoints'] == 1
    assert not labels.add(sparse['annotations'][0],
                          Target('/data/a/000009.jpg', 10, -1), MOVED,
                          np.zeros(4))
    assert labels.added == 1
    assert len(labels.content()['images']) == 3  # no image without people


@pytest.mark.parametrize('ids, expected', [
    ((10, 12), 11), ((10, 11), 12), (('a', 'b'), '/data/a/000011')])
def test_image_ids(ids, expected, sparse):
    for image, image_id in zip(sparse['images'], ids):
        image['id'] = image_id
    labels = dense(sparse)
    labels.add(sparse['annotations'][0],
               Target('/data/a/000011.jpg', ids[0], 1), MOVED, np.ones(4))
    assert labels.content()['annotations'][1]['image_id'] == expected
