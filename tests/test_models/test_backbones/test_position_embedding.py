"""Vision Transformers that start from weights of another input size."""
import pytest
import torch
import torch.nn.functional as F
from mmpose.registry import MODELS

from mmpose_video.models.backbones.position_embedding import token_grid

pytest.importorskip('mmpretrain')


def build(img_size, checkpoint=None, **kwargs):
    init_cfg = checkpoint and dict(
        type='Pretrained', checkpoint=str(checkpoint), prefix='backbone.')
    return MODELS.build(
        dict(
            type='TopdownVideoPoseEstimator',
            backbone=dict(
                type='mmpretrain.VisionTransformer',
                arch=dict(
                    embed_dims=8, num_layers=1, num_heads=2,
                    feedforward_channels=16),
                img_size=img_size,
                patch_size=8,
                out_type='featmap',
                init_cfg=init_cfg,
                **{'with_cls_token': False, **kwargs}),
            head=dict(
                type='HeatmapHead', in_channels=8, out_channels=3,
                deconv_out_channels=None, deconv_kernel_sizes=None)))


def resized(embedding, source, size):
    grid = embedding.reshape(1, *source, -1).permute(0, 3, 1, 2)
    return F.interpolate(
        grid, size, mode='bicubic', align_corners=False).flatten(2).mT


@pytest.mark.parametrize('size, tokens', [
    ((64, 48), (8, 6)), ((192, 144), (24, 18)), ((96, 96), (12, 12)),
    ((64, 96), (8, 12))])
def test_other_sizes_are_interpolated(tmp_path, size, tokens):
    torch.manual_seed(0)
    start = build((128, 96))
    torch.nn.init.normal_(start.backbone.pos_embed)
    path = tmp_path / 'start.pth'
    torch.save(dict(state_dict=start.state_dict()), path)
    model = build(size, path)
    model.init_weights()
    wanted = resized(start.backbone.pos_embed, (16, 12), tokens)
    torch.testing.assert_close(model.backbone.pos_embed, wanted)
    torch.testing.assert_close(model.backbone.patch_embed.projection.weight,
                               start.backbone.patch_embed.projection.weight)
    # as well by `load_from`, which loads the whole estimator
    model = build(size)
    model.load_state_dict(start.state_dict())
    torch.testing.assert_close(model.backbone.pos_embed, wanted)
    assert model.extract_feat(torch.rand(1, 1, 3, *size))[-1].shape == (
        1, 8, *tokens)


def test_the_same_size_stays():
    start, model = build((128, 96)), build((128, 96))
    torch.nn.init.normal_(start.backbone.pos_embed)
    model.load_state_dict(start.state_dict())
    assert torch.equal(model.backbone.pos_embed, start.backbone.pos_embed)


@pytest.mark.parametrize('with_cls_token', [True, False])
def test_square_weights_with_a_class_token(with_cls_token):
    start = build((112, 112), with_cls_token=True)
    model = build((128, 96), with_cls_token=with_cls_token)
    embedding = torch.nn.init.normal_(start.backbone.pos_embed)
    model.load_state_dict(start.state_dict(), strict=with_cls_token)
    wanted = resized(embedding[:, 1:], (14, 14), (16, 12))
    if with_cls_token:
        wanted = torch.cat([embedding[:, :1], wanted], 1)
    torch.testing.assert_close(model.backbone.pos_embed, wanted)


def test_tokens_without_a_grid_are_an_error():
    weights = {'backbone.pos_embed': torch.zeros(1, 59, 8)}
    with pytest.raises(ValueError, match='59 tokens.*model has 192.*img_siz'):
        build((128, 96)).load_state_dict(weights, strict=False)


@pytest.mark.parametrize('num, grid', [
    (192, (16, 12)), (432, (24, 18)), (300, (20, 15)), (144, (12, 12)),
    (196, (14, 14)), (197, None), (1, (1, 1)), (0, None)])
def test_grids(num, grid):
    assert token_grid(num) == grid
