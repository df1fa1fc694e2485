_base_ = [
    '../_base_/datasets/posetrack18_image.py',
    '../_base_/pipelines/mmpose_256x192.py',
    '../_base_/schedules/adam_20e_mmpose.py',
    '../_base_/models/litehrnet-18.py',
]

load_from = (
    'https://download.openmmlab.com/mmpose/top_down/litehrnet/'
    'litehrnet18_coco_256x192-6bace359_20211230.pth')

model = dict(head=dict(decoder=_base_.codec))

# as MMPose trains it: small models are augmented less
train_pipeline = [
    dict(step, rotate_factor=60., scale_factor=(0.75, 1.25))
    if step.type == 'RandomBBoxTransform' else step
    for step in _base_.train_pipeline
]

train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=_base_.val_pipeline))
test_dataloader = val_dataloader
