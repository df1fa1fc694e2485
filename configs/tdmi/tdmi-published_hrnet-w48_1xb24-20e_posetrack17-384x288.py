_base_ = [
    '../_base_/datasets/posetrack17_video.py',
    '../_base_/pipelines/clip_384x288_dark.py',
    '../_base_/schedules/adam_20e_tdmi.py',
    '../_base_/models/tdmi-published_hrnet-w48.py',
]

# targets are plain Gaussians; only the decoding is DARK's
model = dict(
    head=dict(
        decoder=dict(_base_.codec, unbiased=True, blur_kernel_size=11)))

dataset = dict(
    clip_sampler=dict(edge_rule='fami'), bbox_clipping='shift')
train_dataloader = dict(
    batch_size=24,
    dataset=dict(dataset, pipeline=_base_.train_pipeline))
val_dataloader = dict(dataset=dict(dataset, pipeline=_base_.val_pipeline))
test_dataloader = val_dataloader
