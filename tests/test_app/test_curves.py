"""Curves of joints."""
import numpy as np
import pytest

from mmpose_video.app.curves import first_joints, joint_curves, people_of
from mmpose_video.app.plots import plot_joints


def test_the_longest_track_comes_first(make_results):
    results = make_results({0: [(0, 0, 3), (9, 9, 7)], 1: [(0, 0, 7)],
                            2: [(0, 0, 5)]})
    assert people_of(results) == [7, 3, 5]


def test_wrists_and_ankles_are_shown_first():
    assert first_joints(('nose', 'right_wrist', 'left_ankle')) == [
        'right_wrist', 'left_ankle']
    assert first_joints(tuple('abcdef')) == list('abcd')


def test_positions(make_results):
    results = make_results({0: [(0, 5, 1)], 2: [(4, 7, 1), (9, 9, 2)]})
    times, found = joint_curves(results, 1, ['nose', 'left_wrist', 'tail'],
                                'x')
    assert times.tolist() == [0., 0.2]
    assert {name: values.tolist() for name, values in found.items()} == dict(
        nose=[0., 4.], left_wrist=[10., 14.])
    assert joint_curves(results, 1, ['nose'], 'y')[1]['nose'].tolist() == [
        5., 7.]
    assert joint_curves(results, 1, ['nose'], 'score')[1]['nose'].tolist() == [
        .5, .5]


def test_speed_is_per_second(make_results):
    """(3, 4) pixels in 0.1 s, then 0.2 s at rest."""
    results = make_results({0: [(0, 0, 0)], 1: [(3, 4, 0)], 3: [(3, 4, 0)]})
    _, found = joint_curves(results, 0, ['nose'], 'speed')
    np.testing.assert_allclose(found['nose'], [np.nan, 50, 0])


def test_without_times_frames_count(make_results):
    results = make_results({5: [(0, 0, 0)], 7: [(6, 8, 0)]}, fps=None)
    times, found = joint_curves(results, 0, ['nose'], 'speed')
    assert times.tolist() == [5., 7.]
    np.testing.assert_allclose(found['nose'], [np.nan, 5])


def test_missing_joints_are_gaps(make_results):
    results = make_results({0: [(0, 0, 0)], 1: [(3, 4, 0)], 2: [(5, 5, 0)]})
    results.frames[1].people[0].keypoints[0] = np.nan
    _, found = joint_curves(results, 0, ['nose'], 'x')
    np.testing.assert_allclose(found['nose'], [0, np.nan, 5])


def test_an_unknown_person_or_quantity(make_results):
    results = make_results({0: [(0, 0, 0)]})
    times, found = joint_curves(results, 8, ['nose'], 'x')
    assert len(times) == len(found['nose']) == 0
    with pytest.raises(ValueError, match="no quantity 'z'"):
        joint_curves(results, 0, ['nose'], 'z')


@pytest.mark.parametrize('quantity, fps, titles', [
    ('y', 10, ('time (s)', 'pixels')), ('x', None, ('frame', 'pixels')),
    ('speed', 10, ('time (s)', 'pixels per second')),
    ('speed', None, ('frame', 'pixels per frame')),
    ('score', 10, ('time (s)', 'score'))])
def test_plots_have_a_line_for_each_joint(make_results, quantity, fps,
                                          titles):
    results = make_results({0: [(0, 5, 1)], 2: [(4, 7, 1)]}, fps=fps)
    axes, = plot_joints(results, 1, ['nose', 'left_wrist'], quantity).axes
    assert (axes.get_xlabel(), axes.get_ylabel()) == titles
    times, curves = joint_curves(results, 1, ['nose', 'left_wrist'], quantity)
    assert len(axes.lines) == 2
    for line, (name, values) in zip(axes.lines, curves.items()):
        assert line.get_label() == name
        np.testing.assert_array_equal(line.get_xdata(), times)
        np.testing.assert_array_equal(line.get_ydata(), values)
    # y grows downwards in a picture
    assert axes.yaxis_inverted() == (quantity == 'y')


def test_nobody_to_plot(make_results):
    axes, = plot_joints(make_results({}), 0, [], 'x').axes
    assert not axes.lines
