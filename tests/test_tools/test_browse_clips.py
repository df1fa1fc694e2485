import json
import runpy
import sys

import cv2
import numpy as np
import pytest
from PIL import Image

from mmpose_video.tools.browse_clips import browse, main

CONFIG = """
custom_imports = dict(imports=['mmpose_video'])
default_scope = 'mmpose'
visualizer = dict(type='PoseLocalVisualizer', name='browse',
                  vis_backends=[dict(type='LocalVisBackend')])
codec = dict(type='MSRAHeatmap', input_size=(48, 64), heatmap_size=(12, 16),
             sigma=1)
train_dataloader = dict(dataset=dict(
    type='PoseTrack18ClipDataset', data_root='{root}', ann_file='all.json',
    data_prefix=dict(img=''),
    clip_sampler=dict(type='FixedOffsets', offsets=(-2, -1, 0, 1)),
    pipeline=[dict(type='LoadClip'), dict(type='GetBBoxCenterScale'),
              dict(type='TopdownClipAffine', input_size=(48, 64)),
              dict(type='GenerateTarget', encoder=codec),
              dict(type='PackClipInputs')]))
"""


@pytest.fixture(scope='module')
def config(tmp_path_factory):
    """Three gray frames of 100 x 80 and a person in frame 1."""
    root = tmp_path_factory.mktemp('clips')
    (root / 'v').mkdir()
    for number in range(3):
        cv2.imwrite(str(root / 'v' / f'{number:06d}.jpg'),
                    np.full((80, 100, 3), 60 + 40 * number, np.uint8))
    keypoints = np.zeros((17, 3))
    keypoints[0] = 50, 40, 1
    (root / 'all.json').write_text(json.dumps(dict(
        images=[dict(id=1, frame_id=1, vid_id='1', width=100, height=80,
                     file_name='v/000001.jpg')],
        annotations=[dict(id=i, image_id=1, category_id=1, track_id=i,
                          bbox=[30, 20, 40, 40], iscrowd=0,
                          num_keypoints=1,
                          keypoints=keypoints.ravel().tolist())
                     for i in range(2)],
        categories=[dict(id=1, name='person')])))
    path = root / 'config.py'
    path.write_text(CONFIG.format(root=root))
    return str(path)


def is_red(pixel):
    blue, green, red = (int(value) for value in pixel)
    return red > 150 and blue < 100 and green < 100


@pytest.mark.parametrize('mode, width', [('original', 200),
                                         ('transformed', 120)])
def test_strip(config, tmp_path, mode, width):
    paths = browse([config, '--out-dir', str(tmp_path), '--mode', mode,
                  '--height', '160'])
    assert [path.split('/')[-1] for path in paths] == [
        '00000_v_000001.jpg', '00001_v_000001.jpg']
    strip = cv2.imread(paths[0])
    assert strip.shape == (160, 4 * width, 3)
    # offset -2 does not exist: frame 0 stands in; then frames 0, 1, 2
    middle = strip[145, width // 2::width, 0].astype(int)
    np.testing.assert_allclose(middle, [60, 60, 100, 140], atol=12)
    # the keypoint lies in the middle of box and frame, on the key frame only
    assert [is_red(strip[80, n * width + width // 2]) for n in range(4)] == [
        False, False, True, False]


def test_moving_picture(config, tmp_path):
    path, = browse([config, '--out-dir', str(tmp_path), '--format', 'gif',
                  '--max-clips', '1', '--fps', '5'])
    with Image.open(path) as image:
        assert image.n_frames in (3, 4)  # equal frames may be joined
        assert image.size == (192, 256)
        assert image.info['duration'] in (200, 400)


@pytest.mark.parametrize('mode, shape', [('original', (80, 100, 3)),
                                         ('transformed', (128, 48, 3))])
def test_stock_script(config, tmp_path, monkeypatch, mode, shape):
    """MMPose's own browse_dataset, on the key frame (and its target)."""
    from pathlib import Path

    import mmpose
    script = Path(mmpose.__path__[0]) / '.mim/tools/misc/browse_dataset.py'
    if not script.is_file():
        pytest.skip('this mmpose was installed without its tools')
    monkeypatch.setattr(sys, 'argv', [
        str(script), config, '--output-dir', str(tmp_path), '--not-show',
        '--mode', mode])
    runpy.run_path(str(script), run_name='__main__')
    pictures = sorted(tmp_path.glob('*.jpg'))
    assert len(pictures) == 2
    assert cv2.imread(str(pictures[0])).shape == shape


def test_a_phase_without_a_loader_is_named(config, tmp_path, capsys):
    assert main([config, '--out-dir', str(tmp_path), '--phase', 'test']) == 1
    assert 'has no test_dataloader' in capsys.readouterr().err
