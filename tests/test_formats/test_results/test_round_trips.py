"""Results in all formats and back."""
import csv
import importlib.util
import json
import os

import numpy as np
import pytest

from mmpose_video.formats.keypoints import (
    COCO_KEYPOINTS,
    POSETRACK_KEYPOINTS,
)
from mmpose_video.formats.results import (
    RESULT_FORMATS,
    FrameResult,
    PersonResult,
    PoseResults,
    RunInfo,
    read_results,
    write_results,
)
from mmpose_video.formats.results.pose_results import sidecar_path

PATHS = dict(mmpose='a.json', posetrack='a.json', coco='a.json', csv='a.csv',
             deeplabcut='a.csv', trc='a.trc', yolo='a', slp='a.slp',
             nwb='a.nwb')
NEEDS = dict(slp='sleap_io', nwb='ndx_pose')
PROVENANCE = dict(model='small', checkpoint=dict(sha256='ab'),
                  smoother=dict(type='OneEuro', fps=30.))
FORMATS = [
    pytest.param(name, marks=pytest.mark.skipif(
        name in NEEDS and importlib.util.find_spec(NEEDS[name]) is None,
        reason=f'{NEEDS.get(name)} (the extra `formats`) is not installed'))
    for name in PATHS]


def make_results(names=POSETRACK_KEYPOINTS, size=(320, 240), seed=0):
    """Frames 3 to 9 at a variable rate; nobody in 5; missing keypoints.

    Ears are missing, since PoseTrack's layout cannot hold them.
    """
    rng = np.random.default_rng(seed)
    frames = []
    for number in (3, 4, 5, 7, 9):
        people = []
        for track in ((0, 4) if number != 5 else ()):
            points = rng.uniform(20, 200, (len(names), 2))
            points[[name.endswith('_ear') for name in names]] = np.nan
            if number == 4:
                points[-1] = np.nan
            people.append(PersonResult(
                points, rng.uniform(0.1, 1, len(names)),
                np.array([10., 12., 210., 220.]) + track,
                float(rng.uniform(0.5, 1)), track))
        frames.append(FrameResult(number, people, number / 30 + 0.001,
                                  f'{number:06d}.jpg'))
    info = RunInfo(tuple(names), 'clip', ((0, 1), (1, 0)), 30., size,
                   PROVENANCE)
    return PoseResults(info, frames)


def points_of(results):
    return {(f.number, p.track_id): p for f in results.frames
            for p in f.people}


@pytest.mark.parametrize('name', FORMATS)
def test_round_trip(name, tmp_path):
    """All that the format can hold is the same, and how it was made."""
    path = str(tmp_path / 'out' / PATHS[name])
    before = make_results()
    write_results(before, path, name)
    after = read_results(path, name if name in ('trc', 'yolo') else None)
    assert after.info.keypoints == before.info.keypoints
    assert after.info.provenance == PROVENANCE
    assert after.info.fps == 30 and after.info.size == (320, 240)
    assert after.info.video == 'clip'
    assert [f.number for f in after.frames] == [3, 4, 5, 7, 9]
    np.testing.assert_allclose(after.times(), before.times(), atol=1e-6)
    assert [len(f.people) for f in after.frames] == [2, 2, 0, 2, 2]
    if name == 'yolo':  # no tracks, but the order
        for frame in after.frames:
            for track, person in zip((0, 4), frame.people):
                person.track_id = track
    wanted, found = points_of(before), points_of(after)
    assert set(found) == set(wanted)
    tolerance = dict(trc=1e-5, yolo=1e-4, coco=1e-9).get(name, 1e-6)
    for key, person in wanted.items():
        np.testing.assert_allclose(
            found[key].keypoints, person.keypoints, atol=tolerance)
        known = np.isfinite(person.keypoints).all(-1)
        if name == 'posetrack':
            np.testing.assert_allclose(
                found[key].scores[known],
                (person.scores * person.bbox_score)[known], atol=1e-6)
        elif name not in ('trc', 'yolo'):
            np.testing.assert_allclose(
                found[key].scores[known], person.scores[known], atol=1e-6)
        if name in ('mmpose', 'coco', 'csv', 'posetrack', 'yolo'):
            np.testing.assert_allclose(found[key].bbox, person.bbox,
                                       atol=1e-3)
        if name in ('mmpose', 'coco', 'csv', 'slp'):
            assert found[key].bbox_score == pytest.approx(person.bbox_score)
    assert not list(tmp_path.rglob('*.part'))


@pytest.mark.parametrize('name', FORMATS)
@pytest.mark.parametrize('case', ['nobody', 'one', 'no tracks', '5 keypoints'])
def test_edge_cases(name, case, tmp_path):
    """No people at all, one person, no ids, and keypoints of one's own."""
    results = make_results(
        ['snout', 'left_paw', 'right_paw', 'tail', 'hip']
        if case == '5 keypoints' else POSETRACK_KEYPOINTS)
    for frame in results.frames:
        if case == 'nobody':
            frame.people = []
        if case in ('one', 'no tracks'):
            frame.people = frame.people[:1]
        if case == 'no tracks':
            for person in frame.people:
                person.track_id = None
    path = str(tmp_path / PATHS[name])
    if case == '5 keypoints' and name == 'posetrack':
        with pytest.raises(ValueError, match='snout'):
            write_results(results, path, name)
        return
    write_results(results, path, name)
    after = read_results(path, name)
    assert after.info.keypoints == results.info.keypoints
    assert [len(f.people) for f in after.frames] == [
        len(f.people) for f in results.frames]
    for ours, theirs in zip(results.frames, after.frames):
        for a, b in zip(ours.people, theirs.people):
            np.testing.assert_allclose(b.keypoints, a.keypoints, atol=1e-4)


@pytest.mark.parametrize('name', ['mmpose', 'coco', 'csv', 'deeplabcut',
                                  'trc', 'yolo'])
def test_without_the_second_file(name, tmp_path):
    """A file of another tool gives what the format itself holds."""
    path = str(tmp_path / PATHS[name])
    results = make_results(COCO_KEYPOINTS)
    write_results(results, path, name)
    os.remove(sidecar_path(path))
    after = read_results(path, name, size=(320, 240))
    assert after.info.keypoints == COCO_KEYPOINTS
    assert after.info.provenance == {}
    found = {f.number: len(f.people) for f in after.frames}
    assert {n: c for n, c in found.items() if c} == {3: 2, 4: 2, 7: 2, 9: 2}
    np.testing.assert_allclose(
        after.frames[0].people[1].keypoints,
        results.frames[0].people[1].keypoints, atol=1e-4)


def test_csv_by_hand(tmp_path):
    """Columns and cells."""
    results = make_results(('a', 'b', 'c'))
    write_results(results, str(tmp_path / 'a.csv'))
    with open(tmp_path / 'a.csv', newline='') as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 4 * 2 * 3 + 1
    empty, = (row for row in rows if row['frame'] == '5')
    assert set(empty.values()) == {'5', '0.167666667', ''}
    row = rows[4]
    person = results.frames[0].people[1]
    assert (row['frame'], row['person'], row['track_id'],
            row['keypoint']) == ('3', '1', '4', 'b')
    assert float(row['x']) == pytest.approx(person.keypoints[1, 0])
    assert float(row['bbox_x2']) == 214
    missing, = (r for r in rows if (r['frame'], r['track_id'],
                                    r['keypoint']) == ('4', '0', 'c'))
    assert missing['x'] == missing['y'] == '' and missing['score']


def test_trc_by_hand(tmp_path):
    """Header and rows as OpenSim reads them; y up in meters."""
    results = make_results(('nose', 'hip'))
    write_results(results, str(tmp_path / 'a.trc'), meters_per_pixel=0.01)
    assert not (tmp_path / 'a.trc').exists()
    lines = [line.split('\t') for line in
             (tmp_path / 'a_person04.trc').read_text().splitlines()]
    assert lines[0] == ['PathFileType', '4', '(X/Y/Z)', 'a_person04.trc']
    assert dict(zip(lines[1], lines[2])) == dict(
        DataRate='30', CameraRate='30', NumFrames='5', NumMarkers='2',
        Units='m', OrigDataRate='30', OrigDataStartFrame='4',
        OrigNumFrames='5')
    assert lines[3] == ['Frame#', 'Time', 'nose', '', '', 'hip', '', '']
    assert lines[4] == ['', '', 'X1', 'Y1', 'Z1', 'X2', 'Y2', 'Z2']
    x, y = results.frames[0].people[1].keypoints[1]
    assert lines[5][:2] == ['4', '0.101000']
    np.testing.assert_allclose([float(c) for c in lines[5][5:]],
                               [x / 100, -y / 100, 0], atol=1e-6)
    assert lines[7] == ['6', '0.167667', '', '', '', '', '', '']
    after = read_results(str(tmp_path / 'a.trc'), meters_per_pixel=0.01)
    np.testing.assert_allclose(
        after.frames[3].people[0].keypoints,
        results.frames[3].people[0].keypoints, atol=1e-4)
    with pytest.raises(ValueError, match='is in m.*meters_per_pixel'):
        read_results(str(tmp_path / 'a.trc'))


def test_yolo_by_hand(tmp_path):
    results = make_results(('nose', 'left_hip', 'right_hip'))
    outside = results.frames[0].people[0].keypoints
    outside[0] = 400, 50
    write_results(results, str(tmp_path / 'y'), 'yolo')
    assert sorted(p.name for p in (tmp_path / 'y' / 'labels').iterdir()) == [
        f'{n:06d}.txt' for n in (3, 4, 5, 7, 9)]
    assert (tmp_path / 'y/labels/000005.txt').read_text() == ''
    line = (tmp_path / 'y/labels/000003.txt').read_text().splitlines()[0]
    values = [float(v) for v in line.split()]
    np.testing.assert_allclose(
        values[:5], [0, 110 / 320, 116 / 240, 200 / 320, 208 / 240],
        atol=1e-6)
    assert values[5:8] == [0, 0, 0] and values[10] == values[13] == 2
    np.testing.assert_allclose(
        values[8:10], outside[1] / [320, 240], atol=1e-6)
    text = (tmp_path / 'y' / 'data.yaml').read_text()
    assert 'kpt_shape: [3, 3]' in text and 'flip_idx: [0, 2, 1]' in text


def test_chain_of_all_formats(tmp_path):
    """Through every format in turn, and the provenance arrives."""
    results = make_results()
    chain = [n for n in RESULT_FORMATS if n not in ('trc', 'yolo') and (
        n not in NEEDS or importlib.util.find_spec(NEEDS[n]))]
    for i, name in enumerate(chain):
        path = str(tmp_path / str(i) / PATHS[name])
        write_results(results, path, name)
        results = read_results(path)
    assert results.info.provenance == PROVENANCE
    wanted, found = points_of(make_results()), points_of(results)
    assert set(found) == set(wanted)
    for key, person in wanted.items():
        np.testing.assert_allclose(found[key].keypoints, person.keypoints,
                                   atol=1e-4)


def test_mmpose_demo_layout(tmp_path):
    """The JSON of MMPose's demos names the keypoints."""
    (tmp_path / 'a.json').write_text(json.dumps(dict(
        meta_info=dict(keypoint_id2name={'0': 'a', '1': 'b'}),
        instance_info=[dict(frame_id=2, instances=[dict(
            keypoints=[[1, 2], [3, 4]], keypoint_scores=[.5, .6],
            bbox=[[0, 0, 9, 9]], bbox_score=.7)])])))
    results = read_results(str(tmp_path / 'a.json'))
    assert results.info.keypoints == ('a', 'b')
    person, = results.frames[0].people
    assert person.keypoints.tolist() == [[1, 2], [3, 4]]
    assert person.bbox.tolist() == [0, 0, 9, 9] and person.track_id is None


@pytest.mark.parametrize('name', ['mmpose', 'posetrack', 'coco', 'csv',
                                  'deeplabcut', 'trc', 'yolo'])
def test_time_stamps_as_numbers(name, tmp_path):
    """Frames may be named by nanoseconds; a float has 16 digits."""
    number = 123456789012345677
    results = make_results()
    for i, frame in enumerate(results.frames):
        frame.number, frame.name = number + i, f'{number + i}.jpg'
    path = str(tmp_path / PATHS[name])
    write_results(results, path, name)
    if name not in ('posetrack', 'yolo'):  # others must tell the numbers
        os.remove(sidecar_path(path))
    found = [f.number for f in read_results(
        path, name, **dict(fps=25.) if name == 'trc' else {}).frames
        if f.people]
    assert found == [number + i for i in (0, 1, 3, 4)]


def test_results_stay_as_they_are(tmp_path):
    """Info that is added for one file is not in the next one."""
    results = PoseResults(RunInfo(('nose', )), [FrameResult(0, [])])
    write_results(results, str(tmp_path / 'a.csv'), fps=25., size=(64, 48))
    assert results.info == RunInfo(('nose', ))
    info = read_results(str(tmp_path / 'a.csv')).info
    assert (info.fps, info.size) == (25., (64, 48))
