"""Frames that get labels, and the labeled frames they come from."""
import pytest

from mmpose_video.datasets.propagation import plan_targets
from mmpose_video.formats.frame_index import FrameIndex


def labels(*numbers, listed=()):
    name = 'images/000001_test/{:06d}.jpg'.format
    images = [dict(id=1000 + n, file_name=name(n), is_labeled=True)
              for n in numbers]
    images += [dict(id=1000 + n, file_name=name(n), is_labeled=False)
               for n in listed]
    return dict(images=images, annotations=[dict(id=0, image_id=1000)])


def plan(tmp_path, content, distance):
    found = plan_targets(content, str(tmp_path), FrameIndex(), distance)
    assert all(target.path.startswith(str(tmp_path)) for target in found)
    return {int(t.path[-10:-4]): (t.source - 1000, t.offset) for t in found}


def test_nearest_labeled_frame(make_video, tmp_path):
    make_video(range(9))
    # 5 lies between 3 and 7: the earlier one counts; 8 is the last
    assert plan(tmp_path, labels(0, 3, 7), 3) == {
        1: (0, 1), 2: (3, -1), 4: (3, 1), 5: (3, 2), 6: (7, -1), 8: (7, 1)}


def test_distance_and_missing_frames(make_video, tmp_path):
    make_video((0, 1, 2, 5, 6))
    assert plan(tmp_path, labels(0), 1) == {1: (0, 1)}
    assert plan(tmp_path, labels(0), 5) == {
        1: (0, 1), 2: (0, 2), 5: (0, 5)}
    with pytest.raises(ValueError, match='at least 1 frame, got 0'):
        plan(tmp_path, labels(0), 0)


def test_listed_frames_without_labels_are_targets(make_video, tmp_path):
    make_video(range(3))
    assert plan(tmp_path, labels(0, listed=(1, 2)), 2) == {
        1: (0, 1), 2: (0, 2)}
