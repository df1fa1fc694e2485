"""Flow of images that move by a known shift, and TDMI on it."""
import pytest
import torch
import torch.nn.functional as F
from mmpose.registry import MODELS

MEAN = torch.tensor([123.675, 116.28, 103.53]).view(3, 1, 1)
STD = torch.tensor([58.395, 57.12, 57.375]).view(3, 1, 1)


def texture(height=96, width=64):
    coarse = torch.rand(1, 1, height // 8, width // 8)
    return F.interpolate(coarse, (height, width), mode='bicubic')[0] * 255


def moving_clip(shifts):
    """Frames (1, T, 3, H, W) whose content moves right by these pixels."""
    image = texture().expand(3, -1, -1)
    frames, position = [image], 0
    for shift in shifts:
        position += shift
        frames.append(image.roll(position, dims=-1))
    return ((torch.stack(frames) - MEAN) / STD)[None]


def test_dis_finds_a_shift():
    flow = MODELS.build(dict(type='DISFlow'))(moving_clip([2, -3]))
    assert flow.shape == (1, 2, 2, 96, 64)
    inner = flow[0, :, :, 16:-16, 16:-16]
    torch.testing.assert_close(
        inner.median(-1)[0].median(-1)[0],
        torch.tensor([[2., 0.], [-3., 0.]]), atol=0.2, rtol=0)


def test_dis_has_a_shape_without_data():
    """`mmpose-video flops` counts on meta tensors."""
    flow = MODELS.build(dict(type='DISFlow'))(
        torch.empty(2, 3, 3, 24, 32, device='meta'))
    assert flow.is_meta and flow.shape == (2, 2, 2, 24, 32)


def test_raft_runs_on_small_images_with_given_weights(tmp_path):
    from torchvision.models.optical_flow import raft_small
    torch.save(raft_small().state_dict(), tmp_path / 'raft.pth')
    raft = MODELS.build(dict(
        type='RAFTFlow', checkpoint=str(tmp_path / 'raft.pth'),
        num_updates=1)).train()
    frames = moving_clip([1])
    flow = raft(frames)
    assert flow.shape == (1, 1, 2, 96, 64)
    # the network itself on the enlarged images, and its pixels scaled back
    pair = [F.interpolate(f[None] / 127.5 - 1, (192, 128), mode='bilinear')
            for f in (frames[0] * STD + MEAN).clamp(0, 255)]
    with torch.no_grad():
        large = raft.network(*pair, num_flow_updates=1)[-1]
    torch.testing.assert_close(
        flow[0], F.interpolate(large, (96, 64), mode='bilinear') / 2)
    assert not raft.network.training
    assert not any(p.requires_grad for p in raft.parameters())


def test_raft_names_the_file_of_other_weights(tmp_path):
    path = tmp_path / 'raft.pth'
    cfg = dict(type='RAFTFlow', checkpoint=str(path))
    with pytest.raises(FileNotFoundError, match='raft.pth'):
        MODELS.build(cfg)
    for content in ([1], torch.nn.Linear(2, 2).state_dict()):
        torch.save(content, path)
        with pytest.raises(ValueError, match='raft.pth. holds no'):
            MODELS.build(cfg)
    path.write_bytes(b'PK')
    with pytest.raises(ValueError, match='cannot read .*raft.pth'):
        MODELS.build(cfg)


@pytest.mark.parametrize('cfg,message', [
    (dict(type='DISFlow', preset='best'), 'preset.*medium'),
    (dict(type='RAFTFlow', checkpoint='', arch='small'), 'raft_small'),
    (dict(type='RAFTFlow', checkpoint='x', arch='tiny'), 'arch'),
])
def test_bad_arguments(cfg, message):
    with pytest.raises(ValueError, match=message):
        MODELS.build(cfg)


def neck_on_flow(**changes):
    torch.manual_seed(0)
    return MODELS.build(dict(
        type='TDMINeck', in_channels=8, channels=8, num_frames=3,
        offset_groups=2, flow=dict(type='DISFlow'), **changes)).eval()


def test_flow_replaces_the_differences_and_nothing_else():
    neck = neck_on_flow()
    plain = neck_on_flow()
    plain.flow, plain.flow_encoders = None, None
    from mmpose_video.structures import ClipInfo
    feats = tuple(torch.randn(1, 3, 8, 24, 16) for _ in range(4))
    clip = ClipInfo.centered(1, 3)
    frames = moving_clip([2, 2])
    with_flow = ClipInfo(**{**vars(clip), 'frames': frames})
    seen = []
    for stage in neck.motion_stages:
        stage.register_forward_pre_hook(
            lambda module, args: seen.append(args[0]))
    neck.encode(feats, with_flow)
    flow = neck.flow(frames)
    for changes, encoder in zip(seen, neck.flow_encoders):
        assert changes.shape == (1, 2, 8, 24, 16)
        torch.testing.assert_close(changes, encoder(flow, (24, 16)))
    own = {n for n, _ in neck.named_parameters()
           if not n.startswith('flow_encoders')}
    assert own == {n for n, _ in plain.named_parameters()}
    # a still image has no flow
    still = ClipInfo(**{**vars(ClipInfo.centered(1, 1)),
                        'frames': frames[:, :1]})
    seen.clear()
    neck.encode(tuple(x[:, :1] for x in feats), still)
    zero = neck.flow_encoders[0](torch.zeros(1, 2, 2, 96, 64), (24, 16))
    torch.testing.assert_close(seen[0], zero)
