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
import statistics
import time
from pathlib import Path
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Tuple

import numpy as np
import torch
from diffpose_pictures import draw_steps, plot_grid
from mmengine.config import Config, DictAction
from mmengine.evaluator import Evaluator
from mmengine.registry import init_default_scope
from mmengine.runner import Runner
from mmpose.registry import MODELS

import mmpose_video  # noqa: F401  registers the model
from mmpose_video.apis.model_loading import load_pose_model
from mmpose_video.formats.json_file import write_json
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


class Grid(NamedTuple):
    """Accuracy over the settings of the reverse process.

    Attributes:
        metric (str): Name of the number.
        steps (list[int]): The rows.
        hypotheses (list[int]): The columns.
        seeds (list[int]): Seeds of the noise.
        mean (np.ndarray): Mean over the seeds, (steps, hypotheses).
        std (np.ndarray): Their standard deviation.
        baseline (float, optional): The number of a single-frame model.
    """

    metric: str
    steps: List[int]
    hypotheses: List[int]
    seeds: List[int]
    mean: np.ndarray
    std: np.ndarray
    baseline: Optional[float]

    def table(self) -> str:
        """Return the grid as text with a Markdown table."""
        lines = [
            f'{self.metric}, mean and standard deviation over '
            f'{len(self.seeds)} seeds of the noise', '',
            '| steps | ' + ' | '.join(f'{h} hyp.' for h in self.hypotheses)
            + ' |', '|---' * (len(self.hypotheses) + 1) + '|'
        ]
        for steps, row, errors in zip(self.steps, self.mean, self.std):
            cells = [f'{m:.2f} ± {d:.2f}' for m, d in zip(row, errors)]
            lines.append(f'| {steps} | ' + ' | '.join(cells) + ' |')
        if self.baseline is not None:
            lines += ['', f'Single-frame baseline: {self.baseline:.2f}']
        return '\n'.join(lines) + '\n'


def measure_grid(args: argparse.Namespace) -> Grid:
    """Evaluate the model of the command line, and its baseline if any."""
    cfg, model = load(args.config, args.checkpoint, args.device,
                      args.cfg_options)
    settings = [(steps, hypotheses, seed) for steps in args.steps
                for hypotheses in args.hypotheses for seed in args.seeds]
    metrics = evaluate(cfg, model, settings, args.max_batches)
    name = args.metric or next(iter(metrics[0]))
    values = np.reshape([found[name] for found in metrics], (
        len(args.steps), len(args.hypotheses), len(args.seeds)))
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
    return Grid(name, args.steps, args.hypotheses, args.seeds,
                values.mean(-1), values.std(-1), baseline)


def run_grid(args: argparse.Namespace) -> None:
    """Write table and plot of the accuracy over the grid."""
    grid = measure_grid(args)
    folder = Path(args.out)
    folder.mkdir(parents=True, exist_ok=True)
    print(grid.table())
    (folder / 'grid.md').write_text(grid.table(), encoding='utf-8')
    write_json(
        dict(grid._asdict(), mean=grid.mean.tolist(), std=grid.std.tolist()),
        str(folder / 'grid.json'), indent=1)
    plot_grid(grid, folder / 'grid.png')


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
    crops = [clip[sample.metainfo.get('key_index', 0)]
             for clip, sample in zip(batch['inputs'], samples)]
    times = [now for now, _ in head.diffusion.step_pairs(settings.steps)]
    draw_steps([crop.permute(1, 2, 0).numpy()[..., ::-1] for crop in crops],
               noise[:, 0], times, predictions, head.decode, args.out)
    print(f'wrote {args.out}')


if __name__ == '__main__':
    arguments = parse_args()
    dict(grid=run_grid, cost=run_cost,
         steps=run_steps)[arguments.command](arguments)
