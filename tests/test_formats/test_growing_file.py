"""Files that grow stay the file that was created."""
import json
import os

import numpy as np

from mmpose_video.formats.json_array_file import JsonArrayFile
from mmpose_video.formats.keypoints import POSETRACK_KEYPOINTS
from mmpose_video.formats.posetrack_stream import PoseTrackFile


def test_another_process_that_writes_the_same_results(tmp_path, monkeypatch):
    """It replaces the file before this process comes to open it."""
    theirs, path = tmp_path / 'theirs', tmp_path / 'a.json'
    replace = os.replace

    def overtaken(source, target):
        replace(source, target)
        theirs.write_text('[\n]\n')
        replace(theirs, target)

    with monkeypatch.context() as patch:
        patch.setattr(os, 'replace', overtaken)
        array = JsonArrayFile(str(path))
        array.append(1)
        assert path.read_text() == '[\n]\n'
        names = dict(enumerate(POSETRACK_KEYPOINTS))
        stream = PoseTrackFile(str(path), 'v', names, room=0)
        stream.append(0, 0, '0.jpg', [dict(
            keypoints=np.ones((17, 2)), scores=np.ones(17), track_id=1,
            bbox=[0, 0, 1, 1], bbox_score=1.)])
        assert path.read_text() == '[\n]\n'
    array.close()
    stream.close()  # writes it anew: the whole of it
    content = json.loads(path.read_text())
    assert len(content['images']) == len(content['annotations']) == 1
