# Rendered clips in batches for one GPU. `benchmarks/accuracy.py --size medium`
# renders more of them and names their folder.
_base_ = './synthetic_video.py'

train_dataloader = dict(batch_size=32, num_workers=8)
val_dataloader = dict(batch_size=64, num_workers=8)
test_dataloader = val_dataloader
