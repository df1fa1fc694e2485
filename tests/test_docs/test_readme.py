"""The commands of the README run as they stand."""
import json
import re
import subprocess
import sys
from pathlib import Path
from statistics import mean

import cv2
import pytest

from mmpose_video.datasets.synthetic import SyntheticConfig, render_clip
from mmpose_video.weights import WeightsError, get_weights

from .test_commands import commands_of

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / 'README.md').read_text()
#: Fewer clips than the README renders, so that training takes seconds.
FEWER = {'150': '8', '30': '2', '16': '6'}


def run(words, folder):
    """Run a command of the README in a folder."""
    program, *rest = words
    module = {'mim': 'mim', 'mmpose-video': '_mmpose_video_cli'}[program]
    done = subprocess.run(
        [sys.executable, '-m', module, *rest], cwd=folder,
        capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout + done.stderr


def commands(program):
    return [words for words in commands_of(TEXT) if words[0] == program]


@pytest.fixture
def checkout(tmp_path):
    (tmp_path / 'configs').symlink_to(ROOT / 'configs')
    return tmp_path


def test_nothing_is_left_to_fill_in():
    words = [word for words in commands_of(TEXT) for word in words]
    assert len(words) > 20
    assert not [word for word in words if re.fullmatch(r'[A-Z]{3,}', word)]


def test_ten_methods():
    table = TEXT.split('## Methods')[1].split('\n\n')[1]
    rows = table.splitlines()[2:]
    assert 'ten published video methods' in TEXT and len(rows) == 10
    folders = {folder for row in rows
               for folder in re.findall(r'\((configs/\w+)\)', row)}
    # TDMI and TDMI-ST share one
    assert len(folders) == 9
    assert folders == {
        f'configs/{path.name}' for path in (ROOT / 'configs').iterdir()
        if path.is_dir() and path.name[0].isalpha()
        and path.name not in ('single_image', 'movenet')}


def test_pictures_are_small():
    for name in re.findall(r'!\[[^]]+\]\(([^)]+)\)', TEXT):
        assert (ROOT / name).stat().st_size < 1_500_000


@pytest.mark.slow
def test_poses_of_a_video(checkout):
    try:
        for name in ('movenet-thunder', 'movenet-multipose'):
            get_weights(name, offline=True)
    except WeightsError as error:
        pytest.skip(f'needs the weights of MoveNet: {error}')
    frames, _ = render_clip(
        SyntheticConfig(frames=2, width=160, height=120), seed=0)
    writer = cv2.VideoWriter(
        str(checkout / 'video.mp4'), cv2.VideoWriter.fourcc(*'mp4v'), 25,
        (160, 120))
    for frame in frames:
        writer.write(frame)
    writer.release()
    words = commands('mmpose-video')[0]
    assert words == ['mmpose-video', 'infer', 'video.mp4']
    run(words, checkout)
    results = checkout / 'results'
    for name in ('predictions/video.json', 'csv/video.csv',
                 'visualizations/video.mp4'):
        assert (results / name).stat().st_size > 0


@pytest.mark.slow
def test_train_and_test(checkout):
    block, = re.findall(r'```shell\n(mmpose-video render.*?)```', TEXT,
                        re.DOTALL)
    render, train, test, influence = commands_of(f'```shell\n{block}```')
    run([FEWER.get(word, word) for word in render], checkout)
    run(train, checkout)
    assert 'posetrack/AP' in run(test, checkout)
    assert list(checkout.rglob('shown/**/*.png')) or list(
        checkout.rglob('shown/**/*.jpg'))
    assert 'still clip' in run(influence, checkout)


def test_the_table_has_the_published_numbers():
    """Of the small models on the hard split, and their baselines."""
    runs = json.loads((ROOT / 'docs/results/benchmark_small.json').read_text(
        encoding='utf-8'))['runs']
    found = {}
    for run in runs:
        if run['variant'] is None and run['split'] == 'hard':
            found.setdefault(run['method'], []).append(run['AP'])
    rows = re.findall(r'^\| \[([\w-]+)\]\(configs/.*\| ([\d.]+)(?: \((ViT)\))?'
                      r' \|$', TEXT, re.MULTILINE)
    assert len(rows) == 10
    for title, number, backbone in rows:
        name = title.lower().replace('-pose', '').replace('tar-', 'tar')
        values = found[f'{name}-vit-tiny' if backbone else name]
        assert len(values) == (3 if backbone or name == 'dsta' else 4)
        assert number == f'{mean(values):.1f}', title
    assert f'{mean(found["baseline"]):.1f}' in TEXT
    assert f'{mean(found["vit-tiny"]):.1f}' in TEXT
