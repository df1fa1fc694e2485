"""The single-frame head inside a neck."""
import pytest
import torch
from mmengine.structures import InstanceData, PixelData
from mmpose.models.heads import HeatmapHead
from mmpose.registry import MODELS
from mmpose.structures import PoseDataSample


def build(**kwargs):
    return MODELS.build(
        dict(type='RoughHead', in_channels=6, out_channels=3, **kwargs))


def test_frozen():
    head = build(deconv_out_channels=(4, ), deconv_kernel_sizes=(4, ))
    before = {k: v.clone() for k, v in head.state_dict().items()}
    head.train()
    assert not head.training and not head.deconv_layers[1].training
    assert not any(p.requires_grad for p in head.parameters())
    head((torch.randn(2, 6, 4, 4), ))
    for key, value in head.state_dict().items():
        torch.testing.assert_close(value, before[key], msg=key)


def test_trained():
    head = build(frozen=False)
    head.train()
    assert head.training
    assert all(p.requires_grad for p in head.parameters())


def test_loads_the_head_of_a_checkpoint(tmp_path):
    source = HeatmapHead(6, 3, deconv_out_channels=None)
    torch.save(
        dict(state_dict={f'head.{k}': v
                         for k, v in source.state_dict().items()}),
        tmp_path / 'single.pth')
    head = build(init_cfg=dict(
        type='Pretrained', checkpoint=str(tmp_path / 'single.pth'),
        prefix='head.'))
    head.init_weights()
    x = (torch.randn(2, 6, 4, 4), )
    torch.testing.assert_close(head(x), source(x))
    assert not any(p.requires_grad for p in head.parameters())


def test_loss_counts_visible_keypoints():
    head = build(loss=dict(type='KeypointMSELoss', use_target_weight=True))
    sample = PoseDataSample()
    sample.gt_fields = PixelData(heatmaps=torch.rand(3, 4, 4))
    weights = torch.tensor([[1., 0., 1.]])
    sample.gt_instance_labels = InstanceData(keypoint_weights=weights)
    heatmaps = torch.rand(1, 3, 4, 4)
    squares = (heatmaps[0] - sample.gt_fields.heatmaps).pow(2)
    expected = (squares[0].mean() + squares[2].mean()) / 3
    loss = head.loss_from_heatmaps(heatmaps, [sample])['loss_rough']
    torch.testing.assert_close(loss, expected)


def test_checkpoint_of_a_video_model_in_place_of_a_single_frame_model(
        tmp_path):
    path = str(tmp_path / 'second_stage.pth')
    torch.save(dict(state_dict={
        'backbone.conv1.weight': torch.zeros(1),
        'neck.rough_head.final_layer.weight': torch.ones(3, 6, 1, 1),
        'neck.rough_head.final_layer.bias': torch.ones(3),
        'neck.warps.0.offset_conv.weight': torch.zeros(1)}), path)
    init = dict(type='Pretrained', checkpoint=path, prefix='head.')
    with pytest.raises(ValueError) as error:
        build(init_cfg=init).init_weights()
    message = str(error.value)
    assert 'no weights under `head.`' in message and path in message
    assert 'it has `backbone.`, `neck.rough_head.`, `neck.warps.`' in message
    assert 'set `neck.rough_head.init_cfg.prefix`' in message
    head = build(init_cfg=dict(init, prefix='neck.rough_head.'))
    head.init_weights()
    assert (head.final_layer.weight == 1).all()
