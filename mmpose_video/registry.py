"""Registries of the scope ``mmpose_video``.

The package registers its classes straight into MMPose's registries, so that
configs name them as they name MMPose's own and keep
``default_scope = 'mmpose'``. The registries here are their children: with
``default_scope = 'mmpose_video'`` or ``type='mmpose_video.X'`` a name is
looked up here first, then in MMPose's, where the package's own classes are.
A project that wants a name of its own beside a stock one registers it here.
"""
from typing import Optional, Sequence

from mmengine.registry import Registry
from mmpose import registry as mmpose_registry

_SCOPE = 'mmpose_video'


class ScopedRegistry(Registry):
    """A child registry that climbs for keys with its own scope, too."""

    def get(self, key: str) -> Optional[type]:
        """Look up a class.

        Args:
            key (str): A name, or a name with a scope.

        Returns:
            type, optional: What was registered, None if nothing was.
        """
        # MMEngine climbs to the parent only for keys without a scope, but
        # what 'mmpose_video.X' names is registered in the parent.
        scope, name = self.split_scope_key(key)
        return super().get(name if scope == self.scope else key)


def _child(parent: Registry,
           locations: Sequence[str] = ()) -> ScopedRegistry:
    """Create a child registry; ``locations`` are imported at first use."""
    return ScopedRegistry(
        parent.name,
        parent=parent,
        scope=_SCOPE,
        locations=[f'{_SCOPE}.{location}' for location in locations])


MODELS = _child(mmpose_registry.MODELS, ['models'])
DATASETS = _child(mmpose_registry.DATASETS, ['datasets'])
DATA_SAMPLERS = _child(mmpose_registry.DATA_SAMPLERS, ['datasets'])
TRANSFORMS = _child(mmpose_registry.TRANSFORMS, ['datasets.transforms'])
KEYPOINT_CODECS = _child(mmpose_registry.KEYPOINT_CODECS, ['codecs'])
METRICS = _child(mmpose_registry.METRICS, ['evaluation'])
HOOKS = _child(mmpose_registry.HOOKS, ['engine'])
OPTIM_WRAPPER_CONSTRUCTORS = _child(mmpose_registry.OPTIM_WRAPPER_CONSTRUCTORS,
                                    ['engine'])
VISUALIZERS = _child(mmpose_registry.VISUALIZERS, ['visualization'])
INFERENCERS = _child(mmpose_registry.INFERENCERS, ['apis'])
