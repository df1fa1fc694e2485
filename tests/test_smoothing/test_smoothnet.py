"""SmoothNet's filter against the plain formula, with random weights."""
import numpy as np
import pytest
import torch

from mmpose_video.smoothing import SmoothNet, TrackSmoother, build_filter

W, WIDTH, HIDDEN = 8, 12, (6, 5)


@pytest.fixture
def weights():
    """Named as in MMPose 0.x."""
    generator = torch.Generator().manual_seed(0)
    shapes = {'encoder.0': (WIDTH, W), 'decoder': (W, WIDTH)}
    for i, hidden in enumerate(HIDDEN):
        shapes[f'res_blocks.{i}.linear1'] = (hidden, WIDTH)
        shapes[f'res_blocks.{i}.linear2'] = (WIDTH, hidden)
    found = {}
    for name, shape in shapes.items():
        found[f'{name}.weight'] = torch.randn(
            shape, generator=generator) * shape[1]**-0.5
        found[f'{name}.bias'] = torch.randn(shape[0], generator=generator)
    return found


@pytest.fixture
def save(tmp_path):

    def write(weights, **more):
        path = tmp_path / 'smoothnet.pth'
        torch.save(dict(state_dict=weights, **more) if more else weights, path)
        return str(path)

    return write


@pytest.fixture
def track(rng):
    """25 frames, 3 keypoints."""
    return rng.normal(size=(25, 3, 2)).cumsum(0) * 10 + 100


def leaky(x, slope):
    return np.where(x > 0, x, slope * x)


def network(weights, x):
    """One window of one coordinate, W numbers."""
    matrix = {name: value.double().numpy() for name, value in weights.items()}

    def linear(name, x):
        return matrix[f'{name}.weight'] @ x + matrix[f'{name}.bias']

    x = leaky(linear('encoder.0', x), 0.1)
    for i in range(len(HIDDEN)):
        hidden = leaky(linear(f'res_blocks.{i}.linear1', x), 0.2)
        x = x + leaky(linear(f'res_blocks.{i}.linear2', hidden), 0.2)
    return linear('decoder', x)


def oracle(weights, values):
    """The mean over all windows that hold a frame."""
    results = [[] for _ in values]
    for start in range(len(values) - W + 1):
        for step, value in enumerate(
                network(weights, values[start:start + W])):
            results[start + step].append(value)
    return np.array([np.mean(some) for some in results])


def test_is_the_formula(weights, save, track):
    center, scale = np.array([320., 180.]), np.array([320., 90.])
    found = SmoothNet(save(weights), center=center.tolist(),
                      scale=scale.tolist()).filter(track)
    for k in range(3):
        for axis in range(2):
            values = (track[:, k, axis] - center[axis]) / scale[axis]
            wanted = oracle(weights, values) * scale[axis] + center[axis]
            np.testing.assert_allclose(found[:, k, axis], wanted, rtol=1e-4,
                                       atol=1e-3)


@pytest.mark.parametrize('frames', [W, W + 1, 2 * W - 1])
def test_short_motions(weights, save, track, frames):
    found = SmoothNet(save(weights)).filter(track[:frames])
    np.testing.assert_allclose(
        found[:, 0, 0], oracle(weights, track[:frames, 0, 0]), rtol=1e-4)
    short = track[:W - 1]
    np.testing.assert_array_equal(
        SmoothNet(save(weights)).filter(short), short)


def test_around_a_root(weights, save, track):
    """The root stays; without it the others stay, too."""
    track[4, 1] = np.nan
    flt = SmoothNet(save(weights), root_index=1, max_gap=0)
    found = flt.filter(track)
    np.testing.assert_array_equal(found[:, 1], track[:, 1])
    np.testing.assert_array_equal(found[:5], track[:5])  # shorter than W
    wanted = oracle(weights, track[5:, 2, 0] - track[5:, 1, 0])
    np.testing.assert_allclose(found[5:, 2, 0], wanted + track[5:, 1, 0],
                               rtol=1e-4, atol=1e-3)
    with pytest.raises(ValueError, match='no keypoint 3'):
        SmoothNet(save(weights), root_index=3).filter(track)


def test_gaps_are_bridged_and_stay(weights, save, track):
    track[3:5, 0] = np.nan
    track[10:20, 1] = np.nan
    found = build_filter(
        dict(type='SmoothNet', checkpoint=save(weights))).filter(track)
    assert (np.isnan(found) == np.isnan(track)).all()
    line = np.interp(np.arange(25), np.r_[0:3, 5:25],
                     track[np.r_[0:3, 5:25], 0, 0])
    np.testing.assert_allclose(found[5:, 0, 0], oracle(weights, line)[5:],
                               rtol=1e-4)
    # a motion of 10 frames, and one of 5, which is too short
    np.testing.assert_allclose(
        found[:10, 1, 0], oracle(weights, track[:10, 1, 0]), rtol=1e-4)
    np.testing.assert_array_equal(found[20:, 1], track[20:, 1])


def test_a_stream_gives_the_same(weights, save, rng):
    track = rng.normal(size=(60, 2, 2)).cumsum(0)
    track[20:23, 1] = track[31:45, 0] = np.nan
    config = dict(type='SmoothNet', checkpoint=save(weights), max_gap=4)
    whole = build_filter(config).filter(track)
    smoother = TrackSmoother(config, score_thr=0.5)
    ready = []
    for points in track:
        scores = np.isfinite(points).all(-1) * 1.
        ready += smoother.push([0], np.nan_to_num(points)[None], scores[None])
    ready += smoother.flush()
    found = np.stack([points[0] for _, points in ready])
    known = np.isfinite(whole)
    np.testing.assert_allclose(found[known], whole[known], atol=1e-5)


def test_reads_the_format_of_mmpose(weights, save, track):
    plain, wrapped = (
        SmoothNet(path, window_size=W).filter(track)
        for path in (save(weights), save(weights, meta=dict(epoch=3))))
    np.testing.assert_array_equal(plain, wrapped)


@pytest.mark.parametrize('change, message', [
    (lambda w: w.pop('encoder.0.weight'), 'no SmoothNet'),
    (lambda w: w.pop('res_blocks.1.linear2.bias'), 'linear2.bias'),
    (lambda w: w.update({'decoder.weight': torch.zeros(4, WIDTH)}),
     '4 of 8 frames'),
    (lambda w: w.update({'res_blocks.0.linear2.weight': torch.zeros(3, 6)}),
     'linear2.weight'),
    (lambda w: w.update({'head.weight': torch.zeros(3)}), 'head.weight'),
    (lambda w: w['decoder.bias'].fill_(torch.nan), 'not finite')])
def test_other_weights_are_refused(weights, save, change, message):
    change(weights)
    with pytest.raises(ValueError, match=message):
        SmoothNet(save(weights))


def test_another_window_is_refused(weights, save):
    with pytest.raises(ValueError, match='windows of 8 frames, not 32'):
        SmoothNet(save(weights), window_size=32)
    with pytest.raises(ValueError, match='scale'):
        SmoothNet(save(weights), scale=0)
    with pytest.raises(FileNotFoundError, match='none.pth'):
        SmoothNet('none.pth')


def test_code_in_a_file_is_not_run(save, tmp_path):
    import os

    class Hostile:

        def __reduce__(self):
            return os.mkdir, (str(tmp_path / 'run'), )

    with pytest.raises(ValueError, match='smoothnet.pth.*not loaded'):
        SmoothNet(save(dict(a=Hostile())))
    assert not (tmp_path / 'run').exists()
