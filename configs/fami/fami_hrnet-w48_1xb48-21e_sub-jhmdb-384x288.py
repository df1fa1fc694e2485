_base_ = [
    '../_base_/datasets/sub-jhmdb_video.py',
    '../_base_/pipelines/clip_384x288.py',
    '../_base_/schedules/adam_21e_fami.py',
    '../_base_/models/fami_hrnet-w48.py',
]

# `mi.mode='published'` would need rough heatmaps of these 15 keypoints, and
# with them the final layer of a single-frame model trained on this set.
model = dict(head=dict(out_channels=15, decoder=_base_.codec))

train_dataloader = dict(
    batch_size=48, dataset=dict(pipeline=_base_.train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=_base_.val_pipeline))
test_dataloader = val_dataloader

default_hooks = dict(checkpoint=dict(save_best='jhmdb/PCK'))
