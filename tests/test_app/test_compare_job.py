"""Two uploaded results on an uploaded video."""
import cv2
import numpy as np
import pytest

from mmpose_video.app.clip_view import draw_clip, links_of, read_frames
from mmpose_video.app.clips import OF_RESULTS
from mmpose_video.app.compare_job import CompareJob
from mmpose_video.app.errors import AppError
from mmpose_video.app.plots import plot_difference
from mmpose_video.formats.results import write_results

NUM_FRAMES = 9


@pytest.fixture
def uploads(tmp_path, make_results):
    """Two results of the rendered video, apart in frame 6."""

    def write(last=NUM_FRAMES):
        paths = []
        for name, shift in (('a', 0), ('b', 5)):
            results = make_results({
                i: [(60 + shift * (i == 6), 60, 0)] for i in range(last)})
            paths.append(str(tmp_path / f'{name}.json'))
            write_results(results, paths[-1], 'mmpose')
        return paths

    return write


@pytest.fixture
def job(menu):
    return CompareJob(menu)


def test_it_finds_the_frame_and_shows_the_clip(job, rendered, uploads):
    compared = job.run(str(rendered), uploads(), OF_RESULTS)
    assert compared.comparison.worst(1) == [6]
    assert compared.offsets == [-1, 0, 1]
    assert compared.joints(6) == [('nose', 5.), ('left_wrist', 5.),
                                  ('right_wrist', 5.)]
    axes, = plot_difference(compared.comparison, [6]).axes
    np.testing.assert_allclose(axes.lines[0].get_xydata(), [
        [i, 25. * (i == 6)] for i in range(9)])
    np.testing.assert_allclose(axes.lines[1].get_xydata(), [[6, 25]])
    assert 'mean difference 2.8 %' in compared.summary()
    picture = compared.view(6)
    # two rows of three frames, 160 x 120 with borders of 4
    assert picture.shape == (2 * 128, 3 * 168, 3)
    assert picture.dtype == np.uint8


def test_the_clip_of_a_model(job, rendered, uploads, menu):
    compared = job.run(str(rendered), uploads(),
                       f'that of {menu.titles()[0]}')
    assert compared.view(4).shape[1] == 5 * 168


@pytest.mark.parametrize('clip', ['', '11 frames', '[0]'])
def test_clips_are_those_of_the_list(job, rendered, uploads, clip):
    with pytest.raises(AppError, match='no clip'):
        job.run(str(rendered), uploads(), clip)


def test_results_beyond_the_end_are_refused(job, rendered, uploads):
    with pytest.raises(AppError, match='a.json has a frame 11, and two '
                       'people.avi ends before'):
        job.run(str(rendered), uploads(12), OF_RESULTS)


def test_no_video(job, uploads):
    files = uploads()
    with pytest.raises(AppError, match='a.json is no video'):
        job.run(files[0], files, OF_RESULTS)


def test_frames_are_those_of_the_video(rendered):
    images, scale = read_frames(str(rendered), [-1, 3, 8, 9])
    assert sorted(images) == [3, 8] and scale == 1
    capture = cv2.VideoCapture(str(rendered))
    frames = [capture.read()[1] for _ in range(NUM_FRAMES)]
    for number, image in images.items():
        np.testing.assert_array_equal(image, frames[number])


def test_poses_are_drawn_at_their_pixels(make_results):
    """On a frame of half the size; the nearest frame stands in."""
    images = {0: np.zeros((40, 60, 3), np.uint8)}
    results = make_results({0: [(20, 41, 0)]}, names=('nose', ))
    picture = draw_clip(images, 0.5, 0, [-1, 0], [results, results])
    assert picture.shape == (2 * 48, 2 * 68, 3)
    key = picture[4:44, 72:132]
    key[:16] = 0  # the number of the frame
    rows, columns = np.nonzero(key.max(-1) > 128)
    # pixel centers: (20 + 0.5) / 2 - 0.5, (41 + 0.5) / 2 - 0.5
    np.testing.assert_allclose([columns.mean(), rows.mean()], [9.75, 20.25],
                               atol=0.5)
    # orange above, blue below
    assert tuple(picture[4 + 20, 72 + 10]) == (230, 159, 0)
    assert tuple(picture[48 + 4 + 20, 72 + 10]) == (0, 114, 178)
    # the border of a frame that stands in is gray
    assert tuple(picture[0, 0]) == (128, 128, 128)


def test_a_frame_that_is_not_there(make_results):
    with pytest.raises(AppError, match='no frame 3'):
        draw_clip({0: np.zeros((9, 9, 3), np.uint8)}, 1., 3, [0],
                  [make_results({3: [(0, 0, 0)]})])


def test_limbs_of_coco_where_a_file_tells_none(make_results):
    results = make_results(
        {}, names=('left_wrist', 'nose', 'left_elbow', 'left_shoulder'))
    assert {tuple(sorted(link)) for link in links_of(results)} == {
        (0, 2), (2, 3)}
    results.info.links = ((0, 1), )
    assert links_of(results) == ((0, 1), )
