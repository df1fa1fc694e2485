"""Draw what each video method makes of a clip, for the gallery of the docs.

For each method one picture: the T frames of a rendered clip; how strongly
each place of each frame moves the output (the norm of the Jacobian of the
head's output by the frame's features, estimated with random probes); maps
that the method itself keeps between its steps, such as aligned features,
differences or rough heatmaps; and the heatmaps of the key frame. For
example::

    python benchmarks/method_figures.py docs/images/methods \
        --weights start.pth

``--weights`` are copied as far as names and shapes fit: those of a
single-frame model fill backbone and head, and what is the method's own stays
as it is initialized, with batch normalization set to the clip's statistics.
"""
import argparse
import os.path as osp
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple

import cv2
import numpy as np
import torch
from mmengine.config import Config
from mmengine.dataset import pseudo_collate
from mmengine.logging import MMLogger
from mmengine.registry import init_default_scope
from mmengine.runner import load_checkpoint
from mmpose.registry import DATASETS, MODELS
from torch import Tensor

from mmpose_video.datasets.synthetic import SyntheticConfig, generate
from mmpose_video.structures import ClipInfo
from mmpose_video.tools.frame_influence import settle_batch_norm
from mmpose_video.tools.get_flops import without_pretrained
from mmpose_video.visualization import clip_strip

CONFIGS = Path(__file__).resolve().parents[1] / 'configs'
#: The tiny config of each method, by the name of its picture.
METHODS = {
    'dcpose': 'dcpose/dcpose_hrnet-tiny',
    'fami': 'fami/fami_hrnet-tiny',
    'tdmi': 'tdmi/tdmi_hrnet-tiny',
    'tdmi-st': 'tdmi/tdmi-st_hrnet-tiny',
    'diffpose': 'diffpose/diffpose_hrnet-tiny',
    'glsmamba': 'glsmamba/glsmamba_hrnet-tiny',
    'posewarper': 'posewarper/posewarper_hrnet-tiny',
    'dsta': 'dsta/dsta_hrnet-tiny',
    'poseidon': 'poseidon/poseidon_vit-tiny',
    'tarvitpose': 'tarvitpose/tarvitpose_vit-tiny',
}
PROBES = 8
_HEIGHT = 132  # of a frame in the picture, in pixels
_QUALITY = 88  # of the JPEG


def parse_args() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument('out_dir')
    parser.add_argument('--weights', help='a checkpoint of the same backbone')
    parser.add_argument('--methods', nargs='+', default=list(METHODS),
                        choices=METHODS)
    return parser.parse_args()


def render(folder: str) -> None:
    """Render a clip of one person who moves fast."""
    generate(
        folder,
        SyntheticConfig(
            width=240, height=180, train_videos=0, val_videos=1, frames=16,
            people=(1, 1), difficulty='easy', seed=5))


def load(method: str, folder: str,
         weights: Optional[str]) -> Tuple[Any, List[Dict[str, Any]]]:
    """Return a model and samples of the rendered clip."""
    path, = CONFIGS.glob(f'{METHODS[method]}_1xb16-*_synthetic-96x64.py')
    cfg = Config.fromfile(path)
    init_default_scope('mmpose')
    torch.manual_seed(0)
    cfg.model.test_cfg = dict(flip_test=False)
    MMLogger.get_current_instance().setLevel('WARNING')
    model = MODELS.build(without_pretrained(cfg.model.to_dict()))
    model.init_weights()
    if weights:
        load_checkpoint(model, weights, 'cpu', logger='silent')
    source = cfg.test_dataloader.dataset
    source.data_root = folder + '/'
    dataset = DATASETS.build(source)
    middle = len(dataset) // 2
    return model.eval(), [dataset[middle + i] for i in (0, -1, 1)]


def influence_maps(model: Any, inputs: Tensor,
                   clip: ClipInfo) -> Tuple[np.ndarray, dict, Any]:
    """Return (T, h, w) maps of influence, the neck's context, the output."""
    if model.neck.uses_frames:
        clip = replace(clip, frames=inputs)
    with torch.no_grad():
        feats = model.extract_frame_feats(inputs)
    leaves = [feat.detach().requires_grad_() for feat in feats]
    torch.manual_seed(0)
    fused, context = model.neck.encode(tuple(leaves), clip)
    output = model.head.forward(fused)
    flat = torch.cat([x.flatten() for x in (
        (output, ) if isinstance(output, Tensor) else output)])
    size = max(tuple(leaf.shape[-2:]) for leaf in leaves)
    total = torch.zeros(inputs.shape[1], *size)
    generator = torch.Generator().manual_seed(0)
    for _ in range(PROBES):
        probe = torch.randn(flat.shape, generator=generator)
        grads = torch.autograd.grad(
            flat, leaves, probe, retain_graph=True, allow_unused=True)
        for grad in grads:
            if grad is not None:
                squares = grad[0].pow(2).sum(1, keepdim=True)
                total += torch.nn.functional.interpolate(
                    squares, size, mode='bilinear')[:, 0]
    return total.sqrt().numpy(), context, output


def context_maps(context: Dict[str, Tensor],
                 size: Tuple[int, int]) -> List[Tuple[str, np.ndarray]]:
    """Return the maps that a method keeps, as names and (h, w) arrays."""
    found = []
    for name, value in context.items():
        for level in value if isinstance(value, (tuple, list)) else [value]:
            if isinstance(level, Tensor) and level.dim() >= 4 and min(
                    level.shape[-2:]) > 1:
                maps = level.detach().flatten(0, -4).abs().mean(1)
                found += [(name, cv2.resize(m.numpy(), size[::-1]))
                          for m in maps[:3]]
    return found[:6]


def overlay(frame: np.ndarray, values: np.ndarray,
            largest: float) -> np.ndarray:
    """Return a darkened frame, (H, W, 3), with a map in color."""
    height, width = frame.shape[:2]
    level = cv2.resize(values.astype(np.float32), (width, height))
    level = np.clip(level / max(largest, 1e-12), 0, 1)
    color = cv2.applyColorMap(np.uint8(255 * level), cv2.COLORMAP_INFERNO)
    gray = cv2.cvtColor(cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY),
                        cv2.COLOR_GRAY2BGR)
    return cv2.addWeighted(gray, 0.35, color, 0.8, 0)


def picture(model: Any, items: List[Dict[str, Any]]) -> np.ndarray:
    """Return the picture of the first clip, (H, W, 3) uint8 BGR."""
    frames = [np.ascontiguousarray(frame.permute(1, 2, 0).numpy())
              for frame in items[0]['inputs']]
    data = model.data_preprocessor(pseudo_collate(items), False)
    settle_batch_norm(model, data['inputs'])
    inputs, samples = data['inputs'][:1], data['data_samples'][:1]
    clip = ClipInfo.from_data_samples(samples, len(frames), inputs.device)
    maps, context, output = influence_maps(model, inputs, clip)
    offsets = clip.offsets[0].tolist()
    rows = [
        clip_strip(frames, clip.key_index, offsets, height=_HEIGHT),
        clip_strip(
            [overlay(f, m, np.quantile(maps, 0.995))
             for f, m in zip(frames, maps)], clip.key_index, offsets,
            height=_HEIGHT),
    ]
    key = frames[clip.key_index]
    shown = [(name, overlay(key, m, m.max()))
             for name, m in context_maps(context, key.shape[:2])]
    if isinstance(output, Tensor) and output.dim() == 4:
        heat = output[0].detach().amax(0).clamp(min=0).numpy()
        shown.append(('output', overlay(key, heat, heat.max())))
    if shown:
        rows.append(_named(shown))
    width = max(row.shape[1] for row in rows)
    return np.vstack([
        cv2.copyMakeBorder(row, 0, 0, 0, width - row.shape[1],
                           cv2.BORDER_CONSTANT, value=(255, 255, 255))
        for row in rows
    ])


def _named(pictures: List[Tuple[str, np.ndarray]]) -> np.ndarray:
    """Return pictures in a row with their names."""
    row = clip_strip([p for _, p in pictures], len(pictures) - 1,
                     height=_HEIGHT)
    step = row.shape[1] // len(pictures)
    for i, (name, _) in enumerate(pictures):
        for color, width in (((0, 0, 0), 3), ((255, 255, 255), 1)):
            cv2.putText(row, name, (i * step + 7, 19),
                        cv2.FONT_HERSHEY_SIMPLEX, 0.4, color, width,
                        cv2.LINE_AA)
    return row


def main() -> None:
    """Draw the pictures."""
    args = parse_args()
    Path(args.out_dir).mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        render(folder)
        for method in args.methods:
            model, items = load(method, folder, args.weights)
            path = osp.join(args.out_dir, f'{method}.jpg')
            cv2.imwrite(path, picture(model, items),
                        [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
            print(f'{path}: {osp.getsize(path) / 1e3:.0f} kB')


if __name__ == '__main__':
    main()
