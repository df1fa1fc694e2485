"""PoseTrack's average precision as a metric: files read and written."""
import json

import numpy as np
import pytest
from mmengine.logging import MessageHub

from mmpose_video.evaluation import PoseTrackAP, evaluate_posetrack
from mmpose_video.formats.keypoints import (
    POSETRACK_KEYPOINTS,
)

from .posetrack_samples import FULL, META, evaluate, sample, three_videos


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
    # Labeled keypoints are predicted where they are; what is not labeled is
    # predicted in the corner and is wrong, so precision is less than one.
    assert 60 < values['AP'] < 100
