"""Time the loading of clips against a naive loader.

Renders a set of 1280 x 720 frames with five people each, and loads all
samples of it: with `cv2.imread` of all T frames for each sample, and as
the configs do (cache, samples in video order or in groups, one copy). Both
use MMEngine's data loader and collate function and all other transforms
alike. It checks that both give equal tensors bit for bit, then prints samples
per second and the ratios, in wall time and in processor time of all processes
(on a machine that does other work too, only the latter can be trusted)::

    python benchmarks/data_pipeline.py --json pipeline.json

Each measurement runs in a process of its own, so that its peak memory is its
own too, for a first epoch that does not count, and then for the epochs whose
medians are printed; workers stay in between.
"""
import argparse
import contextlib
import hashlib
import io
import json
import multiprocessing
import os
import resource
import statistics
import tempfile
import time
from typing import Any, Dict, Iterator, List

import cv2
import torch
from mmcv.transforms import BaseTransform
from mmengine.logging import MMLogger
from mmengine.registry import init_default_scope
from mmengine.runner import Runner
from mmpose.registry import TRANSFORMS

from mmpose_video.datasets.synthetic import SyntheticConfig, generate
from mmpose_video.engine.seeded_samples import seed_samples

OFFSETS = (-2, -1, 0, 1, 2)
INPUT_SIZE = (288, 384)
CODEC = dict(type='MSRAHeatmap', input_size=INPUT_SIZE,
             heatmap_size=(72, 96), sigma=3)


@TRANSFORMS.register_module()
class NaiveLoadClip(BaseTransform):
    """Read each frame with `cv2.imread` for each sample."""

    def transform(self, results: dict) -> dict:
        """Read T frames."""
        results['img'] = [cv2.imread(p) for p in results['frame_paths']]
        results['img_shape'] = results['img'][0].shape[:2]
        results['ori_shape'] = results['img_shape']
        return results


@TRANSFORMS.register_module()
class NaivePackInputs(TRANSFORMS.get('mmpose.PackPoseInputs')):
    """Pack frames as MMPose does."""


def pipeline(phase: str, fast: bool, args: argparse.Namespace) -> List[dict]:
    """Return the transforms of `configs/_base_/pipelines`."""
    augment = [
        dict(type='RandomFlip', direction='horizontal'),
        dict(type='RandomHalfBody'),
        dict(type='RandomBBoxTransform', shift_prob=0.,
             scale_factor=(0.65, 1.35), rotate_factor=90., rotate_prob=0.6),
    ] if phase == 'train' else []
    target = [dict(type='GenerateTarget', encoder=CODEC)
              ] if phase == 'train' else []
    return [
        dict(type='LoadClip', cache_mb=args.cache_mb) if fast else
        dict(type='NaiveLoadClip'),
        dict(type='GetBBoxCenterScale', padding=1.25), *augment,
        dict(type='TopdownClipAffine' if fast else 'TopdownAffine',
             input_size=INPUT_SIZE), *target,
        dict(type='PackClipInputs' if fast else 'NaivePackInputs')
    ]


def build(phase: str, fast: bool, workers: int, args: argparse.Namespace,
          in_order: bool = False) -> torch.utils.data.DataLoader:
    """Build a data loader as the runner does.

    ``in_order`` reads the samples by their index: augmentation depends on the
    place of a sample in its epoch.
    """
    order: Dict[str, Any] = dict(
        sampler=dict(type='DefaultSampler',
                     shuffle=phase == 'train' and not in_order))
    if in_order:
        pass
    elif fast and phase == 'train':
        order = dict(sampler=dict(type='ClipGroupSampler',
                                  group_size=args.group_size))
    elif fast:
        order = dict(
            sampler=dict(type='VideoOrderSampler'),
            batch_sampler=dict(type='WorkerRunBatchSampler',
                               num_workers=workers))
    dataset = dict(
        type='PoseTrack18ClipDataset', data_root=args.folder,
        ann_file=f'annotations/posetrack18_{args.split}.json',
        data_prefix=dict(img=''), test_mode=phase == 'test',
        clip_sampler=dict(type='FixedOffsets', offsets=OFFSETS),
        pipeline=pipeline(phase, fast, args))
    with contextlib.redirect_stdout(io.StringIO()):  # pycocotools talks
        loader = Runner.build_dataloader(
            dict(dataset=dataset, batch_size=args.batch_size,
                 num_workers=workers, persistent_workers=workers > 0, **order,
                 collate_fn=dict(type='collate_clips' if fast and args.ring
                                 else 'pseudo_collate')), seed=0)
    if phase == 'train':
        seed_samples(loader, 0, 0)
    return loader


def used() -> float:
    """Return the processor time of this process and its workers (Linux)."""
    own = resource.getrusage(resource.RUSAGE_SELF)
    ticks = 0
    for child in multiprocessing.active_children():
        with open(f'/proc/{child.pid}/stat', encoding='utf-8') as file:
            fields = file.read().rsplit(')', 1)[1].split()
        ticks += int(fields[11]) + int(fields[12])
    return own.ru_utime + own.ru_stime + ticks / os.sysconf('SC_CLK_TCK')


def measure(pipe: Any, phase: str, fast: bool, workers: int,
            args: argparse.Namespace) -> None:
    """Load all samples again and again; send what it took."""
    prepare()
    loader = build(phase, fast, workers, args)
    reset_memory()
    before = memory()
    epochs = []
    for epoch in range(1 + args.epochs):
        if hasattr(loader.sampler, 'set_epoch'):
            loader.sampler.set_epoch(epoch)
        cpu, wall, count = used(), time.perf_counter(), 0
        for batch in loader:
            count += len(batch['inputs'])
        epochs.append((time.perf_counter() - wall, used() - cpu))
    # the first epoch fills caches and meets memory for the first time
    walls, cpus = zip(*epochs[1:])
    result = dict(samples=count, wall=statistics.median(walls),
                  cpu=statistics.median(cpus))
    if not workers:
        result['peak_mb'] = memory() - before
        if fast:
            cache = loader.dataset.pipeline.transforms[0].reader.cache
            result.update(cache_mb=cache.peak_bytes / 2**20,
                          hits=cache.hits / len(epochs),
                          misses=cache.misses / len(epochs))
    pipe.send(result)


def reset_memory() -> None:
    """Forget the peak so far (Linux)."""
    with contextlib.suppress(OSError), open('/proc/self/clear_refs',
                                            'w') as file:
        file.write('5')


def memory() -> float:
    """Return the peak of the resident memory in MiB."""
    with contextlib.suppress(OSError), open('/proc/self/status') as file:
        line = next(row for row in file if row.startswith('VmHWM'))
        return int(line.split()[1]) / 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10


def prepare() -> None:
    """Set what MMEngine sets for a training."""
    init_default_scope('mmpose')
    if not MMLogger.check_instance_created('benchmark'):
        MMLogger.get_instance('benchmark', log_level='WARNING')
    cv2.setNumThreads(0)
    torch.set_num_threads(1)


def in_own_process(*args: Any) -> Dict[str, float]:
    """Run :func:`measure` in a fresh process."""
    context = multiprocessing.get_context('fork')
    ours, theirs = context.Pipe()
    process = context.Process(target=measure, args=(theirs, *args))
    process.start()
    theirs.close()
    try:
        return ours.recv()
    finally:
        process.join()


def digests(loader: torch.utils.data.DataLoader
            ) -> Dict[Any, Dict[str, tuple]]:
    """Hash each tensor of each sample, by the annotation's number."""
    found = {}
    for batch in loader:
        for inputs, sample in zip(batch['inputs'], batch['data_samples']):
            values = dict(inputs=inputs)
            if 'gt_fields' in sample:
                values['heatmaps'] = sample.gt_fields.heatmaps
            found[sample.id] = {
                name: (value.dtype, value.shape,
                       hashlib.sha1(value.numpy()).hexdigest())
                for name, value in values.items()}
    return found


def check_equal(args: argparse.Namespace) -> int:
    """Check that both loaders give the same; return the number of samples."""
    prepare()
    for phase in ('test', 'train'):
        naive, fast = (digests(build(phase, fast, 1, args, in_order=True))
                       for fast in (False, True))
        if naive.keys() != fast.keys():
            raise SystemExit(f'{phase}: not the same samples')
        for number, values in naive.items():
            for name, value in values.items():
                if value != fast[number][name]:
                    raise SystemExit(
                        f'{phase}: {name} of sample {number} differ')
    return len(naive)


def runs(args: argparse.Namespace) -> Iterator[dict]:
    """Measure all settings."""
    for phase in args.phases:
        for workers in args.workers:
            naive, fast = (in_own_process(phase, fast, workers, args)
                           for fast in (False, True))
            yield dict(phase=phase, workers=workers, naive=naive, fast=fast,
                       wall_ratio=naive['wall'] / fast['wall'],
                       cpu_ratio=naive['cpu'] / fast['cpu'])


def main() -> None:
    """Render, compare, measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add = parser.add_argument
    add('--frames', type=int, default=15, help='frames a video')
    add('--videos', type=int, default=4)
    add('--difficulty', default='easy', help='of the rendered set')
    add('--batch-size', type=int, default=16)
    add('--group-size', type=int, default=8)
    add('--cache-mb', type=float, default=32, help='less than the configs '
        'have, as the set is small: it must not hold all of it')
    add('--no-ring', dest='ring', action='store_false', help='hand batches '
        "over in new shared memory, by MMEngine's collate function")
    add('--workers', type=int, nargs='+', default=[0, 1, 2])
    add('--phases', nargs='+', default=['test', 'train'])
    add('--epochs', type=int, default=3, help='after a first one that is '
        'not measured; medians are printed')
    add('--folder', help='keep the rendered set here')
    add('--json', help='write the numbers to this file')
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        args.folder, args.split = args.folder or folder, 'val'
        generate(args.folder, SyntheticConfig(
            width=1280, height=720, people=(5, 5), frames=args.frames,
            train_videos=0, val_videos=args.videos,
            difficulty=args.difficulty, detections=False), workers=1)
        count = check_equal(args)
        print(f'{count} samples of {args.frames * args.videos} frames; '
              'all tensors are equal bit for bit')
        print('phase workers | samples/s naive, ours (wall) | ms/sample of '
              'CPU naive, ours | ratio wall, CPU')
        results = []
        for run in runs(args):
            naive, fast = run['naive'], run['fast']
            print(f'{run["phase"]:5} {run["workers"]:7} | '
                  f'{naive["samples"] / naive["wall"]:6.1f} '
                  f'{fast["samples"] / fast["wall"]:6.1f} | '
                  f'{naive["cpu"] / count * 1e3:6.1f} '
                  f'{fast["cpu"] / count * 1e3:6.1f} | '
                  f'{run["wall_ratio"]:5.2f} {run["cpu_ratio"]:5.2f}')
            if 'hits' in fast:
                print(f'      in one process: {fast["misses"]:.0f} frames '
                      f'decoded an epoch, {fast["hits"]:.0f} found; cache at '
                      f'most {fast["cache_mb"]:.0f} MiB of {args.cache_mb:g}; '
                      f'process grew by {fast["peak_mb"]:.0f} MiB, naive '
                      f'{naive["peak_mb"]:.0f}')
            results.append(run)
    if args.json:
        with open(args.json, 'w', encoding='utf-8') as file:
            json.dump(dict(vars(args), results=results), file, indent=2)


if __name__ == '__main__':
    main()
