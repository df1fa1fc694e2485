import numpy as np
import pytest
from mmpose.registry import TRANSFORMS

from mmpose_video.datasets.transforms import HideOutsideKeypoints

W, H = 48, 64
POINTS = [(0, 0), (-.01, 5), (5, -.01), (W, H), (W + .01, 5), (5, H + .01),
          (24, 32), (-100, 200)]
INSIDE = [True, False, False, True, False, False, True, False]


@pytest.mark.parametrize('with_weights', [False, True])
def test_keypoints_outside(with_weights):
    visible = np.ones((1, 8) + (2, ) * with_weights, np.float32)
    visible[0, 6] = 0
    before = visible.copy()
    out = HideOutsideKeypoints()(dict(
        transformed_keypoints=np.array([POINTS], np.float32),
        keypoints_visible=visible, input_size=(W, H)))['keypoints_visible']
    wanted = np.array(INSIDE, np.float32)
    wanted[6] = 0
    assert (out.reshape(8, -1) == wanted[:, None]).all()
    assert (visible == before).all()  # of an annotation


def test_targets_without_and_with_it():
    """MMPose keeps a Gaussian that reaches into the heatmap."""
    codec = dict(type='MSRAHeatmap', input_size=(W, H), heatmap_size=(12, 16),
                 sigma=2)
    generate = TRANSFORMS.build(dict(type='GenerateTarget', encoder=codec))

    def targets(*steps):
        results = dict(
            transformed_keypoints=np.array([[(-4., 20.), (20., 20.)]],
                                           np.float32),
            keypoints=np.zeros((1, 2, 2), np.float32),
            keypoints_visible=np.ones((1, 2), np.float32),
            dataset_keypoint_weights=np.ones(2, np.float32),
            input_size=(W, H))
        for step in steps:
            results = step(results)
        results = generate(results)
        return results['keypoint_weights'], results['heatmaps']

    weights, heatmaps = targets()
    assert weights.tolist() == [[1, 1]] and heatmaps[0].max() > .5
    weights, heatmaps = targets(HideOutsideKeypoints())
    assert weights.tolist() == [[0, 1]] and heatmaps[0].max() == 0
    assert heatmaps[1].max() == 1
