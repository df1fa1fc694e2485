"""Tracks of videos with a variable rate at equal steps."""
import numpy as np

from mmpose_video.smoothing import build_filter
from mmpose_video.smoothing.resampling import resample
from mmpose_video.smoothing.track_smoother import TrackSmoother


def test_straight_motions_are_exact(rng):
    """Between frames that are near, and only there."""
    positions = np.cumsum(rng.uniform(0.3, 1.4, 30))
    track = positions[:, None, None] * [[[2., -1.]]] + 3
    for center in positions[[0, 7, 29]]:
        found, index = resample(positions, track, center)
        grid = center + np.arange(len(found)) - index
        inside = (grid >= positions[0]) & (grid <= positions[-1])
        wanted = grid[:, None, None] * [[[2., -1.]]] + 3
        np.testing.assert_allclose(found[inside], wanted[inside])
        assert inside.sum() >= len(grid) - 2
        np.testing.assert_array_equal(found[index], track[
            positions == center][0])


def test_whole_positions_stay_as_they_are(rng):
    positions = np.array([3, 4, 5, 8, 9])
    track = rng.normal(size=(5, 2, 2))
    track[1, 0] = np.nan
    found, index = resample(positions, track, 5)
    wanted = np.full((7, 2, 2), np.nan)
    wanted[positions - 3] = track
    np.testing.assert_array_equal(found, wanted)
    assert index == 2


def test_missing_values_do_not_spread():
    track = np.array([0., np.nan, 2., 3.])[:, None, None] * np.ones(2)
    found, _ = resample(np.array([0., 1.1, 2., 3.]), track, 0.)
    np.testing.assert_array_equal(found[:, 0, 0], [0, np.nan, 2, 3])


def test_one_euro_at_variable_times(rng):
    """The paper's recurrence with the true time between frames."""
    positions = np.cumsum(rng.choice([1., 1.5, 2., 0.6], 40))
    points = rng.normal(size=(40, 1, 2)).cumsum(0)
    smoother = TrackSmoother(
        dict(type='OneEuro', min_cutoff=1.5, beta=0.01), fps=240)
    found = np.stack([
        smoother.push([7], point[None], np.ones((1, 1)),
                      position=position)[0][1][0]
        for position, point in zip(positions, points)])

    def weight(cutoff, elapsed):
        return 1 / (1 + 1 / (2 * np.pi * cutoff * elapsed))

    mean, speed = points[0], 0.
    for t in range(1, 40):
        elapsed = (positions[t] - positions[t - 1]) / 240
        a = weight(1., elapsed)
        speed = a * (points[t] - mean) / elapsed + (1 - a) * speed
        a = weight(1.5 + 0.01 * np.abs(speed), elapsed)
        mean = a * points[t] + (1 - a) * mean
        np.testing.assert_allclose(found[t], mean, rtol=1e-9)


def test_missing_frames_are_gaps_for_offline_filters(rng):
    """A position that is left out is a missing frame of the whole track."""
    config = dict(type='Gaussian', sigma=2, max_gap=2)
    numbers = np.r_[0:10, 12:20, 30:40]
    track = np.full((40, 1, 2), np.nan)
    track[numbers] = rng.normal(size=(len(numbers), 1, 2))
    wanted = build_filter(config).filter(track)
    smoother = TrackSmoother(config)
    ready = []
    for number in numbers:
        ready += smoother.push([0], track[None, number], np.ones((1, 1)),
                               number, float(number))
    ready += smoother.flush()
    assert [payload for payload, _ in ready] == numbers.tolist()
    for number, points in ready:
        np.testing.assert_allclose(points[0], wanted[number], rtol=1e-9)


def test_rate_of_the_video():
    """It fills in for a config without one, and only there."""
    assert TrackSmoother(dict(type='OneEuro'), fps=240).prototype.fps == 240
    given = TrackSmoother(dict(type='OneEuro', fps=50), fps=240)
    assert given.prototype.fps == 50
    assert not hasattr(
        TrackSmoother(dict(type='Kalman'), fps=240).prototype, 'fps')
