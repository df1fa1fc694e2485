"""Files are opened by the programs that they are for."""
import json

import cv2
import numpy as np
import pytest
from xtcocotools.coco import COCO

from mmpose_video.formats.keypoints import COCO_KEYPOINTS
from mmpose_video.formats.results import write_results

from .test_round_trips import make_results, points_of


@pytest.fixture
def results():
    return make_results(COCO_KEYPOINTS)


def test_coco(results, tmp_path):
    """Loaded by COCO's own tools, with areas from the keypoints."""
    write_results(results, str(tmp_path / 'a.json'), 'coco')
    truth = COCO()
    truth.dataset = dict(
        images=[dict(id=f.number) for f in results.frames], annotations=[],
        categories=[dict(id=1, name='person')])
    truth.createIndex()
    loaded = truth.loadRes(str(tmp_path / 'a.json'))
    assert len(loaded.anns) == 8
    first = loaded.loadAnns(loaded.getAnnIds(imgIds=[3]))[1]
    person = results.frames[0].people[1]
    known = np.isfinite(person.keypoints).all(-1)
    np.testing.assert_allclose(
        np.reshape(first['keypoints'], (17, 3))[known, :2],
        person.keypoints[known])
    assert first['score'] == pytest.approx(
        person.bbox_score * person.scores[known].mean())


def test_deeplabcut_by_pandas(results, tmp_path):
    """As DeepLabCut reads it: a table with four header rows."""
    pandas = pytest.importorskip('pandas')
    write_results(results, str(tmp_path / 'a.csv'), 'deeplabcut')
    table = pandas.read_csv(tmp_path / 'a.csv', header=[0, 1, 2, 3],
                            index_col=0)
    assert table.columns.names == ['scorer', 'individuals', 'bodyparts',
                                   'coords']
    assert table.index.tolist() == [3, 4, 5, 7, 9]
    person = points_of(results)[7, 4]
    row = table.loc[7]['mmpose_video']['track4']
    for k, name in enumerate(COCO_KEYPOINTS):
        np.testing.assert_allclose(
            row[name][['x', 'y']], person.keypoints[k], rtol=1e-8)
        assert row[name]['likelihood'] == pytest.approx(person.scores[k])
    assert table.loc[5].isna().all()


def test_csv_by_pandas(results, tmp_path):
    pandas = pytest.importorskip('pandas')
    write_results(results, str(tmp_path / 'a.csv'))
    table = pandas.read_csv(tmp_path / 'a.csv')
    nose = table[(table.keypoint == 'nose') & (table.track_id == 4)]
    assert nose.frame.tolist() == [3, 4, 7, 9]
    np.testing.assert_allclose(
        nose[['x', 'y']], [points_of(results)[n, 4].keypoints[0]
                           for n in (3, 4, 7, 9)], rtol=1e-8)


def test_trc(results, tmp_path):
    """By a reader of the biomechanics field."""
    trc = pytest.importorskip(
        'trc', reason='trc-data-reader is not installed')
    write_results(results, str(tmp_path / 'a.trc'))
    data = trc.TRCData()
    data.load(str(tmp_path / 'a_person04.trc'))
    assert data['Units'] == 'px' and data['DataRate'] == 30
    assert data['Markers'] == list(COCO_KEYPOINTS)
    assert data['NumFrames'] == 5
    time, markers = data[8]  # Frame# counts from one
    assert time == pytest.approx(7 / 30 + 0.001, abs=1e-6)
    np.testing.assert_allclose(
        markers[0][:2], points_of(results)[7, 4].keypoints[0], atol=1e-4)


def test_sleap(results, tmp_path):
    sio = pytest.importorskip('sleap_io', reason='the extra `formats`')
    write_results(results, str(tmp_path / 'a.slp'))
    labels = sio.load_slp(str(tmp_path / 'a.slp'), open_videos=False)
    assert labels.skeletons[0].node_names == list(COCO_KEYPOINTS)
    assert labels.skeletons[0].edge_inds == [(0, 1), (1, 0)]
    assert [t.name for t in labels.tracks] == ['track0', 'track4']
    frame, = (f for f in labels if f.frame_idx == 7)
    person = points_of(results)[7, 4]
    np.testing.assert_allclose(frame.instances[1].numpy(), person.keypoints)
    np.testing.assert_allclose(frame.instances[1].points['score'],
                               person.scores)
    made = json.loads(labels.provenance['mmpose_video'])
    assert made['provenance'] == results.info.provenance


def test_yolo_by_sleap_io(results, tmp_path):
    """Its reader of Ultralytics' layout finds the same keypoints."""
    sio = pytest.importorskip('sleap_io', reason='the extra `formats`')
    write_results(results, str(tmp_path / 'a'), 'yolo')
    (tmp_path / 'a' / 'images').mkdir()
    for file in (tmp_path / 'a' / 'labels').iterdir():
        cv2.imwrite(str(tmp_path / 'a/images' / f'{file.stem}.png'),
                    np.zeros((240, 320, 3), np.uint8))
    labels = sio.load_ultralytics(str(tmp_path / 'a'), split='train')
    found = np.sort([i.numpy()[0] for f in labels for i in f.instances], 0)
    wanted = np.sort([p.keypoints[0] for f in results.frames
                      for p in f.people], 0)
    np.testing.assert_allclose(found, wanted, atol=1e-3)


def test_nwb(results, tmp_path):
    """By NWB's own library, valid by its schema."""
    pynwb = pytest.importorskip('pynwb', reason='the extra `formats`')
    path = str(tmp_path / 'a.nwb')
    write_results(results, path)
    assert not pynwb.validate(path=path)
    with pynwb.NWBHDF5IO(path, 'r') as source:
        track = source.read().processing['behavior']['track4']
        assert list(track.skeleton.nodes[:]) == list(COCO_KEYPOINTS)
        series = track['nose']
        np.testing.assert_allclose(series.timestamps[:], results.times())
        person = points_of(results)[7, 4]
        np.testing.assert_allclose(series.data[3], person.keypoints[0])
        assert series.confidence[3] == pytest.approx(person.scores[0])
        assert np.isnan(series.data[2]).all()
