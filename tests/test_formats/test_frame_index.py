import pickle

import numpy as np
import pytest

from mmpose_video.formats.frame_index import (
    FrameIndex,
    frame_number,
    only_series,
    parse_frame_name,
)

OFFSETS = np.array([-2, -1, 0, 1, 2])


def names(paths):
    return [path.rsplit('/', 1)[1] for path in paths]


@pytest.mark.parametrize('digits, suffix, first', [(6, '.jpg', 0),
                                                   (8, '.jpg', 1),
                                                   (5, '.png', 1)])
def test_naming_of_each_dataset(make_video, digits, suffix, first):
    folder = make_video(range(first, first + 8), digits, suffix)
    key = first + 3
    paths, offsets, valid = FrameIndex().neighbors(
        str(folder / f'{key:0{digits}d}{suffix}'), OFFSETS)
    assert names(paths) == [
        f'{key + o:0{digits}d}{suffix}' for o in OFFSETS
    ]
    assert offsets.tolist() == OFFSETS.tolist() and valid.all()


def test_nearest_frame_stands_in_at_the_edges(make_video):
    folder = make_video(range(8))
    paths, offsets, valid = FrameIndex().neighbors(
        str(folder / '000000.jpg'), OFFSETS)
    assert names(paths) == ['000000.jpg'] * 3 + ['000001.jpg', '000002.jpg']
    assert offsets.tolist() == [0, 0, 0, 1, 2]
    assert valid.tolist() == [False, False, True, True, True]


def test_of_two_equally_near_frames_the_one_closer_to_the_key(make_video):
    folder = make_video([0, 2, 4, 6])
    paths, offsets, valid = FrameIndex().neighbors(
        str(folder / '000004.jpg'), np.array([-3, -1, 0, 1, 2]))
    # 1 lies between 0 and 2, 3 between 2 and 4, 5 between 4 and 6
    assert names(paths) == [
        '000002.jpg', '000004.jpg', '000004.jpg', '000004.jpg', '000006.jpg'
    ]
    assert offsets.tolist() == [-2, 0, 0, 0, 2]
    assert valid.tolist() == [False, False, True, False, True]


def test_error_policy_names_the_missing_frames(make_video):
    folder = make_video(range(3))
    with pytest.raises(FileNotFoundError, match=r'frames \[3, 4\]'):
        FrameIndex().neighbors(
            str(folder / '000002.jpg'), OFFSETS, policy='error')


def test_a_video_of_one_frame(make_video):
    folder = make_video([5])
    paths, offsets, valid = FrameIndex().neighbors(
        str(folder / '000005.jpg'), OFFSETS)
    assert names(paths) == ['000005.jpg'] * 5
    assert offsets.tolist() == [0] * 5
    assert valid.tolist() == [False, False, True, False, False]


def test_single_images_need_no_number_and_no_folder():
    paths, offsets, valid = FrameIndex().neighbors(
        '/nowhere/portrait.jpg', np.array([0]))
    assert paths == ['/nowhere/portrait.jpg'] and valid.tolist() == [True]
    with pytest.raises(ValueError, match='portrait.jpg.*no neighbors'):
        FrameIndex().neighbors('/nowhere/portrait.jpg', OFFSETS)


def test_other_files_in_the_folder_are_no_frames(make_video):
    folder = make_video(range(3))
    (folder / '000003.json').write_text('{}')
    (folder / 'cover.jpg').write_bytes(b'')
    paths, _, valid = FrameIndex().neighbors(
        str(folder / '000002.jpg'), np.array([0, 1]))
    assert names(paths) == ['000002.jpg'] * 2 and not valid[1]


def test_index_travels_to_workers(make_video):
    folder = make_video(range(8))
    index = FrameIndex(max_folders=2)
    index.neighbors(str(folder / '000003.jpg'), OFFSETS)
    copy = pickle.loads(pickle.dumps(index))
    paths, _, _ = copy.neighbors(str(folder / '000003.jpg'), OFFSETS)
    assert names(paths)[0] == '000001.jpg'


def test_frame_number():
    assert frame_number('a/b/000120.jpg') == 120
    assert frame_number('image_7.png') == 7
    assert frame_number('image.png') is None


def test_a_neighbor_is_of_the_same_series(tmp_path):
    """Two cameras in one folder, copies in another format, macOS's files."""
    for name in ('cam1_0001.jpg', 'cam1_0003.jpg', 'cam2_0002.jpg',
                 'cam2_0003.jpg', '1.jpg', '2.png', '3.JPG', '._2.jpg',
                 '.3.jpg'):
        (tmp_path / name).write_bytes(b'')
    index = FrameIndex()

    def around(name):
        paths, _, _ = index.neighbors(
            str(tmp_path / name), np.array([-1, 0, 1, 2]))
        return names(paths)

    assert around('cam1_0001.jpg') == [
        'cam1_0001.jpg', 'cam1_0001.jpg', 'cam1_0001.jpg', 'cam1_0003.jpg']
    assert around('cam2_0002.jpg') == [
        'cam2_0002.jpg', 'cam2_0002.jpg', 'cam2_0003.jpg', 'cam2_0003.jpg']
    assert around('1.jpg') == ['1.jpg', '1.jpg', '1.jpg', '3.JPG']
    assert around('2.png') == ['2.png'] * 4


def test_a_folder_of_one_video():
    names = ['img_10.jpg', 'img_9.jpg', 'notes.txt', '._img_9.jpg', 'a.jpg']
    assert list(only_series(names, 'f').items()) == [
        (9, 'img_9.jpg'), (10, 'img_10.jpg')]
    assert only_series(['a.jpg'], 'f') == {}
    with pytest.raises(ValueError, match='`f` holds frames of 2 videos .2 as '
                       'img_9.jpg, 1 as 7.jpg'):
        only_series([*names, '7.jpg'], 'f')


def test_time_stamps_are_numbers_and_longer_ones_are_none():
    assert frame_number('1700000000123456789.jpg') is None
    assert parse_frame_name('a_170000000012345678.PNG') == (
        'a_', 170000000012345678, '.png')
    assert parse_frame_name('12.txt') is None


def test_offsets_in_steps_of_files(make_video):
    """Every tenth frame: frames are neighbors of their neighbors."""
    folder = make_video([0, 10, 20, 35, 40])
    index = FrameIndex()

    def around(number, unit, **kwargs):
        paths, offsets, valid = index.neighbors(
            str(folder / f'{number:06d}.jpg'), OFFSETS, unit=unit, **kwargs)
        return [int(name[:6]) for name in names(paths)], offsets, valid

    frames, offsets, valid = around(20, 'file', policy='error')
    assert frames == [0, 10, 20, 35, 40]
    assert offsets.tolist() == OFFSETS.tolist() and valid.all()
    frames, offsets, valid = around(35, 'file')
    assert frames == [10, 20, 35, 40, 40]
    assert offsets.tolist() == [-2, -1, 0, 1, 1]
    assert valid.tolist() == [True] * 4 + [False]
    with pytest.raises(FileNotFoundError, match=r'frames \[5\].*0 to 4'):
        around(35, 'file', policy='error')
    frames, _, valid = around(20, 'frame')
    assert frames == [20] * 5 and valid.sum() == 1


def test_numbers_of_a_video(make_video):
    folder = make_video([3, 10, 7])
    index = FrameIndex()
    assert index.numbers(str(folder / '000099.jpg')).tolist() == [3, 7, 10]
    for path in ('x_000003.jpg', 'cover.jpg', 'nowhere/000003.jpg'):
        assert index.numbers(str(folder / path)).tolist() == []


@pytest.mark.parametrize('frame, wanted', [
    # the released code's list of supports around the key frame, 5 frames
    (0, [0, 0, 0, 1, 2]),
    (1, [0, 1, 1, 2, 3]),   # the key frame takes the place of t-1
    (2, [0, 1, 2, 3, 4]),
    (5, [3, 4, 5, 6, 7]),
    (6, [4, 5, 6, 7, 7]),   # t+1 comes twice
    (7, [5, 6, 7, 7, 7]),
])
def test_edge_rule_of_the_released_code(make_video, frame, wanted):
    folder = make_video(range(8))
    paths, offsets, valid = FrameIndex().neighbors(
        str(folder / f'{frame:06d}.jpg'), OFFSETS, policy='fami')
    assert [int(name[:6]) for name in names(paths)] == wanted
    assert offsets.tolist() == [number - frame for number in wanted]
    assert valid.tolist() == [
        number - frame == offset for number, offset in zip(wanted, OFFSETS)]


def test_two_files_with_one_number():
    """One of them would silently be left out."""
    with pytest.raises(ValueError, match='f` holds two frames with the number '
                       '1, 01.jpg and 1.jpg'):
        only_series(['1.jpg', '2.jpg', '01.jpg', '10.jpg'], 'f')
    assert list(only_series(['1.jpg', '2.jpg', '10.jpg'], 'f')) == [1, 2, 10]


def test_digits_and_odd_names():
    assert parse_frame_name('\u0663.jpg') is None  # an Arabic three
    assert parse_frame_name('a\n b_12.jpg').series == ('a\n b_', '.jpg')
