"""The moving picture of the README."""
import argparse

import cv2
import moving_picture
import numpy as np
import pytest
from PIL import Image


@pytest.fixture
def video(tmp_path):
    """Ten frames of growing brightness, with a white right half."""
    path = str(tmp_path / 'drawn.avi')
    writer = cv2.VideoWriter(
        path, cv2.VideoWriter.fourcc(*'MJPG'), 10, (80, 40))
    for number in range(10):
        frame = np.full((40, 80, 3), 20 * number, np.uint8)
        frame[:, 40:] = 255
        writer.write(frame)
    writer.release()
    return path


def test_part_of_a_video(video, tmp_path, capsys):
    out = tmp_path / 'poses.webp'
    assert moving_picture.main([
        video, str(out), '--first', '3', '--frames', '4', '--crop',
        '40x20+0+10', '--width', '60']) == 0
    assert 'poses.webp: 4 frames, ' in capsys.readouterr().out
    picture = Image.open(out)
    assert picture.size == (60, 30) and picture.n_frames == 4
    for step in range(4):
        picture.seek(step)
        picture.load()
        assert picture.info['duration'] == 100  # ms, of 10 frames a second
        shown = np.asarray(picture.convert('RGB'))
        np.testing.assert_allclose(shown, 20 * (3 + step), atol=8)


def test_fewer_frames_than_asked_for(video, tmp_path):
    out = tmp_path / 'poses.gif'
    assert moving_picture.main([video, str(out), '--first', '8']) == 0
    picture = Image.open(out)
    assert picture.n_frames == 2 and picture.size == (640, 320)


def test_no_frames(video, tmp_path, capsys):
    out = tmp_path / 'poses.webp'
    assert moving_picture.main([video, str(out), '--first', '10']) == 1
    assert 'drawn.avi has no frame 10' in capsys.readouterr().err
    assert not out.exists()


@pytest.mark.parametrize('text', ['40x20', '40x20+0', 'axb+0+0', '40x20+-1+0'])
def test_a_part_that_is_written_otherwise(text):
    with pytest.raises(argparse.ArgumentTypeError, match='WxH'):
        moving_picture.crop_box(text)
