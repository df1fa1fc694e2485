"""Show how much each frame of a clip moves the output of a model.

A video model that ignores its neighboring frames trains and tests without an
error. This command measures the norm of the output's Jacobian with respect to
each frame's features, as a share of the key frame's, and how far the output
moves when the key frame stands in for all frames::

    mmpose-video temporal-influence CONFIG
    mmpose-video temporal-influence CONFIG --checkpoint PTH --plot OUT.png

Without a checkpoint the model is measured at its initialization; the backbone
is random unless ``--pretrained`` loads the weights that the config starts
from. The input is a moving texture, or with ``--data`` clips of the config's
test set. Several configs and folders give one table; ``--table`` writes it as
a page.
"""
import argparse
import json
import shlex
import sys
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence, Tuple

import torch
from mmengine.config import Config, DictAction
from mmengine.dataset import pseudo_collate
from mmengine.logging import MMLogger
from mmengine.registry import init_default_scope
from mmengine.runner import set_random_seed
from mmpose.registry import DATASETS, MODELS
from torch import Tensor

from mmpose_video.apis.model_loading import load_pose_model, read_config
from mmpose_video.datasets.clip_samplers import CLIP_SAMPLERS
from mmpose_video.models.pose_estimators import TopdownVideoPoseEstimator
from mmpose_video.structures import ClipInfo
from mmpose_video.tools.frame_influence import (
    NOTHING,
    Influence,
    measure_influence,
    moving_texture,
    settle_batch_norm,
)
from mmpose_video.tools.get_flops import find_configs, without_pretrained
from mmpose_video.utils import one_line_errors

Clips = Tuple[Tensor, ClipInfo]


def influence_of(config: str,
                 checkpoint: Optional[str] = None,
                 num_clips: int = 2,
                 probes: int = 4,
                 seed: int = 0,
                 data: bool = False,
                 pretrained: bool = False,
                 cfg_options: Optional[dict] = None) -> Influence:
    """Measure the model of a config.

    Args:
        config (str): Path of the config.
        checkpoint (str, optional): Trained weights. Defaults to None, the
            initialization, with the batch statistics of the input.
        num_clips (int): Number of clips. Defaults to 2.
        probes (int): Backward passes per clip batch. Defaults to 4.
        seed (int): Seed of weights, textures and probes. Defaults to 0.
        data (bool): Take clips of the config's test set instead of moving
            textures. Defaults to False.
        pretrained (bool): Load the weights that the config starts from.
            Defaults to False.
        cfg_options (dict, optional): Changes to the config.

    Raises:
        ValueError: If the model is not a video model.
    """
    cfg = _read(config, cfg_options)
    init_default_scope('mmpose')
    model: Any
    if checkpoint is not None:
        model = load_pose_model(cfg, checkpoint, 'cpu')
    else:
        set_random_seed(seed)
        model = MODELS.build(
            cfg.model if pretrained else without_pretrained(
                cfg.model.to_dict()))
        # init_weights() logs a paragraph for each parameter
        MMLogger.get_current_instance().setLevel('WARNING')
        model.init_weights()
    model.eval()
    if not (isinstance(model, TopdownVideoPoseEstimator)
            and model.is_video_model):
        raise ValueError(f'the model of {config} has no video neck: its '
                         'output depends on the key frame alone')
    model.requires_grad_(False)
    inputs, clip = (_test_clips(cfg, model, num_clips)
                    if data else _textures(cfg, num_clips, seed))
    if checkpoint is None:
        settle_batch_norm(model, inputs)
    return measure_influence(model, inputs, clip, probes, seed)


def _read(config: str, cfg_options: Optional[dict]) -> Config:
    """Read a config and change it."""
    cfg = read_config(config)
    if cfg_options:
        cfg.merge_from_dict(cfg_options)
    return cfg


def _textures(cfg: Config, num_clips: int, seed: int) -> Clips:
    """Return moving textures with the times of the config's test clips."""
    sampler = cfg.test_dataloader.dataset.get('clip_sampler') or dict(
        type='FixedOffsets')
    sampler = CLIP_SAMPLERS.build(sampler)
    offsets = sampler()
    width, height = cfg.codec.input_size
    clip = ClipInfo(
        num_frames=len(offsets),
        key_index=sampler.key_index,
        offsets=torch.as_tensor(offsets).expand(num_clips, -1),
        valid=torch.ones(num_clips, len(offsets), dtype=torch.bool))
    return moving_texture(num_clips, offsets.tolist(), (height, width),
                          seed), clip


def _test_clips(cfg: Config, model: Any, num_clips: int) -> Clips:
    """Return clips of the test set, evenly spaced."""
    dataset = DATASETS.build(cfg.test_dataloader.dataset)
    num_clips = min(num_clips, len(dataset))
    picked = [(2 * i + 1) * len(dataset) // (2 * num_clips)
              for i in range(num_clips)]
    batch = model.data_preprocessor(
        pseudo_collate([dataset[i] for i in picked]), False)
    inputs = batch['inputs']
    return inputs, ClipInfo.from_data_samples(batch['data_samples'],
                                              inputs.shape[1])


def measure(configs: Sequence[str],
            args: argparse.Namespace) -> List[Dict[str, Any]]:
    """Measure configs, equal models once; print which have no video neck.

    Args:
        configs (Sequence[str]): Their paths.
        args (argparse.Namespace): Of the command line.

    Returns:
        list[dict]: ``config`` and ``influence`` of each.
    """
    known: Dict[str, Influence] = {}
    rows = []
    for config in configs:
        cfg = _read(config, args.cfg_options)
        sampler = cfg.test_dataloader.dataset.get('clip_sampler')
        key = json.dumps([cfg.model, sampler, cfg.codec], default=str,
                         sort_keys=True)
        if key not in known:
            print(f'measuring {config}', file=sys.stderr, flush=True)
            try:
                known[key] = influence_of(
                    config, args.checkpoint, args.clips, args.probes,
                    args.seed, args.data, args.pretrained,
                    args.cfg_options)
            except ValueError as error:
                if len(configs) == 1:
                    raise
                print(f'left out: {error}', file=sys.stderr)
                continue
        rows.append(dict(config=config, influence=known[key]))
    return rows


def table(rows: Sequence[Dict[str, Any]]) -> str:
    """Format the shares as a Markdown table, a column for each offset."""
    offsets = sorted({
        offset
        for row in rows for offset in row['influence'].offsets if offset
    })
    lines = [
        '| config | ' + ' | '.join(f'{offset:+d}' for offset in offsets) +
        ' | still clip |', '|---|' + '---|' * (len(offsets) + 1)
    ]
    for row in rows:
        found: Influence = row['influence']
        shares = dict(zip(found.offsets, found.shares))
        cells = [
            f'{shares[offset]:.2g}' if offset in shares else '-'
            for offset in offsets
        ]
        lines.append(f"| `{Path(row['config']).stem}` | "
                     f"{' | '.join(cells)} | {found.still_change:.2g} |")
    return '\n'.join(lines)


def warning(row: Dict[str, Any]) -> Optional[str]:
    """Return a line if a model uses no frame but the key frame."""
    if row['influence'].uses_time:
        return None
    return (f"warning: {row['config']}: nothing. No neighboring frame moves "
            f'the output by {NOTHING:g} of what the key frame does; the '
            'README of the method names options that mend its start')


def plot(rows: Sequence[Dict[str, Any]], path: str) -> None:
    """Draw the shares by frame, one panel for each config.

    Args:
        rows (Sequence[dict]): See :func:`measure`.
        path (str): Picture to write.
    """
    # No pyplot: it would choose a display and keep global state.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    columns = min(3, len(rows))
    lines = -(-len(rows) // columns)
    figure = Figure(
        figsize=(4.2 * columns, 2.6 * lines), layout='constrained')
    FigureCanvasAgg(figure)
    panels = figure.subplots(lines, columns, squeeze=False, sharey=True)
    for panel, row in zip(panels.flat, rows):
        found: Influence = row['influence']
        colors = [
            '#999999' if i == found.key_index else '#0072b2'
            for i in range(len(found.offsets))
        ]
        labels = [f'{offset:+d}' if offset else 'key'
                  for offset in found.offsets]
        # no bar for what is below the axis
        bars = panel.bar(
            range(len(labels)), [max(x, 1e-6) for x in found.shares],
            color=colors, bottom=1e-6)
        panel.bar_label(
            bars, [f'{x:.2g}' for x in found.shares], fontsize=8, padding=2)
        panel.set_xticks(range(len(labels)), labels)
        panel.set_title(
            Path(row['config']).stem.rsplit('_', 2)[0], fontsize=9)
        panel.set_yscale('log')
        panel.set_ylim(1e-6, 30)
        panel.axhline(NOTHING, color='#d55e00', linewidth=0.8, linestyle=':')
    for panel in list(panels.flat)[len(rows):]:
        panel.set_visible(False)
    figure.supylabel("Jacobian's norm, key frame = 1")
    figure.supxlabel('frame')
    figure.savefig(path, dpi=120)


def page(rows: Sequence[Dict[str, Any]], args: argparse.Namespace,
         command: Sequence[str]) -> str:
    """Return a page with the table and how it was made.

    Args:
        rows (Sequence[dict]): See :func:`measure`.
        args (argparse.Namespace): Of the command line.
        command (Sequence[str]): The command line itself.
    """
    weights = 'a trained checkpoint' if args.checkpoint else (
        'the initialization, with the pretrained weights of the config'
        if args.pretrained else 'the initialization, backbone random')
    clips = "the config's test set" if args.data else 'a moving texture'
    return f"""# Influence of the frames

This page is generated; make it anew with

```shell
mmpose-video temporal-influence {shlex.join(command)}
```

Each column is a frame by its distance from the key frame. The value is the
norm of the Jacobian of the output with respect to the features of that frame,
divided by the norm for the key frame. Values below {NOTHING:g} mean that the
model does not use the frame. The last column is the relative change of the
output when the key frame stands in for all frames. Weights: {weights}.
Input: {args.clips} clip(s) of {clips}; {args.probes} probes, seed {args.seed}.

{table(rows)}
"""


@one_line_errors
def main(argv: Optional[Sequence[str]] = None) -> int:
    """Run the command line and return the exit status."""
    parser = argparse.ArgumentParser(
        prog='mmpose-video temporal-influence', description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add('configs', nargs='+', metavar='CONFIG', help='config, or folder')
    add('--checkpoint', metavar='PTH', help='trained weights of the config')
    add('--pretrained', action='store_true',
        help='load the weights that the config starts from')
    add('--data', action='store_true',
        help="take clips of the config's test set")
    add('--clips', type=int, metavar='N', default=2,
        help='number of clips (default: %(default)s)')
    add('--probes', type=int, metavar='N', default=4,
        help='random projections (default: %(default)s)')
    add('--seed', type=int, metavar='N', default=0,
        help='of weights, textures and projections (default: %(default)s)')
    add('--cfg-options', nargs='+', action=DictAction, metavar='KEY=VALUE',
        help='changes to the config')
    add('--plot', metavar='OUT.png', help='draw the result')
    add('--table', metavar='OUT.md', help='write a page')
    command = list(sys.argv[1:] if argv is None else argv)
    args = parser.parse_args(command)
    for path in filter(None, (args.plot, args.table)):
        # now: measuring may take long
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    configs = find_configs(args.configs)
    if args.checkpoint and len(configs) > 1:
        raise ValueError('a checkpoint belongs to one config, got '
                         f'{len(configs)}')
    rows = measure(configs, args)
    print(table(rows))
    for line in filter(None, map(warning, rows)):
        print(line)
    if args.plot:
        plot(rows, args.plot)
        print(f'wrote {args.plot}')
    if args.table:
        Path(args.table).write_text(
            page(rows, args, command), encoding='utf-8')
        print(f'wrote {args.table}')
    return 0


if __name__ == '__main__':
    sys.exit(main())
