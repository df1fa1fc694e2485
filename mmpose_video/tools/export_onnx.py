"""Export a model to ONNX.

The graph takes a batch of normalized clips, (N, T, 3, H, W) float32 RGB as the
data preprocessor makes them, and returns heatmaps (N, K, h, w). N is fixed::

    python -m mmpose_video.tools.export_onnx CONFIG OUT.onnx --checkpoint PTH

Frames are taken for consecutive ones around the key frame. Selective scans
become one ``Scan`` node each. Models with torchvision's deformable convolution
cannot be exported: ONNX's ``DeformConv`` (opset 19) has no conversion in
PyTorch's exporter. DiffPose cannot either: its head draws the noise that it
starts from.
"""
import argparse
import os
import sys
from typing import Any, Dict, Optional, Sequence

import numpy as np
import torch
from mmengine.config import Config
from mmengine.runner import load_checkpoint
from mmpose.apis import init_model
from torch import Tensor, nn

from mmpose_video.datasets.clip_samplers import CLIP_SAMPLERS
from mmpose_video.models.heads import DiffPoseHead, DiffPoseRegressionHead

_OPSET = 20  # the first with bilinear GridSample as PyTorch writes it


class ClipToHeatmaps(nn.Module):
    """What is exported: backbone, neck and head of an estimator.

    Args:
        model (nn.Module): The estimator.
    """

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, clips: Tensor) -> Tensor:
        """Heatmaps (N, K, h, w) of clips (N, T, 3, H, W)."""
        model: Any = self.model
        return model.head.forward(model.extract_feat(clips))


class UsesDeformConv:
    """Notes whether torchvision's deformable convolution is called."""

    def __init__(self) -> None:
        self.called = False
        self._ops: Any = torch.ops.torchvision

    def __enter__(self) -> 'UsesDeformConv':
        self._original = self._ops.deform_conv2d

        def watched(*args: Any) -> Tensor:
            self.called = True
            return self._original(*args)

        self._ops.deform_conv2d = watched
        return self

    def __exit__(self, *args: object) -> None:
        self._ops.deform_conv2d = self._original


def export(config: str,
           out: str,
           checkpoint: Optional[str] = None,
           batch_size: int = 1,
           cfg_options: Optional[dict] = None) -> Dict[str, Any]:
    """Export a model and compare it with onnxruntime's result.

    Args:
        config (str): Path of the config.
        out (str): The file to write.
        checkpoint (str, optional): Weights; random ones without it.
        batch_size (int): N. Defaults to 1.
        cfg_options (dict, optional): Changes to the config.

    Returns:
        dict: ``shape`` of the input, ``difference``: the largest difference
        from PyTorch on random clips over the largest heatmap value (None
        without onnxruntime), and ``nodes``, the number of nodes.

    Raises:
        ValueError: If the model's operators cannot be exported.
    """
    cfg = Config.fromfile(config)
    if cfg_options:
        cfg.merge_from_dict(cfg_options)
    model = init_model(cfg, None, 'cpu')
    if checkpoint is not None:
        load_checkpoint(model, checkpoint, map_location='cpu')
    width, height = cfg.codec.input_size
    module = ClipToHeatmaps(model).eval()
    shape = (batch_size, _num_frames(cfg), 3, height, width)
    clips = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    _check(module, clips, config)

    folder = os.path.dirname(os.path.abspath(out))
    os.makedirs(folder, exist_ok=True)
    with torch.no_grad():
        program = torch.onnx.export(
            module, (clips, ),
            dynamo=True,
            opset_version=_OPSET,
            input_names=['clips'],
            output_names=['heatmaps'],
            verbose=False)
    assert program is not None  # it is, with dynamo
    program.save(out)
    return dict(
        shape=shape,
        nodes=len(program.model.graph),
        difference=compare(module, out, shape))


def compare(module: nn.Module, path: str,
            shape: Sequence[int]) -> Optional[float]:
    """Largest relative difference between PyTorch and onnxruntime.

    Args:
        module (nn.Module): What was exported.
        path (str): The file.
        shape (Sequence[int]): Of the clips.

    Returns:
        float, optional: None without onnxruntime.
    """
    try:
        import onnxruntime
    except ImportError:
        return None
    session = onnxruntime.InferenceSession(
        path, providers=['CPUExecutionProvider'])
    worst = 0.
    for seed in range(3):
        clips = torch.randn(
            tuple(shape), generator=torch.Generator().manual_seed(seed))
        with torch.no_grad():
            wanted = module(clips).numpy()
        found, = session.run(None, {'clips': clips.numpy()})
        scale = max(float(np.abs(wanted).max()), 1e-12)
        worst = max(worst, float(np.abs(found - wanted).max()) / scale)
    return worst


def _num_frames(cfg: Config) -> int:
    """T of the config's test clips."""
    sampler = cfg.test_dataloader.dataset.get('clip_sampler')
    return len(CLIP_SAMPLERS.build(sampler or dict(type='FixedOffsets'))())


def _check(module: ClipToHeatmaps, clips: Tensor, config: str) -> None:
    """Refuse what cannot be exported, by name."""
    head = module.model.head
    if isinstance(head, (DiffPoseHead, DiffPoseRegressionHead)):
        raise ValueError(f'`{config}` cannot be exported: a '
                         f'{type(head).__name__} draws the noise that its '
                         'diffusion starts from')
    with torch.no_grad(), UsesDeformConv() as deform:
        module(clips)
    if deform.called:
        raise ValueError(
            f"`{config}` cannot be exported: it calls torchvision's "
            "deform_conv2d, which PyTorch's exporter cannot convert")


def main(argv: Optional[Sequence[str]] = None) -> None:
    """Command line."""
    parser = argparse.ArgumentParser(
        prog='python -m mmpose_video.tools.export_onnx',
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('config')
    parser.add_argument('out')
    parser.add_argument('--checkpoint')
    parser.add_argument('--batch-size', type=int, default=1)
    args = parser.parse_args(argv)
    try:
        result = export(args.config, args.out, args.checkpoint,
                        args.batch_size)
    except ValueError as error:
        sys.exit(f'error: {error}')
    found = result['difference']
    checked = 'not compared: onnxruntime is not installed' if (
        found is None) else f'differs by {found:.1e} from PyTorch'
    print(f"{args.out}: clips {result['shape']}, {result['nodes']} nodes, "
          f'{checked}')


if __name__ == '__main__':
    main()
