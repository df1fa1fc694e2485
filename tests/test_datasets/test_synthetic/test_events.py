import numpy as np
import pytest

from mmpose_video.datasets.synthetic.config import DIFFICULTIES
from mmpose_video.datasets.synthetic.events import (
    GAP,
    draw_times,
    envelope,
    sample_exposure,
    sample_pole,
    sample_sweep,
)
from mmpose_video.datasets.synthetic.geometry import polygons_cover


def test_peaks_keep_their_distance_and_their_rate():
    rng = np.random.default_rng(0)
    times = draw_times(rng, 20000, 0.08)
    assert np.diff(times).min() >= GAP
    assert len(times) / 20000 == pytest.approx(0.08, rel=0.1)
    assert len(draw_times(rng, 100, 0.)) == 0


def test_effects_are_over_soon():
    rng = np.random.default_rng(1)
    strength = envelope(rng, 400, np.arange(10, 400, 10))
    assert strength.max() <= 1
    for when in range(10, 400, 10):
        assert strength[when] >= 0.6
        assert strength[when - 4:when - 1].max() < 0.1
        assert strength[when + 2:when + 5].max() < 0.1


def test_exposure_of_the_splits():
    rng = np.random.default_rng(0)
    easy = sample_exposure(rng, DIFFICULTIES['easy'], 50, 360,
                           np.zeros(0, int))
    assert (easy.gain == 1).all() and (easy.defocus == 0).all()
    assert (easy.shutter == DIFFICULTIES['easy'].shutter).all()
    hard = sample_exposure(rng, DIFFICULTIES['hard'], 400, 720,
                           np.array([20, 40]))
    assert hard.shutter[[20, 40]].min() > 0.8
    assert hard.shutter[30] == DIFFICULTIES['hard'].shutter
    assert hard.gain.min() < 0.6 and hard.gain.max() == 1
    assert hard.defocus.max() > 4  # pixels at 720 lines, twice 360's
    assert np.corrcoef(hard.gain, hard.noise)[0, 1] < -0.9


@pytest.mark.parametrize('seed', range(8))
def test_sweep_hides_its_target_for_a_few_frames(seed):
    fps = 25.
    target = np.array([300., 200.])
    sweep = sample_sweep(np.random.default_rng(seed), target, 1., 180., fps)
    outlines = sweep.outlines(np.arange(50) / fps)[:, :sweep.solid]
    points = np.broadcast_to(target, (50, 1, 2))
    hidden = polygons_cover(points, outlines).any(-1)[:, 0]
    assert hidden.sum() <= 6
    assert not hidden[:18].any() and not hidden[33:].any()
    if sweep.solid == 1:  # a bush may have a gap in its middle
        assert hidden[25]


def test_pole_stands_still():
    pole = sample_pole(np.random.default_rng(0), 640, 360)
    outlines = pole.outlines(np.array([0., 2.]))
    np.testing.assert_array_equal(outlines[0], outlines[1])
    assert np.ptp(outlines[0, 0, :, 0]) < 12
    assert np.ptp(outlines[0, 0, :, 1]) > 720
