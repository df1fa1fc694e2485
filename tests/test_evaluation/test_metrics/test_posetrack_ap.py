"""PoseTrack's average precision as a metric."""
import json
import logging

import numpy as np
import pytest
import torch
from mmengine.evaluator import Evaluator
from mmengine.logging import MessageHub, MMLogger
from mmengine.structures import InstanceData
from mmpose.registry import METRICS
from mmpose.structures import PoseDataSample

from mmpose_video.evaluation import PoseTrackAP, evaluate_posetrack
from mmpose_video.formats.keypoints import (
    POSETRACK_JOINTS,
    POSETRACK_KEYPOINTS,
)

META = dict(
    dataset_name='posetrack_test',
    keypoint_id2name=dict(enumerate(POSETRACK_KEYPOINTS)),
    sigmas=np.full(17, 0.05, dtype=np.float32))
FULL = {name: (20 * i + 10, 15 * i + 10)
        for i, name in enumerate(POSETRACK_JOINTS)}


@pytest.fixture
def log(caplog):
    """Records of MMEngine's logger."""
    logger = MMLogger.get_current_instance()
    logger.addHandler(caplog.handler)
    caplog.set_level(logging.INFO)
    yield caplog
    logger.removeHandler(caplog.handler)


@pytest.fixture
def merged(tmp_path):
    """A function that writes videos as one annotation file."""

    def write(*videos, name='all.json'):
        data = dict(images=[], annotations=[],
                    categories=videos[0].data['categories'])
        offset = 0
        for number, one in enumerate(videos):
            for image in one.data['images']:
                image['id'] += 100000 * number
                image['frame_id'] += 100000 * number
            for ann in one.data['annotations']:
                ann['image_id'] += 100000 * number
                ann['id'] += 100 * number
            data['images'] += one.data['images'][::-1]  # order is no matter
            data['annotations'] += one.data['annotations']
            offset += len(one.data['annotations'])
        path = tmp_path / name
        path.write_text(json.dumps(data))
        return str(path)

    return write


def sample(ann, shift=0.0, scores=None, box_score=1.0, detected=False,
           **changes):
    """A predicted sample as the evaluator hands it on."""
    points = np.array(ann['keypoints'], dtype=np.float32).reshape(1, -1, 3)
    num = points.shape[1]
    x, y, width, height = ann['bbox']
    pred = dict(
        keypoints=points[..., :2] + np.float32(shift),
        keypoint_scores=np.full((1, num), 0.5, dtype=np.float32)
        if scores is None else np.asarray(scores, np.float32).reshape(1, num),
        bbox_scores=np.array([box_score], dtype=np.float32),
        bboxes=np.array([[x, y, x + width, y + height]], dtype=np.float32))
    data = dict(id=ann['id'], img_id=ann['image_id'], pred_instances=pred,
                gt_instances={})
    if not detected:
        data['raw_ann_info'] = ann
    data.update(changes)
    return data


def evaluate(metric, samples, size=None):
    """Process and evaluate; the metric's keys without the prefix."""
    for one in samples:
        metric.process(None, [one])
    values = metric.evaluate(len(samples) if size is None else size)
    return {key.split('/')[1]: value for key, value in values.items()}


def three_videos(video):
    """Three videos with people in some of their frames."""
    videos = []
    for i in range(3):
        one = video(3, f'{i + 1:06d}_mpii_test')
        one.add(FULL, 0)
        one.add({name: (x + 300, y) for name, (x, y) in FULL.items()}, 2)
        videos.append(one)
    return videos


def test_equals_the_evaluation_of_the_dumped_files(
        video, merged, write, tmp_path, rng):
    videos = three_videos(video)
    ann_file = merged(*videos)
    samples = [
        sample(ann, rng.normal(0, 20, (1, 17, 2)), rng.random(17),
               rng.uniform(0.3, 1))
        for one in videos for ann in one.data['annotations']
    ]
    metric = PoseTrackAP(ann_file, per_joint=True,
                         dump_dir=str(tmp_path / 'dump'))
    metric.dataset_meta = META
    values = evaluate(metric, samples)
    folders = write(videos, [])
    table = evaluate_posetrack(folders[0], str(tmp_path / 'dump'))
    assert 5 < table['Total'] < 95
    assert values.pop('AP') == table.pop('Total')
    assert values == {f'{name} AP': value for name, value in table.items()}


def test_all_people_of_an_image_in_one_sample(video, merged):
    # as bottom-up models predict: the id is a list, the image counts once
    videos = three_videos(video)
    ann_file = merged(*videos)
    by_image = {}
    for one in videos:
        for ann in one.data['annotations']:
            by_image.setdefault(ann['image_id'], []).append(ann)
    metric = PoseTrackAP(ann_file)
    metric.dataset_meta = META
    both = [sample(ann) for anns in by_image.values() for ann in anns]
    expected = evaluate(metric, both)
    samples = []
    for anns in by_image.values():
        parts = [sample(ann)['pred_instances'] for ann in anns]
        whole = sample(anns[0], detected=True)
        whole['id'] = [ann['id'] for ann in anns]
        whole['pred_instances'] = {
            key: np.concatenate([part[key] for part in parts])
            for key in parts[0]}
        samples += [whole, whole]
    empty = sample(videos[0].data['annotations'][0], detected=True)
    empty.update(id=[], img_id=videos[0].data['images'][1]['id'])
    empty['pred_instances'] = {
        key: value[:0] for key, value in empty['pred_instances'].items()}
    assert evaluate(metric, [*samples, empty]) == expected


def test_keys_for_save_best(video, merged):
    one = video().add(FULL)
    metric = METRICS.build(dict(type='PoseTrackAP', ann_file=merged(one)))
    metric.process(None, [sample(one.data['annotations'][0])])
    values = metric.evaluate(1)
    assert list(values) == [
        f'posetrack/{key}'
        for key in ('AP', 'Head AP', 'Shoulder AP', 'Elbow AP', 'Wrist AP',
                    'Hip AP', 'Knee AP', 'Ankle AP')
    ]
    assert all(value == 100 for value in values.values())


def test_through_the_evaluator_with_data_samples(video, merged):
    one = video().add(FULL)
    raw = one.data['annotations'][0]
    plain = sample(raw)
    data = PoseDataSample(metainfo=dict(
        id=raw['id'], img_id=raw['image_id'], raw_ann_info=raw))
    data.pred_instances = InstanceData(**plain['pred_instances'])
    data.gt_instances = InstanceData(
        bboxes=plain['pred_instances']['bboxes'])
    evaluator = Evaluator(
        dict(type='mmpose.PoseTrackAP', ann_file=merged(one)))
    evaluator.dataset_meta = META
    evaluator.process([data])
    assert evaluator.evaluate(1)['posetrack/AP'] == 100


def test_tensors_and_torch_ids(video, merged):
    one = video().add(FULL)
    data = sample(one.data['annotations'][0])
    data['pred_instances'] = {
        key: torch.as_tensor(value)
        for key, value in data['pred_instances'].items()
    }
    data['img_id'] = torch.tensor(data['img_id'])
    assert evaluate(PoseTrackAP(merged(one)), [data])['AP'] == 100


def test_annotation_file_from_the_message_hub(video, merged):
    one = video().add(FULL)
    hub = MessageHub.get_current_instance()
    hub.update_info('posetrack_test_ann_file', merged(one))
    metric = PoseTrackAP()
    metric.dataset_meta = META
    # Another dataset of the same name that is built later changes nothing.
    hub.update_info('posetrack_test_ann_file', '/nowhere.json')
    assert evaluate(metric, [sample(one.data['annotations'][0])])['AP'] == 100


def test_labels_that_are_not_known(video, merged):
    one = video().add(FULL)
    metric = PoseTrackAP()
    metric.dataset_meta = dict(META, dataset_name='never_built')
    with pytest.raises(ValueError, match='give `ann_file`'):
        evaluate(metric, [sample(one.data['annotations'][0])])
    with pytest.raises(ValueError, match="'bbox_head' is missing"):
        bare = video().add(FULL, head=None)
        evaluate(PoseTrackAP(merged(bare)),
                 [sample(bare.data['annotations'][0])])


def test_ground_truth_folder(video, write, tmp_path):
    # The folder's files list a frame that the dataset does not use.
    gt = video(2).add(FULL, 1)
    folder, _ = write(gt, [])
    metric = PoseTrackAP(gt_dir=folder, dump_dir=str(tmp_path / 'dump'))
    values = evaluate(metric, [sample(gt.data['annotations'][0])])
    assert values['AP'] == 100
    dumped = json.loads(
        (tmp_path / 'dump' / '000001_mpii_test.json').read_text())
    assert [image['id'] for image in dumped['images']] == [10000, 10001]


@pytest.mark.parametrize('mode, expected', [
    ('bbox_keypoint', [0.72, 0.35]), ('keypoint', [0.9, 0.5]),
    ('bbox', [0.8, 0.7])])
def test_score_modes(mode, expected, video, merged, tmp_path):
    one = video(2).add(FULL, 0).add(FULL, 1)
    anns = one.data['annotations']
    metric = PoseTrackAP(merged(one), score_mode=mode, dump_dir=str(tmp_path))
    evaluate(metric, [sample(anns[0], scores=np.full(17, 0.9), box_score=0.8),
                      sample(anns[1], scores=np.full(17, 0.5), box_score=0.7)
                      ])
    dumped = json.loads((tmp_path / '000001_mpii_test.json').read_text())
    nose = [ann['scores'][0] for ann in dumped['annotations']]
    assert nose == pytest.approx(expected)


def test_score_mode_ranks(video, merged):
    # A wrong keypoint with the higher heatmap maximum in the poorer box.
    one = video(2).add(FULL, 0).add(FULL, 1)
    right, wrong = one.data['annotations']
    samples = [sample(right, 0, np.full(17, 0.5), 0.9),
               sample(wrong, 400, np.full(17, 0.7), 0.3)]
    path = merged(one)
    assert evaluate(PoseTrackAP(path), samples)['AP'] == 50
    keypoint = PoseTrackAP(path, score_mode='keypoint')
    assert evaluate(keypoint, samples)['AP'] == 25


def test_layout_of_the_dumped_files(video, merged, tmp_path):
    one = video(2).add(FULL, 0)
    metric = PoseTrackAP(merged(one), dump_dir=str(tmp_path),
                         keypoint_score_thr=0.3)
    scores = np.full(17, 0.5)
    scores[5] = 0.2
    evaluate(metric, [sample(one.data['annotations'][0], scores=scores,
                             box_score=0.8, detected=True)])
    dumped = json.loads((tmp_path / '000001_mpii_test.json').read_text())
    assert dumped['categories'][0]['keypoints'] == list(POSETRACK_KEYPOINTS)
    assert [im['file_name'] for im in dumped['images']] == [
        f'images/val/000001_mpii_test/00000{i}.jpg' for i in range(2)]
    person, dummy = dumped['annotations']
    points = np.reshape(person['keypoints'], (17, 3))
    assert person['image_id'] == 10000 and person['track_id'] == 0
    assert points[0].tolist() == [*FULL['nose'], 1]
    for absent in (3, 4, 5):  # ears, and the keypoint below the threshold
        assert points[absent].tolist() == [0, 0, 0]
    assert person['bbox'] == [0, 0, 100, 200]
    # The frame without people holds a stand-in that scores below all.
    assert dummy['image_id'] == 10001
    assert dummy['keypoints'] == [0] * 51
    assert dummy['scores'] == [-100] * 17 and dummy['score'] == -100
    assert dumped['info']['boxes'] == 'detected'
    assert dumped['info']['joint_score'] == 'bbox_keypoint'


def test_low_boxes_are_left_out(video, merged):
    one = video().add(FULL)
    ann = one.data['annotations'][0]
    path = merged(one)
    low = [sample(ann, box_score=0.19)]
    assert evaluate(PoseTrackAP(path), low)['AP'] == 0
    assert evaluate(PoseTrackAP(path, bbox_score_thr=0.1), low)['AP'] == 100
    assert evaluate(PoseTrackAP(path), [sample(ann, box_score=0.2001)]
                    )['AP'] == 100


def test_suppression_of_doubles(video, merged):
    one = video().add(FULL)
    ann = dict(one.data['annotations'][0], bbox=[0, 0, 300, 300])
    path = merged(one)
    # The double scores higher but is worse, and the first takes the person:
    # without suppression it is a false positive that ranks first.
    samples = [sample(ann, 0, np.full(17, 0.5), detected=True),
               sample(ann, 1.0, np.full(17, 0.9), detected=True, id=10**9)]
    assert evaluate(PoseTrackAP(path), samples)['AP'] == 50
    metric = PoseTrackAP(path, nms_mode='oks_nms')
    metric.dataset_meta = META
    assert evaluate(metric, samples)['AP'] == 100
    # Two people who are far from each other both stay.
    far = [samples[0], sample(ann, 200.0, np.full(17, 0.9), detected=True,
                              id=7)]
    metric = PoseTrackAP(path, nms_mode='oks_nms')
    metric.dataset_meta = META
    assert evaluate(metric, far)['AP'] == 50


def test_padded_samples_count_once(video, merged):
    one = video(2).add(FULL, 0).add(FULL, 1)
    first, second = one.data['annotations']
    samples = [sample(first), sample(second, 400),
               sample(first), sample(second, 400)]
    assert evaluate(PoseTrackAP(merged(one)), samples)['AP'] == pytest.approx(
        evaluate(PoseTrackAP(merged(one)), samples[:2])['AP'])
    # What differs in its box is another sample, whatever its id.
    other = sample(dict(first, bbox=[5, 5, 50, 50]), 400, np.full(17, 0.9))
    values = evaluate(PoseTrackAP(merged(one)), samples[:1] + [other])
    assert values['AP'] == 25


def test_fifteen_keypoints(video, merged):
    one = video().add(FULL)
    ann = dict(one.data['annotations'][0])
    path = merged(one)
    ann['keypoints'] = [v for name in POSETRACK_JOINTS
                        for v in (*FULL[name], 1)]
    assert evaluate(PoseTrackAP(path), [sample(ann)])['AP'] == 100
    # By name, in any order of the dataset.
    names = POSETRACK_JOINTS[::-1]
    ann['keypoints'] = [v for name in names for v in (*FULL[name], 1)]
    metric = PoseTrackAP(path)
    metric.dataset_meta = dict(META, keypoint_id2name=dict(enumerate(names)))
    assert evaluate(metric, [sample(ann)])['AP'] == 100


def test_keypoints_of_another_set(video, merged):
    one = video().add(FULL)
    data = sample(one.data['annotations'][0])
    metric = PoseTrackAP(merged(one))
    names = ['left_eye' if n == 'head_top' else n for n in
             POSETRACK_KEYPOINTS]
    metric.dataset_meta = dict(META, keypoint_id2name=dict(enumerate(names)))
    with pytest.raises(ValueError, match=r"lack \['head_top'\]"):
        evaluate(metric, [data])
    metric.results.clear()
    metric.dataset_meta = dict(META, keypoint_id2name={0: 'nose'})
    with pytest.raises(ValueError, match='have 17 keypoints, .* has 1'):
        evaluate(metric, [data])


def test_unlabelled_frames_do_not_count(video, merged):
    one = video(3).add(FULL, 1)
    samples = [sample(one.data['annotations'][0])]
    extra = sample(one.data['annotations'][0], scores=np.ones(17),
                   detected=True, id=8, img_id=10002)
    path = merged(one)
    assert evaluate(PoseTrackAP(path), [*samples, extra])['AP'] == 100


def test_images_of_another_set(video, merged, write):
    one = video().add(FULL)
    stranger = sample(one.data['annotations'][0], img_id=4)
    path = merged(one)
    with pytest.raises(ValueError, match=r'1 of 1 predicted images .*\[4\]'):
        evaluate(PoseTrackAP(path), [stranger])
    both = [sample(one.data['annotations'][0]), stranger]
    with pytest.raises(ValueError, match='1 of 2 predicted images'):
        evaluate(PoseTrackAP(path), both)
    # A folder may hold fewer videos than the dataset.
    folder, _ = write(one, [])
    assert evaluate(PoseTrackAP(gt_dir=folder), both)['AP'] == 100
    with pytest.raises(ValueError, match='1 of 1 predicted images'):
        evaluate(PoseTrackAP(gt_dir=folder), [stranger])


def test_subset_is_told(video, merged, log):
    one = video(2).add(FULL, 0).add(FULL, 1)
    path = merged(one)
    half = [sample(one.data['annotations'][0])]
    assert evaluate(PoseTrackAP(path), half)['AP'] == 50
    assert '1 of 2 annotated people were not evaluated' in log.text
    log.clear()
    metric = PoseTrackAP(path, predicted_frames_only=True)
    assert evaluate(metric, half)['AP'] == 100
    assert 'not a benchmark number' in log.text
    log.clear()
    whole = [sample(ann) for ann in one.data['annotations']]
    assert evaluate(PoseTrackAP(path), whole)['AP'] == 100
    assert 'not evaluated' not in log.text


def test_subset_of_detected_boxes_is_told(video, merged, log):
    one = video(3).add(FULL, 0).add(FULL, 1).add(FULL, 2)
    anns = one.data['annotations']
    path = merged(one)
    samples = [sample(ann, detected=True) for ann in anns]
    evaluate(PoseTrackAP(path), samples[:1])
    assert '2 of 3 annotated frames have no sample' in log.text
    log.clear()
    # A detector may well see nobody in a frame.
    evaluate(PoseTrackAP(path), samples[:2])
    assert 'no sample' not in log.text


def test_log_says_what_the_numbers_rest_on(video, merged, log):
    one = video().add(FULL)
    ann = one.data['annotations'][0]
    metric = PoseTrackAP(merged(one))
    metric.dataset_meta = dict(META, label_version='0.45')
    evaluate(metric, [sample(ann)])
    assert ('ground-truth boxes, joint score bbox_keypoint, labels 0.45: '
            '1 videos, 1 frames') in log.text
    evaluate(PoseTrackAP(merged(one)), [sample(ann, detected=True)])
    assert 'detected boxes' in log.text


def test_no_prediction_at_all(video, merged):
    one = video().add(FULL)
    metric = PoseTrackAP(merged(one))
    assert evaluate(metric, [])['AP'] == 0
    # Results of the last evaluation do not leak into the next.
    assert evaluate(metric, [sample(one.data['annotations'][0])])['AP'] == 100
    assert evaluate(metric, [])['AP'] == 0


def test_several_people_in_a_sample(video, merged):
    one = video().add(FULL).add({n: (x + 400, y)
                                 for n, (x, y) in FULL.items()})
    anns = one.data['annotations']
    single = [sample(ann) for ann in anns]
    joint = dict(single[0], pred_instances={
        key: np.concatenate([s['pred_instances'][key] for s in single])
        for key in single[0]['pred_instances']})
    assert evaluate(PoseTrackAP(merged(one)), [joint])['AP'] == 100
    # Without scores of boxes they are taken for certain.
    del joint['pred_instances']['bbox_scores']
    assert evaluate(PoseTrackAP(merged(one)), [joint])['AP'] == 100


def test_format_only(video, merged, tmp_path):
    one = video(2)
    del one.data['annotations']
    path = tmp_path / 'test.json'
    path.write_text(json.dumps(one.data))
    guess = video(2).add(FULL).data['annotations'][0]
    metric = PoseTrackAP(str(path), format_only=True,
                         dump_dir=str(tmp_path / 'dump'))
    assert evaluate(metric, [sample(guess, detected=True)]) == {}
    assert (tmp_path / 'dump' / '000001_mpii_test.json').is_file()
    with pytest.raises(ValueError, match='use `format_only=True`'):
        evaluate(PoseTrackAP(str(path)), [sample(guess, detected=True)])
    with pytest.raises(ValueError, match='needs a `dump_dir`'):
        PoseTrackAP(str(path), format_only=True)


def test_dump_warns_of_frames_that_are_not_listed(
        video, merged, tmp_path, log):
    one = video(2).add(FULL, 0)
    one.data['images'][0]['nframes'] = 140
    evaluate(PoseTrackAP(merged(one), dump_dir=str(tmp_path)),
             [sample(one.data['annotations'][0])])
    assert 'have more frames than' in log.text


def test_nan_score_is_named(video, merged):
    one = video().add(FULL)
    scores = np.full(17, 0.5)
    scores[0] = np.nan
    for thr in (None, 0.1):
        metric = PoseTrackAP(merged(one), keypoint_score_thr=thr)
        with pytest.raises(ValueError, match='000001_mpii_test.*nose is NaN'):
            evaluate(metric, [sample(one.data['annotations'][0], 0, scores)])


@pytest.mark.parametrize('name', ['../../x', '/tmp/x'])
def test_dumped_files_stay_in_their_folder(video, merged, tmp_path, name):
    one = video().add(FULL)
    for image in one.data['images']:
        image['vid_id'] = name
        image['file_name'] = '000000.jpg'
    metric = PoseTrackAP(merged(one), dump_dir=str(tmp_path / 'a/b/c'))
    before = sorted(tmp_path.rglob('*'))
    with pytest.raises(ValueError, match='must be relative'):
        evaluate(metric, [sample(one.data['annotations'][0])])
    inside = tmp_path / 'a'
    assert [path for path in sorted(tmp_path.rglob('*'))
            if inside not in (path, *path.parents)] == before


def test_options_are_checked():
    with pytest.raises(ValueError, match='`score_mode` must be one of'):
        PoseTrackAP(score_mode='mean')
    with pytest.raises(ValueError, match='`nms_mode` must be one of'):
        PoseTrackAP(nms_mode='soft_oks_nms')
    with pytest.raises(ValueError, match='no `pred_instances`'):
        PoseTrackAP().process(None, [dict(id=1, img_id=1)])


@pytest.mark.samples
def test_real_frames(samples, tmp_path):
    folder = samples / 'posetrack18' / 'annotations'
    path = folder / 'test_posetrack18_val.json'
    data = json.loads(path.read_text())
    metric = PoseTrackAP(str(path), dump_dir=str(tmp_path))
    metric.dataset_meta = META
    exact = [sample(ann, scores=np.random.rand(17))
             for ann in data['annotations']]
    values = evaluate(metric, exact)
    table = evaluate_posetrack(str(folder / 'val'), str(tmp_path))
    assert values['AP'] == table['Total']
    # Labelled keypoints are predicted where they are; what is not labelled is
    # predicted in the corner and is wrong, so precision is less than one.
    assert 60 < values['AP'] < 100


def test_the_order_of_arrival_does_not_matter(video, merged):
    """Equal scores, of a right and a wrong prediction of one person."""
    one = video().add(FULL)
    ann = one.data['annotations'][0]
    path = merged(one)
    samples = [sample(ann, shift, np.full(17, 0.5), detected=True, id=number)
               for number, shift in ((1, 0), (2, 1.0), (3, 500.))]
    values = {evaluate(PoseTrackAP(path), [samples[i] for i in order])['AP']
              for order in ((0, 1, 2), (2, 1, 0), (1, 2, 0))}
    assert len(values) == 1
