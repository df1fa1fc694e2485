"""Features that are reused give the results of those computed anew."""
import numpy as np
import pytest

from mmpose_video.apis import Frame, VideoPoseInferencer
from mmpose_video.apis.clip_window import ClipWindow
from mmpose_video.apis.options import FeatureReuseOptions, StreamOptions
from mmpose_video.apis.pose_stream import PoseStream
from mmpose_video.apis.track_crops import TrackCrops
from mmpose_video.datasets.clip_samplers import FixedOffsets


@pytest.fixture
def count_frames(monkeypatch):
    """How many frames went through a model's backbone."""

    def watch(model):
        seen = []
        original = model.extract_frame_feats

        def counted(inputs):
            seen.append(inputs.shape[0] * inputs.shape[1])
            return original(inputs)

        monkeypatch.setattr(model, 'extract_frame_feats', counted)
        return seen

    return watch


@pytest.mark.slow
@pytest.mark.parametrize('flip', [False, True])
def test_resting_boxes_give_the_same(make_config, clip_set, checkpoint,
                                     images, points_of, count_frames, flip):
    """Nothing is lost where the boxes rest, and T passes become one."""
    boxes = [np.array([[0, 0, 80, 120, 0.9], [70, 10, 160, 120, 0.8]])
             ] * len(images)
    found, passes = [], []
    for reuse in (False, True):
        inferencer = VideoPoseInferencer(
            make_config(clip_set, flip), checkpoint, 'cpu', batch_size=3,
            reuse_features=reuse)
        seen = count_frames(inferencer.model)
        results = list(inferencer(images, boxes=boxes))
        assert [p['bbox_score'] for p in results[3]['predictions'][0]] == (
            pytest.approx([0.9, 0.8]))
        found.append(points_of(results))
        passes.append(sum(seen) // (1 + flip))
    for a, b in zip(*found):
        np.testing.assert_allclose(a, b, atol=1e-4)
    num_frames = len(inferencer.system.sampler())
    assert passes[0] == 2 * num_frames * len(images)
    assert passes[1] == 2 * len(images)


@pytest.mark.slow
def test_moving_boxes_are_kept_for_a_run(make_config, clip_set, checkpoint,
                                         images, points_of, inferencer):
    """Predictions are those with the run's first box; boxes the person's."""
    boxes = [np.array([[t, t, 100. + t, 100. + t]])
             for t in range(len(images))]
    reusing = VideoPoseInferencer(
        make_config(clip_set), checkpoint, 'cpu',
        reuse_features=dict(warp=False, run_length=3, min_iou=0.1))
    results = list(reusing(images, boxes=boxes))
    held = [boxes[t - t % 3] for t in range(len(images))]
    wanted = points_of(inferencer(images, boxes=held))
    for a, b in zip(points_of(results), wanted):
        np.testing.assert_allclose(a, b, atol=1e-4)
    for t, result in enumerate(results):
        person, = result['predictions'][0]
        assert person['bbox'][0] == pytest.approx(boxes[t][0].tolist())


def test_memory_is_bounded(make_config, clip_set, checkpoint, images):
    reusing = VideoPoseInferencer(make_config(clip_set), checkpoint, 'cpu',
                                  batch_size=2, reuse_features=True)
    runners = []
    make = reusing.system.make_runner
    reusing.system.make_runner = lambda window: runners.append(
        make(window)) or runners[-1]
    for _ in reusing(images * 2):
        pass
    assert 0 < runners[0].num_kept <= 2 * len(reusing.system.sampler()) + 2


def test_refuses_models_of_single_frames(make_config, clip_set):
    with pytest.raises(ValueError, match='key frame alone'):
        VideoPoseInferencer(make_config(clip_set, kind='baseline'),
                            device='cpu', reuse_features=True)


def moving(num):
    """Boxes of a person who walks and comes nearer."""
    return [np.array([[t, t, 100. + 2 * t, 100. + 3 * t]])
            for t in range(num)]


@pytest.mark.slow
def test_moving_boxes_need_one_pass_per_frame(make_config, clip_set,
                                              checkpoint, images,
                                              count_frames, points_of):
    reusing = VideoPoseInferencer(make_config(clip_set), checkpoint, 'cpu',
                                  reuse_features=True)
    seen = count_frames(reusing.model)
    warped = points_of(reusing(images, boxes=moving(len(images))))
    assert sum(seen) == len(images)
    # crops that overlap too little share nothing
    reusing = VideoPoseInferencer(make_config(clip_set), checkpoint, 'cpu',
                                  reuse_features=dict(warp_iou=1.))
    plain = VideoPoseInferencer(make_config(clip_set), checkpoint, 'cpu')
    wanted = points_of(plain(images, boxes=moving(len(images))))
    found = points_of(reusing(images, boxes=moving(len(images))))
    for a, b in zip(found, wanted):
        np.testing.assert_allclose(a, b, atol=1e-4)
    assert not np.allclose(warped[4], wanted[4], atol=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize('flip', [False, True])
def test_the_key_frame_is_not_moved(make_config, clip_set, checkpoint,
                                    images, points_of, flip):
    """A clip of the key frame alone gives what the test script gives."""
    cfg = make_config(clip_set, flip)
    cfg.test_dataloader.dataset.clip_sampler = dict(
        type='FixedOffsets', offsets=(0, ))
    found = [
        points_of(
            VideoPoseInferencer(cfg, checkpoint, 'cpu', reuse_features=reuse)(
                images, boxes=moving(len(images)))) for reuse in (False, True)
    ]
    for a, b in zip(*found):
        np.testing.assert_allclose(a, b, atol=1e-4)


def test_live_sources_do_not_wait_for_boxes(make_config, clip_set, checkpoint,
                                            images, points_of):
    """A later frame whose boxes are not known is cropped as the key is."""
    crops = TrackCrops(FeatureReuseOptions(), span=4)
    window = ClipWindow(FixedOffsets(offsets=(-1, 0, 1)))
    frames = [Frame(t, t, str(t), image) for t, image in enumerate(images)]
    clips = [clip for frame in frames[:4] for clip in window.push(frame)]
    boxes = moving(len(images))
    for clip in clips[:2]:
        (track, ), (crop, ) = crops.update(clip.key.index,
                                           boxes[clip.key.index])
    before, key, after = crops.of_clip(clips[1], track, crop)
    np.testing.assert_array_equal(before, boxes[0][0])
    np.testing.assert_array_equal(key, boxes[1][0])
    np.testing.assert_array_equal(after, boxes[1][0])


def test_clips_that_look_ahead_find_all_crops(make_config, clip_set):
    """Frames between the key frame and the last one are not forgotten."""
    config = make_config(clip_set)
    config.test_dataloader.dataset.clip_sampler = dict(
        type='FixedOffsets', offsets=(0, 1, 2, 3, 4))
    inferencer = VideoPoseInferencer(config, device='cpu',
                                     reuse_features=True)
    stream = PoseStream(inferencer.system, None, StreamOptions())
    image = np.zeros((8, 8, 3), np.uint8)
    boxes = moving(5)
    for index in range(5):
        frame = Frame(index, index, str(index), image)
        clips = list(stream.window.push(frame))
        (track, ), _ = stream.crops.update(index, boxes[index])
    crops = stream.crops.of_clip(clips[0], track, boxes[0][0])
    np.testing.assert_array_equal(crops, [row[0] for row in boxes])


def test_a_cut_forgets_the_crops():
    crops = TrackCrops(FeatureReuseOptions(), span=4)
    crops.update(0, moving(1)[0])
    crops.reset()
    assert crops.update(1, moving(1)[0])[0] == [0]


@pytest.mark.parametrize('wrong, error', [
    (dict(run_length=0), ValueError), (dict(min_iou=2), ValueError),
    (dict(length=3), TypeError)])
def test_refuses_wrong_options(make_config, clip_set, wrong, error):
    with pytest.raises(error, match=next(iter(wrong))):
        VideoPoseInferencer(make_config(clip_set), device='cpu',
                            reuse_features=wrong)
