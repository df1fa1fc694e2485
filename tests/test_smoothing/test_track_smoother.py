"""Streaming gives the same as filtering whole tracks."""
import numpy as np
import pytest

from mmpose_video.smoothing import TrackSmoother, build_filter


@pytest.fixture
def people(rng):
    """Two people over 60 frames; B comes late, blinks, and is away long."""
    tracks = {i: rng.normal(size=(60, 2, 2)).cumsum(0) for i in 'AB'}
    tracks['A'][7:9, 1] = np.nan
    tracks['B'][:5] = np.nan
    tracks['B'][12:15] = np.nan
    tracks['B'][30:42] = np.nan
    return tracks


def stream(smoother, people):
    ready = []
    for t in range(60):
        ids = [i for i in people if np.isfinite(people[i][t]).any()]
        points = np.stack([people[i][t] for i in ids])
        scores = np.isfinite(points).all(-1) * 1.
        ready += smoother.push(ids, np.nan_to_num(points, nan=-1.), scores,
                               (t, ids))
    return ready + smoother.flush()


@pytest.mark.parametrize('config', [
    dict(type='OneEuro'), dict(type='Kalman'),
    dict(type='ExponentialMovingAverage', max_gap=2),
    dict(type='Gaussian', sigma=2, max_gap=4),
    dict(type='Gaussian', sigma=1, max_gap=0),
    dict(type='SavitzkyGolay', window_length=9, max_gap=3),
    dict(type='SavitzkyGolay', window_length=5, polyorder=1, max_gap=20)],
    ids=lambda c: f'{c["type"]}-{c.get("max_gap")}')
def test_stream_equals_whole_track(config, people):
    smoother = TrackSmoother(config, score_thr=0.5)
    whole = {i: build_filter(config).filter(people[i]) for i in people}
    ready = stream(smoother, people)
    assert [payload[0] for payload, _ in ready] == list(range(60))
    for (t, ids), points in ready:
        for row, i in enumerate(ids):
            known = np.isfinite(people[i][t]).all(-1)
            np.testing.assert_allclose(points[row, known], whole[i][t, known],
                                       rtol=1e-9, atol=1e-9)
            assert (points[row, ~known] == -1).all()


@pytest.mark.parametrize('name', ['OneEuro', 'Gaussian'])
def test_memory_does_not_grow(name):
    smoother = TrackSmoother(dict(type=name))
    for t in range(300):
        smoother.push([t // 3], np.ones((1, 2, 2)), np.ones((1, 2)))
    assert len(smoother._filters) < 20 and len(smoother._history) < 20
    assert len(smoother._waiting) <= smoother.lag


def test_frame_without_people():
    smoother = TrackSmoother(dict(type='OneEuro'))
    (payload, points), = smoother.push([], np.zeros((0, 3, 2)),
                                       np.zeros((0, 3)), 'empty')
    assert payload == 'empty' and points.shape == (0, 3, 2)
