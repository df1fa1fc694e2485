"""Maps to tokens and back."""
import pytest
import torch

from mmpose_video.models.layers.token_layout import (
    LAYOUTS,
    check_layout,
    maps_to_tokens,
    tokens_to_maps,
)


def test_a_sound_token_is_a_place():
    maps = torch.arange(12.).view(1, 3, 2, 2)  # (N, C, h, w)
    tokens = maps_to_tokens(maps, 'sound')
    for i in range(2):
        for j in range(2):
            assert torch.equal(tokens[0, 2 * i + j], maps[0, :, i, j])


def test_a_published_token_is_a_piece_of_memory():
    maps = torch.arange(12.).view(1, 3, 2, 2)
    assert maps_to_tokens(maps, 'published')[0].tolist() == [
        [0, 1, 2], [3, 4, 5], [6, 7, 8], [9, 10, 11]]


@pytest.mark.parametrize('layout', LAYOUTS)
def test_there_and_back(layout):
    maps = torch.randn(2, 5, 3, 4, 6)
    # not contiguous, as mmpretrain's features are
    maps = maps.transpose(-1, -2).contiguous().transpose(-1, -2)
    tokens = maps_to_tokens(maps, layout)
    assert tokens.shape == (2, 5, 24, 3)
    assert torch.equal(tokens_to_maps(tokens, (4, 6), layout), maps)


def test_other_layouts():
    assert check_layout('sound') == 'sound'
    with pytest.raises(ValueError, match="got 'Sound'"):
        check_layout('Sound')
