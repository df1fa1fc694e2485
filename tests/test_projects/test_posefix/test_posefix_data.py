"""Datasets, files and transforms of PoseFix."""
import json

import numpy as np
import pytest
from mmengine.registry import init_default_scope
from mmpose.registry import DATASETS

from projects.posefix.pose_file import read_poses
from projects.posefix.with_input_poses import following_images

CROP = [
    dict(type='LoadClip'),
    dict(type='GetBBoxCenterScale', padding=1.25),
    dict(type='RandomFlip', prob=1., direction='horizontal'),
    dict(type='TopdownClipAffine', input_size=(64, 96)),
]
NAMES = [
    'nose', 'head_bottom', 'head_top', 'left_ear', 'right_ear',
    'left_shoulder', 'right_shoulder', 'left_elbow', 'right_elbow',
    'left_wrist', 'right_wrist', 'left_hip', 'right_hip', 'left_knee',
    'right_knee', 'left_ankle', 'right_ankle'
]


def build(path, pipeline=(), type='PoseFixPoseTrack18Dataset', **options):
    import projects.posefix  # noqa: F401
    init_default_scope('mmpose')
    return DATASETS.build(dict(
        type=type, ann_file=str(path),
        data_prefix=dict(img=str(path.parent) + '/'),
        pipeline=list(pipeline), **options))


def results_file(tmp_path, poses, name='results.json'):
    path = tmp_path / name
    path.write_text(json.dumps(poses))
    return str(path)


def pose(image_id, x=20., score=0.7, num=17):
    points = np.zeros((num, 3))
    points[:, 0] = x + np.arange(num)
    points[:, 1] = 10 + np.arange(num)
    points[:, 2] = np.linspace(0.1, 0.9, num)
    return dict(image_id=image_id, category_id=1, score=score,
                keypoints=points.ravel().tolist())


def test_neighbors_are_attached_before_people_are_split(people):
    dataset = build(people)
    roles = [dataset.get_data_info(i)['roles'] for i in range(6)]
    assert roles[:3] == [('own', 'near'), ('own', 'near'), ('own', )]
    first, second, third = (dataset.get_data_info(i) for i in range(3))
    assert first['keypoints'].shape == (2, 17, 2)
    np.testing.assert_array_equal(
        first['keypoints'], second['keypoints'][::-1])
    assert third['keypoints'].shape == (1, 17, 2)


def test_person_of_the_frame_before(people):
    dataset = build(people, previous_frame=True)
    roles = [dataset.get_data_info(i)['roles'] for i in range(6)]
    assert roles[0] == ('own', 'near')
    assert roles[3] == ('own', 'near', 'previous')
    assert roles[5] == ('own', 'previous')
    info = dataset.get_data_info(5)
    seen = info['keypoints_visible'][0] > 0
    np.testing.assert_allclose(
        (info['keypoints'][0] - info['keypoints'][1])[seen],
        [[2., 0.]] * seen.sum())


def test_all_people_move_with_the_crop(people):
    dataset = build(people, CROP + [dict(type='SynthesizePose')])
    whole = build(people, CROP)
    a, b = dataset[0], whole[0]
    assert b['transformed_keypoints'].shape[0] == 2
    np.testing.assert_array_equal(
        a['transformed_keypoints'], b['transformed_keypoints'][:1])
    # flipped alike: the neighbor stands to the left now
    near, own = b['transformed_keypoints'][1], b['transformed_keypoints'][0]
    labeled = a['keypoints_visible'][0] > 0
    assert (near[labeled, 0] < own[labeled, 0]).all()
    assert a['input_keypoints'].shape == (1, 17, 2)
    assert a['input_present'].shape == (1, 17)
    # nobody has labeled ears
    assert not a['input_present'][0, 3:5].any()
    assert a['input_present'][0].sum() > 10


def test_synthesis_follows_the_motion(people):
    still = build(people, CROP + [dict(type='SynthesizePose')])
    moving = build(people, CROP + [dict(type='SynthesizePose')],
                   previous_frame=True)
    for index, shift in ((2, 0), (5, None)):
        np.random.seed(3)
        a = still[index]
        np.random.seed(3)
        b = moving[index]
        if shift is None:  # two pixels, mirrored, in pixels of the crop
            shift = 2 * 64 / a['input_scale'][0]
        present = a['input_present'][0] & (a['keypoints_visible'][0] > 0)
        np.testing.assert_allclose(
            (b['input_keypoints'] - a['input_keypoints'])[0][present],
            [[shift, 0]] * present.sum(), atol=1e-3)


def test_estimates_stand_in_for_unlabeled_joints(people, tmp_path):
    guess = results_file(tmp_path, [pose(1000, 5), pose(1000, 40)])
    steps = [dict(type='LoadImage'), *CROP[1:2],
             dict(type='TopdownClipAffine', input_size=(64, 96)),
             dict(type='SynthesizePose')]
    dataset = build(people, steps, 'PoseFixCocoDataset', data_mode='topdown',
                    estimates=guess)
    assert dataset.get_data_info(0)['roles'] == ('own', 'near', 'estimate')
    assert dataset.get_data_info(1)['roles'] == ('own', 'near')
    seen = sum(dataset[2]['input_present'][0, 3:5].sum() for _ in range(20))
    assert seen > 20  # ears come from the estimate
    assert not (dataset[2]['keypoints_visible'][0, 3:5]).any()
    with pytest.raises(ValueError, match='no pose of .* overlaps a person'):
        build(people, estimates=results_file(tmp_path, [pose(5)])
              ).full_init()


def test_any_models_results_become_samples(people, tmp_path):
    # more people than labels in one image, none in the other
    file = results_file(tmp_path, [pose(1000, x) for x in (0, 10, 20, 30)])
    dataset = build(people, CROP[:2] + CROP[3:] + [
        dict(type='TakeInputPose'), dict(type='PackPoseFixInputs')],
        input_pose=file, test_mode=True)
    assert len(dataset) == 4
    info = dataset.get_data_info(1)
    # the tight box from (10, 10) to (26, 26), times 1.2
    np.testing.assert_allclose(info['bbox'], [[8.4, 8.4, 27.6, 27.6]])
    assert info['bbox_score'] == pytest.approx(0.7)
    sample = dataset[1]['data_samples']
    np.testing.assert_allclose(
        sample.metainfo['input_scores'][0], np.linspace(.1, .9, 17))
    center, scale = sample.metainfo['input_center'], sample.metainfo[
        'input_scale']
    back = (sample.metainfo['input_keypoints'][0] / (64, 96) * scale +
            center - scale / 2)
    np.testing.assert_allclose(back[:, 0], 10 + np.arange(17), atol=1e-3)


def test_joints_that_are_never_labeled_are_no_input(people, tmp_path):
    """Ears of PoseTrack: a model that learnt nothing of them guesses."""
    far = pose(1000)
    points = np.reshape(far['keypoints'], (17, 3))
    points[3:5, :2] = 4000
    far['keypoints'] = points.ravel().tolist()
    steps = [dict(type='LoadImage'), dict(type='GetBBoxCenterScale'),
             dict(type='TopdownClipAffine', input_size=(64, 96)),
             dict(type='TakeInputPose')]
    near, wide = (
        build(people, steps, test_mode=True,
              input_pose=results_file(tmp_path, [one]))[0]
        for one in (pose(1000), far))
    np.testing.assert_allclose(near['bbox'], wide['bbox'])
    present = wide['input_present'][0]
    assert not present[3:5].any() and present.sum() == 15
    coco = build(people, steps, 'PoseFixCocoDataset', data_mode='topdown',
                 input_pose=results_file(tmp_path, [far]), test_mode=True)
    assert coco[0]['input_present'].all()


def test_poses_of_the_frame_before(people, tmp_path):
    file = results_file(tmp_path, [pose(1000, 0), pose(1001, 9)])
    dataset = build(people, input_pose=file, test_mode=True,
                    previous_frame=True)
    found = [(dataset.get_data_info(i)['img_id'],
              dataset.get_data_info(i)['keypoints'][0, 0, 0])
             for i in range(len(dataset))]
    assert found == [(1000, 0), (1001, 0)]
    names = [dict(id=i, file_name=f'{video}/{frame:06d}.jpg')
             for i, (video, frame) in enumerate(
                 [('a', 3), ('a', 1), ('b', 1), ('a', 2)])]
    assert following_images(names) == {
        '1': ['1', '3'], '3': ['0'], '2': ['2']}


def test_posetrack_files_and_other_orders(tmp_path):
    names = NAMES[::-1][:15]
    person = dict(pose(7, num=15), scores=[0.5] * 15)
    person['keypoints'][2] = 0  # the right ankle is absent
    content = dict(
        images=[dict(id=7)], annotations=[
            person, dict(image_id=7, score=-100., keypoints=[0] * 45)],
        categories=[dict(id=1, keypoints=names)])
    folder = tmp_path / 'folder'
    folder.mkdir()
    results_file(folder, content, 'a.json')
    found, = read_poses(str(folder), NAMES)
    assert found.present.tolist() == [False] * 2 + [True] * 14 + [False]
    assert found.keypoints[15].tolist() == [21., 11.]
    with pytest.raises(ValueError, match='none of its keypoints'):
        read_poses(str(folder), ['tail'])
    with pytest.raises(FileNotFoundError, match='holds no json'):
        (tmp_path / 'empty').mkdir()
        read_poses(str(tmp_path / 'empty'), NAMES)


@pytest.mark.parametrize('keypoints', [3, 'nose', [1], [[]], ['a', 'a']])
def test_broken_names_of_keypoints(keypoints, tmp_path):
    path = tmp_path / 'a.json'
    path.write_text(json.dumps(dict(
        images=[], annotations=[], categories=[dict(keypoints=keypoints)])))
    with pytest.raises(ValueError, match='a.json, .*keypoints. must be a'):
        read_poses(str(path), NAMES)


def test_wrong_input(people, tmp_path):
    with pytest.raises(ValueError, match='give the file of its predictions'):
        build(people, test_mode=True)
    with pytest.raises(ValueError, match='belongs to the test dataset'):
        build(people, input_pose='x.json')
    for poses, message in (
            ([pose(1000, num=14)], 'person 0: it has 14 keypoints, not 17'),
            ([pose(77)], 'is it another dataset'),
            ([pose(1000, np.nan)], 'not finite'),
            ([], 'holds no pose')):
        with pytest.raises(ValueError, match=message):
            build(people, test_mode=True,
                  input_pose=results_file(tmp_path, poses))
    # outside of the image: kept, its crop is black
    dataset = build(people, CROP[:2] + CROP[3:] + [
        dict(type='TakeInputPose'), dict(type='PackPoseFixInputs')],
        input_pose=results_file(tmp_path, [pose(1000, -500.)]),
        test_mode=True)
    assert not dataset[0]['inputs'].any()
    with pytest.raises(ValueError, match='training dataset of PoseFix'):
        build(people, CROP[:2] + CROP[3:] + [dict(type='SynthesizePose')],
              input_pose=results_file(tmp_path, [pose(1000)]),
              test_mode=True)[0]
    with pytest.raises(ValueError, match='needs a crop before it'):
        build(people, [dict(type='LoadClip'), dict(type='SynthesizePose')])[0]
    with pytest.raises(ValueError, match='is for testing'):
        build(people, CROP + [dict(type='TakeInputPose')])[0]


def test_video_option_needs_tracks(make_video, make_annotations):
    from tests.conftest import annotation
    make_video()
    path = make_annotations(annotations=[
        annotation(0, 1000, track_id=None)])
    with pytest.raises(ValueError, match='no `track_id`'):
        build(path, previous_frame=True)


def test_video_option_needs_frames_that_follow_each_other(
        make_video, make_annotations):
    from tests.conftest import annotation
    make_video()
    # the frame between them is listed, but not labeled
    path = make_annotations(annotations=[
        annotation(i, image, track_id=0)
        for i, image in enumerate((1000, 1002))])
    with pytest.raises(ValueError, match='two frames.* follow each other'):
        build(path, previous_frame=True)


def test_coco_dataset(people, tmp_path):
    dataset = build(people, [], 'PoseFixCocoDataset', data_mode='topdown')
    assert dataset.get_data_info(0)['roles'] == ('own', 'near')
    dataset = build(people, [], 'PoseFixCocoDataset', data_mode='topdown',
                    test_mode=True,
                    input_pose=results_file(tmp_path, [pose(1001)]))
    assert dataset.get_data_info(0)['img_id'] == 1001
