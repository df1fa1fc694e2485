from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmpose.registry import MODELS

CONFIG = (Path(__file__).parents[3] / 'configs' / 'single_image' /
          'simcc_repvgg-tiny_1xb16-4e_synthetic-96x64.py')


@pytest.fixture
def model():
    init_default_scope('mmpose')
    model = MODELS.build(Config.fromfile(CONFIG).model)
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(module.weight, 0.5, 2)
            torch.nn.init.normal_(module.bias)
            torch.nn.init.normal_(module.running_mean)
            torch.nn.init.uniform_(module.running_var, 0.5, 2)
    return model


def test_one_convolution_gives_what_three_branches_give(model):
    model.eval()
    clip = torch.randn(2, 1, 3, 96, 64)
    with torch.no_grad():
        before = model.extract_feat(clip)[-1]
        size = sum(p.numel() for p in model.backbone.parameters())
        model.switch_to_deploy()
        after = model.extract_feat(clip)[-1]
    torch.testing.assert_close(after, before, rtol=1e-4, atol=1e-4)
    assert sum(p.numel() for p in model.backbone.parameters()) < 0.95 * size
    assert not any(isinstance(m, torch.nn.BatchNorm2d)
                   for m in model.backbone.modules())
    model.switch_to_deploy()  # once more changes nothing
    with torch.no_grad():
        assert torch.equal(model.extract_feat(clip)[-1], after)


def test_not_while_training(model):
    model.train()
    with pytest.raises(RuntimeError, match='eval'):
        model.switch_to_deploy()


def test_layers_that_take_the_test_config(model):
    class Layer(torch.nn.Module):

        def switch_to_deploy(self, test_cfg):
            self.seen = test_cfg

    model.extra = Layer()
    model.eval()
    model.switch_to_deploy()
    assert model.extra.seen is model.test_cfg
