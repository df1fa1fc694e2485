"""Datasets of YOLO-pose in the layouts of several tools."""
import numpy as np
import pytest

from mmpose_video.formats.labels import read_labels
from mmpose_video.formats.schema import FormatError
from mmpose_video.formats.skeleton import Skeleton

ROW = '0 .5 .5 .4 .2 .25 .5 2 .75 .5 1 0 0 0'


def write(root, head, labels):
    for name, text in labels.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (root / 'data.yaml').write_text(head + '\nnames: {0: mouse}\n')
    return str(root / 'data.yaml')


def frames(labels):
    return {(v.name, f.number): f for v in labels.videos for f in v.frames}


@pytest.mark.parametrize('train, files', [
    ('images/train', {'labels/train/a_1.txt': ROW}),      # Ultralytics
    ('../train/images', {'train/labels/a_1.txt': ROW}),   # Roboflow
    ('train.txt', {'labels/train/a_1.txt': ROW,           # CVAT
                   'train.txt': './images/train/a_1.png\n'}),
    ('[images/train]', {'labels/train/a_1.txt': ROW}),
    ('.', {'a_1.txt': ROW})])
def test_layouts(train, files, tmp_path):
    path = write(tmp_path, f'train: {train}\nkpt_shape: [3, 3]', files)
    labels = read_labels(path)
    assert labels.relative and labels.skeleton.name == 'mouse'
    (name, number), = frames(labels)
    assert (name, number) == ('a', 1)
    frame, = frames(labels).values()
    person, = frame.people
    np.testing.assert_allclose(person.points[:2], [(.25, .5), (.75, .5)])
    assert np.isnan(person.points[2]).all()
    assert person.flags.tolist() == [2, 1, 0]
    np.testing.assert_allclose(person.bbox, [.3, .4, .4, .2])


def test_two_values_a_keypoint_and_tracks(tmp_path):
    path = write(tmp_path, 'train: images\nkpt_shape: [2, 2]',
                 {'labels/a_7.txt': '0 .5 .5 .4 .2 .1 .2 0 0 3\n'})
    frame, = frames(read_labels(path)).values()
    person, = frame.people
    assert person.flags.tolist() == [2, 0] and person.track == '3'


@pytest.mark.parametrize('track', ['11', '1234567'])
def test_classes_and_tracks_are_no_positions(track, tmp_path):
    path = write(tmp_path, 'train: images\nkpt_shape: [3, 3]',
                 {'labels/a_7.txt': f'79{ROW[1:]} {track}\n'})
    frame, = frames(read_labels(path)).values()
    assert [person.track for person in frame.people] == [track]


def test_names_and_mirror(tmp_path):
    """The file's names go first, then those that were given, then numbers."""
    head = 'train: images\nkpt_shape: [3, 3]\nflip_idx: [0, 2, 1]'
    path = write(tmp_path, head, {'labels/a_1.txt': ROW})
    assert read_labels(path).skeleton.keypoints == (
        'keypoint_0', 'keypoint_1', 'keypoint_2')
    assert read_labels(path).skeleton.swap == (('keypoint_1', 'keypoint_2'), )
    given = Skeleton.of('g', ('x', 'y', 'z'))
    assert read_labels(path, skeleton=given).skeleton.keypoints == (
        'x', 'y', 'z')
    path = write(tmp_path, head + '\nkpt_names: {0: [a, b, c]}', {})
    assert read_labels(path, skeleton=given).skeleton.keypoints == (
        'a', 'b', 'c')


def test_images_without_labels_are_counted(tmp_path):
    path = write(tmp_path, 'train: images\nkpt_shape: [3, 3]',
                 {'labels/a_1.txt': ROW, 'labels/a_2.txt': '\n'})
    labels = read_labels(path)
    assert len(frames(labels)) == 1
    (reason, example), = labels.left_out
    assert reason == 'image without a label' and 'a_2.txt' in example


@pytest.mark.parametrize('row, message', [
    ('0 .5 .5', 'a_1.txt, line 1: 3 numbers in place of a class, a box'),
    (ROW.replace('.25', 'x'), 'a_1.txt, line 1: could not convert'),
    (ROW.replace('.25', '250'), 'must be fractions')])
def test_bad_rows(row, message, tmp_path):
    path = write(tmp_path, 'train: images\nkpt_shape: [3, 3]',
                 {'labels/a_1.txt': row})
    with pytest.raises(FormatError, match=message):
        read_labels(path)


def test_a_list_that_leads_out(tmp_path):
    path = write(tmp_path, 'train: t.txt\nkpt_shape: [3, 3]',
                 {'t.txt': '/etc/a.png\n'})
    with pytest.raises(FormatError, match='inside of'):
        read_labels(path)


@pytest.mark.parametrize('names', ['3', 'true', 'x', '[]', '{}', 'null'])
def test_names_of_classes_that_are_none(names, tmp_path):
    path = write(tmp_path, 'train: images\nkpt_shape: [3, 3]',
                 {'labels/a_1.txt': ROW})
    with open(path, 'w') as file:
        file.write(f'train: images\nkpt_shape: [3, 3]\nnames: {names}\n')
    assert read_labels(path).skeleton.name == 'object'
