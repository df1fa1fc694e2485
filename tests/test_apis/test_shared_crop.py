"""Features that are reused are those that would be computed."""
import numpy as np
import pytest

from mmpose_video.apis import VideoPoseInferencer


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


@pytest.mark.parametrize('flip', [False, True])
def test_resting_boxes_give_the_same(make_config, clip_set, checkpoint,
                                     images, points_of, count_frames, flip):
    """Nothing is lost where the boxes rest, and T passes become one."""
    boxes = [np.array([[0, 0, 80, 120, 0.9], [70, 10, 160, 120, 0.8]])
             ] * len(images)
    found, passes = [], []
    for shared in (False, dict(run_length=100)):
        inferencer = VideoPoseInferencer(
            make_config(clip_set, flip), checkpoint, 'cpu', batch_size=3,
            shared_crop=shared)
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


def test_moving_boxes_are_kept_for_a_run(make_config, clip_set, checkpoint,
                                         images, points_of, inferencer):
    """Predictions are those with the run's first box; boxes the person's."""
    boxes = [np.array([[t, t, 100. + t, 100. + t]])
             for t in range(len(images))]
    shared = VideoPoseInferencer(make_config(clip_set), checkpoint, 'cpu',
                                 shared_crop=dict(run_length=3, min_iou=0.1))
    results = list(shared(images, boxes=boxes))
    held = [boxes[t - t % 3] for t in range(len(images))]
    wanted = points_of(inferencer(images, boxes=held))
    for a, b in zip(points_of(results), wanted):
        np.testing.assert_allclose(a, b, atol=1e-4)
    for t, result in enumerate(results):
        person, = result['predictions'][0]
        assert person['bbox'][0] == pytest.approx(boxes[t][0].tolist())


def test_memory_is_bounded(make_config, clip_set, checkpoint, images):
    shared = VideoPoseInferencer(make_config(clip_set), checkpoint, 'cpu',
                                 batch_size=2, shared_crop=True)
    runners = []
    make = shared.system.make_runner
    shared.system.make_runner = lambda window: runners.append(
        make(window)) or runners[-1]
    for _ in shared(images * 2):
        pass
    assert 0 < runners[0].num_kept <= 2 * len(shared.system.sampler()) + 2


def test_refuses_models_of_single_frames(make_config, clip_set):
    with pytest.raises(ValueError, match='key frame alone'):
        VideoPoseInferencer(make_config(clip_set, kind='baseline'),
                            device='cpu', shared_crop=True)
