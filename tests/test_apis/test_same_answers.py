"""The inferencer gives what the test script gives."""
import json

import numpy as np
import pytest
from mmengine.dataset import pseudo_collate
from mmengine.runner import Runner
from mmpose.registry import DATASETS

from mmpose_video.apis import VideoPoseInferencer


@pytest.mark.slow
@pytest.mark.parametrize('flip', [False, True])
@pytest.mark.parametrize('boxes', ['array', 'file'])
def test_as_the_dataset_and_the_model(clip_set, clip_dir, clip_file,
                                       checkpoint, make_config, points_of,
                                       flip, boxes):
    cfg = make_config(clip_set, flip)
    inferencer = VideoPoseInferencer(cfg, checkpoint, 'cpu', batch_size=5)
    dataset = DATASETS.build(cfg.test_dataloader.dataset)
    samples = inferencer.model.test_step(
        pseudo_collate([dataset[i] for i in range(len(dataset))]))
    wanted, given = {}, {}
    for sample in samples:
        frame = sample.img_path
        wanted.setdefault(frame, []).append(
            sample.pred_instances.keypoints[0])
        given.setdefault(frame, []).append(sample.gt_instances.bboxes[0])
    names = sorted(str(p) for p in clip_dir.iterdir())
    assert sum(map(len, wanted.values())) > len(names)
    source = (str(clip_file) if boxes == 'file' else
              [np.array(given.get(n, [])) for n in names])
    found = points_of(inferencer(str(clip_dir), boxes=source))
    assert len(found) == len(names)
    spread = []
    for name, points in zip(names, found):
        truth = np.array(wanted.get(name, []))
        assert points.shape == (len(truth), 17, 2) or not len(truth)
        if len(truth):
            np.testing.assert_allclose(points, truth, rtol=0, atol=1e-4)
            spread.append(truth[0].std(0))
    # the model looks at its input: it does not predict one pose for all
    assert np.std(spread, axis=0).max() > 0.5


@pytest.mark.slow
def test_as_the_test_script(clip_set, clip_dir, clip_file, checkpoint,
                            make_config, tmp_path):
    """``Runner.test`` and its PoseTrack file, against the inferencer's."""
    cfg = make_config(clip_set)
    cfg.work_dir = str(tmp_path / 'work')
    cfg.load_from = checkpoint
    cfg.test_evaluator = dict(
        type='PoseTrackAP', dump_dir=str(tmp_path / 'dump'),
        bbox_score_thr=0.)
    cfg.default_hooks = dict(logger=dict(type='LoggerHook'))
    Runner.from_cfg(cfg).test()
    dumped, = (tmp_path / 'dump').iterdir()
    wanted = json.loads(dumped.read_text())
    inferencer = VideoPoseInferencer(make_config(clip_set), checkpoint, 'cpu')
    for _ in inferencer(str(clip_dir), boxes=str(clip_file),
                        out_dir=str(tmp_path), output=dict(save_vis=False)):
        pass
    file, = (tmp_path / 'posetrack').iterdir()
    found = json.loads(file.read_text())
    assert len(found['images']) == len(wanted['images'])
    for i, image in enumerate(found['images']):
        a, b = (sorted(
            [ann['keypoints'], ann['scores']] for ann in data['annotations']
            if ann['image_id'] == data['images'][i]['id'])
                for data in (found, wanted))
        assert len(a) == len(b) > 0
        for one, other in zip(a, b):
            np.testing.assert_allclose(one[0], other[0], rtol=0, atol=1e-4)
            np.testing.assert_allclose(one[1], other[1], rtol=1e-5)
        assert wanted['images'][i]['file_name'].endswith(
            image['file_name'])


@pytest.mark.slow
def test_boxes_from_the_caller_are_used(inferencer, images, points_of):
    """MMPose's inferencer discards them."""
    halves = [np.array([[0, 0, 80, 120], [80, 0, 160, 120]])] * len(images)
    both = points_of(inferencer(images, boxes=halves))
    swapped = points_of(inferencer(
        images, boxes=lambda image, index: halves[index][::-1]))
    whole = points_of(inferencer(images))
    for a, b, c in zip(both, swapped, whole):
        np.testing.assert_allclose(a, b[::-1], atol=1e-4)
        assert c.shape == (1, 17, 2)


def test_neighbors_count(inferencer, images):
    """The whole clip reaches the model, not the key frame alone."""

    def scores(frames, which):
        result = list(inferencer(frames))[which]
        return np.array(result['predictions'][0][0]['keypoint_scores'])

    clip = scores(images, 4)
    np.testing.assert_allclose(scores(images[2:7], 2), clip, rtol=1e-5)
    for other in (scores(images[4:5], 0), scores(images[::-1], 4)):
        assert np.abs(other / clip - 1).max() > 1e-3


@pytest.mark.slow
@pytest.mark.parametrize('batch_size', [1, 3])
def test_batches_do_not_matter(clip_set, clip_dir, clip_file, checkpoint,
                               make_config, inferencer, points_of,
                               batch_size):
    other = VideoPoseInferencer(make_config(clip_set), checkpoint, 'cpu',
                                batch_size=batch_size)
    found, wanted = (points_of(i(str(clip_dir), boxes=str(clip_file)))
                     for i in (other, inferencer))
    for a, b in zip(found, wanted):
        np.testing.assert_allclose(a, b, atol=1e-4)
