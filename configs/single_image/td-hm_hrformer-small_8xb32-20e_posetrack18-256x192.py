_base_ = [
    '../_base_/datasets/posetrack18_image.py',
    '../_base_/pipelines/mmpose_256x192.py',
    '../_base_/schedules/adam_20e_mmpose.py',
    '../_base_/models/hrformer-small.py',
]

load_from = (
    'https://download.openmmlab.com/mmpose/top_down/hrformer/'
    'hrformer_small_coco_256x192-5310d898_20220316.pth')

model = dict(head=dict(decoder=_base_.codec))

optim_wrapper = dict(
    optimizer=dict(type='AdamW', betas=(0.9, 0.999), weight_decay=0.01),
    paramwise_cfg=dict(
        custom_keys=dict(relative_position_bias_table=dict(decay_mult=0.))))
auto_scale_lr = dict(base_batch_size=256)

train_dataloader = dict(
    batch_size=32, dataset=dict(pipeline=_base_.train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=_base_.val_pipeline))
test_dataloader = val_dataloader
