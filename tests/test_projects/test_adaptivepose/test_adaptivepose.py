"""AdaptivePose: targets, two hops, losses, decoding and configs."""
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmengine.structures import InstanceData, PixelData
from mmpose.models.losses import OKSLoss
from mmpose.registry import MODELS
from mmpose.structures import PoseDataSample
from torchvision.ops import deform_conv2d

from mmpose_video.tools.get_flops import without_pretrained
from projects.adaptivepose import AdaptivePoseHead, AdaptivePoseLabel
from projects.adaptivepose.part_perception import AdaptedConv, warp

PROJECT = Path(__file__).parents[3] / 'projects' / 'adaptivepose'
CONFIGS = sorted((PROJECT / 'configs').glob('*.py'))
CODEC = dict(
    type='AdaptivePoseLabel', input_size=(128, 96), heatmap_size=(32, 24))
OKS = dict(type='OKSLoss', metainfo='configs/_base_/datasets/coco.py')


@pytest.fixture
def codec():
    return AdaptivePoseLabel((128, 96), (32, 24))


@pytest.fixture
def head():
    init_default_scope('mmpose')
    head = AdaptivePoseHead(
        8, 17, OKS, CODEC, feat_channels=16, part_channels=8)
    head.init_weights()
    return head


@pytest.fixture
def people(rng):
    """Three people: near the left, near the right, and half outside."""
    points = rng.uniform(0, 36, (3, 17, 2)) + [[[4, 20]], [[84, 20]],
                                               [[110, 70]]]
    visible = np.ones((3, 17))
    visible[0, 3:6] = 0
    return points, visible


def sample(codec, points, visible, area=None):
    encoded = codec.encode(points, visible, area)
    data = PoseDataSample(metainfo=dict(
        input_size=(128, 96), input_center=np.array([64., 48.]),
        input_scale=np.array([128., 96.]), flip_indices=list(range(17))))
    data.gt_fields = PixelData(
        heatmaps=torch.from_numpy(encoded['heatmaps']))
    data.gt_instance_labels = InstanceData(**{
        key: torch.from_numpy(encoded[key])
        for key in ('keypoint_labels', 'keypoint_weights', 'centers',
                    'areas')})
    data.gt_instances = InstanceData()
    return data


def test_centers_and_weights(codec, people):
    points, visible = people
    encoded = codec.encode(points, visible, np.array([400., 900., 100.]))
    for i in range(3):
        inside = ((points[i] >= 0) & (points[i] < (128, 96))).all(axis=1)
        used = inside & (visible[i] > 0)
        np.testing.assert_array_equal(encoded['keypoint_weights'][i], used)
        np.testing.assert_array_equal(
            encoded['centers'][i], (points[i][used].mean(axis=0) // 4))
        x, y = encoded['centers'][i]
        assert encoded['heatmaps'][-1, y, x] == 1
        for j in np.flatnonzero(used):
            x, y = (points[i, j] // 4).astype(int)
            assert encoded['heatmaps'][j, y, x] == 1
    assert not (encoded['heatmaps'] == 1)[3].sum() > 2  # unlabeled in one
    np.testing.assert_allclose(encoded['areas'], [25, 56.25, 6.25])


def test_width_of_a_center(codec):
    # a box of 20 x 16 cells; a corner that moves by r leaves an overlap
    # of at least 0.7 in each of the three ways
    points = np.zeros((1, 17, 2))
    points[0, :, 0] = np.linspace(8, 88, 17)
    points[0, :, 1] = np.linspace(8, 72, 17)
    heatmap = codec.encode(points)['heatmaps'][-1]
    x, y = (points[0].mean(axis=0) // 4).astype(int)
    row = heatmap[y]
    radius = int((row > 0).sum() - 1) // 2

    def overlap(r):
        both = (20 - r) * (16 - r)
        return min(both / (2 * 320 - both),
                   (20 - 2 * r) * (16 - 2 * r) / 320,
                   320 / ((20 + 2 * r) * (16 + 2 * r)))

    assert overlap(radius) >= 0.7 > overlap(radius + 1)
    sigma = (2 * radius + 1) / 6
    assert row[x + 1] == pytest.approx(np.exp(-1 / (2 * sigma**2)))


def test_decoding_inverts_encoding(codec, people):
    points, visible = people
    encoded = codec.encode(points, visible)
    offsets = torch.zeros(34, 24, 32)
    for i, (x, y) in enumerate(encoded['centers']):
        offsets[:, y, x] = torch.from_numpy(
            encoded['keypoint_labels'][i] - (x, y)).flatten()
    found, (scores, _) = codec.decode(
        torch.from_numpy(encoded['heatmaps'][-1:]), offsets)
    best = sorted(found[:3].tolist(), key=lambda p: p[0][0])
    np.testing.assert_allclose(
        best, sorted(points.tolist(), key=lambda p: p[0][0]), rtol=1e-5)
    assert (scores[:3] == 1).all()


def test_people_without_a_joint_inside_are_left_out(codec):
    encoded = codec.encode(np.full((2, 17, 2), -5.), np.ones((2, 17)))
    assert encoded['centers'].shape == (0, 2)
    assert encoded['keypoint_labels'].shape == (0, 17, 2)
    assert not encoded['heatmaps'].any()


def test_warp_by_whole_cells_is_indexing():
    features = torch.randn(1, 3, 5, 6, dtype=torch.float64)
    offsets = torch.zeros(1, 2, 5, 6, dtype=torch.float64)
    offsets[:, 0], offsets[:, 1] = 2, -1
    found = warp(features, offsets)
    for y in range(5):
        for x in range(6):
            torch.testing.assert_close(
                found[0, :, y, x],
                features[0, :, max(y - 1, 0), min(x + 2, 5)])
    offsets[:, 0], offsets[:, 1] = 0.25, 0.
    torch.testing.assert_close(
        warp(features, offsets)[..., :5],
        0.75 * features[..., :5] + 0.25 * features[..., 1:])
    assert torch.autograd.gradcheck(
        lambda f, o: warp(f, o),
        (features[:, :1, :3, :3].clone().requires_grad_(),
         (torch.rand(1, 2, 3, 3, dtype=torch.float64) * 0.8 + 0.1
          ).requires_grad_()))


def test_adapted_convolution_is_dcn_v2(rng):
    """Values and gradients are those of torchvision's operator."""
    conv = AdaptedConv(4, 4, 3, padding=1).double()
    for parameter in conv.parameters():
        parameter.data = torch.from_numpy(
            rng.normal(0, 0.5, parameter.shape))
    x = torch.from_numpy(rng.normal(size=(2, 4, 7, 9))).requires_grad_()
    offset, mask = conv.conv_offset(x).split([18, 9], dim=1)
    wanted = deform_conv2d(
        x, offset, conv.weight, conv.bias, padding=1, mask=mask.sigmoid())
    inputs = [x, *conv.parameters()]
    upstream = torch.from_numpy(rng.normal(size=wanted.shape))
    gradients = torch.autograd.grad(wanted, inputs, upstream)
    out = conv(x)
    torch.testing.assert_close(out, wanted)
    torch.testing.assert_close(
        torch.autograd.grad(out, inputs, upstream), gradients)


def test_without_hops_all_joints_lie_on_the_cell(head):
    for part in head.parts:
        torch.nn.init.zeros_(part.second_hop.weight)
        torch.nn.init.zeros_(part.second_hop.bias)
    center, offsets = head((torch.randn(2, 8, 24, 32), ))
    assert center.shape == (2, 1, 24, 32)
    assert offsets.shape == (2, 34, 24, 32) and not offsets.any()


def test_joints_come_in_the_datasets_order(head):
    # the second hop of each part tells the part's keypoints by number
    for part, joints in zip(head.parts, (
            (0, 1, 2, 3, 4), (5, 6), (7, 9), (8, 10), (11, 12), (13, 15),
            (14, 16))):
        torch.nn.init.zeros_(part.second_hop.weight)
        part.second_hop.bias.data = torch.tensor(
            [value for j in joints for value in (j, -j)]).float()
    head.first_hop.bias.data[:] = 0.5
    _, offsets = head((torch.randn(1, 8, 24, 32), ))
    expected = torch.arange(17.)
    torch.testing.assert_close(offsets[0, ::2, 5, 5], expected + 0.5)
    torch.testing.assert_close(offsets[0, 1::2, 5, 5], 0.5 - expected)
    with pytest.raises(ValueError, match='each of the 14 keypoints once'):
        AdaptivePoseHead(8, 14, OKS, CODEC)


@pytest.mark.parametrize('bones', [None, ((5, 7), (7, 9))])
def test_losses_against_plain_formulas(codec, people, bones, rng):
    init_default_scope('mmpose')
    head = AdaptivePoseHead(
        8, 17, OKS, CODEC, feat_channels=16, part_channels=8, bones=bones)
    points, visible = people
    samples = [sample(codec, points, visible, np.array([800., 900., 700.])),
               sample(codec, points[1:], visible[1:])]
    feats = (torch.randn(2, 8, 24, 32), )
    losses = head.loss(feats, samples)
    _, offsets = head(feats)
    joint, number, bone, bones_seen, oks = 0., 0, 0., 0, []
    sigmas = OKSLoss(OKS['metainfo']).sigmas.numpy()
    for i, data in enumerate(samples):
        labels = data.gt_instance_labels
        for p in range(len(labels.centers)):
            x, y = labels.centers[p].tolist()
            found = offsets[i, :, y, x].detach().numpy().reshape(17, 2) + (
                x, y)
            true = labels.keypoint_labels[p].numpy()
            seen = labels.keypoint_weights[p].numpy() > 0
            joint += np.abs(found - true)[seen].sum()
            number += 2 * seen.sum()
            d2 = ((found - true)**2).sum(axis=1)
            ks = np.exp(-d2 / (2 * labels.areas[p].item() *
                               (2 * sigmas)**2))
            oks.append(1 - ks[seen].mean())
            for a, b in bones or ():
                if seen[a] and seen[b]:
                    bone += np.abs(
                        found[a] - found[b] - true[a] + true[b]).sum()
                    bones_seen += 2
    expected = joint / number
    if bones:
        expected = (expected + bone / bones_seen) / 2
    assert losses['loss_offset'].item() == pytest.approx(expected, rel=1e-4)
    assert losses['loss_oks'].item() == pytest.approx(
        5 * np.mean(oks), rel=1e-4)


def test_only_cells_of_centers_learn_joints(codec, people, head):
    data = sample(codec, people[0][:1], people[1][:1])
    _, offsets = head((torch.randn(1, 8, 24, 32), ))
    offsets.retain_grad()
    sum(head._joint_losses(offsets, [data]).values()).backward()
    cells = offsets.grad[0].abs().sum(dim=0).nonzero().tolist()
    x, y = data.gt_instance_labels.centers[0].tolist()
    assert cells == [[y, x]]
    # unlabeled keypoints learn nothing
    assert not offsets.grad[0, 6:12].any()


def test_images_without_people_train_the_centers(codec, head):
    data = sample(codec, np.zeros((0, 17, 2)), np.zeros((0, 17)))
    losses = head.loss((torch.randn(1, 8, 24, 32), ), [data])
    assert losses['loss_oks'] == 0 and losses['loss_center'] > 0
    sum(losses.values()).backward()
    assert torch.isfinite(head.center[-1].weight.grad).all()


def test_another_number_of_keypoints_is_refused(codec, head):
    data = sample(codec, np.full((1, 14, 2), 50.), np.ones((1, 14)))
    with pytest.raises(ValueError, match='has 14 keypoints, the head 17'):
        head.loss((torch.randn(1, 8, 24, 32), ), [data])


def test_flip_averages_the_centers_alone(codec, head):
    data = PoseDataSample(metainfo=dict(flip_indices=list(range(17))))
    feat, mirrored = torch.randn(1, 8, 24, 32), torch.randn(1, 8, 24, 32)
    head.decoder.decode_thr = 0.
    plain = head._maps([(feat, ), (mirrored, )], [data],
                       dict(flip_test=True))
    expected = (head((feat, ))[0].sigmoid() +
                head((mirrored, ))[0].sigmoid().flip(-1)) / 2
    torch.testing.assert_close(plain[0], expected)
    torch.testing.assert_close(plain[1], head((feat, ))[1])


def test_scales_are_undone_and_doubles_lowered(codec, people):
    points, visible = people

    class Known(AdaptivePoseHead):
        """Answers with the targets at the scale of the features."""

        def forward(self, feats):
            scale = feats[0].shape[-1] / 32
            size = (int(128 * scale), int(96 * scale))
            codec = AdaptivePoseLabel(size, (size[0] // 4, size[1] // 4))
            encoded = codec.encode(points[:2] * scale, np.ones((2, 17)))
            heatmap = torch.from_numpy(encoded['heatmaps'][-1:])[None]
            offsets = torch.zeros(1, 34, size[1] // 4, size[0] // 4)
            for i, (x, y) in enumerate(encoded['centers']):
                offsets[0, :, y, x] = torch.from_numpy(
                    encoded['keypoint_labels'][i] - (x, y)).flatten()
            return (heatmap - 0.5) * 8, offsets

    init_default_scope('mmpose')
    head = Known(8, 17, OKS, CODEC, feat_channels=16, part_channels=8)
    head.decoder.decode_thr = 0.5
    data = PoseDataSample(metainfo=dict(aug_scales=[2.]))
    result, = head.predict(
        [(torch.zeros(1, 8, 24, 32), ), (torch.zeros(1, 8, 48, 64), )],
        [data], dict(multiscale_test=True))
    order = np.argsort(-result.bbox_scores)
    for i in order[:2]:
        error = np.abs(result.keypoints[i] - points[:2]).max(axis=(1, 2))
        assert error.min() < 1e-3
    assert result.bbox_scores[order[0]] == pytest.approx(0.982, abs=1e-3)
    assert (result.bbox_scores[order[2:]] < 0.5).all()


@pytest.mark.parametrize('path', [
    path if 'tiny' in path.name else pytest.param(path, marks=pytest.mark.slow)
    for path in CONFIGS], ids=lambda path: path.stem)
def test_configs_run_forward_and_backward(path, rng):
    init_default_scope('mmpose')
    cfg = Config.fromfile(path)
    config = without_pretrained(cfg.model.to_dict())
    config['head']['decoder'].update(
        input_size=(128, 96), heatmap_size=(32, 24))
    model = MODELS.build(config)
    model.init_weights()
    num = config['head']['num_keypoints']
    codec = model.head.decoder
    samples = []
    for _ in range(2):
        data = sample(codec, rng.uniform(10, 90, (2, num, 2)),
                      np.ones((2, num)))
        data.set_metainfo(dict(flip_indices=list(range(num))))
        samples.append(data)
    inputs = list(torch.randint(0, 255, (2, 3, 96, 128), dtype=torch.uint8))
    batch = model.data_preprocessor(
        dict(inputs=inputs, data_samples=samples), True)
    losses = model(**batch, mode='loss')
    assert set(losses) == {'loss_center', 'loss_joint_heatmap',
                           'loss_offset', 'loss_oks'}
    sum(losses.values()).backward()
    # the point of a part gets a gradient through the keypoints and the centers
    assert model.head.first_hop.weight.grad.abs().sum() > 0
    model.eval()
    model.head.decoder.decode_thr = 0.
    with torch.no_grad():
        result = model(**batch, mode='predict')[0].pred_instances
    assert result.keypoints.shape == (20, num, 2)
    assert result.keypoint_scores.shape == (20, num)
    np.testing.assert_array_equal(
        result.keypoint_scores[:, 0], result.bbox_scores)
