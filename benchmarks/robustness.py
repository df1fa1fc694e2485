r"""Test trained models on worse images: grey, infrared, low resolution.

Each model is tested as its config says, once for each degradation of the
crops; nothing is trained. Degradations go between cropping and packing, the
same for all frames of a clip::

    python benchmarks/robustness.py --out work_dirs/robustness \
        baseline=CONFIG:CHECKPOINT dcpose=CONFIG:CHECKPOINT \
        --cfg-options test_dataloader.dataset.data_root=data/synthetic/hard

It writes ``robustness.json``, ``robustness.md`` and ``robustness.png``.
Models that were tested before are not tested again.
"""
import argparse
import json
import platform
import sys
from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple

import mmengine
import torch
from mmengine.config import Config, DictAction
from mmengine.runner import Runner

import mmpose_video  # noqa: F401  registers the parts

#: Test images by name -> transforms of one image, applied to all frames.
DEGRADATIONS: Dict[str, List[dict]] = {
    'color': [],
    # luminance of B, G and R, as of a black-and-white camera
    'grey': [dict(type='mmcv.RandomGrayscale', prob=1., keep_channels=True,
                  channel_weights=(.114, .587, .299))],
    'infrared': [dict(type='PseudoInfrared', seed=0)],
    'inverted': [dict(type='PseudoInfrared', seed=0, invert=True)],
    '1/2': [dict(type='DegradeResolution', factor=2)],
    '1/4': [dict(type='DegradeResolution', factor=4)],
    '1/8': [dict(type='DegradeResolution', factor=8)],
}


def degraded(cfg: Config, steps: List[dict]) -> Config:
    """Return a config whose test images are degraded.

    Args:
        cfg (Config): A config of this package.
        steps (list[dict]): Transforms of single images.

    Raises:
        ValueError: If the pipeline does not end in packing.
    """
    cfg = cfg.copy()
    pipeline = list(cfg.test_dataloader.dataset.pipeline)
    if pipeline[-1]['type'] != 'PackClipInputs':
        raise ValueError('the test pipeline must end in PackClipInputs, got '
                         f'{[step["type"] for step in pipeline]}')
    pipeline[-1:-1] = [
        dict(type='ClipConsistent', transform=step) for step in steps
    ]
    cfg.test_dataloader.dataset.pipeline = pipeline
    return cfg


def average_precision(cfg: Config, checkpoint: str, work_dir: str) -> float:
    """Test a model and return the metric that its config saves best by."""
    cfg = cfg.copy()
    cfg.load_from, cfg.work_dir, cfg.log_level = checkpoint, work_dir, 'ERROR'
    metrics = Runner.from_cfg(cfg).test()
    return float(metrics[cfg.default_hooks.checkpoint.save_best])


def parse_model(text: str) -> Tuple[str, str, str]:
    """Split ``NAME=CONFIG:CHECKPOINT``.

    Raises:
        argparse.ArgumentTypeError: If it is written otherwise, or a file is
            missing.
    """
    name, _, rest = text.partition('=')
    config, _, checkpoint = rest.rpartition(':')
    for path in (config, checkpoint):
        if not Path(path).is_file():
            raise argparse.ArgumentTypeError(
                f'{text!r}: there is no file {path!r}; write '
                'NAME=CONFIG:CHECKPOINT')
    return name, config, checkpoint


def table(results: Dict[str, Dict[str, float]]) -> str:
    """Return a Markdown table, one row for each model."""
    columns = list(DEGRADATIONS)
    lines = ['| model | ' + ' | '.join(columns) + ' |',
             '| --- |' + ' --- |' * len(columns)]
    lines += [
        f'| {name} | ' + ' | '.join(
            f'{row[column]:.1f}' if column in row else '-'
            for column in columns) + ' |' for name, row in results.items()
    ]
    return '\n'.join(lines) + '\n'


def draw(results: Dict[str, Dict[str, float]], path: Path) -> None:
    """Plot AP over the degradations."""
    import matplotlib
    matplotlib.use('agg')
    from matplotlib import pyplot as plt
    figure, axes = plt.subplots(1, 2, figsize=(10, 4), sharey=True)
    for axis, columns, title in zip(
            axes, (['color', 'grey', 'infrared', 'inverted'],
                   ['color', '1/2', '1/4', '1/8']),
            ('colors', 'resolution of the crop')):
        for name, row in results.items():
            seen = [column for column in columns if column in row]
            axis.plot(seen, [row[column] for column in seen], marker='o',
                      label=name)
        axis.set_title(title)
        axis.grid(alpha=0.3)
    axes[0].set_ylabel('AP')
    axes[1].legend(fontsize=8)
    figure.tight_layout()
    figure.savefig(path, dpi=100)
    plt.close(figure)


def main(argv: Optional[List[str]] = None) -> int:
    """Command line; returns the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument('models', nargs='+', type=parse_model,
                        metavar='NAME=CONFIG:CHECKPOINT')
    parser.add_argument('--out', type=Path, required=True)
    parser.add_argument('--cfg-options', nargs='+', action=DictAction)
    args = parser.parse_args(argv)
    args.out.mkdir(parents=True, exist_ok=True)
    path = args.out / 'robustness.json'
    stored: Dict[str, Any] = (
        json.loads(path.read_text()) if path.is_file() else dict(results={}))
    results = stored['results']
    for name, config, checkpoint in args.models:
        cfg = Config.fromfile(config)
        cfg.merge_from_dict(args.cfg_options or {})
        row = results.setdefault(name, {})
        for column, steps in DEGRADATIONS.items():
            if column in row:
                continue
            row[column] = average_precision(
                degraded(cfg, steps), checkpoint, str(args.out / 'logs'))
            print(f'{name}, {column}: {row[column]:.2f}', flush=True)
            stored['versions'] = dict(
                torch=torch.__version__, mmengine=mmengine.__version__,
                python=platform.python_version())
            path.write_text(json.dumps(stored, indent=1))
    (args.out / 'robustness.md').write_text(table(results))
    draw(results, args.out / 'robustness.png')
    print(table(results))
    return 0


if __name__ == '__main__':
    sys.exit(main())
