# FAMI-Pose over the small HRNet, for tests and rendered clips on a laptop.
# Trained from random weights as a whole.
_base_ = './hrnet-tiny.py'

model = dict(
    neck=dict(
        type='FAMINeck',
        in_channels=16,
        num_frames=5,
        design='code',
        offset_groups=4,
        # Package default, not the public code's: a few hundred iterations do
        # not wake its alignment up.
        unit_modulation=True,
        mi=dict(
            mode='bounds',
            # package defaults, not the paper's
            loss_weight=1e-4,
            warmup_iters=200)),
    head=dict(final_layer=dict(kernel_size=3, padding=1)))
