"""Images and frames of boxes."""
import numpy as np
import pytest

from mmpose_video.formats.box_files import BoxFile, FileBox
from mmpose_video.formats.box_matching import (
    match_images,
    match_video,
    name_images,
)
from mmpose_video.formats.frame_index import frame_number

IMAGES = [
    dict(id=7, file_name='images/val/a_test/000000.jpg'),
    dict(id=8, file_name='images/val/b_test/000000.jpg'),
]


def box_file(*keys):
    """Boxes by name (str) or by id (int)."""
    boxes = []
    for key in keys:
        name = key if isinstance(key, str) else None
        boxes.append(
            FileBox('boxes.json', np.zeros(4, np.float32), .5,
                    None if name else key, name,
                    frame_number(name) if name else key))
    return BoxFile('boxes.json', 'any', boxes)


def by_text_id(key):
    return BoxFile('boxes.json', 'MMPose', [
        FileBox('boxes.json', np.zeros(4, np.float32), .5, key)])


@pytest.mark.parametrize('name', [
    'images/val/b_test/000000.jpg', './images/val/b_test/000000.jpg',
    'images\\val\\b_test\\000000.jpg', '/home/me/PoseTrack/b_test/000000.jpg',
    'b_test/000000.jpg'
])
def test_names_match_by_their_last_two_parts(name):
    (image, box), = match_images(box_file(name), IMAGES).pairs
    assert image['id'] == 8 and box.score == .5


def test_ids_match_as_numbers_and_as_strings():
    assert match_images(box_file(7), IMAGES).pairs[0][0]['id'] == 7
    assert match_images(by_text_id('8'), IMAGES).pairs[0][0]['id'] == 8
    images = [dict(image, id=str(image['id'])) for image in IMAGES]
    assert match_images(box_file(7), images).pairs[0][0]['id'] == '7'


def test_ambiguous_tails_match_nothing():
    images = [dict(id=1, file_name='train/a/0.jpg'),
              dict(id=2, file_name='val/a/0.jpg')]
    found = match_images(box_file('val/a/0.jpg', 'x/a/0.jpg'), images)
    assert [image['id'] for image, _ in found.pairs] == [2]
    assert [box.image_name for box in found.strangers] == ['x/a/0.jpg']


def test_strangers_are_kept_apart_and_an_error_alone():
    found = match_images(box_file(7, 99, 8), IMAGES)
    assert [image['id'] for image, _ in found.pairs] == [7, 8]
    assert [box.image_id for box in found.strangers] == [99]
    with pytest.raises(ValueError, match='none of the 2 boxes of `boxes.json`'
                       '.*the first is of image 99.*different splits'):
        match_images(box_file(99, 98), IMAGES)
    assert match_images(box_file(), IMAGES).pairs == []


def test_a_video_by_the_folder_of_its_images():
    file = box_file('a/000003.jpg', 'b/000003.jpg', 'a/000004.jpg')
    rows = match_video(file, 'a')
    assert {k: [box.image_name for box in v] for k, v in rows.items()} == {
        3: ['a/000003.jpg'], 4: ['a/000004.jpg']}
    with pytest.raises(ValueError, match="2 videos.*none is named 'c'"):
        match_video(file, 'c')
    # a file of one video serves whatever the video is called
    assert set(match_video(box_file('a/3.jpg', 'a/5.jpg'), 'c')) == {3, 5}
    assert set(match_video(box_file(3, 5), 'c')) == {3, 5}


def test_boxes_without_a_frame_number_are_an_error():
    with pytest.raises(ValueError, match="'cover.jpg' has no frame number"):
        match_video(by_text_id('cover.jpg'))


def test_annotations_tell_the_names_of_ids():
    names = {70: 'images/a/000005.jpg', '71': 'images/b/000006.jpg'}
    file = name_images(box_file(70, 71, 72), names)
    assert [(box.image_name, box.frame) for box in file.boxes] == [
        ('images/a/000005.jpg', 5), ('images/b/000006.jpg', 6), (None, 72)]
