import pytest
from mmengine.registry import DefaultScope
from mmpose import registry as mmpose_registry

from mmpose_video import registry


@pytest.fixture
def part():
    """A class in MMPose's registry, as the package registers its own."""

    class Part:
        pass

    mmpose_registry.MODELS.register_module(module=Part)
    yield Part
    mmpose_registry.MODELS._module_dict.pop('Part')


def test_names_climb(part):
    assert registry.MODELS.get('Part') is part
    assert registry.MODELS.get('mmpose_video.Part') is part
    assert mmpose_registry.MODELS.get('mmpose_video.Part') is part
    assert registry.MODELS.get('mmpose.Part') is part


def test_own_name_comes_first(part):

    class Own:
        pass

    registry.MODELS.register_module(name='Part', module=Own)
    try:
        assert mmpose_registry.MODELS.get('mmpose_video.Part') is Own
        assert mmpose_registry.MODELS.get('Part') is part
    finally:
        registry.MODELS._module_dict.pop('Part')


def test_default_scope(part):
    with DefaultScope.overwrite_default_scope('mmpose_video'):
        from mmengine.registry import MODELS
        assert type(MODELS.build(dict(type='Part'))) is part


@pytest.mark.parametrize('name, registered', [
    ('MODELS', 'DCPoseNeck'), ('DATASETS', 'PoseTrack18ClipDataset'),
    ('TRANSFORMS', 'LoadClip'), ('METRICS', 'PoseTrackAP'),
    ('HOOKS', 'BrokenFramesHook'), ('VISUALIZERS', 'TrackLocalVisualizer'),
    ('DATA_SAMPLERS', 'ClipGroupSampler'),
    ('KEYPOINT_CODECS', 'MoveNetLabel')])
def test_classes_of_the_package_by_both_scopes(name, registered):
    found = getattr(registry, name).get(f'mmpose_video.{registered}')
    assert found.__name__ == registered
    assert found.__module__.startswith('mmpose_video.')
    assert getattr(mmpose_registry, name).get(registered) is found


@pytest.mark.parametrize('name', ['INFERENCERS', 'OPTIM_WRAPPER_CONSTRUCTORS'])
def test_registries_without_classes_of_the_package_reach_mmpose(name):
    child, stock = getattr(registry, name), getattr(mmpose_registry, name)
    assert child.get('nothing of this name') is None

    class Part:
        pass

    stock.register_module(name='PartForTest', module=Part)
    try:
        assert child.get('mmpose_video.PartForTest') is Part
    finally:
        stock._module_dict.pop('PartForTest')
