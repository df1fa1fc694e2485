"""Each filter against the plain formula, with and without gaps."""
import numpy as np
import pytest

from mmpose_video.smoothing import (
    BaseOnlineFilter,
    ExponentialMovingAverage,
    Gaussian,
    Kalman,
    OneEuro,
    SavitzkyGolay,
    build_filter,
)

ALL = ['ExponentialMovingAverage', 'OneEuro', 'Kalman', 'Gaussian',
       'SavitzkyGolay']


def make(name, **kwargs):
    return build_filter(dict(type=name, **kwargs))


@pytest.fixture
def track(rng):
    """25 frames, 3 keypoints."""
    return rng.normal(size=(25, 3, 2)).cumsum(0) * 10 + 100


def test_exponential_is_its_recurrence(track):
    wanted = track.copy()
    for t in range(1, len(track)):
        wanted[t] = 0.3 * track[t] + 0.7 * wanted[t - 1]
    found = ExponentialMovingAverage(0.3).filter(track)
    np.testing.assert_allclose(found, wanted, rtol=1e-12)


def test_one_euro_is_its_formula(track):
    def low_pass(x, before, cutoff, period):
        tau = 1 / (2 * np.pi * cutoff)
        alpha = 1 / (1 + tau / period)
        return alpha * x + (1 - alpha) * before

    wanted = track.copy()
    for k in range(3):
        for axis in range(2):
            s, v = track[0, k, axis], 0.
            for t in range(1, 25):
                x = track[t, k, axis]
                v = low_pass((x - s) * 20., v, 2., 1 / 20)
                s = low_pass(x, s, 1.5 + 0.01 * abs(v), 1 / 20)
                wanted[t, k, axis] = s
    found = OneEuro(fps=20, min_cutoff=1.5, beta=0.01,
                    speed_cutoff=2.).filter(track)
    np.testing.assert_allclose(found, wanted, rtol=1e-12)


@pytest.mark.parametrize('height', [50., 400.])
def test_one_euro_lags_by_a_share_of_the_person(height):
    """Whatever its size, a person who walks is at most 1 % of it behind."""
    person = np.array([[0., 0.], [.2, .5], [.1, 1.]]) * height
    walk = np.arange(90.)[:, None, None] * np.array([.05 * height, 0.])
    found = OneEuro(fps=10).filter(person + walk)
    lag = (person + walk - found)[60:, :, 0]
    speed = .5 * height
    beta = 1 / (2 * np.pi * .01 * height)
    wanted = 0.
    for _ in range(100):  # v / (2 pi cutoff); v is from the smoothed position
        wanted = speed / (2 * np.pi * (1 + beta * (speed + wanted * 10)))
    np.testing.assert_allclose(lag, wanted, rtol=1e-6)
    assert (0 < lag).all() and (lag < .01 * height).all()


def test_one_euro_keeps_the_size_of_a_person_half_seen():
    person = np.array([[0., 0.], [20., 100.]])
    flt, other = OneEuro(fps=10), OneEuro(fps=10, beta=1 / (2 * np.pi * .95))
    for filter_ in (flt, other):
        filter_.update(person)
    half = np.array([[10., 5.], [np.nan, np.nan]])
    np.testing.assert_allclose(flt.update(half), other.update(half))


def test_one_euro_by_a_single_point():
    """As of a person of 100 pixels."""
    track = np.random.default_rng(0).normal(0, 5, (20, 1, 2))
    np.testing.assert_allclose(
        OneEuro().filter(track),
        OneEuro(beta=1 / (2 * np.pi)).filter(track))


@pytest.mark.parametrize('missing', [[], [4, 5, 6], [1]])
def test_kalman_is_weighted_least_squares(track, missing):
    """The last estimate is the mean of the joint Gaussian, gaps included."""
    x = track[:12, 0, 0].copy()
    a, r, s0 = 0.7, 3., 5.
    F = np.array([[1., 1.], [0., 1.]])
    Q = a**2 * np.array([[1 / 3, 1 / 2], [1 / 2, 1.]])
    # unknowns: (x, v) of 12 frames
    information = np.zeros((24, 24))
    vector = np.zeros(24)
    information[1, 1] += 1 / s0**2
    for t in range(12):
        if t not in missing:
            information[2 * t, 2 * t] += 1 / r**2
            vector[2 * t] += x[t] / r**2
        if t:
            J = np.zeros((2, 24))
            J[:, 2 * t - 2:2 * t] = -F
            J[:, 2 * t:2 * t + 2] = np.eye(2)
            information += J.T @ np.linalg.inv(Q) @ J
    wanted = np.linalg.solve(information, vector)[22]
    points = track[:12, :1].copy()
    points[missing] = np.nan
    found = Kalman(acceleration=a, noise=r, start_speed=s0).filter(points)
    assert found[-1, 0, 0] == pytest.approx(wanted, rel=1e-9)


def test_gaussian_is_a_weighted_mean(track):
    sigma, radius = 1.2, 4
    weights = np.exp(-0.5 * (np.arange(-radius, radius + 1) / sigma)**2)
    weights /= weights.sum()
    wanted = np.empty_like(track)
    for t in range(25):
        near = np.clip(np.arange(t - radius, t + radius + 1), 0, 24)
        wanted[t] = np.tensordot(weights, track[near], 1)
    found = Gaussian(sigma, radius).filter(track)
    np.testing.assert_allclose(found, wanted, rtol=1e-10)


def test_savitzky_golay_is_a_polynomial_fit(track):
    found = SavitzkyGolay(7, 2).filter(track)
    for t in range(25):
        start = min(max(t - 3, 0), 18)
        times = np.arange(start, start + 7) - t
        fit = np.polyfit(times, track[start:start + 7].reshape(7, -1), 2)
        np.testing.assert_allclose(found[t].ravel(), fit[-1], rtol=1e-9)


def test_savitzky_golay_of_short_motions(track):
    flt = SavitzkyGolay(11, 2)
    np.testing.assert_array_equal(flt.filter(track[:2]), track[:2])
    parabola = (np.arange(6.)**2)[:, None, None] * np.ones((1, 1, 2))
    np.testing.assert_allclose(flt.filter(parabola), parabola, atol=1e-9)


@pytest.mark.parametrize('name', ALL)
def test_keeps_what_rests_and_what_is_missing(name, track):
    rest = np.full((20, 2, 2), 7.)
    np.testing.assert_allclose(make(name).filter(rest), rest, rtol=1e-12)
    track[3:6, 1] = np.nan
    track[:, 2] = np.nan
    # by default OneEuro looks at all keypoints for the person's size
    fixed = dict(beta=.1) if name == 'OneEuro' else {}
    found = make(name, **fixed).filter(track)
    assert (np.isnan(found) == np.isnan(track)).all()
    # the keypoints do not look at each other
    np.testing.assert_array_equal(
        found[:, 0], make(name, **fixed).filter(track[:, :1])[:, 0])


@pytest.mark.parametrize('name', ALL)
def test_a_long_gap_separates(name, track):
    track[8:12] = np.nan
    found = make(name, max_gap=3).filter(track)
    for part in (slice(0, 8), slice(12, 25)):
        np.testing.assert_allclose(
            found[part], make(name).filter(track[part]), rtol=1e-12)
    joined = make(name, max_gap=4).filter(track)
    assert np.abs(joined[12:] - found[12:]).max() > 1e-3


@pytest.mark.parametrize('name', ALL)
def test_smooths(name, rng):
    """Noise on a straight line shrinks; the line itself is not moved far."""
    line = np.linspace(0, 60, 120)[:, None, None] * np.ones((1, 2, 2))
    line = line + np.array([[0., 0.], [0., 100.]])  # a person's size
    noisy = line + rng.normal(size=line.shape) * 2
    found = make(name).filter(noisy)
    jitter = np.abs(np.diff(found, 2, axis=0)).mean()
    assert jitter < 0.6 * np.abs(np.diff(noisy, 2, axis=0)).mean()
    assert np.abs(found - line)[10:-10].mean() < 2.5


@pytest.mark.parametrize('name', ALL[:3])
def test_online_follows_and_filter_leaves_the_live_state(name, track):
    flt = make(name)
    assert isinstance(flt, BaseOnlineFilter)
    track[5, 0] = np.nan
    first = [flt.update(points) for points in track[:10]]
    whole = flt.filter(track)
    rest = [flt.update(points) for points in track[10:]]
    np.testing.assert_array_equal(np.stack(first + rest), whole)


def test_gap_in_exponential_and_one_euro():
    """The past counts by the time that has passed."""
    track = np.array([0., np.nan, np.nan, 8.])[:, None, None] * np.ones(
        (1, 1, 2))
    found = ExponentialMovingAverage(0.5).filter(track)
    assert found[3, 0, 0] == pytest.approx(8 * (1 - 0.5**3))
    once = OneEuro(fps=10, beta=0).filter(track)[3]
    slow = OneEuro(fps=10 / 3, beta=0).filter(track[[0, 3]])[1]
    np.testing.assert_allclose(once, slow)


@pytest.mark.parametrize('name', ALL)
@pytest.mark.parametrize('shape', [(3, 2), (3, 4, 3)])
def test_refuses_other_shapes(name, shape):
    with pytest.raises(ValueError, match='shape'):
        make(name).filter(np.zeros(shape))


@pytest.mark.parametrize('config', [
    dict(type='ExponentialMovingAverage', alpha=0.),
    dict(type='OneEuro', fps=0), dict(type='Kalman', noise=0.),
    dict(type='Gaussian', sigma=0.),
    dict(type='SavitzkyGolay', window_length=4),
    dict(type='SavitzkyGolay', window_length=3, polyorder=3),
    dict(type='Gaussian', max_gap=-1)])
def test_refuses_bad_settings(config):
    with pytest.raises(ValueError):
        build_filter(config)


def test_unknown_filter():
    with pytest.raises(ValueError, match='OneEuro'):
        build_filter(dict(type='TwoEuro'))
