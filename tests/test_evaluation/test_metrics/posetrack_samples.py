"""Samples and labels for the metrics on PoseTrack."""
import numpy as np

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
