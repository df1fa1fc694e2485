"""Labels of a model: how videos are cut and results shown."""
import cv2
import numpy as np
import pseudo_labels
import pytest


@pytest.mark.parametrize('frames, clips, length, starts', [
    (795, 6, 90, [0, 141, 282, 423, 564, 705]), (180, 2, 90, [0, 90]),
    (179, 2, 90, [0]), (5, 6, 90, [0]), (795, 1, 90, [0])])
def test_clips_are_spread_over_the_video(frames, clips, length, starts):
    assert pseudo_labels.clip_starts(frames, clips, length) == starts


@pytest.fixture
def video(tmp_path):
    """Ten frames, each of one grey level."""
    path = tmp_path / 'film.avi'
    writer = cv2.VideoWriter(
        str(path), cv2.VideoWriter_fourcc(*'MJPG'), 10, (32, 16))
    for level in range(10):
        writer.write(np.full((16, 32, 3), 20 * level, np.uint8))
    writer.release()
    return path


def test_clips_hold_their_frames(video, tmp_path):
    made = pseudo_labels.cut(video, tmp_path / 'clips', 3, 2)
    assert [path.name for path in made] == [
        'film-0000', 'film-0004', 'film-0008']
    for path, start in zip(made, (0, 4, 8)):
        files = sorted(path.iterdir())
        assert [file.name for file in files] == ['000000.png', '000001.png']
        for i, file in enumerate(files):
            assert cv2.imread(str(file)).mean() == pytest.approx(
                20 * (start + i), abs=3)


def test_a_short_video_is_one_clip(video, tmp_path):
    path, = pseudo_labels.cut(video, tmp_path / 'clips', 6, 90)
    assert len(list(path.iterdir())) == 10


def test_what_is_no_video(tmp_path):
    (tmp_path / 'text.avi').write_text('no video')
    with pytest.raises(FileNotFoundError, match='text.avi'):
        pseudo_labels.cut(tmp_path / 'text.avi', tmp_path, 6, 90)


def test_table():
    groups = dict.fromkeys(pseudo_labels.GROUPS, 10.)
    text = pseudo_labels.table([
        dict(groups, method='dcpose', seed=0, AP=40., still_AP=38.),
        dict(groups, method='dcpose', seed=1, AP=42., still_AP=39., Hip=20.),
        dict(groups, method='movenet-thunder', seed=None, AP=90.)])
    lines = text.splitlines()
    assert len({line.count('|') for line in lines}) == 1
    assert lines[2].startswith('| dcpose | 2 | 41.0 ± 1.4 | 38.5 ± 0.7 | 10.0')
    assert '| 15.0 |' in lines[2]
    assert lines[3].startswith('| movenet-thunder | - | 90.0 | - | 10.0')


def test_bad_video_is_an_error(tmp_path, capsys):
    assert pseudo_labels.main([
        str(tmp_path / 'gone.mp4'), '--work-dir', str(tmp_path)]) == 2
    assert 'gone.mp4' in capsys.readouterr().err
