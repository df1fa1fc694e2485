"""Models of MMPose's model zoo, run by their names."""
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.registry import init_default_scope
from mmpose.apis import inference_topdown, init_model
from mmpose.registry import MODELS

from mmpose_video.apis import VideoPoseInferencer, model_names
from mmpose_video.apis.model_loading import read_config
from mmpose_video.apis.model_names import resolve_model
from mmpose_video.smoothing import build_filter
from mmpose_video.weights.model_zoo import find_zoo_model

RTMPOSE = 'rtmpose-t_8xb256-420e_coco-256x192'
HRNET = 'td-hm_hrnet-w32_8xb64-210e_coco-256x192'
BOXES = [np.array([[5. + t, 5, 70 + t, 110], [80, 10, 150, 115]])
         for t in range(9)]


@pytest.fixture(scope='module')
def weights_of(tmp_path_factory):
    """Local weights in place of a download."""

    def make(name):
        init_default_scope('mmpose')
        config = read_config(find_zoo_model(name).config)
        config.model.backbone.pop('init_cfg', None)
        torch.manual_seed(0)
        model = MODELS.build(config.model)
        path = tmp_path_factory.mktemp('zoo') / 'weights.pth'
        torch.save(dict(state_dict=model.state_dict(), meta={}), path)
        return str(path)

    return make


@pytest.fixture(scope='module')
def rtmpose(weights_of):
    return weights_of(RTMPOSE)


@pytest.mark.parametrize('name', [
    RTMPOSE, pytest.param(HRNET, marks=pytest.mark.slow)])
def test_as_mmpose_predicts_each_frame(name, weights_of, images):
    """Keypoints and scores of ``inference_topdown``."""
    path = weights_of(name)
    infer = VideoPoseInferencer(name, path, 'cpu')
    stock = init_model(find_zoo_model(name).config, path, 'cpu')
    results = list(infer(images[:3], boxes=BOXES))
    for image, boxes, result in zip(images, BOXES, results):
        samples = inference_topdown(stock, image, boxes)
        for person, sample in zip(result['predictions'][0], samples):
            found = sample.pred_instances
            np.testing.assert_allclose(person['keypoints'],
                                       found.keypoints[0], atol=1e-3)
            np.testing.assert_allclose(person['keypoint_scores'],
                                       found.keypoint_scores[0], atol=1e-4)
    assert [p['track_id'] for r in results
            for p in r['predictions'][0]] == [0, 1] * 3


@pytest.mark.slow
def test_smoothing_and_files(rtmpose, images, tmp_path):
    raw, smooth = (
        np.array([[p['keypoints'] for p in r['predictions'][0]] for r in
                  VideoPoseInferencer(RTMPOSE, rtmpose, 'cpu', smoother=s)(
                      images, boxes=BOXES, stream=dict(fps=50),
                      out_dir=str(tmp_path))])
        for s in (None, dict(type='OneEuro')))
    for person in range(2):
        wanted = build_filter(dict(type='OneEuro', fps=50)).filter(
            raw[:, person])
        np.testing.assert_allclose(smooth[:, person], wanted, atol=1e-3)
    assert (tmp_path / 'visualizations' / 'frames.mp4').exists()


@pytest.mark.parametrize('alias, part', [
    ('human', 'rtmpose-m_8xb256-420e_body8-256x192'),
    ('rtmpose-l', 'rtmpose-l_8xb256-420e_body8-384x288'),
    ('ViTPose-B', 'td-hm_ViTPose-base-simple_8xb64-210e_coco-256x192'),
    (HRNET, HRNET)])
def test_names(alias, part, monkeypatch):
    """Aliases find the config, and the weights of that model."""
    monkeypatch.setattr(model_names, 'zoo_weights',
                        lambda model: Path(f'{model.name}.pth'))
    config, checkpoint = resolve_model(alias)
    assert config.endswith(f'{part}.py') and checkpoint == f'{part}.pth'
    assert resolve_model(alias, 'mine.pth')[1] == 'mine.pth'


def test_refuses(rtmpose):
    with pytest.raises(FileNotFoundError, match='no config `humen`.*human'):
        VideoPoseInferencer('humen')
    with pytest.raises(FileNotFoundError, match='no config `none.py`'):
        VideoPoseInferencer('none.py')
    with pytest.raises(ValueError, match='PoseLifter.*top-down'):
        VideoPoseInferencer('human3d', rtmpose)
    with pytest.raises(ValueError, match='of another model'):
        VideoPoseInferencer(HRNET, rtmpose, 'cpu')
