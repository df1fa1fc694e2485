import copy
import json

import numpy as np
import pytest

from mmpose_video.datasets.body import PoseTrack18ClipDataset

from ..conftest import annotation

CLIP = dict(type='FixedOffsets', offsets=(-1, 0, 1))


def build(tmp_path, ann_file, **kwargs):
    kwargs.setdefault('clip_sampler', CLIP)
    return PoseTrack18ClipDataset(
        ann_file=ann_file.name, data_root=str(tmp_path), **kwargs)


def test_sample_follows_the_contract(tmp_path, make_video, make_annotations):
    make_video()
    dataset = build(tmp_path, make_annotations())
    assert len(dataset) == 3
    info = dataset.get_data_info(1)
    assert info['img_path'].endswith('000003.jpg')
    assert [path[-10:] for path in info['frame_paths']] == [
        '000002.jpg', '000003.jpg', '000004.jpg']
    assert info['frame_offsets'].tolist() == [-1, 0, 1]
    assert info['frame_valid'].all() and info['key_index'] == 1
    assert dataset.get_data_info(0)['frame_valid'].tolist() == [
        False, True, True]
    assert dataset.get_data_info(2)['frame_offsets'].tolist() == [-1, 0, 0]


def test_random_clips_differ_from_fetch_to_fetch(tmp_path, make_video,
                                                 make_annotations):
    make_video()
    dataset = build(
        tmp_path,
        make_annotations(),
        clip_sampler=dict(
            type='RandomOffsets', num_before=1, num_after=1, max_distance=3))
    drawn = {
        tuple(dataset.get_data_info(1)['frame_offsets']) for _ in range(30)}
    assert len(drawn) > 3


def test_keypoints_lists_of_other_lengths_are_an_error(
        tmp_path, make_annotations):
    bad = annotation(5, 1000, keypoints=[1.] * 48)
    with pytest.raises(ValueError, match='annotation 5 of image 1000.*16 key'):
        build(tmp_path, make_annotations(annotations=[bad]))


@pytest.mark.parametrize('changes, reason', [
    (dict(keypoints=[]), 'no keypoints'),
    (dict(keypoints=None), 'no keypoints'),
    (dict(keypoints=[float('nan')] * 51), 'not finite'),
    (dict(bbox=[5, 5, 0, 10]), 'zero area'),
    (dict(bbox=[5, 5, -3, 10]), 'zero area'),
    (dict(bbox=[70, 5, 10, 10]), 'outside of the image'),
    (dict(bbox=[5, -20, 10, 10]), 'outside of the image'),
    (dict(bbox=[float('nan'), 5, 10, 10]), 'four finite numbers'),
    (dict(bbox=None), 'four finite numbers'),
    (dict(bbox=[5, 5, 1e39, 10]), 'four finite numbers'),
    (dict(keypoints=[1e39] * 51), 'not finite'),
    (dict(image_id=5), 'image that the file does not list'),
    (dict(iscrowd=1), 'a crowd, nothing labeled'),
    (dict(num_keypoints=0), 'a crowd, nothing labeled'),
])
def test_unusable_annotations_are_left_out_and_counted(
        tmp_path, make_annotations, changes, reason):
    anns = [annotation(0, 1000), {**annotation(1, 1001), **changes}]
    dataset = build(tmp_path, make_annotations(annotations=anns))
    assert [dataset.get_data_info(i)['id'] for i in range(len(dataset))
            ] == [0]
    assert [(key, count) for key, count in dataset._skipped.items()
            if reason in key] and sum(dataset._skipped.values()) == 1


def test_nothing_left_is_an_error(tmp_path, make_annotations):
    with pytest.raises(ValueError, match='no sample is left'):
        build(tmp_path, make_annotations(annotations=[]))


def test_ids_may_be_strings(tmp_path, make_video, make_annotations):
    make_video()
    path = make_annotations()
    content = json.loads(path.read_text())
    for entry in (*content['images'], *content['annotations']):
        entry['id'] = f'no. {entry["id"]}'
    for ann in content['annotations']:
        ann['image_id'] = f'no. {ann["image_id"]}'
    path.write_text(json.dumps(content))
    dataset = build(tmp_path, path)
    assert [dataset.get_data_info(i)['img_id'] for i in range(3)] == [
        'no. 1000', 'no. 1001', 'no. 1002']
    assert dataset.get_data_info(1)['frame_offsets'].tolist() == [-1, 0, 1]
    with pytest.raises(ValueError, match='`sample_interval` counts by the'):
        build(tmp_path, path, sample_interval=2)


def test_sample_interval_counts_by_ids(tmp_path, make_annotations):
    dataset = build(tmp_path, make_annotations(), sample_interval=2)
    assert [dataset.get_data_info(i)['img_id'] for i in range(2)] == [
        1000, 1002]


def test_people_with_one_id_are_an_error(tmp_path, make_annotations):
    path = make_annotations(annotations=[
        annotation(0, 1000), annotation(0, 1001)])
    with pytest.raises(ValueError, match=r'json, annotations\[1\] \(id 0\)'):
        build(tmp_path, path)


def test_a_file_of_other_keypoints_is_an_error(tmp_path, make_annotations):
    path = make_annotations()
    content = json.loads(path.read_text())
    names = PoseTrack18ClipDataset(
        ann_file=str(path)).metainfo['keypoint_id2name']
    content['categories'][0]['keypoints'] = [
        names[i] for i in reversed(range(17))]
    path.write_text(json.dumps(content))
    with pytest.raises(ValueError, match="keypoint 0 is 'right_ankle'"):
        build(tmp_path, path)


def test_no_annotation_file(tmp_path):
    with pytest.raises(FileNotFoundError, match='mmpose-video convert'):
        build(tmp_path, tmp_path / 'none.json')


def test_nframes_may_be_absent(tmp_path, make_video, make_annotations):
    make_video()
    dataset = build(tmp_path, make_annotations(nframes=None))
    assert dataset.get_data_info(2)['frame_offsets'].tolist() == [-1, 0, 0]


def test_error_policy(tmp_path, make_video, make_annotations):
    make_video()
    dataset = build(tmp_path, make_annotations(), missing_frames='error')
    dataset.get_data_info(1)
    with pytest.raises(FileNotFoundError, match=r'frames \[-1\]'):
        dataset.get_data_info(0)
    with pytest.raises(ValueError, match='nearest'):
        build(tmp_path, make_annotations(), missing_frames='black')


def test_detected_boxes(tmp_path, make_video, make_annotations):
    make_video()
    boxes = [
        dict(image_id=1001, category_id=1, bbox=[1, 2, 30, 40], score=.9),
        dict(image_id=1001, category_id=1, bbox=[1, 2, 30, 40], score=.1),
        dict(image_id=1002, category_id=1, bbox=[1, 2, 0, 40], score=.9),
        dict(image_id=1002, category_id=1, bbox=[90, 2, 5, 40], score=.9),
        dict(image_id=1002, category_id=3, bbox=[1, 2, 30, 40], score=.9),
    ]
    path = tmp_path / 'boxes.json'
    path.write_text(json.dumps(boxes))
    dataset = build(
        tmp_path,
        make_annotations(),
        bbox_file=str(path),
        bbox_score_thr=0.2,
        test_mode=True)
    assert len(dataset) == 1
    info = dataset.get_data_info(0)
    assert info['bbox'].tolist() == [[1, 2, 31, 42]]
    assert info['bbox_score'] == pytest.approx([.9])
    assert info['frame_offsets'].tolist() == [-1, 0, 1]
    assert dataset._skipped == {
        'box score below `bbox_score_thr`': 1,
        'a box of zero area': 1,
        'a box outside of the image': 1
    }


def test_bottom_up_is_refused(tmp_path, make_annotations):
    with pytest.raises(ValueError, match='top-down only'):
        build(tmp_path, make_annotations(), data_mode='bottomup')


def test_real_posetrack18_sample(samples):
    root = samples / 'posetrack18'
    common = dict(
        data_root=str(root),
        ann_file='annotations/test_posetrack18_val.json',
        data_prefix=dict(img=''),
        clip_sampler=dict(type='FixedOffsets', offsets=(-2, -1, 0, 1, 2)))
    dataset = PoseTrack18ClipDataset(**copy.deepcopy(common))
    assert len(dataset) == 14
    info = dataset.get_data_info(0)
    # only the key frames are there
    assert info['frame_offsets'].tolist() == [0] * 5
    detected = PoseTrack18ClipDataset(
        **common,
        bbox_file=str(root / 'annotations' /
                      'test_posetrack18_human_detections.json'),
        bbox_score_thr=0.2,
        test_mode=True)
    assert 14 <= len(detected) < 278


@pytest.mark.parametrize('name', ['../secret/000000.jpg', '/dev/stdin'])
@pytest.mark.parametrize('with_boxes', [False, True])
def test_image_names_stay_in_their_folder(tmp_path, make_video,
                                          make_annotations, name,
                                          with_boxes):
    make_video()
    ann_file = make_annotations()
    labels = json.loads(ann_file.read_text())
    labels['images'][1]['file_name'] = name
    ann_file.write_text(json.dumps(labels))
    kwargs = {}
    if with_boxes:
        boxes = tmp_path / 'boxes.json'
        boxes.write_text(json.dumps([
            dict(image_id=1001, category_id=1, bbox=[1, 2, 9, 9], score=1.)]))
        kwargs = dict(bbox_file=str(boxes), test_mode=True)
    with pytest.raises(ValueError, match='must be relative'):
        build(tmp_path, ann_file, **kwargs)


def test_every_tenth_frame(tmp_path, make_video, make_annotations, warned):
    make_video(range(0, 80, 10))
    ann_file = make_annotations(key_frames=(0, 30, 70))
    dataset = build(tmp_path, ann_file)
    text, = warned
    assert text.startswith('MOST CLIPS ARE COPIES') and '6 of 6' in text
    assert str(ann_file) in text and "`offset_unit='file'`" in text
    assert not dataset.get_data_info(1)['frame_offsets'].any()

    dataset = build(tmp_path, ann_file,
                    clip_sampler=dict(CLIP, offset_unit='file'))
    assert len(warned) == 1
    info = dataset.get_data_info(1)
    assert [path[-10:] for path in info['frame_paths']] == [
        '000020.jpg', '000030.jpg', '000040.jpg']
    assert info['frame_offsets'].tolist() == [-1, 0, 1]
    assert info['frame_valid'].all()


@pytest.mark.parametrize('numbers, sampler, count', [
    (range(8), CLIP, 0),
    ((0, 3, 7), dict(CLIP, dilation=0), 0),
    ((0, 3, 7), dict(type='RandomSupport'), 1),
    ((), CLIP, 0),  # no key frame: the loader's error says more
])
def test_warning_of_missing_frames(tmp_path, make_video, make_annotations,
                                   warned, numbers, sampler, count):
    make_video(numbers)
    state = np.random.get_state()[1].copy()
    build(tmp_path, make_annotations(), clip_sampler=sampler)
    assert len(warned) == count
    assert (np.random.get_state()[1] == state).all()
