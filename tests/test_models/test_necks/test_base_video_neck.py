import pytest
import torch

from mmpose_video.models.necks import BaseVideoNeck
from mmpose_video.structures import ClipInfo


class KeyFrame(BaseVideoNeck):
    """Remembers what it was given and returns the key frame."""

    def fuse(self, feats, clip):
        self.clip = clip
        return tuple(f[:, clip.key_index] for f in feats), dict(seen=feats[0])


def test_any_length_where_none_is_set():
    neck = KeyFrame()
    for num_frames in (1, 2, 7):
        feats = torch.randn(2, num_frames, 3, 4, 5)
        out, = neck((feats, ))
        assert torch.equal(out, feats[:, num_frames // 2])


def test_wrong_length_names_the_expected_one():
    with pytest.raises(ValueError, match='KeyFrame takes clips of 3 or 5 fra'
                       'mes, got 4'):
        KeyFrame(clip_lengths=(3, 5))((torch.randn(1, 4, 2, 2, 2), ))


def test_a_single_image_is_a_still_clip():
    neck = KeyFrame(clip_lengths=(3, 5))
    feats = torch.randn(2, 1, 3, 4, 5)
    (out, ), context = neck.encode((feats, ))
    assert torch.equal(out, feats[:, 0])
    assert context['seen'].shape == (2, 3, 3, 4, 5)
    assert neck.clip.num_frames == 3 and neck.clip.key_index == 1
    assert neck.clip.offsets.tolist() == [[0, 0, 0]] * 2


def test_times_are_handed_on():
    neck = KeyFrame()
    clip = ClipInfo.centered(1, 3)
    neck((torch.randn(1, 3, 2, 2, 2), ), clip)
    assert neck.clip is clip
    assert neck.loss({}, []) == {}
