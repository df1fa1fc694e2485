"""Four deformable stages, one after the other."""
import torch
from torchvision.ops import deform_conv2d

from mmpose_video.models.layers import StagewiseAlignment


def test_order_of_the_stages():
    layer = StagewiseAlignment(4, groups=2).eval()
    for parameter in layer.parameters():
        if parameter.dim() > 1:
            torch.nn.init.normal_(parameter, std=0.2)
    support, key = torch.randn(2, 1, 4, 6, 5)

    def sample(number, x, guide):
        stage = layer.stages[number]
        return deform_conv2d(
            x, stage.offset_conv(guide), stage.deform_conv.weight,
            stage.deform_conv.bias, padding=3, dilation=3,
            mask=stage.mask_conv(guide))

    with torch.no_grad():
        u = layer.combine(torch.cat([support, key], 1))
        u1 = sample(0, u, u)
        u2 = sample(1, u1, u1)
        s3 = sample(2, support, u2)
        s4 = sample(3, s3, s3)
        out = layer(support, key)
    assert out.abs().max() > 1e-3
    torch.testing.assert_close(out, s4)
