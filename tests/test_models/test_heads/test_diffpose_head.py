"""The head with MMPose's codec, flip test and estimator."""
import numpy as np
import pytest
import torch
from mmengine.structures import InstanceData, PixelData
from mmpose.registry import MODELS
from mmpose.structures import PoseDataSample

from mmpose_video.models.diffusion import SeededNoise, sample_key

K, SIZE, HEATMAP = 5, (48, 64), (12, 16)
FLIP = [0, 2, 1, 4, 3]
CODEC = dict(
    type='MSRAHeatmap', input_size=SIZE, heatmap_size=HEATMAP, sigma=2)


def make(**kwargs):
    torch.manual_seed(0)
    kwargs = dict(
        type='DiffPoseHead',
        in_channels=8,
        out_channels=K,
        denoiser=dict(channels=16, time_dims=8, num_heads=2),
        sampling=dict(steps=2),
        decoder=CODEC) | kwargs
    head = MODELS.build(kwargs).eval()
    head.init_weights()
    return head


def sample(i, with_target=False):
    out = PoseDataSample(
        metainfo=dict(
            id=i,
            img_path=f'{i}.jpg',
            flip_indices=FLIP,
            input_size=SIZE,
            input_center=np.array([100., 120.]),
            input_scale=np.array([96., 128.])))
    out.gt_instances = InstanceData(
        bboxes=np.array([[52., 56., 148., 184.]]), bbox_scores=np.ones(1))
    if with_target:
        generator = torch.Generator().manual_seed(i)
        out.gt_fields = PixelData(
            heatmaps=torch.rand(K, 16, 12, generator=generator))
        out.gt_instance_labels = InstanceData(
            keypoint_weights=torch.ones(1, K))
    return out


def feats(n=2):
    torch.manual_seed(1)
    return (torch.randn(n, 8, 4, 3), )


@torch.no_grad()
def test_predict():
    head = make()
    samples = [sample(1), sample(2)]
    preds, fields = head.predict(feats(), samples, dict(output_heatmaps=True))
    assert len(preds) == len(fields) == 2
    assert preds[0].keypoints.shape == (1, K, 2)
    assert preds[0].keypoint_scores.shape == (1, K)
    assert fields[1].heatmaps.shape == (K, 16, 12)
    # one hypothesis has no spread
    assert 'keypoint_spread' not in preds[0]
    wanted = head.generate(feats(), ['id 1', 'id 2'], head.sampling)[-1]
    torch.testing.assert_close(fields[1].heatmaps, wanted[1, 0])


@torch.no_grad()
def test_two_runs_are_equal_to_the_last_digit():
    head = make()
    cfg = dict(
        flip_test=True,
        output_heatmaps=True,
        sampling=dict(steps=3, hypotheses=2, eta=1.))
    runs = []
    for _ in range(2):
        torch.manual_seed(len(runs))  # not what the noise comes from
        x = torch.randn(2, 8, 4, 3, generator=torch.Generator().manual_seed(3))
        _, fields = head.predict([(x, ), (x.flip(-1), )],
                                 [sample(1), sample(2)], cfg)
        runs.append(torch.stack([f.heatmaps for f in fields]))
    assert torch.equal(*runs)
    cfg['sampling']['seed'] = 1
    _, fields = head.predict([(x, ), (x.flip(-1), )],
                             [sample(1), sample(2)], cfg)
    assert not torch.allclose(fields[0].heatmaps, runs[0][0])


@torch.no_grad()
def test_a_sample_does_not_depend_on_its_batch():
    head = make()
    x, = feats(3)
    samples = [sample(i) for i in range(3)]
    cfg = dict(output_heatmaps=True, sampling=dict(hypotheses=2))
    together = head.predict((x, ), samples, cfg)[1]
    alone = head.predict((x[2:], ), samples[2:], cfg)[1]
    torch.testing.assert_close(
        together[2].heatmaps, alone[0].heatmaps, rtol=1e-4, atol=1e-7)


@torch.no_grad()
def test_settings_need_no_retraining():
    head = make()
    x, samples = feats(), [sample(1), sample(2)]
    for steps in (1, 2, 4, 10):
        for hypotheses in (1, 3):
            seen = []
            handle = head.denoiser.register_forward_hook(
                lambda m, args, out, seen=seen: seen.append(out.shape))
            options = dict(steps=steps, hypotheses=hypotheses)
            head.predict(x, samples, dict(sampling=options))
            handle.remove()
            # all hypotheses are one batch
            assert seen == [(2, hypotheses, K, 16, 12)] * steps


@torch.no_grad()
def test_the_average_over_hypotheses_is_decoded():
    head = make()
    samples = [sample(1), sample(2)]
    cfg = dict(sampling=dict(hypotheses=4), output_heatmaps=True)
    preds, fields = head.predict(feats(), samples, cfg)
    settings = head.sampling.override(cfg['sampling'])
    each = head.generate(feats(), ['id 1', 'id 2'], settings)[-1]
    torch.testing.assert_close(fields[0].heatmaps, each[0].mean(0))
    wanted = head.decoder.decode(each[0].mean(0).numpy())[0]
    np.testing.assert_allclose(preds[0].keypoints, wanted)


@torch.no_grad()
def test_spread():
    head = make()
    torch.nn.init.normal_(head.denoiser.final.weight)
    cfg = dict(sampling=dict(hypotheses=4))
    preds = head.predict(feats(), [sample(1), sample(2)], cfg)
    settings = head.sampling.override(cfg['sampling'])
    each = head.generate(feats(), ['id 1', 'id 2'], settings)[-1]
    for n in range(2):
        points = np.stack(
            [head.decoder.decode(h.numpy())[0][0] for h in each[n]])
        points = points * 2  # the crop is twice as large in the image
        distance = ((points - points.mean(0))**2).sum(-1)
        wanted = np.sqrt(distance.mean(0))
        assert wanted.max() > 0.1
        assert preds[n].keypoint_spread.shape == (1, K)
        np.testing.assert_allclose(
            preds[n].keypoint_spread[0], wanted, rtol=1e-4, atol=1e-4)
    cfg['sampling']['spread'] = False
    assert 'keypoint_spread' not in head.predict(
        feats(), [sample(1), sample(2)], cfg)[0]


@torch.no_grad()
def test_flip_test_mirrors_the_noise():
    """With a denoiser that is mirror-symmetric, flipping changes nothing."""
    head = make()

    def denoise(x, t, pyramid):
        return torch.sigmoid(x + pyramid.mean(dim=1)[:, None, None])

    head.denoiser.forward = denoise
    head.denoiser.encode = lambda x: x.repeat_interleave(
        4, dim=-1).repeat_interleave(4, dim=-2)
    x, = feats()
    samples = [sample(1), sample(2)]
    cfg = dict(output_heatmaps=True, sampling=dict(hypotheses=2, eta=1.))
    plain = head.predict((x, ), samples, cfg)[1]
    cfg['flip_test'] = True
    both = head.predict([(x, ), (x.flip(-1), )], samples, cfg)[1]
    torch.testing.assert_close(both[0].heatmaps, plain[0].heatmaps)


@torch.no_grad()
def test_flip_test_averages_as_mmpose_does():
    head = make()
    x, mirrored = feats(), (torch.randn(2, 8, 4, 3), )
    samples = [sample(1), sample(2)]
    keys = ['id 1', 'id 2']
    cfg = dict(flip_test=True, output_heatmaps=True, shift_heatmap=True)
    got = head.predict([x, mirrored], samples, cfg)[1]
    first = head.generate(x, keys, head.sampling)[-1][:, 0]
    second = head.generate(mirrored, keys, head.sampling, FLIP)[-1][:, 0]
    for n in range(2):
        for k in range(K):
            back = second[n, FLIP[k]].flip(-1)
            back = torch.cat([back[:, :1], back[:, :-1]], dim=-1)
            torch.testing.assert_close(got[n].heatmaps[k],
                                       (first[n, k] + back) / 2)


def test_loss_trains_towards_the_clean_heatmap(monkeypatch):
    head = make(draws_per_sample=2)
    samples = [sample(1, True), sample(2, True)]
    samples[0].gt_instance_labels.keypoint_weights[0, 3] = 0
    noisy, times, preds = [], [], []
    forward = head.denoiser.forward

    def spy(x, t, pyramid):
        noisy.append(x)
        times.append(t)
        preds.append(forward(x, t, pyramid))
        return preds[-1]

    head.denoiser.forward = spy
    losses = head.loss(feats(), samples)
    assert set(losses) == {'loss_kpt', 'acc_pose'}
    target = torch.stack([s.gt_fields.heatmaps for s in samples])
    assert noisy[0].shape == (2, 2, K, 16, 12)
    error = (preds[0] - target[:, None])**2
    error[0, :, 3] = 0
    torch.testing.assert_close(losses['loss_kpt'], error.mean())
    # what the denoiser saw is q(x_t | x_0) of the right image
    alphas = head.diffusion.alphas_cumprod[times[0]].float()
    alphas = alphas[..., None, None, None]
    noise = noisy[0] - alphas.sqrt() * (2 * target[:, None] - 1)
    noise = noise / (1 - alphas).sqrt()
    assert noise.mean().abs() < 0.05
    assert abs(noise.std() - 1) < 0.05
    losses['loss_kpt'].backward()
    assert all(p.grad is not None for p in head.parameters())


@pytest.mark.slow
def test_loss_falls():
    head = make().train()
    samples = [sample(1, True), sample(2, True)]
    x = feats()
    optimizer = torch.optim.Adam(head.parameters(), 3e-3)
    values = []
    for _ in range(40):
        optimizer.zero_grad()
        loss = head.loss(x, samples)['loss_kpt']
        loss.backward()
        optimizer.step()
        values.append(loss.item())
    assert np.mean(values[-5:]) < 0.5 * np.mean(values[:5])


def test_rough_head():
    rough = dict(
        type='RoughHead', in_channels=6, out_channels=K, frozen=False)
    head = make(rough_head=rough)
    key = torch.randn(2, 6, 16, 12)
    x = (key, feats()[0])
    samples = [sample(1, True), sample(2, True)]
    losses = head.loss(x, samples)
    heatmaps = head.rough_head.final_layer(key)
    target = torch.stack([s.gt_fields.heatmaps for s in samples])
    torch.testing.assert_close(losses['loss_rough'],
                               ((heatmaps - target)**2).mean())
    # off by default: the reverse process starts from noise
    plain = make().state_dict()
    head.load_state_dict(plain, strict=False)
    with torch.no_grad():
        cfg = dict(output_heatmaps=True)
        got = head.predict(x, samples, cfg)[1][0].heatmaps
        wanted = make().predict(x[1:], samples, cfg)[1][0].heatmaps
        torch.testing.assert_close(got, wanted)
        cfg['sampling'] = dict(start='rough', start_time=0.4)
        seen = []
        head.denoiser.register_forward_pre_hook(
            lambda m, args: seen.append(args))
        head.predict(x, samples, cfg)
    z, t = seen[0][:2]
    assert (t == 400).all()
    a = head.diffusion.alphas_cumprod[400].item()
    noise = SeededNoise(['id 1', 'id 2'], 1, (K, 16, 12), 0,
                        torch.device('cpu'))()
    wanted = a**0.5 * (2 * heatmaps.clamp(0, 1) - 1)[:, None]
    torch.testing.assert_close(z, (wanted + (1 - a)**0.5 * noise).detach())


def test_frozen_rough_head_has_no_loss():
    rough = dict(type='RoughHead', in_channels=8, out_channels=K)
    head = make(rough_head=rough)
    losses = head.loss((torch.randn(2, 8, 16, 12), feats()[0]),
                       [sample(1, True), sample(2, True)])
    assert 'loss_rough' not in losses


@torch.no_grad()
def test_forward():
    head = make(sampling=dict(steps=2, hypotheses=3))
    x, = feats()
    out = head((x, ))
    assert out.shape == (2, K, 16, 12)
    settings = head.sampling
    wanted = head.generate((x, ), [sample_key(None)] * 2, settings)
    torch.testing.assert_close(out, wanted[-1].mean(1))


def test_features_are_computed_once():
    """Not per step, nor per hypothesis."""
    torch.manual_seed(0)
    model = MODELS.build(
        dict(
            type='TopdownVideoPoseEstimator',
            backbone=dict(type='ResNet', depth=18, out_indices=(1, )),
            neck=dict(
                type='SpatioTemporalRepresentationLearner',
                in_channels=128,
                feature_size=(6, 8),
                patch_size=2,
                embed_dims=16,
                num_layers=1,
                num_heads=2),
            head=dict(
                type='DiffPoseHead',
                in_channels=16,
                out_channels=K,
                denoiser=dict(channels=16, time_dims=8, num_heads=2),
                decoder=CODEC),
            test_cfg=dict(sampling=dict(steps=4, hypotheses=3)))).eval()
    calls = dict.fromkeys(
        ['backbone', 'neck.layers.0', 'head.denoiser.lift.2',
         'head.denoiser.interactions.2.mix_feature', 'head.denoiser'], 0)
    for name in calls:

        def count(module, args, output, name=name):
            calls[name] += 1

        model.get_submodule(name).register_forward_hook(count)
    samples = [sample(i) for i in (1, 2)]
    for s in samples:
        s.set_metainfo(
            dict(frame_offsets=np.arange(3) - 1, key_index=1))
    with torch.no_grad():
        out = model.predict(torch.randn(2, 3, 3, 64, 48), samples)
    assert calls.pop('head.denoiser') == 4
    assert set(calls.values()) == {1}
    # keypoints are in the image, so is the spread
    assert out[0].pred_instances.keypoint_spread.shape == (1, K)


def test_bad_arguments():
    with pytest.raises(ValueError, match='steps.*at least 1'):
        make(sampling=dict(steps=0))
    with pytest.raises(ValueError, match='hypotheses.*at least 1'):
        make().predict(feats(), [sample(1), sample(2)],
                       dict(sampling=dict(hypotheses=0)))
    with pytest.raises(ValueError, match='from 1 to 1000, got 1001'):
        make().predict(feats(), [sample(1), sample(2)],
                       dict(sampling=dict(steps=1001)))
    with pytest.raises(ValueError, match='it takes steps, hypotheses'):
        make(sampling=dict(num_steps=2))
    with pytest.raises(ValueError, match='rough_head'):
        make(sampling=dict(start='rough'))(feats())
    with pytest.raises(ValueError, match='draws_per_sample'):
        make(draws_per_sample=0)
    with pytest.raises(ValueError, match='gaussian'):
        make(decoder=dict(
            type='UDPHeatmap', input_size=SIZE, heatmap_size=HEATMAP,
            heatmap_type='combined'))
    with pytest.raises(ValueError, match=r'heatmap_size=\(24, 32\)'):
        make().loss((torch.randn(2, 8, 8, 6), ),
                    [sample(1, True), sample(2, True)])
    with pytest.raises(ValueError, match='deconvolutions'):
        make(rough_head=dict(
            type='RoughHead', in_channels=8, out_channels=K)).predict(
                feats(), [sample(1), sample(2)],
                dict(sampling=dict(start='rough')))


@torch.no_grad()
def test_low_precision():
    """The tables of the process stay exact, only the network is rounded."""
    head = make()
    x, = feats()
    wanted = head((x, ))
    got = head.to(torch.bfloat16)((x.bfloat16(), ))
    assert got.isfinite().all()
    # bfloat16 keeps 8 bits
    error = (got.float() - wanted).abs().max()
    assert error < 0.05 * wanted.abs().max()
