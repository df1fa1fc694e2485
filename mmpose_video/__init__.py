"""Human pose estimation in video, as an extension of MMPose 1.x.

Importing the package first mends the OpenMMLab packages (``compat``), then
registers every dataset, model part, metric and hook in MMPose's registries.
``custom_imports=dict(imports=['mmpose_video'])`` in a config is all that the
stock scripts need.
"""
from . import compat  # noqa: F401  isort: skip  must precede MMPose
from . import (  # noqa: F401  imported for what they register
    codecs,
    datasets,
    engine,
    evaluation,
    models,
    registry,
    visualization,
)
from .version import __version__

__all__ = ['__version__']
