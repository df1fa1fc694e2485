import json
from dataclasses import replace

import cv2
import numpy as np
import pytest

from mmpose_video.datasets.synthetic import SyntheticConfig, generate, writer

CONFIG = SyntheticConfig(
    width=160, height=90, train_videos=3, val_videos=2, frames=6, seed=5)


def contents(root):
    return {
        str(p.relative_to(root)): p.read_bytes()
        for p in sorted(root.rglob('*')) if p.is_file()
    }


@pytest.fixture(scope='module')
def data(tmp_path_factory):
    root = tmp_path_factory.mktemp('synthetic') / 'data'
    assert generate(root, CONFIG) == 5 * 6
    return root


def test_layout(data):
    names = set(contents(data))
    want = {'synthetic.json'}
    for split, first, count in (('train', 0, 3), ('val', 500000, 2)):
        want |= {f'annotations/posetrack18_{split}.json',
                 f'annotations/posetrack18_{split}_human_detections.json'}
        for clip in range(first, first + count):
            name = f'{clip:06d}_synthetic'
            want.add(f'annotations/{split}/{name}.json')
            want |= {f'images/{split}/{name}/{i:06d}.jpg' for i in range(6)}
    assert names == want
    image = cv2.imread(str(data / 'images/val/500001_synthetic/000005.jpg'))
    assert image.shape == (90, 160, 3)


def test_merged_file_holds_all_clips(data):
    for split in ('train', 'val'):
        base = data / 'annotations'
        merged = json.loads((base / f'posetrack18_{split}.json').read_text())
        parts = [json.loads(p.read_text())
                 for p in sorted((base / split).glob('*.json'))]
        for key in ('images', 'annotations'):
            assert merged[key] == sum((p[key] for p in parts), [])
        assert merged['categories'] == parts[0]['categories']
        ids = [im['id'] for im in merged['images']]
        assert len(set(ids)) == len(ids)


def test_splits_differ(data):
    a = (data / 'images/train/000000_synthetic/000000.jpg').read_bytes()
    b = (data / 'images/val/500000_synthetic/000000.jpg').read_bytes()
    assert a != b


def test_workers_do_not_change_a_byte(data, tmp_path):
    generate(tmp_path / 'two', CONFIG, workers=2)
    assert contents(tmp_path / 'two') == contents(data)


def test_more_clips_keep_the_first_ones(data, tmp_path):
    generate(tmp_path / 'less', replace(CONFIG, train_videos=1,
                                        val_videos=0))
    less, all_ = contents(tmp_path / 'less'), contents(data)
    for name in less:
        if name.startswith('images'):
            assert less[name] == all_[name]


def test_seed_changes_the_pictures(data, tmp_path):
    generate(tmp_path / 'seed', replace(CONFIG, seed=6, train_videos=1,
                                        val_videos=0))
    name = 'images/train/000000_synthetic/000000.jpg'
    assert (tmp_path / 'seed' / name).read_bytes() != (
        data / name).read_bytes()


def test_second_run_does_nothing(data):
    before = {p: p.stat().st_mtime_ns for p in data.rglob('*')}
    assert generate(data, CONFIG) == 0
    assert before == {p: p.stat().st_mtime_ns for p in data.rglob('*')}


@pytest.mark.parametrize('stop_at', [2, 8, 23])
def test_interrupted_run_goes_on(data, tmp_path, monkeypatch, stop_at):
    root, encode, calls = tmp_path / 'data', cv2.imencode, []

    def stop(*args, **kwargs):
        calls.append(1)
        if len(calls) == stop_at:
            raise KeyboardInterrupt
        return encode(*args, **kwargs)

    monkeypatch.setattr(writer.cv2, 'imencode', stop)
    with pytest.raises(KeyboardInterrupt):
        generate(root, CONFIG)
    # whole clips only, and nothing under a name that a reader would take
    whole = (stop_at - 1) // 6
    assert len(list(root.glob('images/*/*'))) == whole
    assert len(list(root.glob('annotations/*/*.json'))) == whole
    assert not list(root.glob('annotations/*.json'))
    assert json.loads((root / 'synthetic.json').read_text())[
        'complete'] is False
    monkeypatch.undo()
    assert generate(root, CONFIG) == (5 - whole) * 6
    assert contents(root) == contents(data)


def test_leftovers_of_a_killed_run_are_cleared(data, tmp_path):
    root = tmp_path / 'data'
    draft = root / 'images/train/000001_synthetic.0123abcd.part'
    generate(root, CONFIG)
    draft.mkdir()
    (draft / '000000.jpg').write_bytes(b'half')
    (root / 'annotations/train/000001_synthetic.json').unlink()
    assert generate(root, CONFIG) == 6
    assert contents(root) == contents(data)


def test_other_settings_are_refused(data, tmp_path):
    before = contents(data)
    with pytest.raises(FileExistsError, match='frames: 6 there, 7 wanted'):
        generate(data, replace(CONFIG, frames=7))
    assert contents(data) == before


def test_overwrite_leaves_no_trace_and_touches_nothing_else(tmp_path):
    root = tmp_path / 'data'
    generate(root, CONFIG)
    (root / 'images/train/mine').mkdir()
    (root / 'images/train/mine/note.txt').write_text('keep')
    small = replace(CONFIG, train_videos=1, val_videos=1, frames=2)
    assert generate(root, small, overwrite=True) == 4
    generate(tmp_path / 'fresh', small)
    got = contents(root)
    assert got.pop('images/train/mine/note.txt') == b'keep'
    assert got == contents(tmp_path / 'fresh')


def test_foreign_folders_are_refused(tmp_path):
    (tmp_path / 'images').mkdir()
    for overwrite in (False, True):
        with pytest.raises(FileExistsError, match='not made by'):
            generate(tmp_path, CONFIG, overwrite=overwrite)
    (tmp_path / 'synthetic.json').write_text('{"half')
    with pytest.raises(ValueError, match='synthetic.json'):
        generate(tmp_path, CONFIG, overwrite=True)
    with pytest.raises(ValueError, match='workers'):
        generate(tmp_path / 'new', CONFIG, workers=0)


def test_mmpose_reads_it(data):
    from mmpose.datasets import PoseTrack18Dataset

    def load(split, **kwargs):
        return PoseTrack18Dataset(
            ann_file=f'annotations/posetrack18_{split}.json',
            data_root=str(data), data_prefix=dict(img=''),
            pipeline=[], **kwargs)

    for split in ('train', 'val'):
        record = json.loads(
            (data / f'annotations/posetrack18_{split}.json').read_text())
        dataset = load(split)
        assert len(dataset) == len(record['annotations'])
        for sample, ann in zip(dataset, record['annotations']):
            points = np.array(ann['keypoints']).reshape(17, 3)
            np.testing.assert_allclose(sample['keypoints'][0],
                                       points[:, :2], atol=1e-3)
            np.testing.assert_array_equal(sample['keypoints_visible'][0],
                                          points[:, 2])
            assert cv2.imread(sample['img_path']) is not None
    boxes = str(data / 'annotations/posetrack18_val_human_detections.json')
    detected = load('val', bbox_file=boxes, test_mode=True)
    with open(boxes) as f:
        assert len(detected) == len(json.load(f))


def test_workers_do_not_inherit_opencv_threads(tmp_path):
    """They would wait for ever for threads that fork has not copied."""
    before, seen = cv2.getNumThreads(), []
    cv2.setNumThreads(3)
    try:
        generate(tmp_path, SyntheticConfig(train_videos=1, val_videos=1,
                                           frames=2, width=64, height=64),
                 workers=2, progress=lambda *_: seen.append(
                     cv2.getNumThreads()))
        assert seen == [1, 1]
        assert cv2.getNumThreads() == 3
    finally:
        cv2.setNumThreads(before)
