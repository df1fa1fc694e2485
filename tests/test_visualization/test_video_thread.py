"""A video written beside the caller: order, errors, bounded memory."""
import _thread
import os
import threading

import cv2
import numpy as np
import pytest
from mmengine.utils import manager

from mmpose_video.visualization.video_file import VideoFile
from mmpose_video.visualization.video_thread import VideoThread


def picture(level):
    return np.full((32, 48, 3), level, np.uint8)


def read(path):
    capture = cv2.VideoCapture(str(path))
    levels = []
    while True:
        found, image = capture.read()
        if not found:
            return levels
        levels.append(image.mean())


def test_all_frames_in_order(tmp_path):
    """Also those that wait at the end; drawn in another thread."""
    threads = set()

    def draw(level):
        threads.add(threading.get_ident())
        return picture(level)

    video = VideoThread(VideoFile(str(tmp_path / 'a.mp4'), 25.), 2)
    for level in range(0, 250, 10):
        video.append(lambda level=level: draw(level))
    video.close()
    np.testing.assert_allclose(read(tmp_path / 'a.mp4'),
                               np.arange(0, 250, 10), atol=4)
    assert len(threads) == 1 and threading.get_ident() not in threads
    assert 'video writer' not in [t.name for t in threading.enumerate()]


def test_waiting_frames_are_bounded(tmp_path):
    """The caller waits while too many frames are waiting."""
    go, drawn = threading.Event(), []

    def draw(number):
        go.wait(10)
        drawn.append(number)
        return picture(0)

    video = VideoThread(VideoFile(str(tmp_path / 'a.mp4'), 25.), 3)
    added = []

    def add():
        for number in range(10):
            video.append(lambda number=number: draw(number))
            added.append(number)

    caller = threading.Thread(target=add)
    caller.start()
    caller.join(0.5)
    assert caller.is_alive() and not drawn
    assert len(added) <= 4  # one is being drawn, three wait
    go.set()
    caller.join(10)
    video.close()
    assert drawn == list(range(10))


def test_errors_of_drawing_are_raised(tmp_path):
    """They are raised in the caller; the file has the earlier frames."""

    def fail():
        raise ZeroDivisionError('drawing')

    video = VideoThread(VideoFile(str(tmp_path / 'a.mp4'), 25.))
    video.append(lambda: picture(9))
    video.append(fail)
    with pytest.raises(ZeroDivisionError, match='drawing'):
        for _ in range(3):
            video.append(lambda: picture(9))
        video.close()
    video.close()
    assert len(read(tmp_path / 'a.mp4')) == 1


def test_a_video_that_cannot_be_written(tmp_path):
    """Never stops the caller."""
    (tmp_path / 'a').write_text('in the way')
    video = VideoThread(VideoFile(str(tmp_path / 'a' / 'b.mp4'), 25.), 1)
    for _ in range(20):
        video.append(lambda: picture(9))
    video.close()
    assert video.video.failed


def test_a_failure_is_said_while_the_caller_holds_mmengines_lock(
        tmp_path, warned):
    """MMEngine keeps that lock for ever when a visualizer cannot be made."""
    (tmp_path / 'a').write_text('in the way')
    video = VideoThread(VideoFile(str(tmp_path / 'a' / 'b.mp4'), 25.))
    with manager._lock:
        video.append(lambda: picture(9))
        video._jobs.put(None)
        video._thread.join(10)
        assert not video._thread.is_alive()
    video.close()
    message, = warned
    assert 'cannot write the video' in message


def test_nothing_is_written_after_an_error_was_raised(tmp_path):

    def fail():
        raise ZeroDivisionError('drawing')

    video = VideoThread(VideoFile(str(tmp_path / 'a.mp4'), 25.))
    video.append(lambda: picture(9))
    video.append(fail)
    while video._error is None:  # until the thread is there
        threading.Event().wait(0.01)
    with pytest.raises(ZeroDivisionError):
        video.append(lambda: picture(9))
    video.append(lambda: picture(9))
    video.close()
    assert len(read(tmp_path / 'a.mp4')) == 1


def test_interrupt_while_it_is_finished(tmp_path):
    """The file is whole and has its name; the frames that wait are dropped."""
    waiting = threading.Event()

    def draw():
        while video._jobs.qsize() < 3:  # close() has begun
            waiting.wait(0.01)
        # like Ctrl-C right before the caller begins to wait: it is noted, but
        # does not wake it
        _thread.interrupt_main()
        while not video._stopped:  # the caller has the interrupt
            waiting.wait(0.01)
        return picture(100)

    video = VideoThread(VideoFile(str(tmp_path / 'a.mp4'), 25.))
    for _ in range(3):
        video.append(draw)
    with pytest.raises(KeyboardInterrupt):
        video.close()
    assert os.listdir(tmp_path) == ['a.mp4']
    np.testing.assert_allclose(read(tmp_path / 'a.mp4'), [100], atol=4)
