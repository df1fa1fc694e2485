"""Clips of a stream are those of the dataset, in bounded memory."""
import cv2
import numpy as np
import pytest

from mmpose_video.apis.clip_window import ClipWindow
from mmpose_video.apis.frame_clock import FrameClock
from mmpose_video.apis.frame_source import Frame
from mmpose_video.datasets.clip_samplers import FixedOffsets, RandomOffsets
from mmpose_video.formats.frame_index import FrameIndex


def frame(number, size=(4, 6), index=None):
    return Frame(number if index is None else index, number, f'{number}.png',
                 np.full((*size, 3), number % 256, np.uint8))


def stream(window, frames):
    ready = []
    for one in frames:
        ready.append(window.push(one))
    return ready, window.flush()


@pytest.mark.parametrize('numbers', [
    range(12), [3, 4, 5, 9, 10, 20, 23, 24], [7]])
@pytest.mark.parametrize('offsets', [
    (-2, -1, 0, 1, 2), (0, ), (-3, 0), (0, 1, 4), (-6, -3, 0, 3, 6)])
@pytest.mark.parametrize('unit', ['frame', 'file'])
@pytest.mark.parametrize('rule', ['nearest', 'fami'])
def test_as_the_dataset(numbers, offsets, unit, rule, tmp_path):
    for number in numbers:
        cv2.imwrite(str(tmp_path / f'{number:04d}.png'),
                    np.zeros((2, 2, 3), np.uint8))
    window = ClipWindow(
        FixedOffsets(offsets, offset_unit=unit, edge_rule=rule))
    ready, rest = stream(window, [
        frame(number, index=i) for i, number in enumerate(numbers)])
    clips = [clip for some in ready for clip in some] + rest
    assert [clip.key.number for clip in clips] == list(numbers)
    index = FrameIndex()
    for clip in clips:
        number = clip.key.number
        paths, taken, valid = index.neighbors(
            str(tmp_path / f'{number:04d}.png'), np.sort(offsets), rule, unit)
        np.testing.assert_array_equal(clip.offsets, taken)
        np.testing.assert_array_equal(clip.valid, valid)
        assert [int(p[-8:-4]) for p in paths] == [
            f.number for f in clip.frames]
        assert clip.frames[clip.key_index] is clip.key


@pytest.mark.parametrize('latency', [0, 1, 2, 5])
def test_latency(latency):
    """A result comes after that many frames, with the frames replaced."""
    window = ClipWindow(FixedOffsets((-1, 0, 2)), latency)
    ready, _ = stream(window, map(frame, range(8)))
    wait = min(latency, 2)
    for number, clips in enumerate(ready):
        assert [c.key.number for c in clips] == (
            [number - wait] if number >= wait else [])
    clip = ready[6][0]
    assert clip.offsets.tolist() == [-1, 0, wait]
    assert clip.valid.tolist() == [True, True, wait == 2]


def test_memory_is_bounded():
    window = ClipWindow(RandomOffsets(1, 1, 3))
    for number in range(200):
        window.push(frame(number))
        assert len(window.frames) <= 8
    sparse = ClipWindow(FixedOffsets((-2, 0, 2)))
    for number in range(0, 400, 5):
        sparse.push(frame(number))
        assert len(sparse.frames) <= 4


def test_another_size_is_another_shot():
    window = ClipWindow(FixedOffsets((-1, 0, 1)))
    frames = [frame(i) for i in range(3)] + [
        frame(i, (8, 8)) for i in range(3, 5)]
    ready, rest = stream(window, frames)
    clips = [clip for some in ready for clip in some] + rest
    assert [c.shot for c in clips] == [0, 0, 0, 1, 1]
    for clip in clips:
        assert len({f.image.shape for f in clip.frames}) == 1
    assert clips[2].offsets.tolist() == [-1, 0, 0]
    assert clips[3].valid.tolist() == [False, True, True]


def test_refuses():
    with pytest.raises(ValueError, match='latency'):
        ClipWindow(FixedOffsets(), -1)


def test_variable_rate(rng):
    """Frames are chosen by their times, distant ones where none is near."""
    times = np.cumsum(rng.choice([0.5, 1., 2., 3.], 60))
    frames = [Frame(i, i, f'{i}.png', np.zeros((2, 2, 3), np.uint8),
                    place=float(t)) for i, t in enumerate(times)]
    offsets = np.array([-3, -1, 0, 1, 3])
    ready, rest = stream(ClipWindow(FixedOffsets(offsets)), frames)
    clips = [clip for some in ready for clip in some] + rest
    assert [clip.key.number for clip in clips] == list(range(60))
    for clip, time in zip(clips, times):
        for taken, valid, offset, given in zip(
                clip.frames, clip.valid, offsets, clip.offsets):
            distance = np.abs(times - time - offset)
            found = times[taken.number] - time
            assert abs(found - offset) == distance.min()
            assert valid == (distance.min() < 0.5)
            assert given == round(found)


def test_clock():
    """Rounded time stamps, a wrong rate, gaps, and repeated times."""
    clock = FrameClock(25.)
    times = [0., .04, .083, .12, .24, .26, .26, None, .34]
    assert [clock.place(i, t) for i, t in enumerate(times)] == [
        0, 1, 2, 3, 6, 6.5, 7.5, 8.5, 9.5]
    assert FrameClock(25.).place(4, .2) == 4  # three frames were broken
    mean_rate = FrameClock(28.)
    assert [mean_rate.place(i, i / 25) for i in range(50)] == list(range(50))
    unknown = FrameClock(None)
    assert [unknown.place(i, i / 7) for i in (0, 1, 5)] == [0, 1, 5]


@pytest.mark.parametrize('numbers, unit, count', [
    (range(0, 300, 10), 'frame', 1),
    (range(0, 300, 10), 'file', 0),
    (range(30), 'frame', 0),
    ([0, 10], 'frame', 1),
    ([7], 'frame', 0),
    # one of four frames is missing
    ([i for i in range(400) if i % 4], 'frame', 0),
])
def test_one_warning_where_most_frames_are_missing(numbers, unit, count,
                                                   warned):
    stream(ClipWindow(FixedOffsets((-2, -1, 0, 1, 2), offset_unit=unit)),
           [frame(number, index=i) for i, number in enumerate(numbers)])
    assert len(warned) == count
    assert all("`offset_unit='file'`" in text for text in warned)
