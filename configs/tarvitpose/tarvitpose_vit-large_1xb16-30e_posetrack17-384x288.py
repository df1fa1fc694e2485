_base_ = [
    '../_base_/datasets/posetrack17_video.py',
    '../_base_/pipelines/clip_384x288_joint-weights.py',
    '../_base_/schedules/adamw_30e_poseidon.py',
    '../_base_/models/tarvitpose_vit-large.py',
]

model = dict(head=dict(decoder=_base_.codec))

train_dataloader = dict(dataset=dict(pipeline=_base_.train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=_base_.val_pipeline))
test_dataloader = val_dataloader
