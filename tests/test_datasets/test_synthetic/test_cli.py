import ast
import sys
from pathlib import Path

import pytest

from mmpose_video.datasets import synthetic
from mmpose_video.datasets.synthetic.cli import build_parser, main

SMALL = ['--size', '96x64', '--videos', '1', '--val-videos', '1', '--frames',
         '3', '--people', '1']


def test_run_twice(tmp_path, capsys):
    out = str(tmp_path / 'data')
    assert main([out, *SMALL, '--seed', '3', '--no-detections']) == 0
    text = capsys.readouterr()
    assert '6 frames' in text.out
    assert '2/2' in text.err  # the progress bar's end
    assert not list(tmp_path.rglob('*detections*'))
    assert main([out, *SMALL, '--seed', '3', '--no-detections']) == 0
    assert 'complete already' in capsys.readouterr().out
    assert main([out, *SMALL, '--seed', '4']) == 1
    assert '--overwrite' in capsys.readouterr().err
    assert main([out, *SMALL, '--seed', '4', '--overwrite', '--quiet']) == 0
    assert capsys.readouterr().err == ''


@pytest.mark.parametrize('args, message', [
    (['--size', '640'], '"x"'),
    (['--people', 'two'], '"-"'),
    (['--difficulty', 'medium'], 'invalid choice'),
])
def test_bad_arguments(args, message, capsys, tmp_path):
    with pytest.raises(SystemExit):
        main([str(tmp_path), *args])
    assert message in capsys.readouterr().err


def test_bad_value_is_one_line(capsys, tmp_path):
    assert main([str(tmp_path / 'x'), '--frames', '0']) == 1
    assert capsys.readouterr().err.startswith('error: frames must')


def test_every_option_has_its_default_in_the_config():
    args = build_parser().parse_args(['out'])
    config = synthetic.SyntheticConfig()
    assert args.size == (config.width, config.height)
    assert (args.videos, args.val_videos) == (config.train_videos,
                                              config.val_videos)
    for name in ('frames', 'people', 'fps', 'difficulty', 'labeled_every',
                 'max_hidden', 'seed'):
        assert getattr(args, name) == getattr(config, name)


def test_modules_need_no_models():
    """Beside NumPy and OpenCV, only files, keypoints and progress."""
    allowed = set(sys.stdlib_module_names) | {'numpy', 'cv2'}
    ours = {'mmpose_video.formats.drafts', 'mmpose_video.formats.keypoints',
            'mmpose_video.formats.json_file', 'mmpose_video.utils'}
    modules = list(Path(synthetic.__file__).parent.glob('*.py'))
    assert len(modules) > 10
    for path in modules:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                assert node.level <= 1, path
                names = [] if node.level else [node.module]
            else:
                continue
            for name in names:
                assert (name in ours
                        or name.split('.')[0] in allowed), (path, name)
