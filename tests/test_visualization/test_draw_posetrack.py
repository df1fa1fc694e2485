"""Pixels of drawn predictions."""
import json

import cv2
import numpy as np
import pytest
from mmengine.structures import InstanceData
from mmpose.structures import PoseDataSample

from mmpose_video.datasets.body import PoseTrack18ClipDataset
from mmpose_video.visualization import TrackLocalVisualizer
from mmpose_video.visualization.draw_posetrack import (
    draw_video,
    iter_drawn_frames,
)

META = PoseTrack18ClipDataset(lazy_init=True).metainfo
GRAY = 90


@pytest.fixture
def predictions(tmp_path):
    """One frame with one person on a grid; the ears are absent."""
    image = np.full((200, 200, 3), GRAY, np.uint8)
    (tmp_path / 'images').mkdir()
    cv2.imwrite(str(tmp_path / 'images/000001.png'), image)
    points = np.array([[30 + 40 * (k % 4), 20 + 40 * (k // 4)]
                       for k in range(17)], dtype=float)
    scores = np.where(np.arange(17) % 2, 0.2, 0.8)
    points[[3, 4]] = scores[[3, 4]] = 0
    rows = np.concatenate([points, points[:, :1] > 0], axis=1)
    content = dict(
        images=[dict(id=5, file_name='images/000001.png')],
        annotations=[
            dict(image_id=5, keypoints=rows.ravel().tolist(),
                 scores=scores.tolist()),
            dict(image_id=5, keypoints=[0] * 51, scores=[0] * 17)
        ])
    path = tmp_path / 'clip.json'
    path.write_text(json.dumps(content))
    return path, points, scores


def is_drawn(image, point):
    x, y = point.astype(int)
    return (image[y - 1:y + 2, x - 1:x + 2] != GRAY).any()


@pytest.mark.parametrize('threshold', [-1, 0, 0.1, 0.5, 0.9])
def test_threshold_and_absent_keypoints(predictions, tmp_path, threshold):
    path, points, scores = predictions
    # each keypoint in a color of its own, and no lines over them
    colors = np.stack([np.arange(17) * 10, np.full(17, 200),
                       np.full(17, 10)], axis=1)
    meta = dict(META, keypoint_colors=colors, skeleton_links=[],
                skeleton_link_colors=np.zeros((0, 3)))
    (name, image), = iter_drawn_frames(str(path), str(tmp_path), meta,
                                       kpt_thr=threshold)
    assert name == 'images/000001.png'
    present = np.ones(17, dtype=bool)
    present[[3, 4]] = False
    for k in np.flatnonzero(present):
        x, y = points[k].astype(int)
        drawn = (image[y, x, ::-1] == colors[k]).all()
        assert drawn == is_drawn(image, points[k]) == (scores[k] >= threshold)
    # nothing at (0, 0), where the absent ears are in the file
    assert (image[:12, :12] == GRAY).all()


def test_same_picture_as_from_the_inferencer(predictions, tmp_path):
    """Predictions in memory and those of a file are drawn alike."""
    path, points, scores = predictions
    points[[3, 4]] = np.nan
    visualizer = TrackLocalVisualizer(radius=3, line_width=2)
    visualizer.set_dataset_meta(META)
    instances = InstanceData(
        keypoints=points[None], keypoint_scores=scores[None],
        keypoints_visible=scores[None])
    wanted = visualizer.add_datasample(
        'frame', np.full((200, 200, 3), GRAY, np.uint8),
        PoseDataSample(pred_instances=instances), draw_gt=False,
        draw_bbox=False, kpt_thr=0.5)
    (_, image), = iter_drawn_frames(str(path), str(tmp_path), META, 0.5)
    np.testing.assert_array_equal(image, wanted[..., ::-1])
    # the caller's values stay
    assert np.isnan(instances.keypoints[0, 3]).all()


def test_scores_decide_and_not_the_visibility():
    """A head may predict both."""
    visualizer = TrackLocalVisualizer(radius=3)
    visualizer.set_dataset_meta(META)
    points = np.full((1, 17, 2), np.nan)
    points[0, 0] = 30, 30
    for score, visible in ((0.9, 0.), (0.1, 1.)):
        drawn = visualizer.add_datasample(
            'frame', np.full((60, 60, 3), GRAY, np.uint8),
            PoseDataSample(pred_instances=InstanceData(
                keypoints=points, keypoint_scores=np.full((1, 17), score),
                keypoints_visible=np.full((1, 17), visible))),
            draw_gt=False, draw_bbox=False, kpt_thr=0.3)
        assert is_drawn(drawn, points[0, 0]) == (score > 0.3)


def test_video(predictions, tmp_path):
    path, _, _ = predictions
    out = tmp_path / 'drawn'
    video = draw_video(str(path), str(tmp_path), META, str(out), fps=112.2369)
    capture = cv2.VideoCapture(video)
    assert capture.get(cv2.CAP_PROP_FRAME_COUNT) == 1
    assert sorted(p.name for p in out.iterdir()) == ['000001.jpg', 'clip.mp4']


def test_frames_outside_of_the_root(predictions, tmp_path):
    path, _, _ = predictions
    content = json.loads(path.read_text())
    content['images'][0]['file_name'] = '../images/000001.png'
    path.write_text(json.dumps(content))
    with pytest.raises(ValueError, match='clip.json.*must be relative'):
        draw_video(str(path), str(tmp_path / 'images'), META,
                   str(tmp_path / 'drawn'))


def test_frames_are_not_overwritten(predictions, tmp_path):
    path, _, _ = predictions
    content = json.loads(path.read_text())
    source = tmp_path / 'images/000001.jpg'
    cv2.imwrite(str(source), np.full((200, 200, 3), GRAY, np.uint8))
    before = source.read_bytes()
    content['images'][0]['file_name'] = 'images/000001.jpg'
    path.write_text(json.dumps(content))
    with pytest.raises(FileExistsError, match='000001.jpg'):
        draw_video(str(path), str(tmp_path), META, str(tmp_path / 'images'))
    assert source.read_bytes() == before
