"""Commands that make and evaluate the input of PoseFix."""
import json
from pathlib import Path

import numpy as np
import pytest
from mmengine.config import Config

from mmpose_video.formats.json_file import read_json
from mmpose_video.formats.keypoints import (
    POSETRACK_KEYPOINTS,
    posetrack_category,
)
from projects.posefix import evaluate_input, synthesize_results
from projects.posefix.error_tables import distance_at
from projects.posefix.pose_file import read_poses

CONFIG = (Path(__file__).parents[3] / 'projects' / 'posefix' / 'configs' /
          'posefix_hrnet-tiny_1xb16-4e_synthetic-96x64.py')


def test_synthesized_poses_of_someone_apart(people, tmp_path):
    """Each keypoint is within reach of its place or its mirror's."""
    out = tmp_path / 'synthesized.json'
    synthesize_results.main([str(people), str(out), '--seed', '1'])
    assert read_json(str(out)) == json.loads(json.dumps(
        synthesize_results.synthesize_results(str(people), 1)))
    poses = read_poses(str(out), POSETRACK_KEYPOINTS)
    assert [pose.image_id for pose in poses] == [1000] * 3 + [1001] * 3
    sigmas = np.array([.026] * 3 + [.035] * 2 + [
        v for v in (.079, .072, .062, .107, .087, .089) for _ in range(2)])
    labels = read_json(str(people))['annotations']
    moved = 0
    for pose, person in list(zip(poses, labels))[2::3]:  # nobody is near
        true = np.reshape(person['keypoints'], (17, 3))[:, :2]
        mirror = [0, 1, 2, 3, 4, 6, 5, 8, 7, 10, 9, 12, 11, 14, 13, 16, 15]
        reach = distance_at(0.1, 20 * 30, sigmas)
        distance = np.minimum(*(
            np.linalg.norm(pose.keypoints - place, axis=1)
            for place in (true, true[mirror])))
        assert not pose.present[3:5].any()  # ears have no label
        assert (distance <= reach + 1e-3)[pose.present].all()
        moved += (distance > 1e-3)[pose.present].sum()
    assert moved > 15


def ap_of_input(people, poses, tmp_path, **options):
    file = tmp_path / 'poses.json'
    file.write_text(json.dumps(poses))
    # the evaluation wants the names of the keypoints
    labels = read_json(str(people))
    labels['categories'] = [posetrack_category()]
    people.write_text(json.dumps(labels))
    cfg = Config.fromfile(CONFIG)
    cfg.test_dataloader.dataset.update(
        data_root='', ann_file=str(people), input_pose=str(file), **options)
    return evaluate_input.evaluate_input(cfg)['posetrack/AP']


def test_poses_are_evaluated_as_they_are(people, tmp_path):
    labels = read_json(str(people))['annotations']
    right = [dict(image_id=person['image_id'], score=1.,
                  keypoints=person['keypoints']) for person in labels]
    assert ap_of_input(people, right, tmp_path) == pytest.approx(100)
    wrong = [dict(pose, keypoints=(np.reshape(pose['keypoints'], (17, 3)) +
                                   (30, 30, 0)).ravel().tolist())
             for pose in right]
    assert ap_of_input(people, wrong, tmp_path) == 0


def test_poses_of_the_frame_before_are_evaluated_in_the_next(people,
                                                             tmp_path):
    labels = read_json(str(people))['annotations']
    # of the first frame, with the places of the second
    first = [dict(image_id=1000, score=1., keypoints=person['keypoints'])
             for person in labels[3:]]
    far = [dict(image_id=1001, score=1., keypoints=[500.] * 51)]
    # the second frame's poses would serve a third one
    assert ap_of_input(people, first + far, tmp_path,
                       previous_frame=True) == pytest.approx(100)
