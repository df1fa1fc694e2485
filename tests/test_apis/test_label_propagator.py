"""Sparse labels in, dense labels out."""
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmpose.registry import DATASETS, MODELS

from mmpose_video.apis.label_propagator import LabelPropagator
from mmpose_video.tools.propagate_labels import main

CONFIGS = Path(__file__).parents[2] / 'configs'
CONFIG = str(
    CONFIGS / 'posewarper/posewarper_hrnet-tiny_1xb16-4e_synthetic-96x64.py')


def build():
    cfg = Config.fromfile(CONFIG)
    init_default_scope('mmpose')
    model = MODELS.build(cfg.model)
    model.init_weights()
    return model


def untrained(tmp_path):
    path = tmp_path / 'start.pth'
    torch.save(dict(state_dict=build().state_dict()), path)
    return str(path)


@pytest.fixture
def checkpoint(tmp_path):
    """Weights that move every heatmap by one cell to the right."""
    model = build()
    for warp in model.neck.warps:
        weight = warp.deform_conv.weight.data.zero_()
        dilation = warp.deform_conv.dilation[0]
        # the output is the mean over five dilations; one of them reads the
        # cell to the left, the others nothing
        if dilation == 1:
            weight[:, :, 1, 0].fill_diagonal_(5)
    path = tmp_path / 'warp.pth'
    torch.save(dict(state_dict=model.state_dict()), path)
    return str(path)


def test_labels_move_as_the_network_says(checkpoint, make_video,
                                         make_annotations, tmp_path):
    make_video(range(8))
    sparse = make_annotations(key_frames=(0, 3, 7))
    out = tmp_path / 'dense.json'
    assert main([CONFIG, checkpoint, '--ann-file', str(sparse), '--data-root',
                 str(tmp_path), '--out', str(out), '--workers', '0']) == 0
    dense, given = json.loads(out.read_text()), json.loads(sparse.read_text())
    assert dense['annotations'][:3] == given['annotations']
    files = {image['id']: int(image['file_name'][-10:-4])
             for image in dense['images']}
    added = dense['annotations'][3:]
    assert sorted(files[ann['image_id']] for ann in added) == [1, 2, 4, 5, 6]
    # the box of 20 x 30 times 1.25 becomes 64 x 96 pixels, 16 x 24 cells
    cell = 1.25 * 30 / 24
    for ann in added:
        old = np.reshape(given['annotations'][0]['keypoints'], (-1, 3))
        new = np.reshape(ann['keypoints'], (-1, 3))
        assert (new[:, 2] == old[:, 2]).all()
        seen = old[:, 2] > 0
        np.testing.assert_allclose(
            new[seen, :2] - old[seen, :2],
            np.broadcast_to([cell, 0], (seen.sum(), 2)), atol=0.01)
        assert ann['track_id'] == 0 and ann['propagated_from'] in (0, 1, 2)
    # a training takes them like any labels
    dataset = DATASETS.build(dict(
        type='PoseTrack18ClipDataset', data_root=str(tmp_path),
        ann_file='dense.json', data_prefix=dict(img='')))
    assert len(dataset) == 8
    assert {Path(dataset.get_data_info(i)['img_path']).stem
            for i in range(8)} == {f'{i:06d}' for i in range(8)}


def test_labels_that_do_not_move_are_kept(make_video, make_annotations,
                                          tmp_path):
    make_video(range(2))
    sparse = make_annotations(key_frames=(0, ))
    # without weights nothing is warped
    dense, _ = LabelPropagator(CONFIG, untrained(tmp_path), 'cpu')(
        str(sparse), str(tmp_path))
    old, new = dense['annotations']
    np.testing.assert_allclose(new['keypoints'], old['keypoints'], atol=0.01)
    np.testing.assert_allclose(new['bbox'], old['bbox'], atol=0.02)


def test_unreadable_frames_are_counted(checkpoint, make_video,
                                       make_annotations, tmp_path):
    folder = make_video(range(3))
    (folder / '000001.jpg').write_bytes(b'broken')
    sparse = make_annotations(key_frames=(0, ))
    propagate = LabelPropagator(CONFIG, checkpoint, 'cpu')
    dense, counts = propagate(str(sparse), str(tmp_path))
    assert counts == dict(frames=1, people=1, lost=1)
    assert [i['file_name'][-6:-4] for i in dense['images']] == ['00', '02']


def test_nothing_to_do(checkpoint, make_video, make_annotations, tmp_path,
                       capsys):
    make_video((0, 3, 7))
    sparse = make_annotations(key_frames=(0, 3, 7))
    out = tmp_path / 'dense.json'
    assert main([CONFIG, checkpoint, '--ann-file', str(sparse), '--data-root',
                 str(tmp_path), '--out', str(out)]) == 1
    assert 'no labeled person within 3 frames' in capsys.readouterr().err
    assert not out.exists()


def test_another_method(capsys, tmp_path):
    config = CONFIGS / 'dcpose/dcpose_hrnet-tiny_1xb16-4e_synthetic-96x64.py'
    assert main([str(config), 'no.pth', '--out', str(tmp_path / 'o')]) == 1
    error = capsys.readouterr().err
    assert 'DCPoseNeck, not PoseWarpingNeck' in error


def test_a_config_without_labels_to_train_on(tmp_path, capsys):
    config = Config.fromfile(CONFIG)
    config.pop('train_dataloader')
    path = str(tmp_path / 'config.py')
    config.dump(path)
    assert main([path, untrained(tmp_path), '--out',
                 str(tmp_path / 'dense.json')]) == 1
    assert '--ann-file' in capsys.readouterr().err


def test_faults_of_the_program_keep_their_traceback(tmp_path, monkeypatch):
    def fail(*args, **kwargs):
        raise RuntimeError('expected scalar type Float but found Double')

    monkeypatch.setattr(LabelPropagator, '__call__', fail)
    with pytest.raises(RuntimeError, match='scalar type'):
        main([CONFIG, untrained(tmp_path), '--out', str(tmp_path / 'o')])
