"""A browser chooses among the models of the command line."""
import pytest

from mmpose_video.app.clips import PLAIN, clip_choices, clip_of_results
from mmpose_video.app.errors import AppError
from mmpose_video.app.menu import Menu


def test_titles_are_short_and_unique():
    menu = Menu([('movenet-thunder', None), ('a/x.py', 'w.pth'),
                 ('b/x.py', 'v/w.pth'), ('a/x.py', None)])
    assert menu.titles() == ['movenet-thunder', 'x (w.pth)', 'x (w.pth) #2',
                             'x (random weights)']
    assert menu.find('x (w.pth) #2').config == 'b/x.py'
    assert menu.find('movenet-thunder').is_movenet
    assert not menu.find('x (w.pth)').is_movenet


@pytest.mark.parametrize('title', ['a/x.py', 'x', '', '../evil.py'])
def test_paths_of_a_browser_are_no_models(title):
    with pytest.raises(AppError, match='no model'):
        Menu([('a/x.py', 'w.pth')]).find(title)


def test_a_menu_has_a_model():
    with pytest.raises(ValueError, match='needs a model'):
        Menu([])


def test_clips_of_the_models_can_be_shown(menu):
    title, = menu.titles()
    clips = clip_choices(menu)
    assert clips[f'that of {title}'] == [-2, -1, 0, 1, 2]
    assert clips['3 frames'] == [-1, 0, 1]


@pytest.mark.parametrize('offsets, clip', [
    ([-4, 0, 2], [-4, 0, 2]), ([2, 0, -4, 2], [-4, 0, 2]),
    ([0], PLAIN['3 frames']), ([1, 2], PLAIN['3 frames']),
    (['a', 0], PLAIN['3 frames']), ([0, 10**9], PLAIN['3 frames']),
    ('000', PLAIN['3 frames']), (None, PLAIN['3 frames'])])
def test_results_tell_their_clip(make_results, offsets, clip):
    results = make_results({0: [(1, 2, 0)]})
    results.info.provenance = dict(model=dict(clip=dict(offsets=offsets)))
    assert clip_of_results(results) == clip


@pytest.mark.parametrize('provenance', [{}, dict(model=3), dict(model={})])
def test_results_need_not_tell_their_clip(make_results, provenance):
    results = make_results({0: [(1, 2, 0)]})
    results.info.provenance = provenance
    assert clip_of_results(results) == [-1, 0, 1]
