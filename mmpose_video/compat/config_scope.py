"""Make ``mmpose_video::...`` name this package's configs.

What is broken
    MMEngine finds ``package::path`` only for the packages of a fixed table
    (``MODULE2PACKAGE`` in ``mmengine/config/utils.py``, 0.7 to 0.11), which
    has no entry for packages outside of OpenMMLab. With an entry,
    ``mmengine.hub.get_config('mmpose_video::...')`` works as for mmpose, and
    so does ``_base_`` in processes that have imported the package before
    they read the config. The stock scripts have not (``custom_imports`` is
    read after the bases), so configs meant for them use paths.

When it can go
    When mmengine looks packages up by name.
"""


def install() -> None:
    """Add the package to MMEngine's table."""
    from mmengine.config.utils import MODULE2PACKAGE
    MODULE2PACKAGE.setdefault('mmpose_video', 'mmpose_video')
