"""Measure accuracy and cost of a trained DiffPose model, and draw it.

Three commands, each for a config and a checkpoint::

    python benchmarks/diffpose.py grid CONFIG CHECKPOINT --out work_dirs/grid
    python benchmarks/diffpose.py cost CONFIG
    python benchmarks/diffpose.py steps CONFIG CHECKPOINT --out steps.png

``grid`` evaluates each number of steps with each number of hypotheses, as a
table (``grid.md``, ``grid.json``) and a plot (``grid.png``); ``cost`` times
the parts of the model, and ``steps`` draws the heatmap after each step.
"""
import argparse
import copy
import json
import os
import statistics
import time
from typing import Any, Callable, Dict, List, Optional, Tuple

import numpy as np
import torch
from mmengine.config import Config, DictAction
from mmengine.evaluator import Evaluator
from mmengine.registry import init_default_scope
from mmengine.runner import Runner
from mmpose.registry import MODELS

import mmpose_video  # noqa: F401  registers the model
from mmpose_video.apis.model_loading import load_pose_model
from mmpose_video.models.diffusion import SeededNoise, sample_key
from mmpose_video.utils import Progress

Setting = Tuple[int, int, int]


def parse_args() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest='command', required=True)

    def add(name: str, about: str, needs_weights: bool = True
            ) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=about)
        sub.add_argument('config')
        if needs_weights:
            sub.add_argument('checkpoint')
        sub.add_argument('--device', default='cpu')
        sub.add_argument('--cfg-options', nargs='+', action=DictAction)
        sub.add_argument('--steps', type=int, nargs='+', default=[1, 2, 4, 10])
        sub.add_argument(
            '--hypotheses', type=int, nargs='+', default=[1, 2, 4, 8])
        return sub

    grid = add('grid', 'AP against steps and hypotheses')
    grid.add_argument('--seeds', type=int, nargs='+', default=[0, 1, 2])
    grid.add_argument('--baseline', nargs=2, metavar=('CONFIG', 'CHECKPOINT'),
                      help='a single-frame model to compare with')
    grid.add_argument('--metric', help='which number; default: the first')
    grid.add_argument('--max-batches', type=int, help='for a quick look')
    grid.add_argument('--out', default='work_dirs/diffpose_grid')

    cost = add('cost', 'time per clip of each part', needs_weights=False)
    cost.add_argument('--batch-size', type=int, default=1)
    cost.add_argument('--repeats', type=int, default=20)
    cost.add_argument('--threads', type=int, help='CPU threads')

    steps = add('steps', 'heatmaps after each step')
    steps.add_argument('--samples', type=int, nargs='+', default=[0, 100, 200],
                       help='places in the test set')
    steps.add_argument('--out', default='diffpose_steps.png')
    return parser.parse_args()


def load(config: str, checkpoint: Optional[str], device: str,
         options: Optional[dict] = None) -> Tuple[Config, Any]:
    """Read a config and build its model, ready for testing."""
    cfg = Config.fromfile(config)
    cfg.merge_from_dict(options or {})
    init_default_scope('mmpose')
    if checkpoint is None and cfg.model.backbone.get('init_cfg'):
        cfg.model.backbone.init_cfg = None  # nothing to download
    if checkpoint is not None:
        return cfg, load_pose_model(cfg, checkpoint, device)
    return cfg, MODELS.build(cfg.model).to(device).eval()


class FeatureCache:
    """Make a model compute the features of a batch only once.

    Settings of the reverse process do not change the features, so one pass
    over the data serves the whole grid.
    """

    def __init__(self, model: Any) -> None:
        self.extract = model.extract_feat
        self.stored: list = []
        self.place = 0
        model.extract_feat = self

    def __call__(self, inputs: torch.Tensor) -> tuple:
        """Return the features of a batch, computed in its first run only."""
        if self.place == len(self.stored):
            self.stored.append(self.extract(inputs))
        self.place += 1
        return self.stored[self.place - 1]

    def rewind(self) -> None:
        """Run the same batch again."""
        self.place = 0

    def clear(self) -> None:
        """Go to the next batch."""
        self.stored, self.place = [], 0


@torch.no_grad()
def evaluate(cfg: Config, model: Any, settings: List[Setting],
             max_batches: Optional[int] = None) -> List[Dict[str, float]]:
    """Return the metrics of a model for each (steps, hypotheses, seed)."""
    loader = Runner.build_dataloader(copy.deepcopy(cfg.test_dataloader))
    evaluators = []
    for _ in settings:
        evaluators.append(Evaluator(copy.deepcopy(cfg.test_evaluator)))
        evaluators[-1].dataset_meta = loader.dataset.metainfo
    cache = FeatureCache(model)
    test_cfg = copy.deepcopy(model.test_cfg)
    seen = 0
    progress = Progress('batches',
                        min(len(loader), max_batches or len(loader)))
    for number, batch in enumerate(loader):
        if number == max_batches:
            break
        cache.clear()
        data = model.data_preprocessor(batch, False)
        seen += len(data['data_samples'])
        for (steps, hypotheses, seed), evaluator in zip(settings, evaluators):
            cache.rewind()
            sampling = dict(test_cfg.get('sampling', {}))
            sampling.update(
                steps=steps, hypotheses=hypotheses, seed=seed, spread=False)
            model.test_cfg = dict(test_cfg, sampling=sampling)
            out = model.predict(data['inputs'],
                                copy.deepcopy(data['data_samples']))
            evaluator.process(data_samples=out, data_batch=batch)
        progress.update()
    progress.close()
    return [evaluator.evaluate(seen) for evaluator in evaluators]


def run_grid(args: argparse.Namespace) -> None:
    """Write table and plot of the accuracy over the grid."""
    cfg, model = load(args.config, args.checkpoint, args.device,
                      args.cfg_options)
    settings = [(steps, hypotheses, seed) for steps in args.steps
                for hypotheses in args.hypotheses for seed in args.seeds]
    metrics = evaluate(cfg, model, settings, args.max_batches)
    name = args.metric or next(iter(metrics[0]))
    mean = np.zeros((len(args.steps), len(args.hypotheses)))
    deviation = np.zeros_like(mean)
    for i, steps in enumerate(args.steps):
        for j, hypotheses in enumerate(args.hypotheses):
            values = [
                m[name] for s, m in zip(settings, metrics)
                if s[:2] == (steps, hypotheses)
            ]
            mean[i, j], deviation[i, j] = np.mean(values), np.std(values)
    baseline = None
    if args.baseline:
        # of the options, those on the data hold for both models
        options = {
            key: value for key, value in (args.cfg_options or {}).items()
            if key.startswith('test_')
        }
        base_cfg, base = load(*args.baseline, args.device, options)
        # the settings mean nothing to it
        baseline = evaluate(base_cfg, base, [(1, 1, 0)],
                            args.max_batches)[0][name]

    os.makedirs(args.out, exist_ok=True)
    lines = [
        f'{name}, mean and standard deviation over {len(args.seeds)} seeds of '
        'the noise', '',
        '| steps | ' + ' | '.join(f'{h} hyp.' for h in args.hypotheses) + ' |',
        '|---' * (len(args.hypotheses) + 1) + '|'
    ]
    for steps, row, errors in zip(args.steps, mean, deviation):
        cells = [f'{m:.2f} ± {d:.2f}' for m, d in zip(row, errors)]
        lines.append(f'| {steps} | ' + ' | '.join(cells) + ' |')
    if baseline is not None:
        lines += ['', f'Single-frame baseline: {baseline:.2f}']
    text = '\n'.join(lines) + '\n'
    print(text)
    with open(os.path.join(args.out, 'grid.md'), 'w') as file:
        file.write(text)
    with open(os.path.join(args.out, 'grid.json'), 'w') as file:
        json.dump(
            dict(
                metric=name,
                steps=args.steps,
                hypotheses=args.hypotheses,
                seeds=args.seeds,
                mean=mean.tolist(),
                std=deviation.tolist(),
                baseline=baseline), file, indent=1)

    plt = pyplot()
    figure, axis = plt.subplots(figsize=(5, 3.5))
    for j, hypotheses in enumerate(args.hypotheses):
        axis.errorbar(
            args.steps, mean[:, j], deviation[:, j], marker='o', capsize=3,
            label=f'{hypotheses} hypothes{"i" if hypotheses == 1 else "e"}s')
    if baseline is not None:
        axis.axhline(baseline, color='grey', ls='--', label='single frame')
    axis.set(xlabel='steps', ylabel=name, xscale='log')
    axis.set_xticks(args.steps, [str(s) for s in args.steps], minor=False)
    axis.minorticks_off()
    axis.legend()
    figure.tight_layout()
    figure.savefig(os.path.join(args.out, 'grid.png'), dpi=150)


def median_time(call: Callable[[], object], device: str,
                repeats: int) -> float:
    """Return the median time of a call in milliseconds."""

    def wait() -> None:
        if device.startswith('cuda'):
            torch.cuda.synchronize()

    times = []
    for _ in range(repeats + 2):  # two to warm up
        wait()
        start = time.perf_counter()
        call()
        wait()
        times.append(1000 * (time.perf_counter() - start))
    return statistics.median(times[2:])


@torch.no_grad()
def run_cost(args: argparse.Namespace) -> None:
    """Print the time of each part of the model."""
    if args.threads:
        torch.set_num_threads(args.threads)
    cfg, model = load(args.config, None, args.device, args.cfg_options)
    width, height = cfg.codec.input_size
    num = args.batch_size
    frames = model.neck.num_frames
    denoiser = model.head.denoiser

    def timed(call: Callable[[], object]) -> float:
        return median_time(call, args.device, args.repeats)

    clip = torch.randn(num, frames, 3, height, width, device=args.device)
    feats = model.extract_frame_feats(clip)
    fused = model.neck(feats)
    pyramid = denoiser.encode(fused[-1])
    size = denoiser.heatmap_size(fused[-1])
    rows = [(f'backbone, {frames} frames',
             timed(lambda: model.extract_frame_feats(clip))),
            ('neck', timed(lambda: model.neck(feats))),
            ('head, once per clip',
             timed(lambda: denoiser.encode(fused[-1])))]
    for hypotheses in args.hypotheses:
        x = torch.randn(num, hypotheses, model.head.out_channels, *size,
                        device=args.device)
        t = torch.zeros(num, hypotheses, dtype=torch.long, device=args.device)
        rows.append((f'head, per step, {hypotheses} hyp.',
                     timed(lambda x=x, t=t: denoiser(x, t, pyramid))))
    print(f'batch of {num}, {width}x{height}, {args.device}, '
          f'{torch.get_num_threads()} CPU threads, median of {args.repeats}\n')
    print('| part | ms | of the backbone |\n|---|---|---|')
    for name, value in rows:
        print(f'| {name} | {value:.2f} | {value / rows[0][1]:.1%} |')


@torch.no_grad()
def run_steps(args: argparse.Namespace) -> None:
    """Draw crops with the heatmap predicted after each step."""
    cfg, model = load(args.config, args.checkpoint, args.device,
                      args.cfg_options)
    loader_cfg = copy.deepcopy(cfg.test_dataloader)
    loader_cfg.dataset.indices = args.samples
    loader_cfg.update(
        batch_size=len(args.samples), num_workers=0, persistent_workers=False)
    batch = next(iter(Runner.build_dataloader(loader_cfg)))

    head, seen = model.head, {}
    predict = head.predict

    def spy(feats: tuple, *rest: Any, **kwargs: Any) -> object:
        seen['feats'] = feats[0] if isinstance(feats, list) else feats
        return predict(feats, *rest, **kwargs)

    head.predict = spy
    samples = model.test_step(batch)
    settings = head.sampling.override(model.test_cfg.get('sampling'))
    settings = settings.override(
        dict(steps=args.steps[-1], hypotheses=args.hypotheses[-1]))
    keys = [sample_key(sample.metainfo) for sample in samples]
    predictions = head.generate(seen['feats'], keys, settings)
    shape = predictions[0].shape[2:]
    noise = SeededNoise(keys, 1, shape, settings.seed, torch.device('cpu'))()
    pairs = head.diffusion.step_pairs(settings.steps)

    plt = pyplot()
    columns = 3 + len(pairs)
    figure, axes = plt.subplots(
        len(samples), columns, squeeze=False,
        figsize=(1.5 * columns, 2.1 * len(samples)))
    for n, row in enumerate(axes):
        frames = batch['inputs'][n]
        crop = frames[samples[n].metainfo.get('key_index', 0)]
        crop = crop.permute(1, 2, 0).numpy()[..., ::-1]
        extent = (-0.5, crop.shape[1] - 0.5, crop.shape[0] - 0.5, -0.5)
        row[0].imshow(crop)
        row[1].imshow(noise[n, 0].amax(0), cmap='magma', extent=extent)
        for axis, (t, _), heatmaps in zip(row[2:], pairs, predictions):
            axis.imshow(crop.mean(-1), cmap='gray', alpha=0.4)
            axis.imshow(heatmaps[n, 0].amax(0).cpu(), cmap='magma', alpha=0.7,
                        vmin=0, vmax=1, extent=extent)
            axis.set_title(f't = {t}', fontsize=8)
        row[-1].imshow(crop)
        for pose in predictions[-1][n]:
            points = head.decode(pose[None])[0].keypoints[0]
            row[-1].scatter(*points.T, s=4, alpha=0.6,
                            c=np.arange(len(points)), cmap='hsv')
        row[-1].set(xlim=extent[:2], ylim=extent[2:])
    titles = ((0, 'key frame'), (1, 'noise'),
              (-1, f'{settings.hypotheses} hypotheses'))
    for place, title in titles:
        axes[0, place].set_title(title, fontsize=8)
    for axis in axes.flat:
        axis.set_axis_off()
    figure.tight_layout()
    figure.savefig(args.out, dpi=150)
    print(f'wrote {args.out}')


def pyplot() -> Any:
    """Return Matplotlib's pyplot with a backend that needs no display."""
    import matplotlib
    matplotlib.use('Agg')
    from matplotlib import pyplot as plt
    return plt


if __name__ == '__main__':
    arguments = parse_args()
    dict(grid=run_grid, cost=run_cost,
         steps=run_steps)[arguments.command](arguments)
