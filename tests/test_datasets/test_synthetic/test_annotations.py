import json
import os
from pathlib import Path

import numpy as np
import pytest

from mmpose_video.datasets.synthetic import SyntheticConfig, render_clip
from mmpose_video.datasets.synthetic.annotations import detect
from mmpose_video.datasets.synthetic.clip import Clip

EXTRA_IMAGE = {'exposure'}
EXTRA_ANNOTATION = {'occluded', 'self_occluded', 'blur'}


@pytest.fixture(scope='module')
def records():
    config = SyntheticConfig(frames=25)
    return [Clip(config, seed, 'val', seed).annotations for seed in
            range(6)]


def test_keys(records):
    record = records[0]
    assert set(record) == {'images', 'annotations', 'categories'}
    assert set(record['images'][0]) - EXTRA_IMAGE == {
        'has_no_densepose', 'is_labeled', 'file_name', 'nframes', 'frame_id',
        'vid_id', 'ignore_regions_x', 'ignore_regions_y', 'id', 'width',
        'height'
    }
    assert set(record['annotations'][0]) - EXTRA_ANNOTATION == {
        'bbox_head', 'keypoints', 'track_id', 'image_id', 'bbox', 'scores',
        'category_id', 'id', 'iscrowd', 'num_keypoints'
    }
    json.dumps(records)  # plain types only


def test_layout_of_the_real_dataset(records):
    root = os.environ.get('MMPOSE_VIDEO_SAMPLES')
    if not root:
        pytest.skip('MMPOSE_VIDEO_SAMPLES is not set')
    for path in sorted(
            Path(root, 'posetrack18/annotations/val').glob('*.json')):
        real = json.loads(path.read_text())
        ours = records[0]
        assert real['categories'] == ours['categories']
        for room, extra in (('images', {'mask_file'}), ('annotations',
                                                        set())):
            theirs, mine = real[room][0], ours[room][0]
            assert set(theirs) - extra <= set(mine)
            for key in set(theirs) - extra:
                a, b = theirs[key], mine[key]
                number = (int, float)
                assert isinstance(b, type(a)) or (isinstance(
                    a, number) and isinstance(b, number)), key
        # id = 1, six digits of the clip, four of the frame; and two more
        # digits for the person
        for image in real['images'] + ours['images']:
            frame = int(Path(image['file_name']).stem)
            assert image['id'] == int(f'1{image["vid_id"]}{frame:04d}')
            assert image['frame_id'] == image['id']


def test_images(records):
    record = records[3]
    for i, image in enumerate(record['images']):
        assert image['file_name'] == (
            f'images/val/500003_synthetic/{i:06d}.jpg')
        assert image['nframes'] == 25 and image['is_labeled'] is True
        assert len(image['ignore_regions_x']) == len(
            image['ignore_regions_y'])


def test_boxes_hold_their_points(records):
    ids = set()
    for record in records:
        for ann in record['annotations']:
            ids.add(ann['id'])
            assert ann['id'] // 100 == ann['image_id']
            assert ann['id'] % 100 == ann['track_id']
            points = np.array(ann['keypoints']).reshape(17, 3)
            labeled = points[:, 2] == 1
            assert labeled.sum() == ann['num_keypoints'] >= 3
            assert (points[~labeled] == 0).all()
            assert (points[3:5] == 0).all()
            x, y, w, h = ann['bbox']
            inside = ((points[labeled, :2] >= (x, y)) &
                      (points[labeled, :2] <= (x + w, y + h)))
            assert inside.all()
            # 15 % beyond the points on each side, as PoseTrack18 has it
            extent = np.ptp(points[labeled, :2], axis=0)
            np.testing.assert_allclose((w, h), np.maximum(
                1.3 * extent, extent + 4), atol=2e-3)
    assert len(ids) == sum(len(r['annotations']) for r in records)


def test_head_boxes():
    clip = Clip(SyntheticConfig(frames=25), 2)
    truth = clip.truth
    for ann in clip.annotations['annotations']:
        frame = ann['image_id'] % 10000
        head = truth.keypoints[frame, ann['track_id'], :3]
        x, y, w, h = ann['bbox_head']
        assert ((head >= (x, y)) & (head <= (x + w, y + h))).all()
        length = np.linalg.norm(head[2] - head[1])
        diagonal = np.hypot(w, h)
        assert all(isinstance(v, int) for v in ann['bbox_head'])
        assert 0.9 * length < diagonal < 2.6 * length + 4
        assert 0.4 < w / h < 2.2


def test_tracks_follow_one_person(records):
    for record in records:
        tracks = {}
        for ann in record['annotations']:
            points = np.array(ann['keypoints']).reshape(17, 3)
            tracks.setdefault(ann['track_id'], {})[ann['image_id']] = points
        for frames in tracks.values():
            for image_id, points in frames.items():
                after = frames.get(image_id + 1)
                if after is None:
                    continue
                both = (points[:, 2] > 0) & (after[:, 2] > 0)
                way = np.linalg.norm(points[both, :2] - after[both, :2],
                                     axis=-1)
                assert not both.any() or np.median(way) < 40


def test_unlabeled_frames():
    config = SyntheticConfig(frames=20, labeled_every=4)
    record = Clip(config, 0).annotations
    labeled = [im['is_labeled'] for im in record['images']]
    assert sum(labeled) == 5 and labeled[10]
    ids = {im['id'] for im in record['images'] if im['is_labeled']}
    assert {ann['image_id'] for ann in record['annotations']} == ids
    dense = Clip(SyntheticConfig(frames=20), 0).annotations
    assert record['annotations'] == [
        a for a in dense['annotations'] if a['image_id'] in ids
    ]


def test_bystanders_lie_in_ignore_regions():
    found = 0
    for seed in range(6):
        clip = Clip(SyntheticConfig(frames=5), seed)
        count = sum(not p.annotated for p in clip.scene.people)
        for image in clip.annotations['images']:
            found += count
            assert len(image['ignore_regions_x']) <= count + 4
            for xs, ys in zip(image['ignore_regions_x'],
                              image['ignore_regions_y']):
                assert len(xs) == len(ys) == 4
                assert 0 <= min(xs) < max(xs) <= 639
                assert 0 <= min(ys) < max(ys) <= 359
            assert len(image['ignore_regions_x']) >= (count > 0)
    assert found > 0


def test_detections():
    config = SyntheticConfig(frames=40)
    record = Clip(config, 1).annotations
    boxes = detect(record, config, np.random.default_rng(0))
    assert boxes == detect(record, config, np.random.default_rng(0))
    assert boxes != detect(record, config, np.random.default_rng(1))
    wanted = len(record['annotations'])
    assert 0.75 * wanted < len(boxes) < 1.15 * wanted
    ids = {im['id'] for im in record['images']}
    hits = 0
    for box in boxes:
        assert set(box) == {'bbox', 'category_id', 'image_id', 'score'}
        assert box['image_id'] in ids and 0 < box['score'] <= 1
        x, y, w, h = box['bbox']
        assert 0 <= x and x + w <= 639.01 and 0 <= y and y + h <= 359.01
        for ann in record['annotations']:
            if ann['image_id'] != box['image_id']:
                continue
            ax, ay, aw, ah = ann['bbox']
            over = (min(x + w, ax + aw) - max(x, ax)) * (
                min(y + h, ay + ah) - max(y, ay))
            if over > 0.7 * (aw * ah + w * h - over):
                hits += 1
                break
    assert 0.6 * len(boxes) < hits < len(boxes)


def test_render_clip():
    config = SyntheticConfig(width=160, height=90, frames=3)
    frames, record = render_clip(config, 7)
    again, record_again = render_clip(config, 7)
    other, _ = render_clip(config, 8)
    assert frames.shape == (3, 90, 160, 3) and frames.dtype == np.uint8
    np.testing.assert_array_equal(frames, again)
    assert record == record_again
    assert (frames != other).mean() > 0.5
    with pytest.raises(ValueError, match='split'):
        render_clip(config, 7, split='test')
