from dataclasses import replace

import numpy as np
import pytest

from mmpose_video.datasets.synthetic.body import marker_scene
from mmpose_video.datasets.synthetic.clip import Clip
from mmpose_video.datasets.synthetic.config import (
    DIFFICULTIES,
    SyntheticConfig,
)
from mmpose_video.datasets.synthetic.renderer import Renderer
from mmpose_video.datasets.synthetic.skeleton import EARS


def renderer(scene, config):
    return Renderer(scene, config, np.random.default_rng(0), plain=True)


def marker_errors(config, seed):
    """Distances between labels and the centroids of drawn dots."""
    clip = Clip(config, seed)
    truth = clip.truth
    draw = renderer(marker_scene(clip.scene), config)
    flat = truth.keypoints.copy()
    flat[:, :, list(EARS)] = np.nan  # not drawn
    errors, blurs = [], []
    for t in range(config.frames):
        image = draw.frame(t).astype(float)
        points = flat[t].reshape(-1, 2)
        for n, person in enumerate(flat[t]):
            for k, point in enumerate(person):
                if not truth.labeled[t, n, k]:
                    continue
                blur = truth.blur[t, n, k]
                reach = int(np.ceil(6 + blur / 2))
                x, y = np.round(point).astype(int)
                gap = np.abs(points - point).max(1)
                # another dot, itself smeared, must not reach into this one
                smear = truth.blur[t].reshape(-1) / 2 + 6
                near = (gap < reach + smear) & (gap > 0)
                if near.any() or not (
                        reach <= x < config.width - reach
                        and reach <= y < config.height - reach):
                    continue
                part = image[y - reach:y + reach + 1,
                             x - reach:x + reach + 1]
                green = part[..., 1]
                edge = np.concatenate(
                    [green[0], green[-1], green[:, 0], green[:, -1]])
                assert edge.max() == 0, 'the dot leaves its window'
                assert green.sum() > 255, 'no dot was drawn'
                grid = np.arange(-reach, reach + 1)
                cx = (green * grid).sum() / green.sum() + x
                cy = (green * grid[:, None]).sum() / green.sum() + y
                errors.append(np.hypot(cx - point[0], cy - point[1]))
                blurs.append(blur)
                # and it is this joint's dot, of this person
                mean = part.sum((0, 1)) / green.sum()
                assert abs(mean[0] * 255 - (40 + 8 * k)) < 4
                assert abs(mean[2] * 255 - 20 * n) < 4
    return np.array(errors), np.array(blurs)


def test_labels_are_exact_without_blur():
    effects = replace(DIFFICULTIES['hard'], shutter=0., burst_chance=0.)
    config = SyntheticConfig(frames=10, effects=effects)
    errors = np.concatenate(
        [marker_errors(config, seed)[0] for seed in range(3)])
    assert len(errors) > 400
    assert errors.max() < 0.25
    assert errors.mean() < 0.1


def test_labels_are_exact_through_supersampling():
    config = SyntheticConfig(
        frames=12, effects=replace(DIFFICULTIES['hard'], shutter=0.6))
    pairs = [marker_errors(config, seed) for seed in range(3)]
    errors = np.concatenate([p[0] for p in pairs])
    blurs = np.concatenate([p[1] for p in pairs])
    assert (blurs > 5).sum() > 30
    # the streak of a joint on a curve is not centered on the joint: hence
    # half a pixel, and the fastest tenth apart
    assert np.quantile(errors[blurs < 8], 0.99) < 0.5
    assert errors[blurs < 3].max() < 0.5
    assert np.median(errors) < 0.1


def test_blur_spreads_a_dot_along_its_way():
    effects = replace(DIFFICULTIES['easy'], shutter=1., bystanders=(0, 0))
    light = []
    for shutter in (0., 1.):
        config = SyntheticConfig(
            frames=8, people=(1, 1), effects=replace(effects,
                                                     shutter=shutter))
        clip = Clip(config, 5)
        draw = renderer(marker_scene(clip.scene), config)
        light.append(np.stack([draw.frame(t)[..., 1] for t in range(8)]))
    # the same amount of light, on the more pixels the further a dot moves
    total = light[1].sum(dtype=float) / light[0].sum(dtype=float)
    assert total == pytest.approx(1, abs=0.1)
    radius = 0.012 * 2 * clip.truth.head_radius.mean() / 0.145
    way = np.delete(clip.truth.blur, EARS, -1).sum((1, 2))
    grown = ((light[1] > 0).sum((1, 2)) * 1. - (light[0] > 0).sum((1, 2)))
    ratio = grown.sum() / (2 * radius * way).sum()
    assert 0.5 < ratio < 1.5


def flat_scene(scene):
    """Draw each person in one color, as a map of who is visible.
    """
    people = [
        replace(person, parts=[
            replace(part, color=(50. * i + 50, 0., 255. - 50 * i))
            for part in person.parts
        ]) for i, person in enumerate(scene.people)
    ]
    objects = [
        replace(o, colors=tuple((0., 255., 0.) for _ in o.colors))
        for o in scene.occluders
    ]
    return replace(scene, people=people, occluders=objects)


def test_occlusion_flags_agree_with_the_picture():
    effects = replace(DIFFICULTIES['hard'], shutter=0., burst_chance=0.,
                      bystanders=(0, 0))
    config = SyntheticConfig(frames=16, effects=effects, people=(3, 4))
    agree = {True: [], False: []}
    for seed in range(4):
        clip = Clip(config, seed)
        truth = clip.truth
        draw = renderer(flat_scene(clip.scene), config)
        for t in range(config.frames):
            image = draw.frame(t)
            for n in range(truth.keypoints.shape[1]):
                own = np.array([50. * n + 50, 0., 255. - 50 * n])
                for k in range(17):
                    if k in EARS or not truth.inside[t, n, k]:
                        continue
                    x, y = np.round(truth.keypoints[t, n, k]).astype(int)
                    seen = np.abs(image[y, x] - own).max() < 20
                    hidden = bool(truth.occluded[t, n, k])
                    agree[hidden].append(seen != hidden)
    assert len(agree[True]) > 200
    # what is left are edges of one pixel, and noses in front of the face
    assert np.mean(agree[True]) > 0.97
    assert np.mean(agree[False]) > 0.97


def test_self_occlusion_needs_a_nearer_limb():
    config = SyntheticConfig(difficulty='easy', frames=10)
    share = np.mean([Clip(config, s).truth.self_occluded.mean()
                     for s in range(6)])
    assert 0.03 < share < 0.3


@pytest.mark.parametrize('size', [(640, 360), (192, 108), (320, 240)])
def test_frames(size):
    config = SyntheticConfig(width=size[0], height=size[1], frames=3)
    clip = Clip(config, 0)
    frames = list(clip.renderer().frames())
    assert len(frames) == 3
    for frame in frames:
        assert frame.shape == (size[1], size[0], 3)
        assert frame.dtype == np.uint8
        assert frame.std() > 5
    # the people keep their place in the frame at any size
    assert clip.truth.inside.mean() > 0.6
