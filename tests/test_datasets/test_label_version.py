import pytest

from mmpose_video.datasets.label_version import (
    describe_version,
    label_version,
    version_of_count,
)


def labels(videos, frames=2):
    return dict(images=[
        dict(file_name=f'images/val/{v:06d}/{i:06d}.jpg')
        for v in range(videos) for i in range(frames)
    ])


@pytest.mark.parametrize('videos, version', [
    (74, '0.2'), (170, '0.45'), (173, '0.45'), (593, None), (0, None)])
def test_number_of_videos(videos, version):
    assert version_of_count(videos) == version
    assert label_version(labels(videos)) == version


def test_the_converters_word_counts():
    # 74 of the 170 videos, say, are no version 0.2
    assert label_version({**labels(74), 'info': dict(label_version='0.45')}
                         ) == '0.45'
    assert label_version({**labels(74), 'info': 'of another kind'}) == '0.2'


@pytest.mark.parametrize('version, text', [
    ('0.2', 'labels of version 0.2'), ('0.45', 'labels of version 0.45'),
    (None, 'labels of unknown version: neither the 74 validation videos of '
     '0.2 nor the 170 of 0.45')])
def test_description(version, text):
    assert describe_version(version) == text
