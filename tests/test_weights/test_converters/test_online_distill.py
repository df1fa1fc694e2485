import pytest
import torch
from mmpose.registry import MODELS

from mmpose_video.tools.convert_checkpoint import main
from mmpose_video.weights.converters import CONVERTERS

HEAD = dict(in_channels=4, out_channels=3, deconv_out_channels=None)


def weights_of(**changes):
    head = MODELS.build(dict(type='OnlineDistillHead', **HEAD, **changes))
    for parameter in head.parameters():
        torch.nn.init.normal_(parameter)
    state = {f'head.{k}': v for k, v in head.state_dict().items()}
    return head, {'backbone.conv1.weight': torch.ones(1), **state}


def test_first_branch_is_the_plain_head():
    head, weights = weights_of()
    kept, notes = CONVERTERS['online-distill']().convert(weights)
    assert kept.pop('backbone.conv1.weight') == 1
    plain = MODELS.build(dict(type='HeatmapHead', **HEAD))
    plain.load_state_dict({k[len('head.'):]: v for k, v in kept.items()})
    feats = (torch.randn(2, 4, 6, 4), )
    assert torch.equal(plain(feats), head(feats))
    assert len(notes) == 2


def test_trunks_and_plain_heads_are_refused(tmp_path, capsys):
    _, weights = weights_of(
        trunk=dict(type='LargeSelectiveKernel', channels=4))
    with pytest.raises(ValueError, match='trunks'):
        CONVERTERS['online-distill']().convert(weights)
    path = tmp_path / 'plain.pth'
    torch.save(dict(state_dict={
        'backbone.a': torch.ones(1), 'head.final_layer.weight':
        torch.ones(1)}), path)
    assert main(['online-distill', str(path), str(tmp_path / 'out.pth')]) == 1
    assert 'nothing in the checkpoint' in capsys.readouterr().err
