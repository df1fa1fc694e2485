"""A dataset and a config that train in seconds."""
import json
import textwrap

import cv2
import numpy as np
import pytest

CONFIG = """
_base_ = 'mmpose::_base_/default_runtime.py'
custom_imports = dict(imports=['mmpose_video'], allow_failed_imports=False)
codec = dict(
    type='MSRAHeatmap', input_size=(32, 32), heatmap_size=(8, 8), sigma=1)
model = dict(
    type='TopdownPoseEstimator',
    data_preprocessor=dict(type='PoseDataPreprocessor', mean=[0.] * 3,
                           std=[255.] * 3),
    backbone=dict(type='ResNet', depth=18, base_channels=8, num_stages=1,
                  stem_channels=8, out_indices=(0, ), strides=(1, ),
                  dilations=(1, )),
    head=dict(type='HeatmapHead', in_channels=8, out_channels=17,
              deconv_out_channels=None,
              loss=dict(type='KeypointMSELoss', use_target_weight=True),
              decoder=codec))
pipeline = [
    dict(type='LoadImage'),
    dict(type='GetBBoxCenterScale'),
    dict(type='TopdownAffine', input_size=(32, 32)),
    dict(type='GenerateTarget', encoder=codec),
    dict(type='PackPoseInputs')
]
dataset_type = 'CocoDataset'
data_mode = 'topdown'
train_dataloader = dict(
    batch_size=2, num_workers=0, persistent_workers=False,
    sampler=dict(type='DefaultSampler', shuffle=True),
    dataset=dict(type='CocoDataset', data_root='{root}',
                 ann_file='people.json', data_mode='topdown',
                 pipeline=pipeline))
val_dataloader = dict(
    batch_size=2, num_workers=0, persistent_workers=False,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(type='CocoDataset', data_root='{root}',
                 ann_file='people.json', data_mode='topdown', test_mode=True,
                 pipeline=pipeline))
test_dataloader = val_dataloader
val_evaluator = dict(type='PCKAccuracy', thr=0.5)
test_evaluator = val_evaluator
train_cfg = dict(by_epoch=True, max_epochs=1, val_interval=1)
val_cfg = dict()
test_cfg = dict()
optim_wrapper = dict(optimizer=dict(type='AdamW', lr=1e-3))
param_scheduler = [dict(type='MultiStepLR', milestones=[1], by_epoch=True)]
custom_hooks = [dict(type='EMAHook')]
default_hooks = dict(
    checkpoint=dict(interval=1, save_best='PCK', rule='greater'))
work_dir = '{root}/work'
visualizer = dict(vis_backends=[dict(type='LocalVisBackend')],
                  type='PoseLocalVisualizer', name='visualizer')
"""


@pytest.fixture(scope='session')
def tiny(tmp_path_factory):
    """Folder with four images, their annotation and ``tiny.py``."""
    root = tmp_path_factory.mktemp('tiny')
    rng = np.random.default_rng(0)
    images, people = [], []
    for index in range(4):
        name = f'{index}.png'
        cv2.imwrite(str(root / name),
                    rng.integers(0, 255, (48, 48, 3), dtype=np.uint8))
        images.append(dict(id=index, file_name=name, height=48, width=48))
        points = rng.uniform(8, 40, (17, 2)).round(1)
        people.append(
            dict(
                id=index,
                image_id=index,
                category_id=1,
                bbox=[4, 4, 40, 40],
                area=1600,
                iscrowd=0,
                num_keypoints=17,
                keypoints=np.c_[points, np.full(17, 2)].ravel().tolist()))
    (root / 'people.json').write_text(
        json.dumps(
            dict(
                info={},
                images=images,
                annotations=people,
                categories=[dict(id=1, name='person')])))
    text = textwrap.dedent(CONFIG).replace('{root}', str(root))
    (root / 'tiny.py').write_text(text)
    return root
