import copy
import json

import numpy as np
import pytest
from scipy.io import savemat

from mmpose_video.datasets.body import PoseTrack17ClipDataset
from mmpose_video.datasets.convert import convert
from mmpose_video.datasets.convert.annolist_mat import load_annolist_mat
from mmpose_video.datasets.convert.posetrack17 import plan
from mmpose_video.evaluation import PoseTrackAP, evaluate_posetrack
from mmpose_video.formats.keypoints import POSETRACK_KEYPOINTS, columns_of

from . import layouts


def run(root, **kwargs):
    report = convert(plan(str(root)), str(root), progress=False, **kwargs)
    path = root / 'annotations/posetrack17_val.json'
    return json.loads(path.read_text()), report


def test_content_is_the_records(tmp_path):
    records = layouts.posetrack17(tmp_path)
    content, report = run(tmp_path)
    assert not report.faults and not report.skipped
    images = content['images']
    assert [image['file_name'][-12:] for image in images[:3]] == [
        '00000001.jpg', '00000002.jpg', '00000003.jpg']
    assert images[0]['id'] == 1000001 and images[-1]['id'] == 2000003
    assert {(im['width'], im['height'], im['nframes']) for im in images} == {
        (160, 96, 3)}
    assert images[0]['ignore_regions_x'] == [[1, 9, 9]]
    assert images[0]['ignore_regions_y'] == [[2, 2, 7]]
    wanted = [
        ann for record in records.values() for ann in record['annotations']]
    assert len(content['annotations']) == len(wanted)
    for ann, truth in zip(content['annotations'], wanted):
        np.testing.assert_allclose(ann['keypoints'], truth['keypoints'])
        assert ann['bbox_head'] == truth['bbox_head']
        assert ann['track_id'] == truth['track_id']
        assert ann['num_keypoints'] == truth['num_keypoints']
        # boxes reach 15 % of the extent beyond the keypoints
        points = np.reshape(ann['keypoints'], (17, 3))
        points = points[points[:, 2] > 0, :2]
        size = np.ptp(points, axis=0)
        np.testing.assert_allclose(
            ann['bbox'],
            [*(points.min(0) - .15 * size), *(1.3 * size)])


def samples_of(root, rng, noise):
    """Predictions near the labels, as a test loop gives them."""
    dataset = PoseTrack17ClipDataset(
        ann_file='annotations/posetrack17_val.json', data_root=str(root),
        clip_sampler=dict(type='FixedOffsets', offsets=(-1, 0, 1)),
        test_mode=True)
    samples = []
    for i in range(len(dataset)):
        info = dataset.get_data_info(i)
        points = info['keypoints'] + rng.normal(0, noise,
                                                info['keypoints'].shape)
        samples.append(
            dict(
                id=info['id'], img_id=info['img_id'],
                raw_ann_info=info['raw_ann_info'],
                gt_instances=dict(bboxes=info['bbox'],
                                  bbox_scores=info['bbox_score']),
                pred_instances=dict(
                    keypoints=points,
                    keypoint_scores=rng.uniform(.1, 1, (1, 17)))))
    return dataset, samples


def test_evaluation_is_that_of_the_original_files(tmp_path, rng):
    layouts.posetrack17(tmp_path)
    run(tmp_path)
    dataset, samples = samples_of(tmp_path, rng, 4.)
    assert dataset.get_data_info(0)['frame_offsets'].tolist() == [0, 0, 1]
    metric = PoseTrackAP(dump_dir=str(tmp_path / 'pred'), per_joint=True)
    metric.dataset_meta = dataset.metainfo
    metric.process(None, samples)
    ours = metric.evaluate(len(samples))
    official = evaluate_posetrack(
        str(tmp_path / 'annotations/val'), str(tmp_path / 'pred'))
    assert 5 < ours['posetrack/AP'] < 95
    for name in ('Total', 'Head', 'left_wrist', 'head_bottom'):
        key = 'posetrack/AP' if name == 'Total' else f'posetrack/{name} AP'
        assert ours[key] == pytest.approx(official[name], abs=1e-9)


def test_mapping_by_name_reaches_the_15_joints(tmp_path):
    layouts.posetrack17(tmp_path, videos=1)
    content, _ = run(tmp_path)
    source = json.loads(
        (tmp_path / 'annotations/val/000100_mpii_test.json').read_text())
    ann = content['annotations'][0]
    joints = np.reshape(ann['keypoints'], (17, 3))[
        columns_of(POSETRACK_KEYPOINTS)]
    points = source['annolist'][0]['annorect'][0]['annopoints'][0]['point']
    for point in points:
        assert joints[point['id'][0], 0] == point['x'][0]
        assert joints[point['id'][0], 1] == point['y'][0]


def test_fields_without_their_lists(tmp_path):
    # the tool that turned .mat files into json dropped lists of one
    layouts.posetrack17(tmp_path, videos=1, frames=1)
    wanted, _ = run(tmp_path)
    path = tmp_path / 'annotations/val/000100_mpii_test.json'

    def bare(value, depth=0):
        if isinstance(value, list):
            value = [bare(v, depth) for v in value]
            return value[0] if len(value) == 1 and depth else value
        if isinstance(value, dict):
            return {k: bare(v, k != 'annolist') for k, v in value.items()}
        return value

    data = json.loads(path.read_text())
    data['annolist'][0]['annorect'] = data['annolist'][0]['annorect'][:1]
    path.write_text(json.dumps(bare(data)))
    content, _ = run(tmp_path)
    assert content['annotations'] == wanted['annotations'][:1]
    assert content['images'] == wanted['images']


def test_unusual_people(tmp_path):
    layouts.posetrack17(tmp_path, videos=1, frames=1)
    path = tmp_path / 'annotations/val/000100_mpii_test.json'
    data = json.loads(path.read_text())
    frame = data['annolist'][0]
    full = frame['annorect'][0]
    nan, alone, head, nothing = (copy.deepcopy(full) for _ in range(4))
    points = nan['annopoints'][0]['point']
    points[0]['x'] = [float('nan')]
    alone['annopoints'][0]['point'] = points[1:2]
    head['annopoints'] = []
    nothing['annopoints'] = []
    del nothing['x1']
    frame['annorect'] = [full, nan, alone, head, nothing]
    frame['unknown'] = dict(key=1)
    path.write_text(json.dumps(data))
    content, report = run(tmp_path)
    assert {k: v[0] for k, v in report.skipped.items()} == {
        'person that cannot be read': 1,
        'person without joints and head box': 1}
    assert [ann['num_keypoints'] for ann in content['annotations']] == [
        len(full['annopoints'][0]['point']), 1, 0]
    # one keypoint has no extent: the head box joins it
    box, x, y = content['annotations'][1]['bbox'], points[1]['x'][0], points[
        1]['y'][0]
    assert box[0] <= x <= box[0] + box[2] and box[1] <= y <= box[1] + box[3]
    assert box[2] > 0 and box[3] > 0
    assert content['annotations'][2]['bbox'] == content['annotations'][2][
        'bbox_head']
    dataset = PoseTrack17ClipDataset(
        ann_file='annotations/posetrack17_val.json', data_root=str(tmp_path))
    assert len(dataset) == 2  # a head box alone is no sample


@pytest.mark.parametrize('frames', [1, 3])
def test_mat_files_give_what_json_files_give(tmp_path, frames):
    roots = [tmp_path / name for name in ('json', 'mat')]
    layouts.posetrack17(roots[0], frames=frames)
    layouts.posetrack17_mat(roots[1], frames=frames)
    (wanted, _), (found, report) = (run(root) for root in roots)
    assert not report.faults and not report.skipped
    assert found['images'] == wanted['images']
    assert found['annotations'] == wanted['annotations']


def test_mat_files_of_frames_without_people_or_joints(tmp_path):
    layouts.posetrack17(tmp_path, videos=1)
    path = tmp_path / 'annotations/val/000100_mpii_test.json'
    frames = json.loads(path.read_text())['annolist']
    frames[0]['annorect'] = []
    frames[0]['ignore_regions'] = []
    frames[0]['is_labeled'] = [0]
    del frames[1]['annorect'][1]['annopoints']
    path.write_text(json.dumps(dict(annolist=frames)))
    wanted, _ = run(tmp_path)
    savemat(path.with_suffix('.mat'), {'annolist': layouts.as_struct(frames)})
    path.unlink()
    found, report = run(tmp_path)
    assert not report.faults
    assert found['images'] == wanted['images']
    assert found['images'][0]['is_labeled'] is False
    assert found['annotations'] == wanted['annotations']
    assert found['annotations'][1]['num_keypoints'] == 0


def test_json_files_come_before_mat_files(tmp_path):
    layouts.posetrack17(tmp_path, videos=1)
    savemat(tmp_path / 'annotations/val/other.mat', dict(x=1))
    content, report = run(tmp_path)
    assert not report.faults and len(content['images']) == 3


@pytest.mark.parametrize('content, message', [
    (b'', 'no Matlab file'), (b'{"annolist": []}', 'no Matlab file'),
    (b'MATLAB 7.3 MAT-file'.ljust(124) + b'\x00\x02IM' + bytes(400),
     'saved with -v7.3'),
])
def test_files_that_are_no_mat_files(tmp_path, content, message):
    path = tmp_path / 'video.mat'
    path.write_bytes(content)
    with pytest.raises(ValueError, match=f'video.mat.*{message}'):
        load_annolist_mat(str(path))


def test_mat_files_of_something_else(tmp_path):
    path = tmp_path / 'video.mat'
    savemat(path, dict(positions=np.zeros(3)))
    with pytest.raises(ValueError, match=r"'annolist', but \['positions'\]"):
        load_annolist_mat(str(path))
