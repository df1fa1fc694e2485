r"""Count parameters and multiply-adds of a config, and measure its speed.

MMPose's ``get_flops.py`` counts one image and knows neither selective scans
nor deformable convolutions. This one counts at full size on meta tensors,
which takes a second and no memory, and then times the model on this machine::

    mmpose-video flops CONFIG [CONFIG ...]

A folder means all configs below it except ``_base_``. With ``--table`` the
result is a page that says how it was made::

    mmpose-video flops configs --max-gmac 100 --table docs/model_sizes.md
"""
import argparse
import json
import math
import os
import platform
import shlex
import sys
import warnings
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence, Tuple

import torch
from mmengine.registry import init_default_scope
from mmpose.registry import MODELS

from mmpose_video.apis.model_loading import read_config
from mmpose_video.datasets.clip_samplers import CLIP_SAMPLERS
from mmpose_video.models.pose_estimators import TopdownVideoPoseEstimator
from mmpose_video.tools.flop_counters import CountDeformConv, flop_counter
from mmpose_video.tools.model_speed import clips_per_second
from mmpose_video.utils import one_line_errors

PARTS = ('backbone', 'neck', 'head')


def count(config: str) -> Dict[str, Any]:
    """Count one config.

    Args:
        config (str): Path of the config.

    Returns:
        dict: ``frames`` T, ``size`` (width and height of a crop), ``params``
        and ``trainable`` (numbers), ``macs`` (multiply-adds per clip, without
        the flip test) and ``parts``, the multiply-adds of backbone, neck and
        head.
    """
    model_cfg, shape = model_and_shape(config)
    with torch.device('meta'):
        model = MODELS.build(model_cfg).eval()
        clip = torch.empty(1, *shape)
    # A head may read values (the schedule of a diffusion) and is small: it
    # runs for real. torchvision's deformable convolution does not run on meta
    # tensors: it is replaced and counted.
    images = clip[:, 0]  # for MMPose's own estimators
    ours = isinstance(model, TopdownVideoPoseEstimator)
    counters = [flop_counter() for _ in PARTS]
    deform, deform_in_head = CountDeformConv(), CountDeformConv()
    with torch.no_grad(), warnings.catch_warnings():
        # the scan warns that no fast backend serves meta tensors
        warnings.simplefilter('ignore')
        with counters[0]:
            if ours:
                model.extract_frame_feats(
                    clip if model.is_video_model else clip[:, :1])
            else:
                model.backbone(images)
        with counters[1], deform:
            feats = model.extract_feat(clip if ours else images)
        head = MODELS.build(model_cfg['head']).eval()
        with counters[2], deform_in_head:
            head.forward(tuple(torch.zeros(feat.shape) for feat in feats))
    backbone, both, decoder = (c.get_total_flops() for c in counters)
    neck = both - backbone + deform.flops
    decoder += deform_in_head.flops
    parts = {
        name: flops / 2
        for name, flops in zip(PARTS, (backbone, neck, decoder))
    }
    return dict(
        config=config,
        frames=shape[0],
        size=(shape[3], shape[2]),
        params=sum(p.numel() for p in model.parameters()),
        trainable=sum(p.numel() for p in model.parameters()
                      if p.requires_grad),
        macs=sum(parts.values()),
        parts=parts)


def without_pretrained(cfg: Any) -> Any:
    """Remove the initializations from files from a model's config."""
    if not isinstance(cfg, dict):
        return cfg
    return {
        key: without_pretrained(value)
        for key, value in cfg.items()
        if not (isinstance(value, dict)
                and value.get('type') == 'Pretrained')
    }


def model_and_shape(config: str) -> Tuple[dict, Tuple[int, int, int, int]]:
    """Return the model of a config and the shape of its clips.

    Args:
        config (str): Path of the config.

    Returns:
        tuple: The model's config, which reads no file of weights, and (T, 3,
        H, W).

    Raises:
        FileNotFoundError: If there is no such config.
        ValueError: If it is not the config of a pose model.
    """
    cfg = read_config(config, ('model', 'test_dataloader', 'codec'))
    init_default_scope('mmpose')
    width, height = cfg.codec.input_size
    # of a dataset of images: 1; a method may train with shorter clips
    sampler = cfg.test_dataloader.dataset.get('clip_sampler')
    frames = 1 if sampler is None else CLIP_SAMPLERS.build(sampler).num_frames
    channels = cfg.model.backbone.get('in_channels', 3)
    return (without_pretrained(cfg.model.to_dict()),
            (frames, channels, height, width))


def find_configs(paths: Sequence[str]) -> List[str]:
    """Return configs given by path, and those below folders.

    Args:
        paths (Sequence[str]): Files and folders.

    Raises:
        FileNotFoundError: If there is no such file, or none in a folder.
    """
    configs: List[str] = []
    for path in map(Path, paths):
        if not path.exists():
            raise FileNotFoundError(f'there is no config {path}')
        found = [path] if path.is_file() else sorted(
            file for file in path.rglob('*.py')
            if '_base_' not in file.parts)
        if not found:
            raise FileNotFoundError(f'{path} holds no configs')
        configs += map(str, found)
    return configs


def measure(configs: Sequence[str], args: argparse.Namespace
            ) -> List[Dict[str, Any]]:
    """Count and time configs; equal models once.

    Args:
        configs (Sequence[str]): Their paths.
        args (argparse.Namespace): Of the command line.

    Returns:
        list[dict]: See :func:`count`, with ``speed`` in clips per second, or
        None where it was not measured.
    """
    known: Dict[str, Dict[str, Any]] = {}
    rows = []
    for config in configs:
        model_cfg, shape = model_and_shape(config)
        key = json.dumps([model_cfg, shape], default=str, sort_keys=True)
        if key not in known:
            row = dict(count(config), speed=None)
            if not args.no_speed and row['macs'] <= args.max_gmac * 1e9:
                print(f'timing {config}', file=sys.stderr, flush=True)
                row['speed'] = clips_per_second(
                    MODELS.build(model_cfg), (args.batch_size, *shape),
                    args.device, args.passes)
            known[key] = row
        rows.append(dict(known[key], config=config))
    return rows


def table(rows: Sequence[Dict[str, Any]]) -> str:
    """Format counts as a Markdown table."""
    lines = [
        '| config | T | input | parameters | trainable | GMAC per clip | '
        'backbone | neck | head | clips/s |',
        '|---|---|---|---|---|---|---|---|---|---|'
    ]
    for row in rows:
        name = Path(row['config']).stem
        parts = ' | '.join(f"{row['parts'].get(part, 0) / 1e9:.2f}"
                           for part in PARTS)
        speed = row.get('speed')
        lines.append(f"| `{name}` | {row['frames']} | "
                     f"{row['size'][0]}x{row['size'][1]} | "
                     f"{row['params'] / 1e6:.2f} M | "
                     f"{row['trainable'] / 1e6:.2f} M | "
                     f"{row['macs'] / 1e9:.2f} | {parts} | "
                     f"{'-' if speed is None else f'{speed:.3g}'} |")
    return '\n'.join(lines)


def page(rows: Sequence[Dict[str, Any]], args: argparse.Namespace,
         command: Sequence[str]) -> str:
    """Return a page with the table and how it was made.

    Args:
        rows (Sequence[dict]): See :func:`measure`.
        args (argparse.Namespace): Of the command line.
        command (Sequence[str]): The command line itself.
    """
    clips = 'one clip' if args.batch_size == 1 else f'{args.batch_size} clips'
    text = f"""# Sizes of the models

This page is generated; make it anew with

```shell
mmpose-video flops {shlex.join(command)}
```

Parameters, those that are trained apart, and multiply-adds of one clip of T
frames in billions (GMAC), without the flip test. Products, selective scans,
deformable convolutions and samplings are counted; normalization, activations
and sums are not.
"""
    if any(row['speed'] is not None for row in rows):
        text += f"""
Speed: clips per second, each of which gives the pose of one person in one key
frame; batches of {clips}, median of {args.passes} passes in float32, random
weights, without decoding and cropping. Configs with equal models share one
measurement; how far nearly equal ones differ tells how exact it is.
{_machine(args.device)}.
"""
        if any(row['speed'] is None for row in rows):
            text += (f'A dash: more than {args.max_gmac:g} GMAC per clip, not '
                     'measured.\n')
    return f'{text}\n{table(rows)}\n'


def _machine(device: str) -> str:
    """Describe the machine."""
    if device.startswith('cuda'):
        where = torch.cuda.get_device_name(device)
    else:
        where = (f'{platform.machine()} CPU, {torch.get_num_threads()} '
                 f'threads of {os.cpu_count()} cores')
    return f'{where}, PyTorch {torch.__version__}'


@one_line_errors
def main(argv: Optional[Sequence[str]] = None) -> int:
    """Run the command and return the exit status."""
    parser = argparse.ArgumentParser(
        prog='mmpose-video flops', description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add('configs', nargs='+', metavar='CONFIG', help='config, or folder')
    add('--device', default='cuda:0' if torch.cuda.is_available() else 'cpu',
        help='where to time (default: the first GPU, or cpu)')
    add('--batch-size', type=int, metavar='N', default=1,
        help='clips per pass (default: %(default)s)')
    add('--passes', type=int, metavar='N', default=5,
        help='timed passes after the warm-up (default: %(default)s)')
    add('--max-gmac', type=float, metavar='X', default=math.inf,
        help='do not time models with more billion multiply-adds (default: '
        'time all)')
    add('--no-speed', action='store_true', help='count only')
    add('--table', metavar='OUT.md', help='write a page')
    command = list(sys.argv[1:] if argv is None else argv)
    args = parser.parse_args(command)
    if args.table:  # now: measuring may take long
        Path(args.table).parent.mkdir(parents=True, exist_ok=True)
    rows = measure(find_configs(args.configs), args)
    if args.table:
        Path(args.table).write_text(
            page(rows, args, command), encoding='utf-8')
        print(f'wrote {args.table}: {len(rows)} configs')
    else:
        print(table(rows))
        if not args.no_speed:
            print(f'clips/s: {_machine(args.device)}')
    return 0


if __name__ == '__main__':
    sys.exit(main())
