"""How far two results are apart."""
import itertools

import numpy as np
import pytest

from mmpose_video.app.comparison import compare_results
from mmpose_video.app.errors import AppError

SIZE = 20.  # of a person of 40 x 10 pixels


def test_equal_results_do_not_differ(make_results):
    results = make_results({0: [(5, 6, 0)], 1: []})
    found = compare_results(results, results)
    assert found.frames.tolist() == [0, 1]
    assert found.difference.tolist() == [0, 0]
    assert found.alone.tolist() == [0, 0]
    assert found.by_joint[0].tolist() == [0, 0, 0]
    assert np.isnan(found.by_joint[1]).all()
    assert found.worst(3) == []


def test_a_shift_is_its_pixels_over_the_size(make_results):
    people = {0: [(5, 6, 0)], 4: [(9, 6, 0)]}
    found = compare_results(make_results(people),
                            make_results(people, shift=3.))
    np.testing.assert_allclose(found.by_joint, 3.)
    # the box of the second one is not shifted
    np.testing.assert_allclose(found.difference, 3 / SIZE)


def test_people_are_paired_by_place_not_by_id(make_results):
    first = make_results({0: [(0, 0, 0), (100, 0, 1)]})
    second = make_results({0: [(102, 0, 0), (0, 0, 1)]})
    found = compare_results(first, second)
    np.testing.assert_allclose(found.difference, [2 / SIZE / 2])
    np.testing.assert_allclose(found.by_joint, [[1, 1, 1]])


def test_somebody_only_one_has_counts_as_one_size(make_results):
    found = compare_results(make_results({0: [(0, 0, 0), (100, 0, 1)]}),
                            make_results({0: [(0, 0, 0)]}))
    assert found.alone.tolist() == [1]
    assert found.difference.tolist() == [0.5]


def test_people_far_apart_are_no_pair(make_results):
    found = compare_results(make_results({0: [(0, 0, 0)]}),
                            make_results({0: [(200, 0, 0)]}))
    assert found.alone.tolist() == [2] and found.difference.tolist() == [1]
    assert np.isnan(found.by_joint).all()


def test_the_pairing_is_the_best_of_all(make_results, rng):
    """Against trying all permutations."""
    places = rng.uniform(0, 30, (2, 4, 2))
    first, second = (make_results({0: [(x, y, i) for i, (x, y) in
                                       enumerate(group)]})
                     for group in places)
    apart = np.linalg.norm(places[0][:, None] - places[1][None], axis=-1)
    costs = np.minimum(apart / SIZE, 1)
    best = min(costs[range(4), order].mean()
               for order in itertools.permutations(range(4)))
    found = compare_results(first, second)
    np.testing.assert_allclose(found.difference, [best])


def test_only_common_joints_and_frames_count(make_results):
    first = make_results({0: [(0, 0, 0)], 1: [(0, 0, 0)]})
    second = make_results({1: [(10, 0, 0)], 2: [(0, 0, 0)]},
                          names=('tail', 'right_wrist'))
    found = compare_results(first, second)
    assert found.joints == ['right_wrist'] and found.frames.tolist() == [1]
    # right_wrist is at 20, and at 10 + 10
    assert found.by_joint.tolist() == [[0.]]


def test_missing_joints_are_left_out(make_results):
    first, second = (make_results({0: [(0, 0, 0)]}, shift=s) for s in (0, 4))
    first.frames[0].people[0].keypoints[1] = np.nan
    found = compare_results(first, second)
    np.testing.assert_allclose(found.by_joint, [[4, np.nan, 4]])
    np.testing.assert_allclose(found.difference, [4 / SIZE])


def test_the_worst_frames_are_apart(make_results):
    def shifted(number):
        return [(number % 7, 0, 0)]

    still = make_results({i: [(0, 0, 0)] for i in range(20)})
    found = compare_results(
        still, make_results({i: shifted(i) for i in range(20)}))
    assert found.worst(3) == [6, 13, 0 + 19]
    assert found.worst(1) == [6]
    assert found.worst(2, apart=1) == [6, 13]
    assert found.at(100) == 19


@pytest.mark.parametrize('other, message', [
    (dict(people={0: [(0, 0, 0)]}, names=('tail', 'ear')),
     'no joint in common: nose, .* and tail, '),
    (dict(people={7: [(0, 0, 0)]}),
     'no frame in common: one has frames 0 to 0, the other one 7 to 7'),
])
def test_results_of_different_things_are_refused(make_results, other,
                                                 message):
    with pytest.raises(AppError, match=message):
        compare_results(make_results({0: [(0, 0, 0)]}),
                        make_results(**other))
