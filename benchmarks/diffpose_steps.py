"""Measure whether more steps of DiffPose make the mean heatmap worse.

Two commands::

    python benchmarks/diffpose_steps.py mismatch CONFIG CHECKPOINT
    python benchmarks/diffpose_steps.py modes

``mismatch`` compares what the denoiser meets in a test with what it met in
training, step by step, on augmented crops of the validation set: the size of
the noisy signal, and the error of the denoised heatmap. It also gives the
error after four steps of variants of the sampler.

``modes`` trains small denoisers on heatmaps with a keypoint at one of two
places that the feature shows alike. One step can only answer with both; more
steps must choose one.
"""
import argparse
from typing import Any, Callable, Dict, List, Sequence

import torch
from mmengine.config import Config
from mmengine.dataset import pseudo_collate
from mmengine.registry import init_default_scope
from mmpose.registry import DATASETS
from torch import Tensor

from mmpose_video.apis.model_loading import load_pose_model
from mmpose_video.models.diffusion import GaussianDiffusion, PoseDenoiser
from mmpose_video.structures import ClipInfo

Denoise = Callable[[Tensor, int], Tensor]


def parse_args() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    commands = parser.add_subparsers(dest='command', required=True)
    mismatch = commands.add_parser('mismatch')
    mismatch.add_argument('config')
    mismatch.add_argument('checkpoint')
    mismatch.add_argument('--samples', type=int, default=384)
    mismatch.add_argument('--steps', type=int, default=4)
    modes = commands.add_parser('modes')
    modes.add_argument('--iterations', type=int, default=1000)
    modes.add_argument('--scales', type=float, nargs='+', default=[0.3, 1, 2])
    modes.add_argument('--steps', type=int, nargs='+',
                       default=[1, 2, 4, 10, 50])
    for sub in (mismatch, modes):
        sub.add_argument('--seed', type=int, default=0)
    return parser.parse_args()


def crops(cfg: Config, model: Any, num: int) -> Dict[str, Tensor]:
    """Return features, true heatmaps and visibility of validation crops."""
    source = dict(
        cfg.val_dataloader.dataset,
        pipeline=cfg.train_dataloader.dataset.pipeline)
    dataset = DATASETS.build(source)
    picked = [i * len(dataset) // num for i in range(num)]
    parts: List[List[Tensor]] = [[], [], []]
    for start in range(0, num, 32):
        items = [dataset[i] for i in picked[start:start + 32]]
        batch = model.data_preprocessor(pseudo_collate(items), False)
        samples = batch['data_samples']
        inputs = batch['inputs']
        clip = ClipInfo.from_data_samples(samples, inputs.shape[1])
        parts[0].append(
            model.neck(model.extract_frame_feats(inputs), clip)[-1])
        parts[1].append(torch.stack([s.gt_fields.heatmaps for s in samples]))
        parts[2].append(torch.cat([
            s.gt_instance_labels.keypoint_weights for s in samples]))
    names = ('features', 'heatmaps', 'weights')
    return {name: torch.cat(part) for name, part in zip(names, parts)}


def error(heatmaps: Tensor, target: Tensor, weights: Tensor) -> float:
    """Return 1000 times the mean squared error of annotated keypoints."""
    squares = (heatmaps - target).square().mean((-2, -1))
    return float(1000 * (squares * weights).sum() / weights.sum())


def reverse(diffusion: GaussianDiffusion, denoise: Denoise, z: Tensor,
            pairs: Sequence[Any], clip: bool = True, fresh: bool = False
            ) -> List[Tensor]:
    """Run the reverse process; return the noisy signals and the results.

    Args:
        diffusion (GaussianDiffusion): The process.
        denoise (Callable): The denoiser.
        z (Tensor): The first noise.
        pairs (Sequence[tuple[int, int]]): Steps now and then.
        clip (bool): Clamp the estimates to [0, 1]. Defaults to True.
        fresh (bool): Draw all of the noise anew at each step, as in training,
            instead of taking the predicted one. Defaults to False.
    """
    signals = []
    for now, then in pairs:
        estimate = denoise(z, now)
        signals += [z, estimate]
        if then < 0:
            break
        times = torch.full((len(z), ), then)
        if fresh:
            z = diffusion.add_noise(estimate, times, torch.randn_like(z))
        elif clip:
            z = diffusion.ddim_step(z, estimate, now, then)
        else:
            a, b = diffusion.alphas_cumprod[[now, then]].tolist()
            clean = (estimate * 2 - 1) * diffusion.signal_scale
            noise = (z - a**0.5 * clean) / (1 - a)**0.5
            z = b**0.5 * clean + (1 - b)**0.5 * noise
    return signals


@torch.no_grad()
def run_mismatch(args: argparse.Namespace) -> None:
    """Print the tables of one trained model."""
    cfg = Config.fromfile(args.config)
    init_default_scope('mmpose')
    model = load_pose_model(cfg, args.checkpoint, 'cpu')
    torch.manual_seed(args.seed)
    data = crops(cfg, model, args.samples)
    target, weights = data['heatmaps'], data['weights']
    head = model.head
    diffusion = head.diffusion
    prepared = head.denoiser.encode(data['features'])

    def denoise(z: Tensor, t: int) -> Tensor:
        times = torch.full((len(z), 1), t)
        return head.denoiser(z[:, None], times, prepared)[:, 0]

    pairs = diffusion.step_pairs(args.steps)
    first = torch.randn_like(target)
    found = reverse(diffusion, denoise, first, pairs)
    print('| t | mean square of z: test | training | error: test | training '
          '| own first estimate, noise drawn anew |')
    print('|---|---|---|---|---|---|')
    for i, (now, _) in enumerate(pairs):
        times = torch.full((len(target), ), now)
        z = found[2 * i]
        true = diffusion.add_noise(target, times, torch.randn_like(z))
        own = diffusion.add_noise(found[1], times, torch.randn_like(z))
        cells = [error(found[2 * i + 1], target, weights),
                 error(denoise(true, now), target, weights),
                 error(denoise(own, now), target, weights)]
        print(f'| {now} | {z.square().mean():.3f} | '
              f'{true.square().mean():.3f} | '
              + ' | '.join(f'{cell:.2f}' for cell in cells) + ' |')

    step = diffusion.num_steps // args.steps
    leading = [(i * step, (i - 1) * step if i else -1)
               for i in reversed(range(args.steps))]
    variants = {
        'one step': found[1],
        f'{args.steps} steps': found[-1],
        '... estimates not clamped': reverse(
            diffusion, denoise, first, pairs, clip=False)[-1],
        '... all noise drawn anew at each step': reverse(
            diffusion, denoise, first, pairs, fresh=True)[-1],
        '... spaced from the clean end ("leading")': reverse(
            diffusion, denoise, first, leading)[-1],
        f'... mean over the {args.steps} estimates': torch.stack(
            found[1::2]).mean(0),
        '... mean over 8 hypotheses': torch.stack([
            reverse(diffusion, denoise, torch.randn_like(first), pairs)[-1]
            for _ in range(8)]).mean(0)
    }
    print('\n| sampler | error |\n|---|---|')
    for name, heatmaps in variants.items():
        print(f'| {name} | {error(heatmaps, target, weights):.2f} |')


def blobs(places: Tensor, size: Sequence[int]) -> Tensor:
    """Return Gaussians (B, 1, h, w) at places (B, 2), sigma 1.5."""
    rows = torch.arange(size[0])[:, None]
    columns = torch.arange(size[1])
    y, x = places[:, 0, None, None], places[:, 1, None, None]
    squares = (rows - y)**2 + (columns - x)**2
    return (-squares / (2 * 1.5**2)).exp()[:, None]


def two_places(num: int, size: Sequence[int]) -> Tensor:
    """Return the maps of two keypoint positions each, (B, 2, h, w)."""
    first = torch.stack([torch.randint(3, length - 3, (num, ))
                         for length in size], 1)
    second = first.clone()
    # far enough from each other not to overlap
    second[:, 0] = 3 + (first[:, 0] + 6 + torch.randint(
        0, size[0] - 17, (num, ))) % (size[0] - 6)
    return torch.cat([blobs(first, size), blobs(second, size)], 1)


def run_modes(args: argparse.Namespace) -> None:
    """Train on two modes, and print what each number of steps gives."""
    size = (24, 16)
    print('| signal scale | steps | one place chosen | both | error to the '
          'nearest place | error to the true place | of the mean of 8 |\n'
          '|---|---|---|---|---|---|---|')
    for scale in args.scales:
        torch.manual_seed(args.seed)
        diffusion = GaussianDiffusion(signal_scale=scale)
        denoiser = PoseDenoiser(
            1, 1, feature_stride=1, channels=32, time_dims=32)
        optimizer = torch.optim.AdamW(denoiser.parameters(), 2e-3)
        decay = torch.optim.lr_scheduler.CosineAnnealingLR(
            optimizer, args.iterations)
        for _ in range(args.iterations):
            maps = two_places(32, size)
            t = diffusion.draw_steps(32)
            truth = maps[:, :1]
            noisy = diffusion.add_noise(truth, t, torch.randn_like(truth))
            feature = maps.sum(1, keepdim=True)  # shows both places alike
            result = denoiser(noisy[:, None], t[:, None],
                              denoiser.encode(feature))[:, 0]
            loss = (result - truth).square().mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            decay.step()
        denoiser.eval()
        for steps in args.steps:
            print(f'| {scale:g} | {steps} | '
                  + ' | '.join(mode_row(denoiser, diffusion, steps, size))
                  + ' |', flush=True)


@torch.no_grad()
def mode_row(denoiser: PoseDenoiser, diffusion: GaussianDiffusion, steps: int,
             size: Sequence[int]) -> List[str]:
    """Return the numbers of one row."""
    torch.manual_seed(1)
    maps = two_places(256, size)
    prepared = denoiser.encode(maps.sum(1, keepdim=True))

    def denoise(z: Tensor, t: int) -> Tensor:
        times = torch.full((len(z), 1), t)
        return denoiser(z[:, None], times, prepared)[:, 0]

    results = torch.stack([
        diffusion.sample(denoise, torch.randn(256, 1, *size), steps)[-1]
        for _ in range(8)])
    one = results[0]
    # height of the result at each of the two places
    heights = (one * (maps > 0.9)).flatten(2).amax(2).sort(1).values
    low, high = heights[:, 0], heights[:, 1]
    chosen = (high > 0.5) & (low < 0.25)
    both = (low > 0.25)
    distance = 1000 * (one - maps).square().mean((2, 3))
    mean = 1000 * (results.mean(0) - maps[:, :1]).square().mean()
    return [f'{100 * chosen.float().mean():.0f} %',
            f'{100 * both.float().mean():.0f} %',
            f'{distance.min(1).values.mean():.2f}',
            f'{distance[:, 0].mean():.2f}', f'{mean:.2f}']


if __name__ == '__main__':
    options = parse_args()
    if options.command == 'mismatch':
        run_mismatch(options)
    else:
        run_modes(options)
