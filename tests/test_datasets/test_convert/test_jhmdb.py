import json

import numpy as np
import pytest
from scipy.io import savemat

from mmpose_video.datasets.body import SubJhmdbClipDataset
from mmpose_video.datasets.convert import ConversionError, convert
from mmpose_video.datasets.convert.jhmdb import mask_box, plan
from mmpose_video.evaluation import SubJhmdbPCK

from . import layouts


def run(root, dst=None, **kwargs):
    dst = dst or root
    report = convert(plan(str(root)), str(dst), progress=False, **kwargs)
    return {
        path.stem: json.loads(path.read_text())
        for path in (dst / 'annotations').glob('*.json')}, report


def test_splits_joints_and_boxes(tmp_path):
    truth = layouts.jhmdb(tmp_path)
    files, report = run(tmp_path)
    assert not report.faults and not report.skipped
    assert sorted(files) == [
        f'Sub{s}_{p}' for s in (1, 2, 3) for p in ('test', 'train')]

    def videos(name):
        return {im['file_name'].split('/')[2] for im in files[name]['images']}

    for split in (1, 2, 3):
        test = {f'clip_{v}_np1_ba_0' for v in range(4) if v // 2 == split % 2}
        assert videos(f'Sub{split}_test') == test
        assert videos(f'Sub{split}_train') == set(truth) - test
    content = files['Sub1_test']
    for image, ann in zip(content['images'], content['annotations']):
        _, action, name, frame = image['file_name'].split('/')
        assert action == ('catch', 'run')[int(name[5]) % 2]
        i = int(frame[:-4]) - 1
        joints, masks = truth[name]
        points = np.reshape(ann['keypoints'], (15, 3))
        shown = points[:, 2] > 0
        assert set(points[shown, 2]) == {2.} and shown.sum() > 10
        np.testing.assert_allclose(points[shown, :2], joints[:, shown, i].T)
        v = int(name[5])
        assert ann['bbox'] == [21 + v, 11 + i, 30, 50]  # counted from 1
    # a frame has the same id in each split
    ids = {im['file_name']: im['id'] for im in content['images']}
    other = {im['file_name']: im['id'] for im in files['Sub3_test']['images']}
    assert ids == other


def test_dataset_counts_from_0(tmp_path):
    truth = layouts.jhmdb(tmp_path)
    run(tmp_path)
    dataset = SubJhmdbClipDataset(
        ann_file='annotations/Sub1_train.json', data_root=str(tmp_path),
        clip_sampler=dict(type='FixedOffsets', offsets=(-1, 0, 1)))
    assert len(dataset) == 6
    info = dataset.get_data_info(1)
    joints, _ = truth[info['img_path'].split('/')[-2]]
    shown = info['keypoints_visible'][0] > 0
    np.testing.assert_allclose(
        info['keypoints'][0][shown], joints[:, shown, 1].T - 1, atol=1e-4)
    np.testing.assert_allclose(info['bbox'], [[20, 11, 50, 61]])
    assert [path[-9:] for path in info['frame_paths']] == [
        '00001.png', '00002.png', '00003.png']


def test_pck_by_split(tmp_path):
    layouts.jhmdb(tmp_path)
    run(tmp_path)
    dataset = SubJhmdbClipDataset(
        ann_file='annotations/Sub2_test.json', data_root=str(tmp_path),
        test_mode=True)
    out = tmp_path / 'result.json'
    metric = SubJhmdbPCK(out_file=str(out))
    metric.dataset_meta = dataset.metainfo
    for i in range(len(dataset)):
        info = dataset.get_data_info(i)
        points = info['keypoints'].copy()
        # boxes are 50 high: 9 pixels are right, 11 wrong
        points[..., 0] += 9 if i % 2 else 11
        metric.process(None, [
            dict(
                gt_instances=dict(
                    keypoints=info['keypoints'], bboxes=info['bbox'],
                    keypoints_visible=info['keypoints_visible']),
                pred_instances=dict(keypoints=points))])
    scores = metric.evaluate(len(dataset))
    assert scores['jhmdb/PCK'] == pytest.approx(.5)
    assert json.loads(out.read_text())['split'] == 'sub2'


def test_mask_box():
    mask = np.zeros((8, 9), np.uint8)
    assert mask_box(mask) is None
    mask[2:5, 3] = 1
    mask[4, 6] = 7
    assert mask_box(mask) == [4, 3, 4, 3]


def test_missing_masks_and_joints(tmp_path):
    layouts.jhmdb(tmp_path, videos=2, frames=3)
    folder = 'catch/clip_0_np1_ba_0'
    joints, masks = np.full((2, 15, 2), 30.), np.zeros((96, 160, 1))
    joints[:, 1] += 20
    savemat(tmp_path / 'joint_positions' / folder / 'joint_positions.mat',
            dict(pos_img=joints))
    savemat(tmp_path / 'puppet_mask' / folder / 'puppet_mask.mat',
            dict(part_mask=masks[..., 0]))
    files, report = run(tmp_path)
    assert {k: v[0] for k, v in report.skipped.items()} == {
        'empty puppet mask, the box is that of the joints': 6,
        'frame without joints': 3}  # each in three splits
    content = next(f for f in files.values() if any(
        'clip_0' in im['file_name'] for im in f['images']))
    assert content['annotations'][0]['bbox'] == pytest.approx(
        [27, 27, 26, 26])


def test_joints_out_of_the_image_are_not_labeled(tmp_path):
    layouts.jhmdb(tmp_path, videos=1, frames=1)
    joints = np.full((2, 15, 1), 40.)
    joints[0, 3], joints[1, 5] = 161, 0.5
    joints[0, 4] = 160
    savemat(
        tmp_path / 'joint_positions/catch/clip_0_np1_ba_0/joint_positions.mat',
        dict(pos_img=joints))
    files, _ = run(tmp_path)
    ann = files['Sub1_train']['annotations'][0]
    flags = np.reshape(ann['keypoints'], (15, 3))[:, 2]
    assert np.flatnonzero(flags == 0).tolist() == [3, 5]
    assert ann['num_keypoints'] == 13


@pytest.mark.parametrize('content, message', [
    (None, 'there is no file'),
    (b'not matlab', 'is no Matlab file'),
    (dict(other=np.ones(3)), "holds no 'pos_img'"),
    (dict(pos_img=np.ones((2, 13, 3))), 'has shape'),
])
def test_broken_mat_files_are_named(tmp_path, content, message, capsys):
    layouts.jhmdb(tmp_path, videos=2)
    path = (tmp_path / 'joint_positions/run/clip_1_np1_ba_0' /
            'joint_positions.mat')
    path.unlink()
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content is not None:
        savemat(path, content)
    with pytest.raises(ConversionError):
        run(tmp_path)
    text = capsys.readouterr().out
    assert message in text and 'clip_1' in text


def test_missing_frames_and_folders(tmp_path):
    layouts.jhmdb(tmp_path)
    (tmp_path / 'Rename_Images/run/clip_1_np1_ba_0/00002.png').unlink()
    _, report = run(tmp_path, on_error='skip')
    assert report.faults == {
        'annotated frame without an image':
        (3, 'Rename_Images/run/clip_1_np1_ba_0/00002.png')}
    (tmp_path / 'sub_splits').rename(tmp_path / 'splits')
    (tmp_path / 'splits/run_test_split1.txt').unlink()
    assert 'whole JHMDB' in plan(str(tmp_path)).notes[0]
    (tmp_path / 'splits').rename(tmp_path / 'elsewhere')
    with pytest.raises(FileNotFoundError, match='--labels'):
        plan(str(tmp_path))
    assert len(plan(str(tmp_path), str(tmp_path / 'elsewhere')).splits) == 6
    (tmp_path / 'puppet_mask').rename(tmp_path / 'masks')
    with pytest.raises(FileNotFoundError, match='puppet_mask'):
        plan(str(tmp_path))


@pytest.mark.parametrize('content, message', [
    (b'clip 7\n', "has a line 'clip 7'"),
    (b'../x.avi 1\n', "'../x.avi' is not the name of a file inside"),
    (b'a.avi 1\na.avi 2\n', "has the video 'a' twice"),
    (b'\xff\xfe', 'is not UTF-8')])
def test_a_list_that_cannot_be_read(tmp_path, capsys, content, message):
    layouts.jhmdb(tmp_path)
    path = tmp_path / 'sub_splits/run_test_split1.txt'
    path.write_bytes(content)
    # no file is written, but all is looked through
    with pytest.raises(ConversionError, match='Sub1_train.*Sub3_test'):
        run(tmp_path)
    out = capsys.readouterr().out
    assert str(path) in out and message in out
    # the other lists serve without it
    files, report = run(tmp_path, on_error='skip')
    assert list(report.broken) == [str(path)]
    actions = {name: {im['file_name'].split('/')[1] for im in data['images']}
               for name, data in files.items()}
    assert actions['Sub1_train'] == {'catch'}
    assert actions['Sub2_train'] == {'catch', 'run'}
    for path in (tmp_path / 'sub_splits').iterdir():
        path.write_bytes(content)
    with pytest.raises(ValueError, match='catch_test_split1.txt'):
        plan(str(tmp_path))


def test_real_sample(samples, tmp_path):
    """Real labels written in the owners' layout are read back unchanged."""
    sample = json.loads((samples / 'jhmdb/test_jhmdb_sub1.json').read_text())
    folder = tmp_path / 'sub_splits'
    folder.mkdir()
    lines = []
    for image, ann in zip(sample['images'], sample['annotations']):
        video = image['file_name'].split('/')[0]
        (tmp_path / 'Rename_Images/catch').mkdir(parents=True, exist_ok=True)
        (tmp_path / 'Rename_Images/catch' / video).symlink_to(
            samples / 'jhmdb' / video)
        points = np.reshape(ann['keypoints'], (15, 3))
        x, y, w, h = (int(value) for value in ann['bbox'])
        mask = np.zeros((image['height'], image['width']), np.uint8)
        mask[y - 1:y - 1 + h, x - 1:x - 1 + w] = 1
        for room, key, array in (
                ('joint_positions', 'pos_img', points[:, :2].T[..., None]),
                ('puppet_mask', 'part_mask', mask)):
            path = tmp_path / room / 'catch' / video
            path.mkdir(parents=True)
            savemat(path / f'{room}.mat', {key: array})
        lines.append(f'{video}.avi 2\n')
    (folder / 'catch_test_split1.txt').write_text(''.join(lines))
    files, report = run(tmp_path)
    assert not report.faults and not report.skipped
    content = files['Sub1_test']
    named = {
        image['id']: image['file_name'].split('/', 2)[2]
        for image in content['images']}
    ours = {named[ann['image_id']]: ann for ann in content['annotations']}
    assert len(ours) == 3
    for image, ann in zip(sample['images'], sample['annotations']):
        found = ours[image['file_name']]
        assert found['bbox'] == ann['bbox']
        np.testing.assert_allclose(found['keypoints'], ann['keypoints'])
    assert {(im['width'], im['height']) for im in content['images']} == {
        (320, 240)}
