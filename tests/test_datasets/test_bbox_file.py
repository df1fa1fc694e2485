"""Datasets of detected boxes."""
import json
import logging
import pickle

import pytest

from mmpose_video.datasets.body import PoseTrack18ClipDataset


def by_id(image_id=7, **changes):
    box = dict(image_id=image_id, category_id=1, bbox=[1, 2, 30, 40], score=.5)
    return {**box, **changes}


def by_name(name='images/val/a_test/000000.jpg', **changes):
    # DCPose's files name frames as well as videos
    box = dict(image_name=name, category_id=1, bbox=[1, 2, 30, 40], score=.5,
               nframes=9, frame_id=0)
    return {**box, **changes}


def write(tmp_path, boxes):
    path = tmp_path / 'boxes.json'
    path.write_text(json.dumps(boxes))
    return str(path)


def test_dataset_with_dcposes_boxes(tmp_path, make_video, make_annotations):
    make_video()
    ann_file = make_annotations(width=None, height=None)
    name = 'images/000001_test/000003.jpg'
    path = write(tmp_path, [
        by_name(name, score=.9),
        by_name(name, score=.8, bbox=[2, 2, 30, 40]),
        by_name(name, score=.1),
        by_name(name, score=.9, bbox=[float('nan'), 0, 5, 5]),
        by_name('elsewhere/000009.jpg'),
    ])
    dataset = PoseTrack18ClipDataset(
        ann_file=ann_file.name, data_root=str(tmp_path), bbox_file=path,
        bbox_score_thr=.2, bbox_nms_thr=.7, test_mode=True)
    assert len(dataset) == 1
    info = dataset.get_data_info(0)
    assert info['img_id'] == 1001 and info['img_shape'] == (48, 64)
    assert info['bbox'].tolist() == [[1, 2, 31, 42]]
    assert info['bbox_score'] == pytest.approx([.9])
    assert info['keypoints'].shape == (1, 17, 2)
    assert dataset._skipped == {
        'a box in an image that `ann_file` does not list': 1,
        'no box of four finite numbers': 1,
        'box score below `bbox_score_thr`': 1,
        'box suppressed by `bbox_nms_thr`': 1
    }


class Bomb:
    """Runs a command when it is unpickled or built by YAML."""

    def __init__(self, target):
        self.target = target

    def __reduce__(self):
        return exec, (f'open({str(self.target)!r}, "w").close()', )


@pytest.mark.parametrize('suffix', ['.pkl', '.pickle', '.yaml', '.yml',
                                    '.json', '.py', '.npy'])
def test_box_files_run_no_code(tmp_path, make_video, make_annotations,
                               suffix):
    """Whatever its name, a box file is JSON."""
    make_video()
    target, path = tmp_path / 'has_run', tmp_path / f'boxes{suffix}'
    contents = [
        pickle.dumps(Bomb(target)),
        f"!!python/object/apply:os.mknod ['{target}']".encode(),
        f'open({str(target)!r}, "w")'.encode()]
    for content in contents:
        path.write_bytes(content)
        with pytest.raises(ValueError, match=f'{path} is not '):
            PoseTrack18ClipDataset(
                ann_file=make_annotations().name, data_root=str(tmp_path),
                bbox_file=str(path), test_mode=True)
    assert not target.exists()
    path.write_text(json.dumps([by_id(1000)]))
    assert len(PoseTrack18ClipDataset(
        ann_file=make_annotations().name, data_root=str(tmp_path),
        bbox_file=str(path), test_mode=True)) == 1


@pytest.mark.parametrize('box, reason', [
    ([5, 5, -3, 10], 'a box of zero area'),
    ([5, 5, 10, 0], 'a box of zero area'),
    ([-30, 5, 10, 10], 'a box outside of the image'),
    ([70, 5, 10, 10], 'a box outside of the image'),
    ([5, float('nan'), 10, 10], 'no box of four finite numbers'),
    ([5, 5, float('inf'), 10], 'no box of four finite numbers'),
])
def test_boxes_that_cannot_be_cropped(tmp_path, make_video, make_annotations,
                                      box, reason):
    make_video()
    path = write(tmp_path, [by_id(1000), by_id(1001, bbox=box)])
    dataset = PoseTrack18ClipDataset(
        ann_file=make_annotations().name, data_root=str(tmp_path),
        bbox_file=path, test_mode=True)
    assert len(dataset) == 1 and dataset._skipped == {reason: 1}


def test_boxes_of_unlabeled_frames(tmp_path, make_video, make_annotations):
    from mmengine.logging import MMLogger
    make_video()
    ann_file = make_annotations(key_frames=range(8))
    labels = json.loads(ann_file.read_text())
    for image in labels['images'][1::2]:
        image['is_labeled'] = False
    labels['annotations'] = labels['annotations'][::2]
    ann_file.write_text(json.dumps(labels))
    path = write(tmp_path, [by_id(1000 + i % 8) for i in range(20)])
    build = {
        'ann_file': ann_file.name, 'data_root': str(tmp_path),
        'bbox_file': path, 'test_mode': True}
    messages = []
    logger = MMLogger.get_current_instance()
    handler = logging.Handler()
    handler.emit = lambda record: messages.append(record.getMessage())
    logger.addHandler(handler)
    try:
        dataset = PoseTrack18ClipDataset(**build)
    finally:
        logger.removeHandler(handler)
    assert len(dataset) == 10
    assert {dataset.get_data_info(i)['img_id'] % 2
            for i in range(10)} == {0}
    assert any('left out 10 of' in text and 'not labeled' in text
               for text in messages)
    everything = PoseTrack18ClipDataset(**build, labeled_frames_only=False)
    assert len(everything) == 20
