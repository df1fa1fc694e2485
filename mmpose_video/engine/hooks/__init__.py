"""Hooks for MMEngine's runner."""
from .broken_frames_hook import BrokenFramesHook
from .sample_seed_hook import SampleSeedHook
from .worker_runs_hook import WorkerRunsHook

__all__ = ['BrokenFramesHook', 'SampleSeedHook', 'WorkerRunsHook']
