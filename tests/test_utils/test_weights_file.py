import pytest
import torch
from torch import nn

from mmpose_video.utils.weights_file import (
    load_weights,
    read_checkpoint,
    read_weights,
)

GOOD = {'weight': torch.ones(2, 3), 'bias': torch.zeros(2)}


@pytest.mark.parametrize('content', [GOOD, dict(state_dict=GOOD, meta={})])
def test_weights_are_taken(tmp_path, content):
    path = str(tmp_path / 'a.pth')
    torch.save(content, path)
    assert set(read_checkpoint(path)) == set(content)
    assert set(read_weights(path)) == {'weight', 'bias'}
    network = nn.Linear(3, 2)
    load_weights(network, path)
    assert torch.equal(network.weight, GOOD['weight'])
    assert torch.equal(network.bias, GOOD['bias'])


@pytest.mark.parametrize('content, message', [
    ([1], 'holds no weights'), ({}, 'holds no weights'),
    ({'state_dict': {'weight': 3}}, 'holds no weights'),
    (dict(GOOD, bias=torch.tensor([0., torch.nan])), 'bias. is not finite'),
    ({'weight': GOOD['weight']}, r'no Linear .* lacks .bias. \(1 such'),
    (dict(GOOD, more=torch.ones(1)), 'has .more.'),
    (dict(GOOD, bias=torch.ones(4)), r'of shape \(4,\), not \(2,\)'),
    (b'', 'empty'), (b'PK\x03\x04 and no more', 'cannot read')])
def test_a_wrong_file_is_named(tmp_path, content, message):
    path = tmp_path / 'a.pth'
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        torch.save(content, path)
    network = nn.Linear(3, 2)
    before = network.weight.clone()
    with pytest.raises(ValueError, match=message) as error:
        load_weights(network, str(path))
    assert str(path) in str(error.value) and '\n' not in str(error.value)
    assert torch.equal(network.weight, before)


def test_no_file(tmp_path):
    with pytest.raises(FileNotFoundError, match='absent.pth'):
        read_weights(str(tmp_path / 'absent.pth'))
