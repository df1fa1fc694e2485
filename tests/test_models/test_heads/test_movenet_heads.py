"""MoveNet's heads: losses by hand, the flip test through perfect maps."""
import numpy as np
import pytest
import torch
from mmengine.structures import InstanceData, PixelData
from mmpose.registry import MODELS
from mmpose.structures import PoseDataSample

from mmpose_video.codecs import MoveNetLabel, MoveNetMultiPoseLabel
from mmpose_video.models.heads.movenet_head import MoveNetMaps

K = 4
FLIP = (0, 2, 1, 3)
CODEC = dict(input_size=(64, 48), heatmap_size=(16, 12))


def build(several=False, **kwargs):
    kind = 'MultiPose' if several else ''
    return MODELS.build(dict(
        type=f'MoveNet{kind}Head', in_channels=8, num_keypoints=K,
        decoder=dict(type=f'MoveNet{kind}Label', **CODEC), **kwargs))


def people(*keypoints, visible=None, several=False):
    """A sample with targets."""
    keypoints = np.asarray(keypoints, dtype=float).reshape(-1, K, 2)
    visible = np.ones((len(keypoints), K)) if visible is None else visible
    codec = (MoveNetMultiPoseLabel if several else MoveNetLabel)(**CODEC)
    bbox = np.concatenate([keypoints.min(1) - 2, keypoints.max(1) + 4], 1) if (
        len(keypoints)) else np.zeros((0, 4))
    encoded = codec.encode(keypoints, visible,
                           **(dict(bbox=bbox) if several else {}))
    sample = PoseDataSample(metainfo=dict(flip_indices=list(FLIP)))
    sample.gt_fields = PixelData(
        heatmaps=torch.from_numpy(encoded['heatmaps']),
        center_heatmap=torch.from_numpy(encoded['center_heatmap']))
    sample.gt_instance_labels = InstanceData(**{
        name: torch.from_numpy(encoded[name])
        for name in codec.label_mapping_table})
    return sample


A = [[10., 9.], [31., 22.], [13., 30.], [20., 18.]]
B = [[50., 12.], [42., 33.], [40., 15.], [55., 41.]]


def focal(predicted, target):
    """CenterNet's focal loss, cell by cell."""
    total, positives = 0., 0
    for p, t in zip(predicted.flatten().tolist(), target.flatten().tolist()):
        if t == 1:
            total -= (1 - p)**2 * np.log(p)
            positives += 1
        else:
            total -= (1 - t)**4 * p**2 * np.log(1 - p)
    return total / max(positives, 1)


@pytest.mark.parametrize('radius', [0, 1, 4])
def test_losses_by_loops(radius):
    head = build(radius=radius)
    feats = (torch.randn(2, 8, 12, 16), )
    samples = [people(A), people(B, visible=np.array([[1, 0, 1, 1]]))]
    losses = head.loss(feats, samples)
    maps = head(feats)
    center = torch.stack([s.gt_fields.center_heatmap for s in samples])
    assert losses['loss_center'].item() == pytest.approx(
        focal(maps.center, center), rel=1e-4)
    labeled = torch.ones(2, K, 12, 16, dtype=torch.bool)
    labeled[1, 1] = False
    heatmaps = torch.stack([s.gt_fields.heatmaps for s in samples])
    assert losses['loss_kpt'].item() == pytest.approx(
        focal(maps.heatmaps[labeled], heatmaps[labeled]), rel=1e-4)
    displacements, offsets = [], []
    for i, (points, skipped) in enumerate([(A, None), (B, 1)]):
        used = [p for k, p in enumerate(points) if k != skipped]
        low, high = np.min(used, 0), np.max(used, 0)
        cx, cy = np.floor((low + high) / 2 / 4).astype(int)
        for k, (x, y) in enumerate(points):
            if k == skipped:
                continue
            for v in range(max(0, cy - radius), min(12, cy + radius + 1)):
                for u in range(max(0, cx - radius), min(16, cx + radius + 1)):
                    pair = maps.displacements[i, 2 * k:2 * k + 2, v, u]
                    displacements += [abs(pair[0].item() - (y / 4 - v)),
                                      abs(pair[1].item() - (x / 4 - u))]
            py, px = int(y // 4), int(x // 4)
            for v in range(max(0, py - radius), min(12, py + radius + 1)):
                for u in range(max(0, px - radius), min(16, px + radius + 1)):
                    pair = maps.offsets[i, 2 * k:2 * k + 2, v, u]
                    offsets += [abs(pair[0].item() - (y / 4 - v)),
                                abs(pair[1].item() - (x / 4 - u))]
    assert losses['loss_displacement'].item() == pytest.approx(
        np.mean(displacements), rel=1e-4)
    assert losses['loss_offset'].item() == pytest.approx(
        np.mean(offsets), rel=1e-4)
    sum(losses.values()).backward()
    assert all(p.grad is not None for p in head.parameters())


def test_box_losses_by_hand():
    head = build(several=True)
    feats = (torch.randn(1, 8, 12, 16), )
    losses = head.loss(feats, [people(A, B, several=True)])
    maps = head(feats)
    sizes, offsets = [], []
    for points in (A, B):
        low = (np.min(points, 0) - 2) / 4
        high = (np.max(points, 0) + 4) / 4
        cx, cy = np.floor((low + high) / 2).astype(int)
        size = maps.box_sizes[0, :, cy, cx].tolist()
        sizes += [abs(size[0] - (high - low)[1]),
                  abs(size[1] - (high - low)[0])]
        offset = maps.box_offsets[0, :, cy, cx].tolist()
        middle = (low + high) / 2
        offsets += [abs(offset[0] - (middle[1] - cy)),
                    abs(offset[1] - (middle[0] - cx))]
    assert losses['loss_box_size'].item() == pytest.approx(
        0.1 * np.mean(sizes), rel=1e-4)
    assert losses['loss_box_offset'].item() == pytest.approx(
        np.mean(offsets), rel=1e-4)


def test_an_image_without_people():
    """All cells are background; no gradient is NaN."""
    head = build(several=True)
    feats = (torch.randn(2, 8, 12, 16), )
    losses = head.loss(feats, [people(several=True), people(several=True)])
    assert losses['loss_displacement'] == losses['loss_box_size'] == 0
    total = sum(losses.values())
    total.backward()
    assert torch.isfinite(total)
    assert all(torch.isfinite(p.grad).all() for p in head.parameters())


def test_the_mask_hides_unlabeled_people():
    head = build()
    feats = (torch.randn(1, 8, 12, 16), )
    sample = people(A)
    mask = torch.ones(12, 16)
    mask[:, 12:] = 0
    sample.gt_fields.heatmap_mask = mask[None]
    losses = head.loss(feats, [sample])
    maps = head(feats)
    assert losses['loss_center'].item() == pytest.approx(focal(
        maps.center[..., :12], sample.gt_fields.center_heatmap[..., :12]),
        rel=1e-4)


@pytest.mark.parametrize('several', [False, True])
def test_unflip_of_a_mirrored_pose(several):
    """Maps of the mirrored image become those of the image."""
    points = np.array(A) / 4
    mirrored = np.array([((63 - x) / 4, y / 4)
                         for x, y in np.array(A)[list(FLIP)]])
    head = build(several)

    def maps_of(keypoints):
        center = torch.zeros(1, 1, 12, 16)
        heatmaps = torch.zeros(1, K, 12, 16)
        displacements = torch.zeros(1, 2 * K, 12, 16)
        offsets = torch.zeros(1, 2 * K, 12, 16)
        boxes = torch.zeros(2, 1, 2, 12, 16)
        center[0, 0, 5, 7] = center[0, 0, 5, 8] = 1
        for k, (x, y) in enumerate(keypoints):
            px, py = int(x), int(y)
            heatmaps[0, k, py, px] = 1
            for cx in (7, 8):  # each other's mirror image
                displacements[0, 2 * k:2 * k + 2, 5, cx] = torch.tensor(
                    [py - 5., px - cx])
            offsets[0, 2 * k:2 * k + 2, py, px] = torch.tensor(
                [y - py, x - px])
        boxes[0], boxes[1] = 11., 0.375  # the offset is its own mirror image
        fields = (center, heatmaps, displacements, offsets, *boxes)
        return head.maps_type(*fields[:len(head.maps_type._fields)])

    back = head.unflip(maps_of(mirrored), FLIP)
    direct = maps_of(points)
    assert torch.equal(back.center, direct.center)
    assert torch.equal(back.heatmaps, direct.heatmaps)
    torch.testing.assert_close(
        back.displacements * direct.center, direct.displacements)
    found = head.decode_maps(back)[0]
    np.testing.assert_allclose(found.keypoints[0], A, atol=1e-4)
    if several:
        torch.testing.assert_close(back.box_offsets, direct.box_offsets)


def test_predict_with_the_flip_test():
    head = build().eval()
    feats = (torch.randn(1, 8, 12, 16), )
    sample = people(A)
    with torch.no_grad():
        plain = head.predict(feats, [sample])[0]
        # a mirrored view whose maps, turned back, equal the first one's
        maps = head(feats)
        flipped = head.unflip(maps, FLIP)
        again = head.unflip(flipped, FLIP)
        for a, b in zip(maps, again):
            torch.testing.assert_close(a, b)
        both, fields = head.predict([feats, (feats[0].flip(-1), )], [sample],
                                    dict(flip_test=True,
                                         output_heatmaps=True))
        mean = head.average(maps, head.unflip(
            head((feats[0].flip(-1), )), FLIP))
    expected = head.decode_maps(mean)[0]
    np.testing.assert_array_equal(both[0].keypoints, expected.keypoints)
    assert plain.keypoints.shape == (1, K, 2)
    torch.testing.assert_close(fields[0].heatmaps, mean.heatmaps[0])


def test_maps_are_probabilities():
    maps = build()((torch.randn(2, 8, 12, 16) * 100, ))
    assert isinstance(maps, MoveNetMaps)
    assert maps.center.shape == (2, 1, 12, 16)
    assert maps.displacements.shape == (2, 2 * K, 12, 16)
    for one in (maps.center, maps.heatmaps):
        assert 0 <= one.min() and one.max() <= 1
