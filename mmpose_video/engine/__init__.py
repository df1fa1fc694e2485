"""Hooks for MMEngine's loops, and checks of loaded weights."""
from .hooks import *  # noqa: F401,F403
from .pretrained_init import CheckedPretrainedInit  # noqa: F401
