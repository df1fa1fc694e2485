"""PoseTrack's average precision on files where the official one fails."""
import math

import pytest

from mmpose_video.evaluation import evaluate_posetrack


def test_track_ids_and_doubles_are_of_no_account(video, write):
    gt, pred = video(), video()
    gt.add({'nose': (100, 100)}).add({'nose': (300, 100)})
    pred.add({'nose': (100, 100)}, scores={}, track_id=3)
    pred.add({'nose': (300, 100)}, scores={}, track_id=3)
    for ann in gt.data['annotations']:
        del ann['track_id']
    assert evaluate_posetrack(*write(gt, pred))['nose'] == 100


def test_annotation_of_an_unknown_image_is_left_out(video, write):
    gt, pred = video(), video()
    gt.add({'nose': (100, 100)})
    pred.add({'nose': (100, 100)}, scores={'nose': 0.2})
    pred.add({'nose': (900, 100)}, scores={'nose': 0.9}, image_id=4)
    assert evaluate_posetrack(*write(gt, pred))['nose'] == 100


def test_infinite_coordinates_count_as_wrong(video, write):
    gt, pred = video(), video()
    gt.add({'nose': (100, 100), 'left_hip': (10, 10)})
    pred.add({'nose': (math.nan, 100), 'left_hip': (10, 10)}, scores={})
    table = evaluate_posetrack(*write(gt, pred))
    assert table['nose'] == 0
    assert table['left_hip'] == 100


def break_head(gt, pred):
    del gt.data['annotations'][0]['bbox_head']


def break_head_box(gt, pred):
    gt.data['annotations'][0]['bbox_head'] = [1, 2, 3]


def break_head_nan(gt, pred):
    gt.data['annotations'][0]['bbox_head'] = [1, 2, 3, math.nan]


def break_keypoints(gt, pred):
    pred.data['annotations'][0]['keypoints'] = [1.0] * 48


def break_keypoints_empty(gt, pred):
    gt.data['annotations'][0]['keypoints'] = []


def break_keypoints_missing(gt, pred):
    del pred.data['annotations'][0]['keypoints']


def break_keypoints_text(gt, pred):
    pred.data['annotations'][0]['keypoints'] = ['a'] * 51


def break_gt_nan(gt, pred):
    gt.data['annotations'][0]['keypoints'][0] = math.nan


def break_category(gt, pred):
    pred.data['categories'][0]['keypoints'] = pred.names[:16]


def break_categories(gt, pred):
    del pred.data['categories']


def break_names(gt, pred):
    pred.data['categories'][0]['keypoints'][0] = 'nasal'


def break_names_twice(gt, pred):
    pred.data['categories'][0]['keypoints'][3] = 'nose'


def break_scores(gt, pred):
    pred.data['annotations'][0]['scores'] = [0.5] * 15


def break_scores_nan(gt, pred):
    pred.data['annotations'][0]['scores'][0] = math.nan


def break_scores_null(gt, pred):
    pred.data['annotations'][0]['scores'][0] = None


def break_frames(gt, pred):
    pred.data['images'].append(dict(id=4, file_name='a/000001_b/000007.jpg'))


def break_videos(gt, pred):
    gt.data['images'][0]['file_name'] = 'images/val/000009_b/000000.jpg'


def break_image_id(gt, pred):
    del gt.data['images'][0]['id']


def break_ann_image_id(gt, pred):
    del pred.data['annotations'][0]['image_id']


def break_images(gt, pred):
    del pred.data['images']


def break_region(gt, pred):
    gt.ignore([(0, 0), ('x', 1), (2, 2)])


def break_region_nan(gt, pred):
    gt.ignore([(0, 0), (math.nan, 1), (2, 2)])


@pytest.mark.parametrize('damage, message', [
    (break_head, r"annotations\[0\] \(id 1000\): 'bbox_head' is missing"),
    (break_head_box, "id 1000.*'bbox_head' must be a list of 4 .*got 3"),
    (break_head_nan, 'id 1000.*not finite'),
    (break_keypoints, "id 1000.*'keypoints' must be a list of 51 .*got 48"),
    (break_keypoints_empty, "id 1000.*'keypoints' must be .* 51 .*got 0"),
    (break_keypoints_missing, "id 1000.*'keypoints' is missing"),
    (break_keypoints_text, "id 1000.*'keypoints' must be .* 51 numbers"),
    (break_gt_nan, 'id 1000.*nose lies at'),
    (break_category, 'lists 16 keypoints'),
    (break_categories, "'categories' is missing"),
    (break_names, r"lack \['nose'\]"),
    (break_names_twice, r"repeat \['nose'\]"),
    (break_scores, "id 1000.*'scores' has 15 numbers for 17"),
    (break_scores_nan, 'id 1000.*score of nose is NaN'),
    (break_scores_null, 'id 1000.*score of nose is NaN'),
    (break_frames, 'has 3 frames, but .* has 2'),
    (break_videos, 'holds 2 videos'),
    (break_image_id, r"images\[0\]: 'id' is missing"),
    (break_ann_image_id, r"annotations\[0\].*'image_id' is missing"),
    (break_images, "'images' is missing"),
    (break_region, "id 10000.*ignore region 0: 'x' must be a list of numb"),
    (break_region_nan, 'id 10000.*ignore region 0: a corner is not finite'),
])
def test_broken_input_is_named(damage, message, video, write):
    gt, pred = video(2), video(2)
    gt.add({'nose': (100, 100)})
    pred.add({'nose': (100, 100)}, scores={})
    folders = write(gt, pred)
    assert evaluate_posetrack(*folders)['nose'] == 100
    damage(gt, pred)
    with pytest.raises(ValueError, match=message) as error:
        evaluate_posetrack(*write(gt, pred))
    assert '000001_mpii_test.json' in str(error.value)


def test_files_that_cannot_be_read(video, write, tmp_path):
    gt, pred = video(), video()
    folders = write(gt, pred)
    file = tmp_path / 'pred' / '000001_mpii_test.json'
    file.write_text('{"images": [')
    with pytest.raises(ValueError, match='000001_mpii_test.json is not val'):
        evaluate_posetrack(*folders)
    file.write_text('[1, 2]')
    with pytest.raises(ValueError, match='test.json must be an object'):
        evaluate_posetrack(*folders)
    file.unlink()
    with pytest.raises(FileNotFoundError, match='000001_mpii_test.json'):
        evaluate_posetrack(*folders)
    with pytest.raises(FileNotFoundError, match='nowhere'):
        evaluate_posetrack(folders[0], str(tmp_path / 'nowhere'))
    empty = tmp_path / 'empty'
    empty.mkdir()
    with pytest.raises(FileNotFoundError, match='empty holds no JSON'):
        evaluate_posetrack(str(empty), folders[1])
