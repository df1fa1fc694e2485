import pytest
import torch
from mmpose.models.backbones import HRNet
from torch import nn

from mmpose_video.models.backbones import HRNetLite

EXTRA = dict(
    stage1=dict(num_modules=1, num_branches=1, block='BOTTLENECK',
                num_blocks=(1, ), num_channels=(8, )),
    stage2=dict(num_modules=1, num_branches=2, block='BASIC',
                num_blocks=(1, 1), num_channels=(8, 16)),
    stage3=dict(num_modules=2, num_branches=3, block='BASIC',
                num_blocks=(1, 1, 1), num_channels=(8, 16, 32)),
    stage4=dict(num_modules=1, num_branches=4, block='BASIC',
                num_blocks=(1, 1, 1, 1), num_channels=(8, 16, 32, 64)))
IMAGE = torch.linspace(-1, 1, 2 * 3 * 64 * 64).reshape(2, 3, 64, 64)


def evaluated(model):
    model.eval()  # HRNet's returns None
    return model


def three(**kwargs):
    extra = {k: EXTRA[k] for k in ('stage1', 'stage2', 'stage3')}
    return HRNetLite(extra, num_stages=3, **kwargs)


def test_four_stages_are_hrnet():
    reference, lite = evaluated(HRNet(EXTRA)), evaluated(HRNetLite(EXTRA))
    lite.load_state_dict(reference.state_dict())
    assert torch.equal(lite(IMAGE)[0], reference(IMAGE)[0])


def test_names_with_three_stages_are_among_hrnets():
    names = three().state_dict()
    reference = HRNet(EXTRA).state_dict()
    assert names.keys() < reference.keys()
    assert all(names[k].shape == reference[k].shape for k in names)
    assert not any('stage4' in k or 'transition3' in k for k in names)


def test_three_stages_by_hrnets_own_layers():
    """With the branches of stage 3 fused to branch 0 alone."""
    lite = evaluated(three())
    reference = evaluated(HRNet(EXTRA))
    lite.load_state_dict({
        k: v for k, v in reference.state_dict().items()
        if k in lite.state_dict()
    })
    seen = []
    reference.stage3.register_forward_hook(
        lambda module, args, out: seen.append(out[0].clone()))
    reference(IMAGE)
    outputs = lite(IMAGE)
    assert len(outputs) == 1
    torch.testing.assert_close(outputs[0], seen[0])


def test_all_branches_of_the_third_stage():
    extra = {**EXTRA, 'stage3': {**EXTRA['stage3'],
                                 'multiscale_output': True}}
    outputs = HRNetLite(extra, num_stages=3)(IMAGE)
    assert [out.shape[1:] for out in outputs] == [
        (8, 16, 16), (16, 8, 8), (32, 4, 4)]


def test_published_sizes():
    def width(num):
        return [num * 2**i for i in range(4)]

    extra = dict(
        stage1=dict(num_modules=1, num_branches=1, block='BOTTLENECK',
                    num_blocks=(4, ), num_channels=(64, )),
        stage2=dict(num_modules=1, num_branches=2, block='BASIC',
                    num_blocks=(4, 4), num_channels=width(32)[:2]),
        stage3=dict(num_modules=4, num_branches=3, block='BASIC',
                    num_blocks=(4, 4, 4), num_channels=width(32)[:3],
                    multiscale_output=True))
    count = sum(p.numel() for p in HRNetLite(
        extra, num_stages=3).parameters())
    assert round(count / 1e6, 2) == 7.83


@pytest.mark.parametrize('stages, channels', [(1, 32), (2, 8)])
def test_fewer_stages(stages, channels):
    outputs = HRNetLite(EXTRA, num_stages=stages)(IMAGE)
    assert outputs[0].shape == (2, channels, 16, 16)
    if stages == 1:
        torch.testing.assert_close(outputs[0].min(), torch.tensor(0.))


def test_activations_are_swapped():
    model = three(act_cfg=dict(type='HardMish'))
    assert not any(isinstance(m, nn.ReLU) for m in model.modules())
    assert model.state_dict().keys() == three().state_dict().keys()


def test_refinement_and_low_mixers():
    unit = [dict(type='GatedAttentionUnit', dims=dims, query_dims=8)
            for dims in (16, 32)]
    plain = evaluated(three())
    model = evaluated(three(
        refine=[dict(type='LargeSelectiveKernel', channels=8)],
        low_mixers=unit))
    missing = model.load_state_dict(plain.state_dict(), strict=False)[0]
    assert {name.split('.')[0] for name in missing} == {
        'refine', 'low_mixers'}
    # both start as the identity
    torch.testing.assert_close(model(IMAGE)[0], plain(IMAGE)[0])
    for mixer in model.low_mixers:
        nn.init.normal_(mixer.to_out.weight)
        changed = model(IMAGE)[0]
        assert not torch.allclose(changed, plain(IMAGE)[0])
        nn.init.zeros_(mixer.to_out.weight)


def test_frozen_stages_can_be_trained():
    model = three(frozen_stages=3)
    model.train()
    assert not any(p.requires_grad for p in model.stage3.parameters())


@pytest.mark.parametrize('wrong', [
    dict(num_stages=5), dict(num_stages=2, low_mixers=[{}, {}]),
    dict(num_stages=3, low_mixers=[{}])])
def test_options_that_do_not_fit(wrong):
    with pytest.raises(ValueError, match='stages'):
        HRNetLite(EXTRA, **wrong)
