import numpy as np

from mmpose_video.datasets.synthetic.clip import Clip
from mmpose_video.datasets.synthetic.config import SyntheticConfig
from mmpose_video.datasets.synthetic.exposure_plan import (
    MAX_STEPS,
    merge_boxes,
    plan_frames,
)


def test_merge_boxes():
    boxes = np.array([[[0, 0], [10, 10]], [[20, 20], [30, 30]],
                      [[8, 8], [22, 22]], [[50, 0], [60, 10]],
                      [[60, 0], [70, 10]]])
    merged = {tuple(sorted(m)): box.tolist() for box, m in
              merge_boxes(boxes)}
    # the third joins the first two; boxes that only touch stay apart
    assert merged == {(0, 1, 2): [[0, 0], [30, 30]], (3, ): [[50, 0],
                                                            [60, 10]],
                      (4, ): [[60, 0], [70, 10]]}


def test_plan_covers_each_thing_once():
    config = SyntheticConfig(frames=30)
    scene = Clip(config, 4).scene
    plans, times = plan_frames(scene, config)
    assert len(plans) == 30
    blurred = 0
    for i, plan in enumerate(plans):
        assert times[plan.row] == i / config.fps
        area = np.zeros((config.height, config.width), int)
        for window in plan.windows:
            blurred += 1
            assert 2 <= window.count <= MAX_STEPS
            steps = times[window.first:window.first + window.count]
            # symmetric around the exposure's middle, within the exposure
            np.testing.assert_allclose(steps.mean(), i / config.fps)
            half = 0.5 * scene.exposure.shutter[i] / config.fps
            assert np.ptp(steps) < 2 * half
            assert np.ptp(steps) > 0.99 * 2 * half * (1 - 1 / window.count)
            x0, y0, x1, y1 = window.box
            area[y0:y1, x0:x1] += 1
            assert not window.whole or (not plan.still
                                        and len(plan.windows) == 1)
        assert area.max(initial=0) <= 1
    assert blurred > 10
