# Fine-tuning of MoveNet Thunder on PoseTrack18's keypoints.
_base_ = [
    '../_base_/datasets/posetrack18_image.py',
    '../_base_/pipelines/movenet_256x256.py',
    '../_base_/schedules/adam_50e_movenet.py',
    '../_base_/models/movenet-thunder.py',
]

model = dict(head=dict(decoder=_base_.codec))

train_dataloader = dict(
    batch_size=24, dataset=dict(pipeline=_base_.train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=_base_.val_pipeline))
test_dataloader = val_dataloader
