"""The synthesized errors, against the tables and the similarity."""
import numpy as np
import pytest

from mmpose_video.formats.keypoints import (
    COCO_KEYPOINTS,
    POSETRACK_KEYPOINTS,
)
from projects.posefix.error_synthesizer import ErrorSynthesizer
from projects.posefix.error_tables import (
    KINDS,
    distance_at,
    joint_parts,
    kind_probabilities,
)

SIGMAS = np.array([.026, .025, .025, .035, .035, .079, .079, .072, .072, .062,
                   .062, .107, .107, .087, .087, .089, .089])
AREA = 4000.
MIRROR = [0, 2, 1, 4, 3, 6, 5, 8, 7, 10, 9, 12, 11, 14, 13, 16, 15]


def similarity(a, b, joint):
    d2 = ((np.asarray(a) - b)**2).sum()
    return np.exp(-d2 / (2 * AREA * (2 * SIGMAS[joint])**2))


def test_distance_inverts_the_similarity():
    for value in (0.1, 0.5, 0.85):
        distance = distance_at(value, AREA, SIGMAS)
        for joint in range(17):
            assert similarity((distance[joint], 0), (0, 0),
                              joint) == pytest.approx(value)


# COCO's keypoints by index, as the authors count them.
@pytest.mark.parametrize('n, o, jitter, miss, swap', [
    (3, 0, (.15, .20, .25), (.15, .20, .25), (.01, .06, .03)),
    (8, 0, (.15, .20, .25), (.10, .13, .15), (.01, .06, .03)),
    (8, 1, (.15, .20, .25), (.10, .13, .15), (.02, .15, .10)),
    (12, 1, (.10, .15, .20), (.02, .05, .10), (.01, .06, .03)),
    (12, 3, (.10, .15, .20), (.02, .05, .10), (.02, .15, .10)),
    (16, 3, (.10, .15, .20), (.02, .05, .10), (.01, .06, .03)),
])
def test_tables_of_coco(n, o, jitter, miss, swap):
    table = kind_probabilities(joint_parts(COCO_KEYPOINTS), n, o)
    for joint in range(17):
        face, upper = joint < 5, joint < 11
        expected = [
            jitter[0] if joint in (0, 13, 14, 15, 16) else
            jitter[2] if joint in (11, 12) else jitter[1],
            miss[0] if face else miss[1] if joint in (5, 6, 15, 16) else
            miss[2],
            .01 if face else .03 if upper else .06,
            swap[0] if face else swap[1] if upper else swap[2],
        ]
        np.testing.assert_allclose(
            table[joint], [*expected, 1 - sum(expected)])


def test_other_skeletons():
    table = kind_probabilities(joint_parts(POSETRACK_KEYPOINTS), 12, 0)
    coco = kind_probabilities(joint_parts(COCO_KEYPOINTS), 12, 0)
    np.testing.assert_array_equal(table, coco)
    with pytest.raises(ValueError, match="no error statistics.*'tail'"):
        joint_parts(['nose', 'tail'])
    with pytest.raises(ValueError, match='2 keypoints have 17 sigmas'):
        ErrorSynthesizer(['nose', 'left_hip'], SIGMAS)


@pytest.fixture
def people(rng):
    own = rng.uniform(20, 180, (17, 2))
    return own, own + (12., 0.) + rng.normal(0, 3, (17, 2))


@pytest.mark.slow
def test_each_kind_lies_where_it_should(people):
    own, other = people
    synthesizer = ErrorSynthesizer(COCO_KEYPOINTS, SIGMAS)
    every = np.ones(17, bool)
    seen = set()
    for _ in range(300):
        pose, kinds = synthesizer(
            own, every, other[None], every[None], AREA, 9)
        for j in range(17):
            kind = KINDS[kinds[j]]
            seen.add(kind)
            mine = similarity(pose[j], own[j], j)
            mirrored = (similarity(pose[j], own[MIRROR[j]], j)
                        if MIRROR[j] != j else 0)
            others = [similarity(pose[j], other[k], j)
                      for k in {j, MIRROR[j]}]
            if kind == 'good':
                assert mine > .85 and mine > max(mirrored, *others)
            elif kind == 'jitter':
                assert .5 <= mine <= .85 and mine > max(mirrored, *others)
            elif kind == 'inversion':
                assert mirrored >= .5 and mirrored > max(mine, *others)
            elif kind == 'swap':
                assert max(others) >= .5 and max(others) > max(mine, mirrored)
            else:
                best = max(mine, mirrored, *others)
                assert .1 - 1e-9 <= best <= .5
    assert seen == set(KINDS)


@pytest.mark.slow
def test_frequencies_are_the_tables(rng):
    # far apart, so that each kind is possible
    own = np.stack([np.arange(17) * 1000., np.zeros(17)], axis=1)
    near, every = own[None] + (0, 5000.), np.ones(17, bool)
    synthesizer = ErrorSynthesizer(COCO_KEYPOINTS, SIGMAS)
    draws = np.stack([
        synthesizer(own, every, near, every[None], AREA, 12)[1]
        for _ in range(1000)])
    expected = kind_probabilities(synthesizer.parts, 12, 1)
    for part in ('shoulder', 'elbow', 'hip', 'ankle'):
        joints = [j for j, name in enumerate(synthesizer.parts)
                  if name == part]
        for kind in range(5):
            share = (draws[:, joints] == kind).mean()
            p = expected[joints[0], kind]
            assert abs(share - p) < 4 * np.sqrt(p * (1 - p) / 2000)
    # the nose has no mirror image: the other kinds share its part
    p = expected[0].copy()
    p[KINDS.index('inversion')] = 0
    share = (draws[:, 0] == KINDS.index('good')).mean()
    assert share == pytest.approx(p[4] / p.sum(), abs=0.05)


def test_kinds_without_a_center_do_not_occur(people):
    own, _ = people
    synthesizer = ErrorSynthesizer(COCO_KEYPOINTS, SIGMAS)
    present = np.zeros(17, bool)
    present[[0, 5, 7]] = True  # no mirrored keypoint is labeled
    nobody = np.zeros((0, 17, 2)), np.zeros((0, 17), bool)
    for _ in range(50):
        pose, kinds = synthesizer(own, present, *nobody, AREA, 3)
        for j in range(17):
            if j in (0, 5, 7):
                assert KINDS[kinds[j]] in ('good', 'jitter', 'miss')
            elif j in (6, 8):  # its mirrored keypoint alone is labeled
                assert KINDS[kinds[j]] in ('inversion', 'miss')
            else:
                assert kinds[j] == -1 and (pose[j] == 0).all()
