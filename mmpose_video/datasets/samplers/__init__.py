"""Orders of samples in which decoded frames are reused."""
from .clip_group_sampler import ClipGroupSampler
from .video_order_sampler import VideoOrderSampler
from .worker_run_batch_sampler import WorkerRunBatchSampler

__all__ = ['ClipGroupSampler', 'VideoOrderSampler', 'WorkerRunBatchSampler']
