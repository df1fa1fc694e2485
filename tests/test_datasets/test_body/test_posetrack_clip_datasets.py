import json
import os

import numpy as np
import pytest

from mmpose_video.datasets.body import (
    PoseTrack17ClipDataset,
    PoseTrack18ClipDataset,
    PoseTrack21ClipDataset,
)

CLIP = dict(type='FixedOffsets', offsets=(-1, 0, 1))


def write(tmp_path, **changes):
    ann = dict(id=1, image_id=4, category_id=1, bbox=[11, 21, 30, 40],
               keypoints=[15., 25., 1.] * 17)
    ann.update(changes)
    content = dict(
        images=[dict(id=4, file_name='a/00000002.jpg', width=64, height=48)],
        annotations=[ann], categories=[dict(id=1, name='person')])
    path = tmp_path / 'labels.json'
    path.write_text(json.dumps(content))
    return str(path)


def test_posetrack17_counts_frames_from_1(tmp_path):
    folder = tmp_path / 'a'
    folder.mkdir()
    for number in (1, 2, 3):
        (folder / f'{number:08d}.jpg').write_bytes(b'')
    dataset = PoseTrack17ClipDataset(
        ann_file=write(tmp_path), data_prefix=dict(img=str(tmp_path)),
        clip_sampler=dict(type='FixedOffsets', offsets=(-2, -1, 0, 1)))
    info = dataset.get_data_info(0)
    assert [path[-6:-4] for path in info['frame_paths']] == [
        '01', '01', '02', '03']
    assert info['frame_valid'].tolist() == [False, True, True, True]


def test_posetrack21_identities(tmp_path):
    path = write(tmp_path, person_id=1024, track_id=3)
    info = PoseTrack21ClipDataset(ann_file=path).get_data_info(0)
    assert (info['person_id'], info['track_id']) == (1024, 3)
    path = write(tmp_path, person_id=None)
    info = PoseTrack21ClipDataset(ann_file=path).get_data_info(0)
    assert (info['person_id'], info['track_id']) == (-1, -1)


@pytest.mark.parametrize('key', ['category_id', 'categories'])
def test_people_are_the_category_that_is_not_named(tmp_path, key):
    path = write(tmp_path)
    with open(path) as file:
        content = json.load(file)
    content['annotations'][0].pop(key, None)
    content.pop(key, None)
    with open(path, 'w') as file:
        json.dump(content, file)
    info = PoseTrack18ClipDataset(ann_file=path).get_data_info(0)
    assert info['category_id'] == np.array(1)


def test_a_folder_without_permission_is_named(tmp_path, monkeypatch):
    (tmp_path / 'a').mkdir()
    original = os.scandir

    def scandir(path='.'):
        if str(path) == str(tmp_path / 'a'):
            raise PermissionError(13, 'Permission denied', str(path))
        return original(path)

    monkeypatch.setattr(os, 'scandir', scandir)
    with pytest.raises(PermissionError, match=f'{tmp_path}/a'):
        PoseTrack18ClipDataset(
            ann_file=write(tmp_path), data_prefix=dict(img=str(tmp_path)),
            clip_sampler=CLIP).get_data_info(0)


@pytest.mark.skipif(
    not hasattr(os, 'geteuid') or os.geteuid() == 0,
    reason='root reads what is closed to others')
def test_a_folder_that_is_closed(tmp_path):
    folder = tmp_path / 'a'
    folder.mkdir()
    ann_file = write(tmp_path)
    folder.chmod(0)
    try:
        with pytest.raises(PermissionError, match=f'{tmp_path}/a'):
            PoseTrack18ClipDataset(
                ann_file=ann_file, data_prefix=dict(img=str(tmp_path)),
                clip_sampler=CLIP)
    finally:
        folder.chmod(0o700)


def test_broken_json_is_named(tmp_path):
    path = tmp_path / 'labels.json'
    path.write_text('{"images": [')
    with pytest.raises(ValueError, match='labels.json is not valid JSON'):
        PoseTrack18ClipDataset(ann_file=str(path))
