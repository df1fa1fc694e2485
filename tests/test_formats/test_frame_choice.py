import numpy as np
import pytest

from mmpose_video.formats.frame_choice import choose_frames, stand_ins


def test_large_numbers():
    """Time stamps differ where floats would not."""
    assert stand_ins(np.array([10**17, 10**17 + 1]), np.array([0]),
                     10**17).tolist() == [0]


def test_stand_ins_against_a_search(rng):
    for _ in range(50):
        numbers = np.sort(rng.choice(30, rng.integers(1, 8), replace=False))
        key = int(rng.choice(numbers))
        wanted = rng.integers(-3, 33, 5)
        found = stand_ins(numbers, wanted, key)
        for want, place in zip(wanted, found):
            cost = [(abs(n - want), abs(n - key), i)
                    for i, n in enumerate(numbers)]
            assert min(cost)[2] == place


def released_supports(current, frames, distance):
    """The rule as it is written there, with lists of distances."""
    before = list(range(1, min(current + 1, distance)))
    after = list(range(1, min(frames - current, distance)))
    fill_before = [0] * (distance - 1 - len(before))
    fill_after = [1 if after else 0] * (distance - 1 - len(after))
    return ([current - delta for delta in (fill_before + before)[::-1]]
            + [current + delta for delta in after + fill_after])


@pytest.mark.parametrize('frames', [1, 2, 3, 4, 9])
@pytest.mark.parametrize('distance', [2, 3, 4])
def test_edge_rule_of_any_length(frames, distance):
    offsets = np.arange(1 - distance, distance)
    numbers = np.arange(frames)
    for key in range(frames):
        places, exists = choose_frames(numbers, key + offsets, key, 'fami')
        taken = numbers[places].tolist()
        assert taken[distance - 1] == key
        del taken[distance - 1]
        assert taken == released_supports(key, frames, distance)
        assert (exists == (numbers[places] == key + offsets)).all()
