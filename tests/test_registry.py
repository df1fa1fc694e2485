import pytest
from mmengine.registry import DefaultScope
from mmpose import registry as host

from mmpose_video import registry


@pytest.fixture
def part():
    """A class in MMPose's registry, as the package registers its own."""

    class Part:
        pass

    host.MODELS.register_module(module=Part)
    yield Part
    host.MODELS._module_dict.pop('Part')


def test_names_climb(part):
    assert registry.MODELS.get('Part') is part
    assert registry.MODELS.get('mmpose_video.Part') is part
    assert host.MODELS.get('mmpose_video.Part') is part
    assert registry.MODELS.get('mmpose.Part') is part


def test_own_name_comes_first(part):

    class Own:
        pass

    registry.MODELS.register_module(name='Part', module=Own)
    try:
        assert host.MODELS.get('mmpose_video.Part') is Own
        assert host.MODELS.get('Part') is part
    finally:
        registry.MODELS._module_dict.pop('Part')


def test_default_scope(part):
    with DefaultScope.overwrite_default_scope('mmpose_video'):
        from mmengine.registry import MODELS
        assert type(MODELS.build(dict(type='Part'))) is part


@pytest.mark.parametrize('name', [
    'DATASETS', 'TRANSFORMS', 'METRICS', 'HOOKS', 'VISUALIZERS',
    'DATA_SAMPLERS', 'INFERENCERS', 'KEYPOINT_CODECS',
    'OPTIM_WRAPPER_CONSTRUCTORS'
])
def test_all_are_children(name):
    child = getattr(registry, name)
    assert child.scope == 'mmpose_video'
    assert child.parent is getattr(host, name)
