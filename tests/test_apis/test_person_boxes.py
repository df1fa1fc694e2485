"""Boxes of a real detector, with random weights."""
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config

from mmpose_video.apis import DetectedBoxes, Frame, VideoPoseInferencer

mmdet = pytest.importorskip('mmdet')


@pytest.fixture(scope='module')
def detector():
    try:
        from mmdet.apis import DetInferencer  # noqa: F401
    except ImportError as error:
        pytest.skip(f'mmdet lacks a package: {error}')
    path = (Path(mmdet.__file__).parent / '.mim' / 'configs' / 'rtmdet' /
            'rtmdet_tiny_8xb32-300e_coco.py')
    if not path.exists():
        pytest.skip('this mmdet comes without its configs')
    return str(path)


@pytest.mark.slow
def test_boxes_are_the_detector_s(detector, make_config, clip_set, images):
    try:
        inferencer = VideoPoseInferencer(
            make_config(clip_set), device='cpu', detector=dict(
                config=detector, categories=range(80), score_thr=0.,
                nms_thr=0.9))
    except ImportError as error:
        assert 'a detector needs MMDetection' in str(error)
        pytest.skip(f'mmdet lacks a package: {error}')
    found = inferencer.detector(Frame(0, 0, 'a.jpg', images[0]))
    assert len(found.boxes) > 0
    raw = inferencer.detector.model(
        images[0], return_datasamples=True)['predictions'][0].pred_instances
    raw_rows = {tuple(np.round(b, 3)) for b in raw.bboxes.cpu().numpy()}
    assert all(tuple(np.round(b, 3)) in raw_rows for b in found.boxes)
    # a higher threshold, another class: subsets
    inferencer.detector.score_thr = float(np.median(found.scores))
    fewer = inferencer.detector(Frame(0, 0, 'a.jpg', images[0]))
    assert 0 < len(fewer.boxes) <= len(found.boxes)
    assert fewer.scores.min() >= inferencer.detector.score_thr
    # and the pose model still finds its own registry afterwards
    result = next(inferencer(images[:1]))
    assert len(result['predictions'][0]) == len(fewer.boxes)


@pytest.mark.slow
def test_a_detector_refuses_weights_of_another_model(detector, tmp_path):
    path = str(tmp_path / 'weights.pth')
    torch.save(dict(state_dict={'backbone.a': torch.zeros(1)}), path)
    with pytest.raises((ImportError, ValueError)) as error:
        DetectedBoxes(detector, path, 'cpu')
    if isinstance(error.value, ImportError):
        pytest.skip(f'mmdet lacks a package: {error.value}')
    assert path in str(error.value)
    assert 'holds the weights of another model: 0 of' in str(error.value)


@pytest.mark.parametrize('content, match', [
    (None, 'there is no checkpoint'), ([1], 'holds no weights')])
def test_a_detector_names_bad_checkpoints(content, match, tmp_path):
    path = tmp_path / 'weights.pth'
    if content is not None:
        torch.save(content, path)
    with pytest.raises((OSError, ValueError), match=match) as error:
        DetectedBoxes('config.py', str(path), 'cpu')
    assert str(path) in str(error.value)


@pytest.mark.slow
def test_names_of_the_zoo_have_weights(detector, monkeypatch, tmp_path):
    """Named weights are not called random."""
    said = []
    monkeypatch.setattr('mmpose_video.apis.detected_boxes.print_log',
                        lambda text, *_: said.append(text))
    config = Config.fromfile(detector)
    model = DetectedBoxes(detector, device='cpu').model.model
    weights = tmp_path / 'published.pth'
    torch.save(dict(state_dict=model.state_dict(), meta={}), weights)
    assert len(said) == 1 and 'weights are random' in said[0]
    monkeypatch.setattr(
        'mmengine.infer.BaseInferencer._load_model_from_metafile',
        lambda self, name: (config, str(weights)))
    found = DetectedBoxes('rtmdet-tiny', device='cpu').model.model
    for name, value in model.state_dict().items():
        assert torch.equal(found.state_dict()[name], value)
    assert len(said) == 1


@pytest.mark.slow
def test_pose_models_are_no_detectors(make_config, clip_set, tmp_path):
    """One line in place of a KeyError of MMDetection."""
    config = make_config(clip_set)
    path = str(tmp_path / 'pose.py')
    config.dump(path)
    with pytest.raises(ValueError, match='no detector.*pose.py'):
        VideoPoseInferencer(config, device='cpu', detector=path)
    with pytest.raises(FileNotFoundError, match='absent.py'):
        VideoPoseInferencer(config, device='cpu', detector='absent.py')
