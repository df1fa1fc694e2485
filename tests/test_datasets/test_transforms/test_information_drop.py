import numpy as np
import pytest

from mmpose_video.datasets.transforms import InformationDrop


def clip(frames=3, height=192, width=144, value=200):
    return dict(
        img=[np.full((height, width, 3), value, np.uint8)
             for _ in range(frames)],
        frame_offsets=np.arange(frames) - frames // 2,
        key_index=frames // 2,
        transformed_keypoints=np.array([[[40., 60.], [100., 150.]]]),
        keypoints_visible=np.array([[1., 0.]]))


def hidden(results, i=0):
    return (results['img'][i] == 0).all(-1)


def test_cutout_is_an_ellipse_of_the_drawn_radii(monkeypatch):
    drawn = iter([np.float64(0.), np.array([0.5, 0.5]), np.array([.25, 0.])])
    monkeypatch.setattr(np.random, 'rand', lambda *args: next(drawn))
    mask = hidden(InformationDrop('cutout')(clip()))
    area = np.pi * (0.2 * 1.25 * 144) * (0.2 * 144)
    assert mask.sum() == pytest.approx(area, rel=0.01)
    rows, columns = np.nonzero(mask)
    assert rows.mean() == pytest.approx(96, abs=0.6)
    assert columns.mean() == pytest.approx(72, abs=0.6)


def test_hide_and_seek_hides_half():
    np.random.seed(0)
    drop = InformationDrop('has', sizes=(16, 32))
    shares = [hidden(drop(clip(1))).mean() for _ in range(200)]
    assert np.mean(shares) == pytest.approx(0.5, abs=0.02)


def test_hide_and_seek_hides_whole_cells():
    np.random.seed(0)
    mask = hidden(InformationDrop('has', sizes=(16, ))(clip(1)))
    cells = mask.reshape(12, 16, 9, 16).transpose(0, 2, 1, 3)
    assert np.isin(cells.mean((2, 3)), [0, 1]).all()


def test_size_zero_hides_nothing():
    assert not hidden(InformationDrop('has', sizes=(0, ))(clip())).any()


def test_every_size_is_drawn():
    np.random.seed(0)
    sizes = (0, 16, 32, 44, 56)
    drop, seen = InformationDrop('has', sizes=sizes), set()
    for _ in range(300):
        mask = hidden(drop(clip(1, 224, 224)))
        edges = np.flatnonzero((mask[:, 1:] != mask[:, :-1]).any(0)) + 1
        seen |= {size for size in sizes[1:]
                 if len(edges) and not (edges % size).any()}
    assert seen == set(sizes[1:])


def test_grid_hides_the_share_of_its_squares():
    np.random.seed(0)
    drop = InformationDrop('grid', sizes=(0, 16), grid_ratio=0.5)
    assert hidden(drop(clip(1))).mean() == 0.25


def test_joint_cutout_covers_a_labeled_keypoint_alone():
    np.random.seed(0)
    drop = InformationDrop('joint_cutout')
    for _ in range(20):
        mask = hidden(drop(clip()))
        assert mask[60, 40] and not mask[150, 100]
        assert 25 <= mask.sum() <= 81  # sides of 2 * [2.25, 4.5] pixels


def test_joint_cutout_without_labels():
    results = clip()
    results['keypoints_visible'][:] = 0
    assert not hidden(InformationDrop('joint_cutout')(results)).any()


def test_all_frames_lose_the_same_region():
    np.random.seed(0)
    results = InformationDrop('has', sizes=(16, ))(clip())
    assert hidden(results).any()
    for i in (1, 2):
        assert (hidden(results, i) == hidden(results)).all()


def test_key_frame_alone():
    np.random.seed(0)
    results = InformationDrop('cutout', frames='key')(clip())
    assert [hidden(results, i).any() for i in range(3)] == [
        False, True, False]


def test_key_frame_at_the_start_of_a_video():
    """The first frame stands in for its neighbor, at a distance of 0."""
    np.random.seed(0)
    given = clip()
    given['frame_offsets'] = np.array([0, 0, 1])
    results = InformationDrop('cutout', frames='key')(given)
    assert [hidden(results, i).any() for i in range(3)] == [
        False, True, False]


def test_inputs_and_labels_stay():
    np.random.seed(0)
    given = clip()
    frames, points = given['img'], given['transformed_keypoints'].copy()
    InformationDrop('cutout')(given)
    assert all((frame == 200).all() for frame in frames)
    assert (given['transformed_keypoints'] == points).all()


def test_probability():
    np.random.seed(0)
    given = clip()
    assert InformationDrop(prob=0.)(dict(given))['img'] is given['img']
    drop = InformationDrop(prob=0.3)
    count = sum(hidden(drop(clip(1))).any() for _ in range(400))
    assert 90 < count < 150


def test_one_image():
    np.random.seed(0)
    results = clip()
    results['img'] = results['img'][0]
    out = InformationDrop('cutout')(results)['img']
    assert out.shape == (192, 144, 3) and (out == 0).any()


@pytest.mark.parametrize('wrong', [
    dict(method='cutmix'), dict(frames='first'), dict(prob=1.5)])
def test_wrong_options(wrong):
    with pytest.raises(ValueError, match='must'):
        InformationDrop(**wrong)
