import json

import numpy as np
import pytest

from mmpose_video.formats.coco_labels import (
    image_names,
    read_coco_labels,
    unlabeled_frames,
)
from mmpose_video.formats.keypoints import COCO_KEYPOINTS, POSETRACK_KEYPOINTS
from mmpose_video.formats.schema import FormatError


def write(tmp_path, **changes):
    content = dict(
        images=[dict(id=i, file_name=f'a/{i}.jpg') for i in (7, 8)],
        annotations=[
            dict(id=10 + i, image_id=8 - i % 2, bbox=[1, 2, 3, 4],
                 keypoints=[5.] * 51) for i in range(3)
        ],
        categories=[dict(id=1, keypoints=list(POSETRACK_KEYPOINTS))])
    content.update(changes)
    path = tmp_path / 'labels.json'
    path.write_text(json.dumps(content))
    return str(path)


def edited(tmp_path, room, index, **changes):
    with open(write(tmp_path)) as file:
        entries = json.load(file)[room]
    entries[index].update(changes)
    return write(tmp_path, **{room: entries})


def test_people_go_to_their_images(tmp_path):
    labels = read_coco_labels(write(tmp_path), POSETRACK_KEYPOINTS)
    assert [(image['id'], [ann['id'] for ann in people])
            for image, people in labels.pairs] == [(7, [11]), (8, [10, 12])]
    assert labels.strangers == 0


def test_ids_may_be_strings(tmp_path):
    labels = read_coco_labels(write(
        tmp_path,
        images=[dict(id=name, file_name=f'{name}.jpg') for name in 'ab'],
        annotations=[dict(id='p', image_id='b')]))
    assert [len(people) for _, people in labels.pairs] == [0, 1]


@pytest.mark.parametrize('room, name', [('images', '7'), ('annotations',
                                                          '10')])
def test_ids_are_unique(tmp_path, room, name):
    path = edited(tmp_path, room, 1, id=int(name))
    with pytest.raises(FormatError, match=(
            rf'labels.json, {room}\[1\] \(id {name}\): the id is that of '
            rf'another entry \({room}\[0\]\) as well')):
        read_coco_labels(path)
    if room == 'images':
        with pytest.raises(FormatError, match='the id is that of'):
            image_names(path)


@pytest.mark.parametrize('room, changes, message', [
    ('images', dict(width='wide'), "'width' must be a whole number, got 'w"),
    ('images', dict(width=float('nan')), "'width' must be a whole number"),
    ('images', dict(height=1e39), "'height' must be a whole number, got 1e"),
    ('images', dict(height=-480), "'height' is -480 pixels"),
    ('images', dict(width=10**7), "'width' is 10000000 pixels"),
    ('images', dict(file_name='a/' + 300 * '1'), "'file_name' is longer"),
    ('images', dict(file_name=5), "'file_name' must be a string, got 5"),
    ('images', dict(id=None), "'id' is missing"),
    ('images', dict(is_labeled='no'), "'is_labeled' must be true or false"),
    ('annotations', dict(image_id=[8]), "'image_id' must be a whole number"),
    ('annotations', dict(bbox='1234'), "'bbox' must be a list of numbers"),
    ('annotations', dict(bbox=[1, 2, '3', 4]), "'bbox' must be a list of num"),
    ('annotations', dict(keypoints=[[1, 2, 2]]), "'keypoints' must be a list"),
    ('annotations', dict(keypoints=[1, 2, -1] * 17), 'flag of a keypoint is'),
    ('annotations', dict(area=-1), "'area' is -1"),
    ('annotations', dict(category_id='person'), "'category_id' must be a wh"),
    ('annotations', dict(iscrowd=[]), "'iscrowd' must be true or false"),
])
def test_fields_of_wrong_types_are_named(tmp_path, room, changes, message):
    path = edited(tmp_path, room, 1, **changes)
    with pytest.raises(FormatError, match=rf'labels.json, {room}\[1\].*'
                       + message):
        read_coco_labels(path)


def test_null_stands_for_absent_and_within_lists_for_nan(tmp_path):
    path = edited(tmp_path, 'annotations', 0, bbox=[1, None, 3, 4],
                  keypoints=None, area=None, iscrowd=False)
    (_, _), (_, people) = read_coco_labels(path).pairs
    np.testing.assert_array_equal(people[0]['bbox'], [1, np.nan, 3, 4])


def test_annotations_of_images_that_are_not_listed(tmp_path):
    assert read_coco_labels(
        edited(tmp_path, 'annotations', 0, image_id=9)).strangers == 1
    path = write(tmp_path, annotations=[dict(id=1, image_id='7')])
    with pytest.raises(FormatError, match=(
            "labels.json: 'annotations' and 'images' do not belong together.*"
            "the first is '7' and the first image has 7")):
        read_coco_labels(path)


@pytest.mark.parametrize('names, message', [
    (COCO_KEYPOINTS, r"keypoint 1 is 'left_eye', the dataset takes it for "
     r"'head_bottom' \(2 of 17 differ\)"),
    (POSETRACK_KEYPOINTS[::-1], r"keypoint 0 is 'right_ankle'.*\(16 of 17"),
    (POSETRACK_KEYPOINTS[:15], 'it names 15 keypoints, the dataset has 17'),
    ([1] * 17, 'must be a list of names'),
    ('nose', 'must be a list'),
])
def test_names_of_other_keypoints(tmp_path, names, message):
    path = write(tmp_path, categories=[dict(id=1, keypoints=names)])
    with pytest.raises(FormatError, match=r'labels.json, categories\[0\].*'
                       + message):
        read_coco_labels(path, POSETRACK_KEYPOINTS)
    read_coco_labels(path)  # a caller that expects none


def test_names_that_are_not_used_or_spelled_otherwise(tmp_path):
    names = [name.replace('_', '-').title() for name in POSETRACK_KEYPOINTS]
    path = write(tmp_path, categories=[
        dict(id=1, keypoints=names), dict(id=2, keypoints=['wheel'])])
    read_coco_labels(path, POSETRACK_KEYPOINTS)
    read_coco_labels(write(tmp_path, categories=[dict(id=1)]),
                     POSETRACK_KEYPOINTS)


@pytest.mark.parametrize('image, annotated, unlabeled', [
    (dict(is_labeled=False), False, True),
    (dict(is_labeled=True), False, False),
    (dict(), False, False),
    (dict(is_labeled=False), True, False),
    # PoseTrack21: people with a box and no keypoints count in AP
    (dict(is_labeled=False, has_labeled_person=True), False, False),
    (dict(is_labeled=False, has_labeled_person=False), False, True),
])
def test_which_frames_are_not_labeled(image, annotated, unlabeled):
    images = [dict(id=1, is_labeled=True), dict(image, id=2)]
    anns = [dict(image_id=1)] + [dict(image_id=2)] * annotated
    found = unlabeled_frames(dict(images=images, annotations=anns))
    assert found == ({2} if unlabeled else set())


def test_all_frames_of_a_test_set_count():
    images = [dict(id=1, is_labeled=False), dict(id=2, is_labeled=False)]
    assert unlabeled_frames(dict(images=images, annotations=[])) == set()


def test_a_file_that_is_two_images_is_named(tmp_path, warned):
    path = tmp_path / 'a.json'
    names = ['a.jpg', 'b.jpg', 'a.jpg']
    path.write_text(json.dumps(dict(annotations=[], images=[
        dict(id=i, file_name=name) for i, name in enumerate(names)])))
    assert len(read_coco_labels(str(path)).pairs) == 3
    text, = warned
    assert 'lists 1 files as more than one image, such as a.jpg' in text
