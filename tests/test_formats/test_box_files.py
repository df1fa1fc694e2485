"""Box files of all layouts."""
import json

import numpy as np
import pytest

from mmpose_video.formats.box_files import box_layout, read_box_file


def by_id(image_id=7, **changes):
    box = dict(image_id=image_id, category_id=1, bbox=[1, 2, 30, 40], score=.5)
    return {**box, **changes}


def by_name(name='images/val/a_test/000004.jpg', **changes):
    # DCPose's files name frames as well as videos
    box = dict(image_name=name, category_id=1, bbox=[1, 2, 30, 40], score=.5,
               nframes=9, frame_id=0)
    return {**box, **changes}


def posetrack():
    return dict(
        images=[dict(id=70, file_name='images/a/000003.jpg', frame_id=9),
                dict(id=71, file_name='images/a/cover.jpg', frame_id=8)],
        annotations=[
            dict(image_id=70, bbox=[1, 2, 30, 40], track_id=4),
            dict(image_id=71, bbox=[1, 2, 30, 40], bbox_score=.5),
            dict(image_id=71, bbox=[])])


def predictions(**changes):
    person = dict(bbox=[[1, 2, 31, 42]], bbox_score=.5, track_id=3)
    return [dict(frame_id=4, img_name='000004.jpg',
                 instances=[{**person, **changes}])]


def write(tmp_path, content, name='boxes.json'):
    path = tmp_path / name
    path.write_text(json.dumps(content))
    return str(path)


@pytest.mark.parametrize('content, layout', [
    ([by_id()], 'MMPose'), ([by_name()], 'DCPose'), ([], 'MMPose'),
    ([by_name(image_id=123456)], 'DCPose'), (posetrack(), 'PoseTrack'),
    (predictions(), 'predictions'),
])
def test_layouts_are_told_apart(content, layout):
    assert box_layout(content, 'file') == layout


@pytest.mark.parametrize('content, message', [
    (dict(boxes=[]), 'file is not a box file: it must be'),
    ([[1, 2, 3, 4]], 'it must be a list of boxes'),
    ('text', 'it must be a list of boxes'),
    ([by_id(), by_name()], 'use one of them'),
    ([by_id(), dict(bbox=[1, 2, 3, 4], score=1)], 'file, box 1: it has nei'),
    ([*predictions(), by_id()], 'file, box 0: it has neither'),
])
def test_other_layouts_are_an_error(content, message):
    with pytest.raises(ValueError, match=message):
        box_layout(content, 'file')


@pytest.mark.parametrize('content, keys', [
    ([by_id()], dict(image_id=7, image_name=None, frame=7, track_id=None)),
    ([by_id('7')], dict(image_id='7', frame=7)),
    ([by_id('key.jpg')], dict(image_id='key.jpg', frame=None)),
    ([by_name()], dict(
        image_id=None, image_name='images/val/a_test/000004.jpg', frame=4)),
    (predictions(), dict(
        image_id=None, image_name='boxes/000004.jpg', frame=4, track_id=3)),
    (predictions(bbox=[1, 2, 31, 42]), dict(frame=4)),
])
def test_content(tmp_path, content, keys):
    box, = read_box_file(write(tmp_path, content)).boxes
    assert box.bbox.tolist() == [1, 2, 31, 42] and box.score == .5
    assert box.bbox.dtype == np.float32
    for key, value in keys.items():
        assert getattr(box, key) == value, key


def test_content_of_posetracks_layout(tmp_path):
    first, second = read_box_file(write(tmp_path, posetrack())).boxes
    assert first.bbox.tolist() == second.bbox.tolist() == [1, 2, 31, 42]
    assert (first.frame, first.track_id, first.score) == (3, 4, 1.)
    assert (second.frame, second.track_id, second.score) == (8, None, .5)
    assert first.image_name == 'images/a/000003.jpg' and first.image_id == 70


def test_other_categories_are_counted(tmp_path):
    file = read_box_file(write(tmp_path, [
        by_id(), by_id(category_id=3), by_id(category_id='person'),
        by_id(category_id=0), by_id(category_id=3)]))
    assert len(file.boxes) == 2
    assert file.summary().endswith(
        "2 boxes of people; left out 3 of the categories ['0', '3']")


def test_a_file_that_counts_categories_from_0_is_an_error(tmp_path):
    path = write(tmp_path, [by_id(category_id=0), by_id(category_id=0)])
    with pytest.raises(ValueError, match=r'boxes.json: no box is of category '
                       r"1, the people; the categories are \['0'\]"):
        read_box_file(path)
    assert len(read_box_file(path, person=0).boxes) == 2


@pytest.mark.parametrize('content, message', [
    ([{k: v for k, v in by_id().items() if k != 'score'}],
     "boxes.json, box 0: 'score' is missing"),
    ([by_id(), by_id(score=float('nan'))], "box 1: 'score' must be a finite"),
    ([by_id(score='high')], "box 0: 'score' must be a finite number, got 'h"),
    ([by_id(image_id=[1])], "box 0: 'image_id' must be a whole number"),
    (dict(posetrack(), annotations=[dict(image_id=1, bbox=[1, 2, 3, 4])]),
     r"annotations\[0\]: 'images' does not list image 1"),
    (predictions(bbox=None), r"frame 0, instances\[0\]: 'bbox' is missing"),
    (predictions(track_id='x'), "'track_id' must be a whole number, got 'x'"),
    ([dict(frame_id=0, instances=5)], "frame 0: 'instances' must be a list"),
])
def test_broken_files_are_named_with_the_item(tmp_path, content, message):
    with pytest.raises(ValueError, match=message):
        read_box_file(write(tmp_path, content))


def test_files_that_are_not_json_or_run_code(tmp_path):
    path = tmp_path / 'boxes.json'
    path.write_text('[{')
    with pytest.raises(ValueError, match='boxes.json is not valid JSON'):
        read_box_file(str(path))
    # MMEngine's loader would run these
    mark = tmp_path / 'mark'
    for name, content in (
            ('a.pkl', f'cposix\nsystem\n(Vtouch {mark}\ntR.'),
            ('a.yaml', f'!!python/object/apply:os.system ["touch {mark}"]')):
        (tmp_path / name).write_text(content)
        with pytest.raises(ValueError, match=f'{name} is not valid JSON'):
            read_box_file(str(tmp_path / name))
    assert not mark.exists()


@pytest.mark.parametrize('box', [
    None, [1, 2], 'abc', [1, 2, None, 4], [1, 2, 3, float('inf')],
    [1e30, 2, 3, 4], [1, 2, 3, 1e39]])
def test_what_is_not_a_box_is_not_finite(tmp_path, box):
    found, = read_box_file(write(tmp_path, [by_id(bbox=box)])).boxes
    assert np.isnan(found.bbox).all()


def test_a_track_that_stands_twice_in_a_frame(tmp_path):
    from mmpose_video.apis.file_boxes import FileBoxes
    path = tmp_path / 'boxes.json'
    person = dict(bbox=[1, 2, 3, 4], bbox_score=.5, track_id=7)
    path.write_text(json.dumps([
        dict(frame_id=0, instances=[person]),
        dict(frame_id=1, instances=[person, dict(person, bbox_score=.1)])]))
    assert sorted(FileBoxes(str(path), score_thr=.2).rows) == [0, 1]
    with pytest.raises(ValueError, match=(
            r'boxes.json, frame 1, instances\[1\]: track 7 stands twice in '
            'frame 1')):
        FileBoxes(str(path))
