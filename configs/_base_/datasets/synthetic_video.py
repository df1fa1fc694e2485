# Clips that the package renders itself, in PoseTrack18's layout:
#   mmpose-video render data/synthetic/hard
_base_ = './posetrack18_video.py'

data_root = 'data/synthetic/hard/'

train_dataloader = dict(
    batch_size=16, num_workers=1, dataset=dict(data_root=data_root))
val_dataloader = dict(
    batch_size=64, num_workers=1, dataset=dict(data_root=data_root))
test_dataloader = val_dataloader
