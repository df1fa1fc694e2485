"""Count parameters and multiply-adds of a config, for a whole clip.

The stock ``get_flops.py`` counts one image and knows neither selective scans
nor deformable convolutions. This one runs the model at full size on tensors
that hold no numbers, so it takes a second and no memory::

    python -m mmpose_video.tools.get_flops CONFIG [CONFIG ...]
"""
import argparse
import math
import warnings
from typing import Any, Dict, List, Optional, Sequence

import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmpose.registry import MODELS
from torch.utils.flop_counter import FlopCounterMode

import mmpose_video  # noqa: F401  registers the models

PARTS = ('backbone', 'neck', 'head')
_TORCHVISION: Any = torch.ops.torchvision


def scan_flops(u: Any, delta: Any, A: Any, B: Any, *rest: Any,
               **kwargs: Any) -> int:
    """Operations of a selective scan, two for each multiply-add.

    Per token, direction, channel and state there are four multiply-adds:
    ``dt * A``, the state's update, ``(dt * u) * B`` and ``C * h``; an
    exponential counts as nothing, as activations do elsewhere. Per token,
    direction and channel one more for the skip, and R for the step size's
    low-rank product.
    """
    samples, groups, tokens = delta[:3]
    channels, states = A[-2:]
    rank = delta[-1] if delta[-1] != channels else 0
    per_channel = 4 * states + 1 + rank
    return 2 * samples * groups * tokens * channels * per_channel


def grid_sample_flops(x: Any, grid: Any, *rest: Any, **kwargs: Any) -> int:
    """Bilinear sampling: four multiply-adds for each value."""
    return 2 * 4 * x[0] * x[1] * math.prod(grid[1:-1])


def deform_conv_flops(x: Any, weight: Any, offset: Any, *rest: Any,
                      **kwargs: Any) -> int:
    """Deformable convolution: its products and its bilinear sampling."""
    places = x[0] * offset[-2] * offset[-1]
    taps = weight[2] * weight[3]
    return 2 * places * (weight[0] * weight[1] * taps + 4 * x[1] * taps)


def _fake_deform_conv(x: torch.Tensor, weight: torch.Tensor,
                      offset: torch.Tensor, *rest: Any) -> torch.Tensor:
    """Shape of a deformable convolution's output."""
    return x.new_empty(len(x), len(weight), *offset.shape[2:])


def count(config: str) -> Dict[str, Any]:
    """Count one config.

    Args:
        config (str): Path of the config.

    Returns:
        dict: ``frames`` T, ``params`` and ``trainable`` (numbers), ``macs``
        (multiply-adds per clip, without the flip test) and ``parts``, the
        multiply-adds of backbone, neck and head.
    """
    cfg = Config.fromfile(config)
    init_default_scope('mmpose')
    width, height = cfg.codec.input_size
    sampler = cfg.train_dataloader.dataset.clip_sampler
    frames = len(sampler.offsets) if 'offsets' in sampler else (
        sampler.num_before + 1 + sampler.num_after)
    model_cfg = without_pretrained(cfg.model.to_dict())
    with torch.device('meta'):
        model = MODELS.build(model_cfg).eval()
        clip = torch.empty(1, frames, 3, height, width)
    # A head may read numbers (a diffusion's schedule), and is small: it runs
    # for real. torchvision's deformable convolution, which necks have, does
    # not run without numbers: it is replaced and counted.
    frames_seen = clip if model.is_video_model else clip[:, :1]
    counters = [_counter() for _ in PARTS]
    deform = CountDeformConv()
    with torch.no_grad(), warnings.catch_warnings():
        # of the scan, that no fast backend serves tensors without numbers
        warnings.simplefilter('ignore')
        with counters[0]:
            model.extract_frame_feats(frames_seen)
        with counters[1], deform:
            feats = model.extract_feat(clip)
        head = MODELS.build(model_cfg['head']).eval()
        with counters[2]:
            head.forward(tuple(torch.zeros(feat.shape) for feat in feats))
    backbone, both, decoder = (c.get_total_flops() for c in counters)
    neck = both - backbone + deform.flops
    parts = {
        name: flops / 2
        for name, flops in zip(PARTS, (backbone, neck, decoder))
    }
    return dict(
        config=config,
        frames=frames,
        params=sum(p.numel() for p in model.parameters()),
        trainable=sum(p.numel() for p in model.parameters()
                      if p.requires_grad),
        macs=sum(parts.values()),
        parts=parts)


def _counter() -> FlopCounterMode:
    """A counter that knows the operators of this package's models."""
    return FlopCounterMode(
        display=False,
        custom_mapping={
            torch.ops.mmpose_video.selective_scan: scan_flops,
            torch.ops.aten.grid_sampler_2d: grid_sample_flops,
        })


class CountDeformConv:
    """Stands in for torchvision's deformable convolution and counts it.

    That operator cannot run on tensors without numbers.

    Attributes:
        flops (int): Operations so far.
    """

    def __init__(self) -> None:
        self.flops = 0

    def __enter__(self) -> 'CountDeformConv':
        self.original = _TORCHVISION.deform_conv2d

        def counted(x: torch.Tensor, weight: torch.Tensor,
                    offset: torch.Tensor, *rest: Any) -> torch.Tensor:
            self.flops += deform_conv_flops(x.shape, weight.shape,
                                            offset.shape)
            return _fake_deform_conv(x, weight, offset)

        _TORCHVISION.deform_conv2d = counted
        return self

    def __exit__(self, *args: object) -> None:
        _TORCHVISION.deform_conv2d = self.original


def without_pretrained(cfg: Any) -> Any:
    """Drop what would load weights from a file out of a model's config."""
    if not isinstance(cfg, dict):
        return cfg
    return {
        key: without_pretrained(value)
        for key, value in cfg.items()
        if not (key.endswith('init_cfg') and isinstance(value, dict)
                and value.get('type') == 'Pretrained')
    }


def table(rows: Sequence[Dict[str, Any]]) -> str:
    """Format counts as a Markdown table."""
    lines = [
        '| config | T | parameters | trainable | GMAC per clip | backbone | '
        'neck | head |', '|---|---|---|---|---|---|---|---|'
    ]
    for row in rows:
        name = row['config'].rsplit('/', 1)[-1]
        parts = ' | '.join(f"{row['parts'].get(part, 0) / 1e9:.2f}"
                           for part in PARTS)
        lines.append(f"| `{name}` | {row['frames']} | "
                     f"{row['params'] / 1e6:.2f} M | "
                     f"{row['trainable'] / 1e6:.2f} M | "
                     f"{row['macs'] / 1e9:.2f} | {parts} |")
    return '\n'.join(lines)


def main(argv: Optional[Sequence[str]] = None) -> None:
    """Command line."""
    parser = argparse.ArgumentParser(
        prog='python -m mmpose_video.tools.get_flops',
        description='Parameters and multiply-adds per clip, at full size.')
    parser.add_argument('configs', nargs='+', metavar='CONFIG')
    args = parser.parse_args(argv)
    rows: List[Dict[str, Any]] = []
    for config in args.configs:
        rows.append(count(config))
    print(table(rows))


if __name__ == '__main__':
    main()
