"""Time the selective scan's GPU backends against each other.

Prints, for the sizes of GLSMamba (5 frames of 64 x 48 and 96 x 72 tokens)
and a wider scan: backend, forward and forward + backward in milliseconds
(medians over repeats, CUDA events), peak memory above the operands, and the
error of the output against a float64 reference on a shortened sequence.
Then the six-direction scan with orders walked inside the kernel against six
permuted copies of everything on the same kernel.

``--tune`` sweeps the Triton kernels' tile sizes instead, see
``mmpose_video/ops/triton_config.py``. Without a GPU it says so and ends.

Example:
    python benchmarks/selective_scan_gpu.py --repeats 50
    python benchmarks/selective_scan_gpu.py --tune
"""
import argparse
import itertools
import platform
import statistics
from typing import Callable, Dict, List, Optional, Sequence, Tuple

import torch
from torch import Tensor

from mmpose_video.ops import (
    available_backends,
    multi_directional_scan,
    selective_scan,
)

# (name, D, S, L)
SHAPES = (('paper 256x192', 64, 16, 15360), ('paper 384x288', 64, 16, 34560),
          ('all directions stacked', 384, 16, 15360),
          ('wide', 1536, 16, 15360), ('one state', 192, 1, 15360))
BACKENDS = ('triton', 'mamba_ssm', 'torch')


def measure(call: Callable[[], object], repeats: int) -> Tuple[float, float]:
    """Time a call on the GPU.

    Args:
        call (Callable): What to time; its result is dropped.
        repeats (int): How often, after three calls to warm up.

    Returns:
        tuple[float, float]: Median in milliseconds, and the peak memory of
        one call in MB above what was allocated before.
    """
    for _ in range(3):
        call()
    torch.cuda.synchronize()
    before = torch.cuda.memory_allocated()
    torch.cuda.reset_peak_memory_stats()
    call()
    torch.cuda.synchronize()
    peak = (torch.cuda.max_memory_allocated() - before) / 1e6
    times = []
    for _ in range(repeats):
        start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        start.record()
        call()
        end.record()
        end.synchronize()
        times.append(start.elapsed_time(end))
    return statistics.median(times), peak


def operands(channels: int, states: int, length: int,
             dtype: torch.dtype) -> Dict[str, Tensor]:
    """Draw operands of one scan as Mamba initialises them.

    Args:
        channels (int): D.
        states (int): S.
        length (int): L.
        dtype (torch.dtype): Of the per-token operands.

    Returns:
        dict[str, Tensor]: Arguments of ``selective_scan`` by name, all of
        them requiring gradients.
    """
    gen = torch.Generator('cuda').manual_seed(0)

    def normal(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=gen, device='cuda')

    steps = torch.rand(channels, generator=gen, device='cuda')
    steps = torch.exp(steps * 4.6 - 6.9)  # log-uniform in [1e-3, 1e-1]
    scales = torch.arange(1., states + 1, device='cuda')
    tensors = dict(
        u=normal(1, channels, length).to(dtype),
        delta=(0.1 * normal(1, channels, length)).to(dtype),
        A=-scales.repeat(channels, 1),
        B=normal(1, states, length).to(dtype),
        C=normal(1, states, length).to(dtype), D=normal(channels),
        delta_bias=steps + torch.log(-torch.expm1(-steps)))
    return {key: t.requires_grad_() for key, t in tensors.items()}


def both_ways(function: Callable[[], Tensor], leaves: Sequence[Tensor],
              repeats: int) -> Tuple[float, float, float, float]:
    """Forward alone without gradients, then forward and backward.

    Args:
        function (Callable): Computes the output.
        leaves (Sequence[Tensor]): What gradients are taken of.
        repeats (int): As in ``measure``.

    Returns:
        tuple[float, float, float, float]: Milliseconds and MB of the first,
        milliseconds and MB of the second.
    """
    grad = torch.ones_like(function())

    def train() -> None:
        torch.autograd.grad(function(), leaves, grad)

    with torch.no_grad():
        forward = measure(function, repeats)
    return (*forward, *measure(train, repeats))


def single(args: argparse.Namespace) -> None:
    """Print the table of plain scans."""
    ready = available_backends()
    names = [name for name in BACKENDS if ready[name][0]]
    for name in BACKENDS:
        if name not in names:
            print(f'not here: {name}: {ready[name][1]}')
    print(f'\n{"shape":<24}{"dtype":<10}{"backend":<11}{"fwd ms":>9}'
          f'{"MB":>8}{"f+b ms":>9}{"MB":>8}{"error":>10}')
    for title, channels, states, length in SHAPES:
        for dtype in (torch.float32, torch.bfloat16):
            data = operands(channels, states, length, dtype)
            for name in names:
                def scan(backend: str = name,
                         given: Dict[str, Tensor] = data) -> Tensor:
                    return selective_scan(
                        **given, delta_softplus=True, backend=backend,
                        allow_16bit=True)

                row = both_ways(scan, list(data.values()), args.repeats)
                print(f'{title:<24}{str(dtype)[6:]:<10}{name:<11}'
                      f'{row[0]:9.3f}{row[1]:8.1f}{row[2]:9.3f}{row[3]:8.1f}'
                      f'{error(data, name):10.1e}')


def error(data: Dict[str, Tensor], name: str) -> float:
    """Return the largest relative error of the first 512 tokens.

    Args:
        data (dict[str, Tensor]): Operands.
        name (str): Backend.

    Returns:
        float: Against the float64 reference on the same operands.
    """
    cut = {
        key: t.detach()[..., :512] if t.dim() == 3 else t.detach()
        for key, t in data.items()
    }
    found = selective_scan(**cut, delta_softplus=True, backend=name,
                           allow_16bit=True)
    wanted = selective_scan(**{key: t.double() for key, t in cut.items()},
                            delta_softplus=True, backend='reference')
    return float((found - wanted).abs().max() / wanted.abs().max())


def orders(frames: int, height: int, width: int) -> Tensor:
    """Return three orders (panorama, by frame, by pixel), each twice."""
    tokens = torch.arange(frames * height * width, device='cuda')
    tokens = tokens.reshape(frames, height, width)
    rows = [tokens.permute(axes).reshape(-1)
            for axes in ((1, 0, 2), (0, 1, 2), (1, 2, 0))]
    return torch.stack(rows).repeat_interleave(2, 0).int()


class SixDirections:
    """The whole six-direction operator, without and with copies.

    Args:
        frames (int): T.
        height (int): h.
        width (int): w.
        channels (int): D.
        states (int): S.
        rank (int): R, of the step-size projection.
    """

    def __init__(self, frames: int, height: int, width: int,
                 channels: int = 64, states: int = 16,
                 rank: int = 4) -> None:
        gen = torch.Generator('cuda').manual_seed(0)

        def normal(*shape: int) -> Tensor:
            return torch.randn(*shape, generator=gen, device='cuda')

        self.sizes = [rank, states, states]
        self.orders = orders(frames, height, width)
        self.reverse = (False, True) * 3
        walk = [row.flip(0) if back else row
                for row, back in zip(self.orders.long(), self.reverse)]
        self.walk = torch.stack(walk)
        self.inverse = self.walk.argsort(-1)
        tokens = frames * height * width
        self.leaves = [
            t.requires_grad_() for t in (
                normal(1, channels, tokens),
                normal(6, rank + 2 * states, channels) / channels ** 0.5,
                -normal(6, channels, states).exp(), normal(6, channels),
                normal(6, channels, rank) / rank ** 0.5,
                normal(6, channels) - 4)
        ]

    def walked(self) -> Tensor:
        """Project once in natural order, walk the orders in the kernel."""
        x, project, A, D, weight, bias = self.leaves
        rows = project.flatten(0, 1) @ x
        rows = rows.unflatten(1, (6, -1)).permute(0, 3, 1, 2)
        delta, B, C = rows.split(self.sizes, -1)
        return multi_directional_scan(
            x.transpose(1, 2), delta, A, B, C, self.orders,
            reverse=self.reverse, dt_weight=weight, D=D, delta_bias=bias,
            backend='triton')

    def copied(self) -> Tensor:
        """Permute everything six times, scan, permute back."""
        x, project, A, D, weight, bias = self.leaves
        copies = x[:, :, self.walk].transpose(1, 2)  # (N, K, D, L)
        rows = torch.einsum('nkdl,kcd->nkcl', copies, project)
        low, B, C = rows.split(self.sizes, 2)
        delta = torch.einsum('nkrl,kdr->nkdl', low, weight)
        y = selective_scan(
            copies.flatten(1, 2), delta.flatten(1, 2), A.flatten(0, 1), B, C,
            D.flatten(), delta_bias=bias.flatten(), delta_softplus=True,
            backend='triton')
        y = y.unflatten(1, (6, -1))
        index = self.inverse[None, :, None].expand(y.shape)
        return y.gather(-1, index).transpose(2, 3)


def six(args: argparse.Namespace) -> None:
    """Print the table of six-direction scans."""
    print(f'\n{"six directions":<24}{"form":<11}{"fwd ms":>9}{"MB":>8}'
          f'{"f+b ms":>9}{"MB":>8}')
    for grid in ((5, 64, 48), (5, 96, 72)):
        operator = SixDirections(*grid)
        with torch.no_grad():
            a, b = operator.walked(), operator.copied()
        off = float((a - b).abs().max() / b.abs().max())
        for form in ('walked', 'copied'):
            row = both_ways(getattr(operator, form), operator.leaves,
                            args.repeats)
            print(f'{"x".join(map(str, grid)):<24}{form:<11}{row[0]:9.3f}'
                  f'{row[1]:8.1f}{row[2]:9.3f}{row[3]:8.1f}')
        print(f'  largest difference of the two: {off:.1e}')


def tune(args: argparse.Namespace) -> None:
    """Print the times of tile sizes, best first."""
    from mmpose_video.ops.triton_config import Tiles, use_tiles
    choices = itertools.product((64, 128, 256), (4, 8, 16), (2, 4, 8),
                                (4, 8, 16))
    tiles = [Tiles(*choice) for choice in choices]
    for title, channels, states, length in SHAPES[:3]:
        data = operands(channels, states, length, torch.float32)
        found: List[Tuple[float, float, Tiles]] = []
        for choice in tiles:
            with use_tiles(choice):
                row = both_ways(
                    lambda given=data: selective_scan(  # type: ignore
                        **given, delta_softplus=True, backend='triton'),
                    list(data.values()), args.repeats)
            found.append((row[2], row[0], choice))
        print(f'\n{title}: forward + backward ms, forward ms, tile')
        for both, forward, choice in sorted(found, key=lambda row: row[0])[:8]:
            print(f'{both:9.3f}{forward:9.3f}  {choice}')


def main(argv: Optional[Sequence[str]] = None) -> None:
    """Run what the command line asks for.

    Args:
        argv (Sequence[str], optional): Arguments; None for ``sys.argv``.
    """
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--repeats', type=int, default=30)
    parser.add_argument('--tune', action='store_true')
    args = parser.parse_args(argv)
    if not torch.cuda.is_available():
        print(f'PyTorch {torch.__version__} sees no GPU on this machine '
              f'({platform.processor() or platform.machine()}): nothing to '
              'measure.')
        return
    try:
        from triton import __version__ as version
    except ImportError:
        version = 'not installed'
    print(f'{torch.cuda.get_device_name()}, PyTorch {torch.__version__}, '
          f'CUDA or ROCm {torch.version.cuda or torch.version.hip}, Triton '
          f'{version}')
    torch.backends.cuda.matmul.allow_tf32 = False
    if args.tune:
        tune(args)
        return
    single(args)
    six(args)


if __name__ == '__main__':
    main()
