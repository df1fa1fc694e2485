import pytest
import torch
from mmpose.structures import PoseDataSample

from mmpose_video.models.data_preprocessors import ClipDataPreprocessor

MEAN, STD = [10., 20., 30.], [1., 2., 4.]


def build(**kwargs):
    return ClipDataPreprocessor(
        mean=MEAN, std=STD, bgr_to_rgb=True, **kwargs)


def batch(num_frames, num_clips=2):
    """Clips whose value tells frame and channel: 100·frame + 10·channel."""
    clips = []
    for n in range(num_clips):
        clip = torch.zeros(num_frames, 3, 4, 6, dtype=torch.uint8)
        for t in range(num_frames):
            for channel in range(3):
                clip[t, channel] = 40 * t + 10 * channel + n
        clips.append(clip)
    return dict(
        inputs=clips, data_samples=[PoseDataSample() for _ in clips])


@pytest.mark.parametrize('num_frames', [1, 2, 3, 5])
def test_order_of_frames_and_colors(num_frames):
    data = build()(batch(num_frames))
    inputs = data['inputs']
    assert inputs.shape == (2, num_frames, 3, 4, 6)
    assert inputs.dtype == torch.float32
    for n in range(2):
        for t in range(num_frames):
            for channel in range(3):
                # red, the last channel in, comes first
                value = 40 * t + 10 * (2 - channel) + n
                expected = (value - MEAN[channel]) / STD[channel]
                assert (inputs[n, t, channel] == expected).all()


def test_without_normalization_frames_are_neither_lost_nor_reversed():
    clips = batch(5)
    data = ClipDataPreprocessor()(clips)
    assert torch.equal(data['inputs'], torch.stack(clips['inputs']).float())


def test_stacked_and_single_image_inputs():
    clips = batch(3)
    stacked = dict(clips, inputs=torch.stack(clips['inputs']))
    assert torch.equal(build()(stacked)['inputs'], build()(clips)['inputs'])
    image = dict(inputs=[torch.zeros(3, 4, 6, dtype=torch.uint8)],
                 data_samples=[PoseDataSample()])
    assert build()(image)['inputs'].shape == (1, 1, 3, 4, 6)


def test_padding_and_its_meta_info():
    data = build(pad_size_divisor=8)(batch(2))
    assert data['inputs'].shape == (2, 2, 3, 8, 8)
    for sample in data['data_samples']:
        assert sample.metainfo['pad_shape'] == (8, 8)
        assert sample.metainfo['batch_input_shape'] == (8, 8)


def test_clips_of_different_length_are_an_error():
    data = batch(2)
    data['inputs'][1] = data['inputs'][1][:1]
    with pytest.raises(ValueError, match='one length'):
        build()(data)


def test_other_shapes_are_an_error():
    with pytest.raises(ValueError, match=r'\(N, T, 3, H, W\)'):
        build()(dict(inputs=torch.zeros(2, 3, 1, 4, 4),
                     data_samples=[PoseDataSample()] * 2))
