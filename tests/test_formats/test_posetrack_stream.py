"""PoseTrack's layout, complete after each frame."""
import json
import os
import signal
import subprocess
import sys

import numpy as np
import pytest

from mmpose_video.formats.keypoints import (
    POSETRACK_KEYPOINTS,
)
from mmpose_video.formats.posetrack_stream import PoseTrackFile

NAMES = dict(enumerate(POSETRACK_KEYPOINTS))


def person(number, track=3):
    return dict(
        keypoints=np.arange(34.).reshape(17, 2) + number,
        scores=np.full(17, 0.5), bbox=[1, 2, 11, 22], bbox_score=0.5,
        track_id=track)


def people_of(frame):
    return [person(frame, track) for track in range(frame % 3)]


def check(path, frames):
    """The file holds these frames, and whom they show."""
    content = json.loads(path.read_text())
    assert [image['id'] for image in content['images']] == list(range(frames))
    assert [image['file_name'] for image in content['images']] == [
        f'v/{i}.jpg' for i in range(frames)]
    found = content['annotations']
    # frames without people have a stand-in
    assert [(a['image_id'], a['track_id']) for a in found] == [
        (i, track) for i in range(frames) for track in range(max(i % 3, 1))]
    for entry in found:
        points = np.reshape(entry['keypoints'], (17, 3))
        if entry['image_id'] % 3:
            wanted = person(entry['image_id'])['keypoints']
            wanted[3:5] = 0  # PoseTrack has no ears
            np.testing.assert_array_equal(points[:, :2], wanted)
            assert entry['scores'][5:] == [0.25] * 12
            assert entry['score'] == 0.25
            assert entry['bbox'] == [1, 2, 10, 20]
        else:
            assert not points.any()
    assert content['categories'][0]['keypoints'] == list(POSETRACK_KEYPOINTS)


@pytest.mark.parametrize('room', [0, 100, 1 << 16])
def test_complete_after_each_frame(tmp_path, room):
    path = tmp_path / 'v.json'
    path.write_text('an earlier result')
    file = PoseTrackFile(str(path), 'v', NAMES, room=room)
    check(path, 0)
    for i in range(40):
        file.append(i, i, f'{i}.jpg', people_of(i))
        check(path, i + 1)
    file.close()
    file.close()
    check(path, 40)
    assert b'   ' not in path.read_bytes()
    assert os.listdir(tmp_path) == ['v.json']


def test_is_seldom_written_anew(tmp_path, monkeypatch):
    replaced = []
    replace = os.replace
    monkeypatch.setattr(
        os, 'replace', lambda *args: replaced.append(
            os.path.getsize(args[0])) or replace(*args))
    path = tmp_path / 'v.json'
    file = PoseTrackFile(str(path), 'v', NAMES, room=200)
    for i in range(500):
        file.append(i, i, f'{i}.jpg', people_of(i))
    file.close()
    assert len(replaced) < 14
    assert sum(replaced) < 4 * path.stat().st_size


def test_after_a_kill(tmp_path):
    """Nothing of the process runs after this signal."""
    script = f"""
import os, signal, sys
sys.path.insert(0, {os.path.dirname(__file__)!r})
from test_posetrack_stream import NAMES, PoseTrackFile, people_of
file = PoseTrackFile({str(tmp_path / 'v.json')!r}, 'v', NAMES, room=300)
for i in range(7):
    file.append(i, i, f'{{i}}.jpg', people_of(i))
os.kill(os.getpid(), signal.SIGKILL)
"""
    run = subprocess.run([sys.executable, '-c', script])
    assert run.returncode == -signal.SIGKILL
    check(tmp_path / 'v.json', 7)
