_base_ = 'mmpose::_base_/default_runtime.py'

custom_imports = dict(imports=['mmpose_video'], allow_failed_imports=False)

default_hooks = dict(
    checkpoint=dict(
        interval=1, save_best='posetrack/AP', rule='greater',
        max_keep_ckpts=3),
    sample_seed=dict(type='SampleSeedHook'),
    resume_validation=dict(type='ResumeValidationHook'),
    worker_runs=dict(type='WorkerRunsHook'),
    broken_frames=dict(type='BrokenFramesHook'),
    checkpoint_match=dict(type='CheckpointMatchHook'))

randomness = dict(seed=0)
