import json

import numpy as np
import pytest

from mmpose_video.datasets.body import (
    PoseTrack18ClipDataset,
    PoseTrack21ClipDataset,
)
from mmpose_video.datasets.convert import convert
from mmpose_video.datasets.convert.posetrack18 import plan, plan21
from mmpose_video.evaluation import PoseTrackAP

from . import layouts


def run(root, make=plan, name='posetrack18', split='val', dst=None, **kwargs):
    dst = dst or root
    report = convert(make(str(root)), str(dst), progress=False, **kwargs)
    path = dst / f'annotations/{name}_{split}.json'
    return json.loads(path.read_text()), report


def edit(root, change, name='000100_mpii_test', labels='annotations'):
    path = root / labels / 'val' / f'{name}.json'
    data = json.loads(path.read_text())
    change(data)
    path.write_text(json.dumps(data))


def test_adds_sizes_and_keeps_the_rest(tmp_path):
    records = layouts.posetrack18(tmp_path, labeled_every=2)
    content, report = run(tmp_path)
    assert not report.faults and not report.skipped
    images = [im for record in records.values() for im in record['images']]
    assert content['images'] == [
        dict(im, width=160, height=96) for im in images]
    assert {im['is_labeled'] for im in content['images']} == {True, False}
    anns = [an for record in records.values() for an in record['annotations']]
    assert content['annotations'] == anns
    assert content['categories'][0]['keypoints'] == list(layouts.PT)
    dataset = PoseTrack18ClipDataset(
        ann_file='annotations/posetrack18_val.json', data_root=str(tmp_path),
        clip_sampler=dict(type='FixedOffsets', offsets=(-1, 0, 1)))
    assert len(dataset) == len(anns)
    # the middle frame is labeled, and has unlabeled neighbors
    assert dataset.get_data_info(0)['frame_offsets'].tolist() == [-1, 0, 1]


def test_annotations_without_ids(tmp_path):
    """They get ids of their own, in whatever order they are listed."""
    layouts.posetrack18(tmp_path, videos=1)

    def change(data):
        first, second = (image['id'] for image in data['images'][:2])
        person = {key: value for key, value in data['annotations'][0].items()
                  if key != 'id'}
        data['annotations'] = [
            dict(person, image_id=second if i < 1 else first, track_id=i)
            for i in range(101)]

    edit(tmp_path, change)
    content, report = run(tmp_path)
    assert not report.faults and len(content['annotations']) == 101
    assert len({entry['id'] for entry in content['annotations']}) == 101


def test_unknown_keys_stay(tmp_path):
    layouts.posetrack18(tmp_path, videos=1)

    def change(data):
        data['mystery'] = 1
        data['images'][0]['mystery'] = [2]
        data['annotations'][0]['mystery'] = dict(a=3)

    edit(tmp_path, change)
    content, report = run(tmp_path)
    assert not report.skipped
    assert content['images'][0]['mystery'] == [2]
    assert content['annotations'][0]['mystery'] == dict(a=3)
    PoseTrack18ClipDataset(
        ann_file='annotations/posetrack18_val.json', data_root=str(tmp_path))


def test_bad_boxes_and_points(tmp_path):
    layouts.posetrack18(tmp_path, videos=1)
    nan = float('nan')

    def change(data):
        a, b, c, d, e = data['annotations'][:5]
        a['bbox'] = [nan, 0, 10, 10]
        b['bbox'] = [5, 5, -10, 10]
        del c['bbox']
        d['keypoints'][0] = nan
        e['keypoints'], e['bbox'] = [0] * 51, None

    edit(tmp_path, change)
    content, report = run(tmp_path)
    assert {k: v[0] for k, v in report.skipped.items()} == {
        'person with a keypoint that is not finite': 1,
        'person without a box and keypoints': 1}
    assert len(content['annotations']) == 4
    for ann in content['annotations'][:3]:  # a person is never lost to a box
        points = np.reshape(ann['keypoints'], (17, 3))
        points = points[points[:, 2] > 0, :2]
        size = np.ptp(points, axis=0)
        np.testing.assert_allclose(
            ann['bbox'],
            [*(points.min(0) - .15 * size), *(1.3 * size)])


def test_other_orders_of_keypoints_go_by_name(tmp_path):
    layouts.posetrack18(tmp_path, videos=1)
    wanted, _ = run(tmp_path, dst=tmp_path / 'a')

    def change(data):
        names = data['categories'][0]['keypoints']
        data['categories'][0]['keypoints'] = names[::-1]
        for ann in data['annotations']:
            ann['keypoints'] = np.reshape(
                ann['keypoints'], (17, 3))[::-1].ravel().tolist()

    edit(tmp_path, change)
    content, _ = run(tmp_path, dst=tmp_path / 'b')
    assert content == wanted


def test_a_test_split_has_no_annotations(tmp_path):
    layouts.posetrack18(tmp_path, videos=1, split='test')
    path = tmp_path / 'annotations/test/000100_mpii_test.json'
    data = json.loads(path.read_text())
    del data['annotations']
    path.write_text(json.dumps(data))
    content, _ = run(tmp_path, split='test')
    assert len(content['images']) == 3 and content['annotations'] == []


@pytest.mark.parametrize('videos, version', [(74, '0.2'), (170, '0.45'),
                                             (3, None)])
def test_label_versions(tmp_path, videos, version, capsys):
    frame = layouts.clip(frames=1)[0]
    for v in range(videos):
        name = f'{v:06d}_mpii_test'
        layouts.write_images(tmp_path / 'images/val' / name, frame, 6, 0)
        layouts.dump(
            tmp_path / 'annotations/val' / f'{name}.json',
            dict(
                images=[dict(id=v, file_name=f'images/val/{name}/000000.jpg')
                        ],
                annotations=[
                    dict(id=v, image_id=v, track_id=0, bbox=[9, 9, 20, 30],
                         keypoints=[15., 20., 1.] * 17)
                ]))
    content, _ = run(tmp_path)
    assert content['info']['label_version'] == version
    said = f'version {version}' if version else 'unknown version'
    assert said in capsys.readouterr().out
    dataset = PoseTrack18ClipDataset(
        ann_file='annotations/posetrack18_val.json', data_root=str(tmp_path))
    assert dataset.label_version == version


def test_posetrack21(tmp_path):
    layouts.posetrack21(tmp_path)
    # two videos have the same id of the box without keypoints
    edit(tmp_path, lambda data: data['annotations'][-1].update(id=8),
         '000101_mpii_test', 'posetrack_data')
    content, report = run(tmp_path, plan21, 'posetrack21')
    assert not report.skipped
    assert all(image['has_labeled_person'] for image in content['images'])
    assert len(content['annotations']) == 14  # boxes count for others
    dataset = PoseTrack21ClipDataset(
        ann_file='annotations/posetrack21_val.json', data_root=str(tmp_path))
    assert len(dataset) == 12
    assert dataset._skipped == {'no keypoints': 2}
    infos = [dataset.get_data_info(i) for i in range(12)]
    assert {(i['person_id'], i['track_id']) for i in infos} == {
        (1000, 0), (1001, 1)}


@pytest.mark.slow
def test_ten_thousand_people_in_a_frame(tmp_path):
    layouts.posetrack18(tmp_path, videos=1, frames=1)

    def change(data):
        one = data['annotations'][0]
        for key in ('occluded', 'self_occluded', 'blur'):
            del one[key]
        data['annotations'] = [
            dict(one, id=i, track_id=i) for i in range(10000)]

    edit(tmp_path, change)
    content, report = run(tmp_path)
    assert len(content['annotations']) == 10000 and not report.skipped
    boxes = [
        dict(image_id=content['images'][0]['id'], category_id=1,
             bbox=[x % 100, x // 100 % 60, 30, 30], score=.5 + x / 1e5)
        for x in range(10000)]
    (tmp_path / 'boxes.json').write_text(json.dumps(boxes))
    common = dict(
        ann_file='annotations/posetrack18_val.json', data_root=str(tmp_path))
    assert len(PoseTrack18ClipDataset(**common)) == 10000
    detected = PoseTrack18ClipDataset(
        **common, bbox_file=str(tmp_path / 'boxes.json'), bbox_nms_thr=.5,
        test_mode=True)
    assert 1 < len(detected) < 200


def test_a_video_of_one_frame(tmp_path):
    layouts.posetrack18(tmp_path, videos=1, frames=1)
    run(tmp_path)
    dataset = PoseTrack18ClipDataset(
        ann_file='annotations/posetrack18_val.json', data_root=str(tmp_path),
        clip_sampler=dict(type='FixedOffsets', offsets=(-1, 0, 1)))
    info = dataset.get_data_info(0)
    assert info['frame_offsets'].tolist() == [0, 0, 0]
    assert info['frame_valid'].tolist() == [False, True, False]


def test_perfect_predictions_are_worth_100(tmp_path):
    layouts.posetrack18(tmp_path)
    run(tmp_path)
    dataset = PoseTrack18ClipDataset(
        ann_file='annotations/posetrack18_val.json', data_root=str(tmp_path),
        test_mode=True)
    metric = PoseTrackAP()
    metric.dataset_meta = dataset.metainfo
    for i in range(len(dataset)):
        info = dataset.get_data_info(i)
        metric.process(None, [
            dict(id=info['id'], img_id=info['img_id'],
                 raw_ann_info=info['raw_ann_info'],
                 pred_instances=dict(keypoints=info['keypoints'],
                                     keypoint_scores=info['keypoints_visible']
                                     ))])
    # ears are not evaluated, keypoints never labeled are left out
    scores = metric.evaluate(len(dataset))
    assert scores['posetrack/AP'] > 80


def test_real_sample(samples, tmp_path):
    content, report = run(samples / 'posetrack18', dst=tmp_path)
    assert not report.faults and not report.skipped
    merged = json.loads((samples / 'posetrack18/annotations/'
                         'test_posetrack18_val.json').read_text())

    def by_id(entries):
        return {entry['id']: entry for entry in entries}

    assert by_id(content['annotations']) == by_id(merged['annotations'])
    assert by_id(content['images']) == by_id(merged['images'])
    dataset = PoseTrack18ClipDataset(
        ann_file='annotations/posetrack18_val.json',
        data_root=str(tmp_path), test_mode=True,
        bbox_file=str(samples / 'posetrack18/annotations/'
                      'test_posetrack18_human_detections.json'))
    assert len(dataset) > 14  # images are found through the link
    only = str(tmp_path / 'images/val/003418_mpii_test/000000.jpg')
    paths, taken, valid = dataset.frame_index.neighbors(
        only, np.array([-1, 0]), 'nearest')
    assert paths == [only, only]
    assert taken.tolist() == [0, 0] and valid.tolist() == [False, True]


def test_sizes_of_the_real_sample_are_those_of_its_files(samples, tmp_path):
    src = tmp_path / 'src'
    for path in (samples / 'posetrack18/annotations/val').glob('*.json'):
        data = json.loads(path.read_text())
        for image in data['images']:
            del image['width'], image['height']
        layouts.dump(src / 'annotations/val' / path.name, data)
    (src / 'images').symlink_to(samples / 'posetrack18/images')
    content, _ = run(src)
    merged = json.loads((samples / 'posetrack18/annotations/'
                         'test_posetrack18_val.json').read_text())
    sizes = {im['id']: (im['width'], im['height']) for im in merged['images']}
    assert sizes == {
        im['id']: (im['width'], im['height']) for im in content['images']}
