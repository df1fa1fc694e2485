"""Results of this package in other tools' files, imported as labels."""
import importlib.util
import json

import numpy as np
import pytest

from mmpose_video.formats.results import (
    FrameResult,
    PersonResult,
    PoseResults,
    RunInfo,
    write_results,
)
from mmpose_video.tools.import_labels import main

from . import label_tools as tools
from .test_own_labels import check

NEEDS_SLEAP = pytest.mark.skipif(
    importlib.util.find_spec('sleap_io') is None,
    reason='sleap_io (the extra `formats`) is not installed')


def results(video, points, animals=2):
    """The truth of a video as results of this package."""
    places = [tools.NAMES.index(name) for link in tools.LINKS
              for name in link]
    frames = [
        FrameResult(number, [
            PersonResult(points[video, number, a], np.ones(5), track_id=a)
            for a in range(animals)
        ], name=f'{video}_{number:05d}.png')
        for number in tools.LABELED[video]]
    return PoseResults(
        RunInfo(tools.NAMES, video, tuple(zip(places[::2], places[1::2])),
                10., (tools.WIDTH, tools.HEIGHT)), frames)


@pytest.mark.parametrize('name, suffix', [
    ('deeplabcut', '.csv'), pytest.param('slp', '.slp', marks=NEEDS_SLEAP)])
def test_results_become_labels(name, suffix, tmp_path, capsys):
    """Of two videos, over their files; SLEAP's are predictions, told so."""
    points = tools.truth(2)
    tools.write_videos(tmp_path / 'videos')
    files = []
    for video in tools.LABELED:
        files.append(str(tmp_path / (video + suffix)))
        write_results(results(video, points), files[-1], name)
    out = tmp_path / 'out'
    assert main([*files, str(out), '--videos', str(tmp_path / 'videos'),
                 '--val', 'cage_b']) == 0
    check(out, points)
    said = 'predictions are taken for labels' in capsys.readouterr().out
    assert said == (name == 'slp')


def test_yolo_labels_that_we_wrote(tmp_path):
    """The folder of `convert-results --to yolo`, with images beside it."""
    points = {k: v for k, v in tools.truth(2).items() if k[0] == 'cage_a'}
    write_results(results('cage_a', points), str(tmp_path / 'y'), 'yolo')
    tools.write_images(tmp_path / 'y/images', '{video}_{number:05d}.png')
    out = tmp_path / 'out'
    assert main([str(tmp_path / 'y'), str(out)]) == 0
    content = json.loads((out / 'annotations/train.json').read_text())
    assert [image['file_name'] for image in content['images']] == [
        'images/cage_a/000001.png', 'images/cage_a/000004.png']
    wanted = [points['cage_a', n, a] for n in (1, 4) for a in (0, 1)]
    for person, table in zip(content['annotations'], wanted, strict=True):
        got = np.reshape(person['keypoints'], (5, 3))
        known = np.isfinite(table).all(1)
        np.testing.assert_allclose(got[known, :2], table[known], atol=1e-3)
        assert (got[~known] == 0).all()


@NEEDS_SLEAP
def test_predictions_beside_labels_are_left_out(tmp_path, capsys):
    import sleap_io as sio
    points = tools.truth()
    tools.write_videos(tmp_path / 'videos')
    tools.sleap(tmp_path / 'a.slp', points, tmp_path)
    labels = sio.load_slp(str(tmp_path / 'a.slp'), open_videos=False)
    frame = labels[0]
    frame.instances.append(sio.PredictedInstance.from_numpy(
        np.zeros((5, 2)), skeleton=labels.skeletons[0],
        point_scores=np.ones(5), score=1.))
    sio.save_slp(labels, str(tmp_path / 'b.slp'), verbose=False)
    out = tmp_path / 'out'
    assert main([str(tmp_path / 'b.slp'), str(out), '--videos',
                 str(tmp_path / 'videos'), '--val', 'cage_b']) == 0
    assert 'prediction beside labels' in capsys.readouterr().out
    check(out, points)


@NEEDS_SLEAP
def test_images_inside_of_the_labels(tmp_path):
    """A package file of SLEAP's, on a machine without the videos."""
    import sleap_io as sio
    points = tools.truth()
    tools.write_videos(tmp_path / 'videos')
    tools.sleap(tmp_path / 'a.slp', points, tmp_path / 'videos')
    (tmp_path / 'there').mkdir()
    sio.load_slp(str(tmp_path / 'a.slp')).save(
        str(tmp_path / 'there/a.pkg.slp'), embed='user', verbose=False)
    out = tmp_path / 'out'
    assert main([str(tmp_path / 'there/a.pkg.slp'), str(out), '--val',
                 'cage_b']) == 0
    check(out, points)
