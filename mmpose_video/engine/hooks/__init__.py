"""Hooks for MMEngine's runner."""
from .broken_frames_hook import BrokenFramesHook
from .checkpoint_match_hook import CheckpointMatchHook
from .resume_validation_hook import ResumeValidationHook
from .sample_seed_hook import SampleSeedHook
from .worker_runs_hook import WorkerRunsHook

__all__ = [
    'BrokenFramesHook', 'CheckpointMatchHook', 'ResumeValidationHook',
    'SampleSeedHook', 'WorkerRunsHook'
]
