import pytest
import torch

from mmpose_video.models.diffusion.time_conditioning import TimeConditioning


@pytest.mark.parametrize('mode', ['scale', 'scale_shift'])
def test_starts_as_the_identity(mode):
    x = torch.randn(2, 3, 4, 4)
    layer = TimeConditioning(3, 8, mode)
    torch.testing.assert_close(layer(x, torch.randn(2, 8)), x)


@pytest.mark.parametrize('mode', ['scale', 'scale_shift', 'concat'])
def test_values(mode):
    torch.manual_seed(0)
    layer = TimeConditioning(3, 8, mode)
    torch.nn.init.normal_(layer.project[1].weight)
    x, embedding = torch.randn(2, 3, 4, 4), torch.randn(2, 8)
    got = layer(x, embedding)
    silu = embedding / (1 + torch.exp(-embedding))
    code = silu @ layer.project[1].weight.T + layer.project[1].bias
    wanted = torch.zeros_like(x)
    for b in range(2):
        for c in range(3):
            if mode == 'concat':
                weight = layer.merge.weight[c, :, 0, 0]
                value = (x[b] * weight[:3, None, None]).sum(0)
                value = value + (code[b] * weight[3:]).sum()
                wanted[b, c] = value + layer.merge.bias[c]
            else:
                wanted[b, c] = x[b, c] * (1 + code[b, c])
                if mode == 'scale_shift':
                    wanted[b, c] += code[b, 3 + c]
    torch.testing.assert_close(got, wanted, rtol=1e-4, atol=1e-5)


def test_bad_mode():
    with pytest.raises(ValueError, match='scale_shift'):
        TimeConditioning(3, 8, 'attention')
