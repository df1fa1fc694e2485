"""PoseTrack's average precision as a metric: samples and numbers."""
import numpy as np
import pytest
import torch
from mmengine.evaluator import Evaluator
from mmengine.structures import InstanceData
from mmpose.registry import METRICS
from mmpose.structures import PoseDataSample

from mmpose_video.evaluation import PoseTrackAP
from mmpose_video.formats.keypoints import (
    POSETRACK_JOINTS,
    POSETRACK_KEYPOINTS,
)

from .posetrack_samples import FULL, META, evaluate, sample, three_videos


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


def test_unlabeled_frames_do_not_count(video, merged):
    one = video(3).add(FULL, 1)
    samples = [sample(one.data['annotations'][0])]
    extra = sample(one.data['annotations'][0], scores=np.ones(17),
                   detected=True, id=8, img_id=10002)
    path = merged(one)
    assert evaluate(PoseTrackAP(path), [*samples, extra])['AP'] == 100


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


def test_nan_score_is_named(video, merged):
    one = video().add(FULL)
    scores = np.full(17, 0.5)
    scores[0] = np.nan
    for thr in (None, 0.1):
        metric = PoseTrackAP(merged(one), keypoint_score_thr=thr)
        with pytest.raises(ValueError, match='000001_mpii_test.*nose is NaN'):
            evaluate(metric, [sample(one.data['annotations'][0], 0, scores)])


def test_options_are_checked():
    with pytest.raises(ValueError, match='`score_mode` must be one of'):
        PoseTrackAP(score_mode='mean')
    with pytest.raises(ValueError, match='`nms_mode` must be one of'):
        PoseTrackAP(nms_mode='soft_oks_nms')
    with pytest.raises(ValueError, match='no `pred_instances`'):
        PoseTrackAP().process(None, [dict(id=1, img_id=1)])


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
