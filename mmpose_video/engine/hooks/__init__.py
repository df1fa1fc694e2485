"""Hooks for MMEngine's runner."""
from .sample_seed_hook import SampleSeedHook

__all__ = ['SampleSeedHook']
