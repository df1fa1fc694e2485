"""Bottom-up models, as pose models and as detectors."""
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmengine.structures import InstanceData
from mmpose.apis import inference_bottomup
from mmpose.registry import MODELS
from mmpose.structures import PoseDataSample

from mmpose_video.apis import VideoPoseInferencer
from mmpose_video.apis.bottom_up_detector import BottomUpDetector
from mmpose_video.apis.found_people import FoundBoxes
from mmpose_video.weights.model_zoo import find_zoo_model

from .one_stage_material import NAME, write_one_stage


@pytest.fixture(scope='module')
def one_stage(tmp_path_factory):
    return write_one_stage(tmp_path_factory.mktemp('one_stage'))


def test_poses_are_those_of_mmpose(one_stage, images):
    infer = VideoPoseInferencer(
        *one_stage, 'cpu', detector=dict(score_thr=0., nms_thr=1.))
    results = list(infer(images[:2]))
    for image, result in zip(images, results):
        wanted = inference_bottomup(infer.model, image)[0].pred_instances
        people, = result['predictions']
        inside = (wanted.bboxes[:, 2:] > 0).all(axis=1) & (
            wanted.bboxes[:, :2] < image.shape[1::-1]).all(axis=1)
        assert len(people) == inside.sum() > 0
        np.testing.assert_allclose(
            sorted(np.mean(person['keypoints']) for person in people),
            sorted(wanted.keypoints[inside].mean(axis=(1, 2))), rtol=1e-4)


@pytest.mark.slow
def test_a_detector_for_a_top_down_model(one_stage, make_config, clip_set,
                                         checkpoint, images):
    infer = VideoPoseInferencer(
        make_config(clip_set), checkpoint, 'cpu',
        detector=dict(
            config=one_stage[0], checkpoint=one_stage[1], score_thr=0.))
    assert isinstance(infer.detector, FoundBoxes)
    boxes = infer.detector.detector(images[0]).boxes
    people, = next(iter(infer(images[:1])))['predictions']
    assert 0 < len(people) <= len(boxes)
    rows = {tuple(np.round(box, 2)) for box in boxes}
    assert all(tuple(np.round(person['bbox'][0], 2)) in rows
               for person in people)


@pytest.mark.slow
def test_a_detector_of_the_model_zoo(make_config, clip_set, checkpoint,
                                     tmp_path):
    """By its name, as pose models are."""
    config = Config.fromfile(find_zoo_model(NAME).config)
    init_default_scope('mmpose')
    torch.manual_seed(0)
    wanted = MODELS.build({**config.model, 'backbone': {
        **config.model.backbone, 'init_cfg': None}}).state_dict()
    torch.save(dict(state_dict=wanted, meta={}), tmp_path / 'weights.pth')
    infer = VideoPoseInferencer(
        make_config(clip_set), checkpoint, 'cpu', detector=dict(
            config=NAME, checkpoint=str(tmp_path / 'weights.pth')))
    found = infer.detector.detector.model.state_dict()
    assert found.keys() == wanted.keys()
    assert all(torch.equal(found[name], wanted[name]) for name in wanted)


def test_refuses(one_stage, images):
    with pytest.raises(ValueError, match='takes no other detector'):
        VideoPoseInferencer(*one_stage, 'cpu', detector='rtmdet')
    with pytest.raises(ValueError, match='neither `runtime` nor `reuse'):
        VideoPoseInferencer(*one_stage, 'cpu', reuse_features=True)
    infer = VideoPoseInferencer(*one_stage, 'cpu')
    with pytest.raises(ValueError, match='takes no boxes'):
        list(infer(images[:1], boxes=[[[0, 0, 50, 50]]]))


class Known:
    """A model without boxes that finds the people it was given."""

    cfg = Config(dict(test_dataloader=dict(dataset=dict(pipeline=[
        dict(type='LoadImage'), dict(type='PackPoseInputs')]))))
    dataset_meta = dict(num_keypoints=2)

    def __init__(self, keypoints, scores):
        self.found = InstanceData(
            keypoints=np.array(keypoints, np.float32),
            keypoint_scores=np.array(scores, np.float32))

    def test_step(self, data):
        sample = PoseDataSample()
        sample.pred_instances = self.found
        return [sample]


def test_boxes_around_keypoints():
    """Low scores and duplicates are dropped; the rest is sorted by score."""
    model = Known(
        [[[0, 0], [10, 20]], [[1, 0], [11, 20]], [[50, 50], [70, 60]],
         [[80, 0], [90, 9]]],
        [[.6, .4], [.7, .5], [.9, .9], [.1, .3]])
    found = BottomUpDetector(model)(np.zeros((100, 100, 3), np.uint8))
    np.testing.assert_allclose(found.scores, [.9, .6])
    np.testing.assert_array_equal(
        found.boxes, [[50, 50, 70, 60], [1, 0, 11, 20]])
    np.testing.assert_array_equal(
        found.keypoints[1], [[1, 0], [11, 20]])
    np.testing.assert_allclose(found.keypoint_scores[0], [.9, .9])


def test_no_people():
    model = Known(np.zeros((0, 2, 2)), np.zeros((0, 2)))
    source = FoundBoxes(BottomUpDetector(model))
    image = np.zeros((100, 100, 3), np.uint8)
    people = source(SimpleNamespace(image=image))
    assert people.boxes.shape == (0, 4) and people.poses.shape == (0, 2, 3)
