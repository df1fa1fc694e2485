"""Runs log what was read, matched and left out."""
import json

import numpy as np
import pytest

from mmpose_video.apis import FileBoxes


def boxes_file(path, frames, **fields):
    rows = [dict(image_id=frame, category_id=1, bbox=[5, 5, 60, 100],
                 score=0.9, **fields) for frame in frames]
    path.write_text(json.dumps(rows))
    return str(path)


@pytest.fixture
def log(monkeypatch):
    """Lines of the log with their levels, of all modules of the package."""
    import mmengine.logging
    lines = []
    for name in ('box_source_factory', 'file_boxes', 'people_tally',
                 'detected_boxes', 'video_pose_inferencer'):
        module = __import__(f'mmpose_video.apis.{name}', fromlist=['x'])
        if hasattr(module, 'print_log'):
            monkeypatch.setattr(
                module, 'print_log',
                lambda text, logger=None, level=20: lines.append(
                    (level, text)))
    assert mmengine.logging
    return lines


def test_boxes_of_other_frames_are_refused(inferencer, images, tmp_path):
    """If image ids are not frame numbers, the error names the option."""
    path = boxes_file(tmp_path / 'b.json', range(10000001, 10000010))
    out = tmp_path / 'out'
    with pytest.raises(ValueError, match=(
            r'none of the 9 boxes.*frames are 0 to 8.*10000001 to 10000009'
            r'.*--boxes-ann-file.*--boxes-id-offset')):
        list(inferencer(images, boxes=path, out_dir=str(out)))
    assert not out.exists()
    boxes = FileBoxes(path, image_id_offset=10000001)
    results = list(inferencer(images, boxes=boxes))
    assert [len(r['predictions'][0]) for r in results] == [1] * 9


def test_names_of_images_from_annotations(inferencer, clip_dir, tmp_path):
    """The images of detections by id are found in the annotations."""
    ids = {1000 + t: name for t, name in enumerate(
        sorted(p.name for p in clip_dir.iterdir()))}
    labels = dict(
        images=[dict(id=key, file_name=f'x/{clip_dir.name}/{name}')
                for key, name in ids.items()], annotations=[])
    (tmp_path / 'labels.json').write_text(json.dumps(labels))
    path = boxes_file(tmp_path / 'b.json', ids)
    boxes = FileBoxes(path, ann_file=str(tmp_path / 'labels.json'))
    results = list(inferencer(str(clip_dir), boxes=boxes))
    assert [len(r['predictions'][0]) for r in results] == [1] * 9


def test_the_log_says_what_was_used(inferencer, images, tmp_path, log):
    rows = json.loads(open(boxes_file(tmp_path / 'b.json',
                                      range(4, 12))).read())
    rows[0]['score'] = 0.1
    rows[1]['bbox'] = [500, 5, 10, 10]
    (tmp_path / 'b.json').write_text(json.dumps(rows))
    boxes = FileBoxes(str(tmp_path / 'b.json'), score_thr=0.5)
    for _ in range(2):  # counted anew for each video
        log.clear()
        list(inferencer(images, boxes=boxes))
        assert log == [(20, (
            f'`{tmp_path}/b.json`: 3 of 8 boxes were used; left out 3 of '
            'frames that were not read; left out 1 with a score below 0.5; '
            'left out 1 without an area in the image'))]


def test_no_people_is_never_silent(inferencer, images, log):
    list(inferencer(images, boxes=[[]] * 9))
    assert log == [(30, 'there are no people in the 9 frames of `frames`: are '
                    'the boxes those of this video?')]
    log.clear()
    list(inferencer(images, boxes=[[[5, 5, 60, 100]]] + [[]] * 8))
    assert not log


def test_whole_image_is_announced(inferencer, images, log):
    next(inferencer(images))
    assert [level for level, _ in log] == [30]
    assert 'the whole image is taken for the box of one person' in log[0][1]
    log.clear()
    next(inferencer(images, boxes='whole_image'))
    assert not log


def test_boxes_too_large_for_a_crop(inferencer, images):
    boxes = [np.array([[5, 5, 60, 100], [0, 0, 1e30, 1e30],
                       [-1e8, 0, 10, 10]])] * 9
    result = next(inferencer(images, boxes=boxes))
    assert [p['bbox'][0] for p in result['predictions'][0]] == [
        [5, 5, 60, 100]]


def test_progress_ends_at_the_last_wanted_frame(inferencer, images, capsys):
    list(inferencer(images, boxes='whole_image', stream=dict(max_frames=6),
                    output=dict(show_progress=True)))
    assert '6/6 frames (100%)' in capsys.readouterr().err
