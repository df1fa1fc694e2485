import numpy as np
import pytest

from mmpose_video.datasets.clip_samplers import (
    CLIP_SAMPLERS,
    FixedOffsets,
    RandomOffsets,
    RandomSupport,
)


def test_fixed_offsets_are_sorted_and_dilated():
    sampler = FixedOffsets([1, -2, 0], dilation=3)
    assert sampler().tolist() == [-6, 0, 3]
    assert sampler.num_frames == 3


def test_fixed_offsets_hand_out_copies():
    sampler = FixedOffsets((-1, 0, 1))
    sampler()[:] = 9
    assert sampler().tolist() == [-1, 0, 1]


@pytest.mark.parametrize('offsets', [(-1, 1), (0, 0), (0, 1, 1), (0., 1.)])
def test_fixed_offsets_refuse_what_makes_no_clip(offsets):
    with pytest.raises(ValueError, match='offsets'):
        FixedOffsets(offsets)


def test_still_clips_keep_the_place_of_the_key_frame():
    sampler = FixedOffsets((-1, 0, 1, 2), dilation=0)
    assert sampler().tolist() == [0, 0, 0, 0]
    assert (sampler.num_frames, sampler.key_index) == (4, 1)


def test_negative_dilation_is_refused():
    with pytest.raises(ValueError, match='dilation'):
        FixedOffsets((0, ), dilation=-1)


def test_key_index():
    assert FixedOffsets((-2, 0, 3), dilation=2).key_index == 1
    assert RandomOffsets(num_before=2, num_after=1, max_distance=3
                         ).key_index == 2


def test_random_offsets_cover_their_range_and_no_more():
    sampler = RandomOffsets(num_before=2, num_after=1, max_distance=3)
    draws = np.stack([sampler() for _ in range(300)])
    assert draws.shape == (300, 4) and sampler.num_frames == 4
    assert (np.diff(draws, axis=1) > 0).all()
    assert (draws[:, 2] == 0).all()
    assert set(draws[:, :2].ravel()) == {-3, -2, -1}
    assert set(draws[:, 3]) == {1, 2, 3}


def test_random_offsets_follow_the_global_seed():
    sampler = RandomOffsets(1, 1, 50)
    np.random.seed(3)
    first = [sampler().tolist() for _ in range(4)]
    np.random.seed(3)
    assert first == [sampler().tolist() for _ in range(4)]


def test_more_frames_than_there_are_is_refused():
    with pytest.raises(ValueError, match='within a distance of 2'):
        RandomOffsets(3, 0, 2)


def test_random_support_is_drawn_from_both_sides_and_the_key():
    sampler = RandomSupport(max_distance=2)
    draws = np.stack([sampler() for _ in range(200)])
    assert draws.shape == (200, 2) and draws.dtype == np.int64
    assert (sampler.num_frames, sampler.key_index) == (2, 0)
    assert (draws[:, 0] == 0).all()
    values, counts = np.unique(draws[:, 1], return_counts=True)
    assert values.tolist() == [-2, -1, 0, 1, 2]
    assert counts.min() > 20  # 40 of each expected


def test_random_support_of_no_distance_is_the_key():
    assert RandomSupport(0)().tolist() == [0, 0]
    with pytest.raises(ValueError, match='max_distance'):
        RandomSupport(-1)


@pytest.mark.parametrize('make, candidates, reach', [
    (lambda: FixedOffsets((-1, 0, 3), dilation=2), [-2, 0, 6], (2, 6)),
    (lambda: FixedOffsets((0, 1), dilation=0), [0], (0, 0)),
    (lambda: RandomOffsets(1, 2, 3), range(-3, 4), (3, 3)),
    (lambda: RandomOffsets(0, 1, 2), [0, 1, 2], (0, 2)),
    (lambda: RandomOffsets(1, 0, 2), [-2, -1, 0], (2, 0)),
    (lambda: RandomSupport(1), [-1, 0, 1], (1, 1)),
])
def test_candidates_are_what_may_be_drawn(make, candidates, reach):
    sampler = make()
    drawn = {int(offset) for _ in range(200) for offset in sampler()}
    assert sampler.candidates.tolist() == list(candidates) == sorted(drawn)
    assert sampler.reach == reach


@pytest.mark.parametrize('config', [
    dict(type='FixedOffsets'), dict(type='RandomSupport'),
    dict(type='RandomOffsets', num_before=1, num_after=1, max_distance=1)])
def test_offset_unit(config):
    assert CLIP_SAMPLERS.build(config).offset_unit == 'frame'
    assert CLIP_SAMPLERS.build(
        dict(config, offset_unit='file')).offset_unit == 'file'
    with pytest.raises(ValueError, match="'frame', 'file'.*'second'"):
        CLIP_SAMPLERS.build(dict(config, offset_unit='second'))
    assert CLIP_SAMPLERS.build(config).edge_rule == 'nearest'
    with pytest.raises(ValueError, match="'nearest', 'fami'.*'far'"):
        CLIP_SAMPLERS.build(dict(config, edge_rule='far'))
