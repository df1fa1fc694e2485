"""The default scope after tests that run with MMEngine's."""
import pytest
from mmengine.registry import DefaultScope


@pytest.fixture(autouse=True)
def restore_scope():
    """Leave the scope of registries to other tests as it was."""
    before = dict(DefaultScope._instance_dict)
    yield
    DefaultScope._instance_dict.clear()
    DefaultScope._instance_dict.update(before)
