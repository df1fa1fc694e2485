import pytest
import torch
from torch import nn

from mmpose_video.models.necks.glsmamba.clip_conv import DepthwiseClipConv


@pytest.mark.parametrize('num_frames', [1, 2, 5])
@pytest.mark.parametrize('kernel', [(1, 3), (3, 3), (5, 1)])
def test_equals_conv3d_with_gradients(kernel, num_frames):
    conv = DepthwiseClipConv(4, kernel[1], kernel[0]).double()
    reference = nn.Conv3d(
        4, 4, (kernel[0], kernel[1], kernel[1]), padding='same',
        groups=4).double()
    reference.load_state_dict(conv.state_dict())
    x = torch.randn(2, num_frames, 5, 6, 4, dtype=torch.float64)
    upstream = torch.randn_like(x)
    results = []
    for module, order in ((conv, (0, 1, 2, 3, 4)),
                          (reference, (0, 4, 1, 2, 3))):
        inputs = x.clone().requires_grad_()
        back = sorted(range(5), key=order.__getitem__)
        out = module(inputs.permute(order)).permute(back)
        out.backward(upstream)
        results.append((out, inputs.grad, module.weight.grad,
                        module.bias.grad))
    for got, expected in zip(*results):
        torch.testing.assert_close(got, expected)


def test_even_sizes_are_refused():
    with pytest.raises(ValueError, match='odd, got 2 and 3'):
        DepthwiseClipConv(4, 3, 2)
