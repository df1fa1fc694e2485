import pickle

import numpy as np
import pytest

from mmpose_video.formats.frame_index import FrameIndex, frame_number

OFFSETS = np.array([-2, -1, 0, 1, 2])


def names(paths):
    return [path.rsplit('/', 1)[1] for path in paths]


@pytest.mark.parametrize('digits, suffix, first', [(6, '.jpg', 0),
                                                   (8, '.jpg', 1),
                                                   (5, '.png', 1)])
def test_naming_of_each_data_set(make_video, digits, suffix, first):
    folder = make_video(range(first, first + 8), digits, suffix)
    key = first + 3
    paths, offsets, valid = FrameIndex().neighbours(
        str(folder / f'{key:0{digits}d}{suffix}'), OFFSETS)
    assert names(paths) == [
        f'{key + o:0{digits}d}{suffix}' for o in OFFSETS
    ]
    assert offsets.tolist() == OFFSETS.tolist() and valid.all()


def test_nearest_frame_stands_in_at_the_edges(make_video):
    folder = make_video(range(8))
    paths, offsets, valid = FrameIndex().neighbours(
        str(folder / '000000.jpg'), OFFSETS)
    assert names(paths) == ['000000.jpg'] * 3 + ['000001.jpg', '000002.jpg']
    assert offsets.tolist() == [0, 0, 0, 1, 2]
    assert valid.tolist() == [False, False, True, True, True]


def test_of_two_equally_near_frames_the_one_closer_to_the_key(make_video):
    folder = make_video([0, 2, 4, 6])
    paths, offsets, valid = FrameIndex().neighbours(
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
        FrameIndex().neighbours(
            str(folder / '000002.jpg'), OFFSETS, policy='error')


def test_a_video_of_one_frame(make_video):
    folder = make_video([5])
    paths, offsets, valid = FrameIndex().neighbours(
        str(folder / '000005.jpg'), OFFSETS)
    assert names(paths) == ['000005.jpg'] * 5
    assert offsets.tolist() == [0] * 5
    assert valid.tolist() == [False, False, True, False, False]


def test_single_images_need_no_number_and_no_folder():
    paths, offsets, valid = FrameIndex().neighbours(
        '/nowhere/portrait.jpg', np.array([0]))
    assert paths == ['/nowhere/portrait.jpg'] and valid.tolist() == [True]
    with pytest.raises(ValueError, match='portrait.jpg.*no neighbours'):
        FrameIndex().neighbours('/nowhere/portrait.jpg', OFFSETS)


def test_other_files_in_the_folder_are_no_frames(make_video):
    folder = make_video(range(3))
    (folder / '000003.json').write_text('{}')
    (folder / 'cover.jpg').write_bytes(b'')
    paths, _, valid = FrameIndex().neighbours(
        str(folder / '000002.jpg'), np.array([0, 1]))
    assert names(paths) == ['000002.jpg'] * 2 and not valid[1]


def test_index_travels_to_workers(make_video):
    folder = make_video(range(8))
    index = FrameIndex(max_folders=2)
    index.neighbours(str(folder / '000003.jpg'), OFFSETS)
    copy = pickle.loads(pickle.dumps(index))
    paths, _, _ = copy.neighbours(str(folder / '000003.jpg'), OFFSETS)
    assert names(paths)[0] == '000001.jpg'


def test_frame_number():
    assert frame_number('a/b/000120.jpg') == 120
    assert frame_number('image_7.png') == 7
    assert frame_number('image.png') is None
