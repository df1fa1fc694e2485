import numpy as np
import pytest
import torch
from mmpose.models.heads import HeatmapHead
from mmpose.registry import MODELS
from mmpose.testing import get_packed_inputs
from mmpose.utils import register_all_modules

from mmpose_video.models.necks import BaseVideoNeck

register_all_modules()
CODEC = dict(
    type='MSRAHeatmap', input_size=(48, 64), heatmap_size=(12, 16), sigma=2)


@MODELS.register_module()
class WeightedFramesForTest(BaseVideoNeck):
    """Sum over frames, weighted by the offsets that it is given."""

    uses_heatmaps = True

    def fuse(self, feats, clip):
        weights = clip.offsets[:, :, None, None, None].to(feats[0]) + 10
        return tuple((f * weights).sum(1) for f in feats), dict(f=feats[0])

    def loss(self, context, data_samples, heatmaps=None):
        return dict(
            loss_aux=heatmaps.square().mean(), energy=context['f'].norm())


def config(**changes):
    cfg = dict(
        type='TopdownVideoPoseEstimator',
        data_preprocessor=dict(
            type='ClipDataPreprocessor',
            mean=[123.675, 116.28, 103.53],
            std=[58.395, 57.12, 57.375],
            bgr_to_rgb=True),
        backbone=dict(type='ResNet', depth=18, base_channels=8,
                      stem_channels=8, num_stages=1, out_indices=(0, ),
                      strides=(1, ), dilations=(1, )),
        neck=dict(type='WeightedFramesForTest'),
        head=dict(
            type='HeatmapHead',
            in_channels=8,
            out_channels=17,
            deconv_out_channels=None,
            loss=dict(type='KeypointMSELoss', use_target_weight=True),
            decoder=CODEC),
        test_cfg=dict(flip_test=False))
    cfg.update(changes)
    return cfg


def build(**changes):
    model = MODELS.build(config(**changes))
    for parameter in model.parameters():  # the default head starts near zero
        if parameter.dim() > 1:
            torch.nn.init.normal_(parameter, std=0.2)
    return model


def batch(num_frames=3, num_clips=2):
    data = get_packed_inputs(
        num_clips, input_size=(48, 64), heatmap_size=(12, 16),
        img_shape=(64, 48))
    offsets = np.arange(num_frames) - num_frames // 2
    clips = torch.randint(
        0, 255, (num_clips, num_frames, 3, 64, 48), dtype=torch.uint8)
    data['inputs'] = list(clips)
    for sample in data['data_samples']:
        sample.set_metainfo(dict(
            frame_offsets=offsets, key_index=num_frames // 2,
            frame_valid=np.ones(num_frames, bool), img_path='a.jpg'))
    return data


@pytest.mark.parametrize('num_frames', [1, 2, 3, 5])
def test_features_equal_those_of_single_frames(num_frames):
    model = build().eval()
    inputs = torch.randn(2, num_frames, 3, 64, 48)
    feats, = model.extract_frame_feats(inputs)
    assert feats.shape == (2, num_frames, 8, 16, 12)
    for n in range(2):
        for t in range(num_frames):
            single = model.backbone(inputs[n, t][None])
            torch.testing.assert_close(
                feats[n, t], single[0][0], atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize('frames_per_pass', [1, 4, 100])
def test_chunked_backbone_gives_the_same(frames_per_pass):
    model = build().eval()
    inputs = torch.randn(2, 3, 3, 64, 48)
    whole = model.extract_frame_feats(inputs)
    model.frames_per_pass = frames_per_pass
    for a, b in zip(model.extract_frame_feats(inputs), whole):
        torch.testing.assert_close(a, b, atol=1e-5, rtol=1e-4)
    with pytest.raises(ValueError, match='frames_per_pass'):
        build(frames_per_pass=0)


def test_losses_travel_by_name():
    model = build()
    data = model.data_preprocessor(batch(), training=True)
    losses = model(**data, mode='loss')
    assert {'loss_kpt', 'loss_aux', 'energy'} <= losses.keys()
    total, log = model.parse_losses(losses)
    torch.testing.assert_close(total, losses['loss_kpt'] + losses['loss_aux'])
    assert {'loss_aux', 'energy'} <= log.keys()
    feats = model.extract_frame_feats(data['inputs'])
    heatmaps = model.head(model.neck(feats))
    torch.testing.assert_close(losses['loss_aux'], heatmaps.square().mean())


def test_a_name_that_head_and_neck_share_is_an_error(monkeypatch):
    model = build()
    monkeypatch.setattr(model.neck, 'loss', lambda *a: dict(
        loss_kpt=torch.zeros(())))
    with pytest.raises(KeyError, match='loss_kpt'):
        model(**model.data_preprocessor(batch()), mode='loss')


def test_times_reach_the_neck_in_all_modes():
    model = build().eval()
    data = batch()
    for sample in data['data_samples']:
        sample.set_metainfo(dict(frame_offsets=np.array([-5, 0, 3])))
    seen = []
    fuse = model.neck.fuse
    model.neck.fuse = lambda feats, clip: (
        seen.append(clip.offsets.tolist()), fuse(feats, clip))[1]
    data = model.data_preprocessor(data)
    model(**data, mode='loss')
    model.test_cfg['flip_test'] = True
    model(**data, mode='predict')
    assert seen == [[[-5, 0, 3]] * 2] * 3
    model(data['inputs'], None, mode='tensor')  # no samples: consecutive
    assert seen[-1] == [[-1, 0, 1]] * 2
    assert model._clip is None


@pytest.mark.parametrize('num_frames', [1, 3])
def test_flip_test_equals_the_mean_with_the_mirror_image(num_frames):
    model = build(test_cfg=dict(
        flip_test=True, flip_mode='heatmap', shift_heatmap=False,
        output_heatmaps=True)).eval()
    data = model.data_preprocessor(batch(num_frames))
    samples = model(**data, mode='predict')
    flip = samples[0].metainfo['flip_indices']
    plain = model(data['inputs'], None, mode='tensor')
    mirrored = model(data['inputs'].flip(-1), None, mode='tensor')
    expected = (plain + mirrored.flip(-1)[:, flip]) / 2
    for sample, heatmap in zip(samples, expected):
        torch.testing.assert_close(
            sample.pred_fields.heatmaps, heatmap, atol=1e-5, rtol=1e-4)
        assert sample.pred_instances.keypoints.shape == (1, 17, 2)


def test_without_a_video_neck_the_key_frame_alone_counts():
    model = build(neck=None).eval()
    assert not model.is_video_model
    data = model.data_preprocessor(batch(5))
    clip, image = data['inputs'], data['inputs'][:, 2]
    assert torch.equal(model(clip, None), model(image, None))
    torch.testing.assert_close(
        model(clip, None), as_image_model(model, neck=None)(image, None))


def test_a_stock_neck_serves_the_baseline():
    neck = dict(type='FeatureMapProcessor', scale_factor=2.0, apply_relu=True)
    model = build(neck=neck).eval()
    clip = torch.randn(2, 3, 3, 64, 48)
    out = model(clip, None)
    assert out.shape == (2, 17, 32, 24)
    torch.testing.assert_close(
        out, as_image_model(model, neck=neck)(clip[:, 1], None))


def as_image_model(model, **changes):
    image_model = MODELS.build(dict(
        config(**changes), type='TopdownPoseEstimator',
        data_preprocessor=None))
    image_model.load_state_dict(model.state_dict())
    return image_model.eval()


def test_frozen_backbone_neither_learns_nor_drifts():
    model = build(freeze_backbone=True)
    model.train()
    before = {k: v.clone() for k, v in model.backbone.state_dict().items()}
    losses = model(**model.data_preprocessor(batch()), mode='loss')
    model.parse_losses(losses)[0].backward()
    assert all(p.grad is None for p in model.backbone.parameters())
    assert model.head.final_layer.weight.grad is not None
    for key, value in model.backbone.state_dict().items():
        assert torch.equal(value, before[key]), key
    assert model.neck.training and not model.backbone.training


def test_published_behavior_lets_the_statistics_drift():
    model = build(freeze_backbone=True, drift_frozen_bn=True)
    model.train()
    before = model.backbone.bn1.running_mean.clone()
    model(**model.data_preprocessor(batch()), mode='loss')
    assert not torch.equal(model.backbone.bn1.running_mean, before)
    assert not any(p.requires_grad for p in model.backbone.parameters())


def test_nan_loss_stops_before_the_weights_change():
    model = build()
    optimizer = torch.optim.SGD(model.parameters(), lr=1.)
    data = model.data_preprocessor(batch())
    data['inputs'][0, 0, 0, 0, 0] = float('nan')
    before = model.head.final_layer.weight.clone()
    from mmengine.optim import OptimWrapper
    with pytest.raises(FloatingPointError, match='loss_kpt.*a.jpg'):
        model.train_step(data, OptimWrapper(optimizer))
    assert torch.equal(model.head.final_layer.weight, before)


def test_length_that_the_samples_deny_is_an_error():
    model = build()
    data = model.data_preprocessor(batch(3))
    with pytest.raises(ValueError, match='holds 2 frames'):
        model(data['inputs'][:, :2], data['data_samples'], mode='loss')


def test_checkpoint_of_another_architecture_is_named():
    from mmengine.runner.checkpoint import load_state_dict
    model = build()
    other = build(backbone=dict(
        type='ResNet', depth=18, base_channels=16, stem_channels=16,
        num_stages=1, out_indices=(0, ), strides=(1, ), dilations=(1, )),
        head=dict(config()['head'], in_channels=16))
    with pytest.raises(RuntimeError, match='size mismatch'):
        load_state_dict(model, other.state_dict(), strict=True)
    assert isinstance(model.head, HeatmapHead)


def test_the_head_runs_once():
    model = build()
    calls = []
    model.head.final_layer.register_forward_hook(
        lambda module, args, output: calls.append(output))
    losses = model(**model.data_preprocessor(batch(), True), mode='loss')
    assert len(calls) == 1
    torch.testing.assert_close(losses['loss_aux'], calls[0].square().mean())
    assert 'forward' not in vars(model.head)  # nothing stays wrapped


@MODELS.register_module()
class SizedForTest(WeightedFramesForTest):
    """Takes the number of keypoints, and gives as many maps."""

    outputs_heatmaps = True

    def __init__(self, num_keypoints=17):
        super().__init__()
        self.num_keypoints = num_keypoints
        self.proj = torch.nn.Conv2d(8, num_keypoints, 1)

    def fuse(self, feats, clip):
        (x, ), context = super().fuse(feats, clip)
        return (self.proj(x), ), context


def test_the_head_tells_the_neck_the_number_of_keypoints():
    head = dict(config()['head'], out_channels=5)
    model = build(neck=dict(type='SizedForTest'), head=head)
    assert model.neck.num_keypoints == model.num_keypoints == 5
    assert model.head.in_channels == 5
    with pytest.raises(ValueError, match='neck is built for 4 .* head for 5'):
        build(neck=dict(type='SizedForTest', num_keypoints=4), head=head)
    data = model.data_preprocessor(batch(), training=True)
    with pytest.raises(ValueError, match='has 17 keypoints.*out_channels'):
        model(**data, mode='loss')


@pytest.mark.parametrize('flip_test', [False, True])
def test_features_that_were_computed_before(flip_test):
    model = build(test_cfg=dict(flip_test=flip_test)).eval()
    data = model.data_preprocessor(batch())
    data['data_samples'][0].set_metainfo(
        dict(frame_offsets=np.array([-4, 0, 1])))
    expected = [
        sample.pred_instances.keypoints
        for sample in model(**data, mode='predict')
    ]
    clips = data['inputs']
    views = [model.extract_frame_feats(clips)]
    if flip_test:
        views.append(model.extract_frame_feats(clips.flip(-1)))
    found = model.predict_from_frame_feats(views, data['data_samples'])
    for sample, keypoints in zip(found, expected):
        np.testing.assert_allclose(
            sample.pred_instances.keypoints, keypoints, rtol=1e-6)
    with pytest.raises(ValueError, match='expected . view'):
        model.predict_from_frame_feats(views * 2, data['data_samples'])
    with pytest.raises(ValueError, match='no video neck'):
        build(neck=None).predict_from_frame_feats(views,
                                                  data['data_samples'])


@MODELS.register_module()
class FramesForTest(WeightedFramesForTest):
    """Adds the mean of the images to the features."""

    uses_frames = True

    def fuse(self, feats, clip):
        feats, context = super().fuse(feats, clip)
        return (feats[0] + clip.frames.mean(), ), context


def test_images_reach_necks_that_ask_for_them():
    model = build(neck=dict(type='FramesForTest')).eval()
    data = model.data_preprocessor(batch())
    plain = build().neck
    frame_feats = model.extract_frame_feats(data['inputs'])
    torch.testing.assert_close(
        model.extract_feat(data['inputs'])[0],
        plain(frame_feats)[0] + data['inputs'].mean())
    assert model(**data, mode='predict')[0].pred_instances
    with pytest.raises(ValueError, match='needs the images'):
        model.neck(frame_feats)
