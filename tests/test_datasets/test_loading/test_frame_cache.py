import copy
import os
import pickle

import numpy as np
import pytest

from mmpose_video.datasets.loading.frame_cache import FrameCache


def frame(value, size=100):
    return np.full((size, 1), value, np.uint8)


def test_keeps_the_frames_used_last_within_the_bound():
    cache = FrameCache(300)
    for number in range(3):
        cache.put(number, frame(number))
    assert cache.get(0)[0, 0] == 0  # now the youngest
    cache.put(3, frame(3))
    assert cache.get(1) is None
    assert [cache.get(n)[0, 0] for n in (0, 2, 3)] == [0, 2, 3]
    assert (cache.hits, cache.misses) == (4, 1)
    assert cache.num_bytes == cache.peak_bytes == 300 and len(cache) == 3
    cache.put(4, frame(4, 250))  # takes the place of all three
    assert cache.num_bytes == 250 and len(cache) == 1
    assert cache.peak_bytes == 300


def test_the_bound_holds_for_any_order_of_sizes():
    cache = FrameCache(1000)
    rng = np.random.default_rng(0)
    for _ in range(500):
        key, size = int(rng.integers(20)), int(rng.integers(1, 1200))
        cache.put(key, frame(0, size))
        held = sum(f.nbytes for f in cache._frames.values())
        assert held == cache.num_bytes <= cache.peak_bytes <= 1000


def test_a_frame_put_again_counts_once():
    cache = FrameCache(300)
    cache.put('a', frame(1))
    cache.put('a', frame(2))
    assert cache.num_bytes == 100 and cache.get('a')[0, 0] == 2


def test_too_large_a_frame_is_left_alone():
    cache = FrameCache(99)
    large = frame(1)
    cache.put('a', large)
    assert cache.get('a') is None and cache.num_bytes == 0
    assert large.flags.writeable


def test_writing_into_a_held_frame_fails():
    cache = FrameCache(300)
    cache.put('a', frame(1))
    with pytest.raises(ValueError, match='read-only'):
        cache.get('a')[0] = 3


@pytest.mark.parametrize('travel', [
    copy.deepcopy, lambda cache: pickle.loads(pickle.dumps(cache))])
def test_frames_do_not_travel(travel):
    cache = FrameCache(300)
    cache.put('a', frame(1))
    other = travel(cache)
    assert len(other) == other.num_bytes == 0 and other.max_bytes == 300
    assert len(cache) == 1


def test_a_forked_process_starts_empty(monkeypatch):
    cache = FrameCache(300)
    cache.put('a', frame(1))
    parent = os.getpid()
    monkeypatch.setattr(os, 'getpid', lambda: parent + 1)
    assert cache.get('a') is None
    cache.put('b', frame(2))
    assert cache.num_bytes == 100 and len(cache) == 1


def test_negative_bound():
    with pytest.raises(ValueError, match='-1'):
        FrameCache(-1)
