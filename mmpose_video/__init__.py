"""Human pose estimation in video, as an extension of MMPose 1.x.

Importing the package first makes the host packages usable (``compat``), then
registers every data set, model part, metric and hook into MMPose's
registries. ``custom_imports=dict(imports=['mmpose_video'])`` in a config is
all that the stock scripts need.
"""
from . import compat  # noqa: F401  isort: skip  must precede every host import
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
