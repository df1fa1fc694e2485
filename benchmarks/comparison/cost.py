r"""Measure size, operations, speed and memory of one model.

::

    python benchmarks/comparison/cost.py CONFIG OUT.json --device cpu

The config is the one that a training leaves in its work directory, with all
options in it. Nothing else should run on the machine; the load is kept with
the numbers.
"""
import argparse
import json
import os
import platform
import resource
import statistics
import sys
import time
from typing import Any, Dict, List, Optional


def measure(config: str, device: str, batch_size: Optional[int],
            passes: int) -> Dict[str, Any]:
    """Measure a model.

    Args:
        config (str): Path of the config.
        device (str): ``'cpu'`` or ``'cuda'``.
        batch_size (int, optional): Of inference and training. None: the
            config's for training.
        passes (int): Timed passes; their median counts.

    Returns:
        dict: ``params``, ``trainable``, ``macs`` (multiply-adds per clip),
        ``frames``, ``batch_size``, ``clips_per_second`` (inference of
        backbone, neck and head), ``samples_per_second`` (whole training
        steps on one batch of the data, without reading it), ``memory_mb``
        (peak of these steps: of the process, or on the GPU), ``load`` (of the
        machine before) and ``machine``.
    """
    load = os.getloadavg()[0] if hasattr(os, 'getloadavg') else None
    import torch
    from mmengine.config import Config
    from mmengine.optim import build_optim_wrapper
    from mmengine.runner import Runner
    from mmpose.registry import MODELS

    from mmpose_video.tools.get_flops import count, without_pretrained
    from mmpose_video.tools.model_speed import clips_per_second

    counts = count(config)
    cfg = Config.fromfile(config)
    model_cfg = without_pretrained(cfg.model.to_dict())
    loader = cfg.train_dataloader
    loader.update(num_workers=0, persistent_workers=False)
    loader.batch_size = batch_size or loader.batch_size
    batch = next(iter(Runner.build_dataloader(loader)))
    size = len(batch['inputs'])

    model = MODELS.build(model_cfg)
    # as the backbone gets it: some data preprocessors leave one channel
    shape = tuple(model.data_preprocessor(batch)['inputs'].shape)
    if len(shape) == 4:  # a still image
        shape = (size, 1, *shape[1:])
    speed = clips_per_second(model, shape, device, passes)

    model.train()
    optimizer = build_optim_wrapper(model, cfg.optim_wrapper)
    if device == 'cuda':
        torch.cuda.reset_peak_memory_stats()
    seconds: List[float] = []
    for _ in range(passes + 1):
        begin = time.perf_counter()
        model.train_step(batch, optimizer)
        if device == 'cuda':
            torch.cuda.synchronize()
        seconds.append(time.perf_counter() - begin)
    if device == 'cuda':
        memory = torch.cuda.max_memory_allocated() / 2**20
    else:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        # kilobytes, on macOS bytes
        memory = peak / (2**20 if sys.platform == 'darwin' else 2**10)
    return dict(
        params=counts['params'], trainable=counts['trainable'],
        macs=counts['macs'], frames=counts['frames'], batch_size=size,
        clips_per_second=speed,
        samples_per_second=size / statistics.median(seconds[1:]),
        memory_mb=memory, load=load, threads=torch.get_num_threads(),
        machine=machine(device))


def machine(device: str) -> str:
    """Describe the machine."""
    if device == 'cuda':
        import torch
        return torch.cuda.get_device_name()
    name = platform.processor() or platform.machine()
    try:
        with open('/proc/cpuinfo', encoding='utf-8') as file:
            name = next(line.split(':', 1)[1].strip() for line in file
                        if line.startswith('model name'))
    except (OSError, StopIteration):
        pass
    return f'{name}, {os.cpu_count()} cores'


def main(argv: Optional[List[str]] = None) -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('config')
    parser.add_argument('out', help='json file')
    parser.add_argument('--device', choices=('cpu', 'cuda'), default='cpu')
    parser.add_argument('--batch-size', type=int)
    parser.add_argument('--passes', type=int, default=5)
    args = parser.parse_args(argv)
    result = measure(args.config, args.device, args.batch_size, args.passes)
    draft = f'{args.out}.tmp'
    with open(draft, 'w', encoding='utf-8') as file:
        json.dump(result, file, indent=1)
    os.replace(draft, args.out)


if __name__ == '__main__':
    main()
