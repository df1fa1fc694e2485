"""`mmpose-video convert-results` from every format to every other."""
import os

import numpy as np
import pytest

from mmpose_video.formats.results import (
    RESULT_FORMATS,
    read_results,
    write_results,
)
from mmpose_video.formats.results.pose_results import sidecar_path
from mmpose_video.tools import convert_results

from .test_round_trips import (
    FORMATS,
    PATHS,
    PROVENANCE,
    make_results,
    points_of,
)

#: What each format cannot hold.
WITHOUT_SCORES = {'trc', 'yolo'}
WITHOUT_BOXES = {'deeplabcut', 'trc', 'slp', 'nwb'}


@pytest.fixture(scope='module', params=FORMATS)
def source(request, tmp_path_factory):
    """A file of each format, and the format's name."""
    name = request.param
    path = str(tmp_path_factory.mktemp(name) / PATHS[name])
    write_results(make_results(), path, name)
    return path, name


@pytest.mark.parametrize('target', FORMATS)
def test_pair(source, target, tmp_path, capsys):
    """Positions, identities, frames, times and provenance arrive."""
    path, name = source
    out = str(tmp_path / PATHS[target])
    assert convert_results.main(
        [path, out, '--from', name, '--to', target]) == 0
    assert '5 frames, 8 people, 2 tracks' in capsys.readouterr().out
    results, wanted = read_results(out, target), make_results()
    assert results.info.provenance == PROVENANCE
    assert results.info.video == 'clip'
    assert [f.number for f in results.frames] == [3, 4, 5, 7, 9]
    assert [f.name for f in results.frames] == [
        f.name for f in wanted.frames]
    np.testing.assert_allclose(results.times(), wanted.times(), atol=1e-6)
    found, wanted = points_of(results), points_of(wanted)
    assert set(found) == set(wanted)
    for key, person in wanted.items():
        np.testing.assert_allclose(found[key].keypoints, person.keypoints,
                                   atol=1e-4)
        known = np.isfinite(person.keypoints).all(-1)
        pair = {name, target}
        if not pair & (WITHOUT_SCORES | {'posetrack'}):
            np.testing.assert_allclose(
                found[key].scores[known], person.scores[known], atol=1e-6)
        if not pair & WITHOUT_BOXES:
            np.testing.assert_allclose(found[key].bbox, person.bbox,
                                       atol=1e-3)


@pytest.mark.parametrize('target', FORMATS)
@pytest.mark.parametrize('name', [
    name for name, kind in RESULT_FORMATS.items() if not kind.embeds_info])
def test_pair_of_another_tools_file(name, target, tmp_path, capsys):
    """Without the second file: what the format holds, by the names."""
    bare = str(tmp_path / 'bare' / PATHS[name])
    write_results(make_results(), bare, name)
    os.remove(sidecar_path(bare))
    out = str(tmp_path / PATHS[target])
    status = convert_results.main(
        [bare, out, '--from', name, '--to', target, '--fps', '30',
         '--image-size', '320x240'])
    text = capsys.readouterr()
    if name == 'yolo' and target in ('deeplabcut', 'trc', 'nwb'):
        assert status == 1 and 'not all of them with a track id' in text.err
        return
    if target == 'posetrack' and name in ('mmpose', 'coco'):
        # their files name no keypoints, and 17 are taken for COCO's
        assert status == 1 and "PoseTrack's layout needs" in text.err
        return
    assert status == 0, text.err
    results, wanted = read_results(out, target), make_results()
    assert sum(len(f.people) for f in results.frames) == 8
    by_frame = {f.number: f for f in wanted.frames}
    for frame in results.frames:
        for ours, theirs in zip(frame.people, by_frame[frame.number].people):
            np.testing.assert_allclose(ours.keypoints, theirs.keypoints,
                                       atol=1e-4)
