# GLSMamba over HRNet-W32 for rendered clips on one GPU. The maps have 1/4
# resolution already. Width and blocks are package defaults, not the paper's,
# which has four global and two local blocks over a ViT.
_base_ = './hrnet-w32_from-scratch.py'

model = dict(
    neck=dict(
        type='GLSMambaNeck',
        in_channels=32,
        channels=64,
        num_frames=5,
        num_global=2,
        num_local=1,
        upsample_channels=(),
        window=(8, 6)),
    head=dict(in_channels=64))
