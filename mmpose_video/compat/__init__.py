"""Everything that exists only because a host package is frozen or broken."""
from .mmcv_ext import install as _install_mmcv_ext

_install_mmcv_ext()
