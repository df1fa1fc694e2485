# PoseFix on rendered clips. `input_pose` are predictions that PoseTrackAP
# wrote (`dump_dir`), see the README.
_base_ = '../../../configs/single_image/td-hm_hrnet-tiny_1xb16-4e_synthetic-96x64.py'  # noqa: E501

custom_imports = dict(
    imports=['mmpose_video', 'projects.posefix'], allow_failed_imports=False)

input_pose = 'data/input_pose'

label_codec = dict(
    type='OneHotHeatmap',
    input_size=(64, 96),
    heatmap_size=(16, 24))

model = dict(
    type='PoseFixEstimator',
    sigma=2.5,  # package default, not the paper's: 7 there, at 256x192
    backbone=dict(in_channels=3 + 17),
    head=dict(
        _delete_=True,
        type='PoseFixHead',
        in_channels=16,
        in_featuremap_size=(16, 24),
        num_joints=17,
        deconv_out_channels=None,
        decoder=label_codec))

train_pipeline = [
    *(step for step in _base_.train_pipeline
      if step.type not in ('GenerateTarget', 'PackClipInputs')),
    dict(type='SynthesizePose'),
    dict(type='GenerateTarget', encoder=label_codec),
    dict(type='PackPoseFixInputs'),
]
val_pipeline = [
    *(step for step in _base_.val_pipeline if step.type != 'PackClipInputs'),
    dict(type='TakeInputPose'),
    dict(type='PackPoseFixInputs'),
]

train_dataloader = dict(
    dataset=dict(type='PoseFixPoseTrack18Dataset', pipeline=train_pipeline))
val_dataloader = dict(
    dataset=dict(
        type='PoseFixPoseTrack18Dataset',
        input_pose=input_pose,
        pipeline=val_pipeline))
test_dataloader = val_dataloader

# The scores are those of the input pose, already times those of the boxes.
val_evaluator = dict(score_mode='keypoint', bbox_score_thr=0.)
test_evaluator = val_evaluator
