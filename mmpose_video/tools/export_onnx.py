"""Export a model to ONNX, and compare it with onnxruntime.

The graph takes any number N of clips, (N, T, 3, H, W) float32 RGB, normalized
as by the data preprocessor, and returns heatmaps (N, K, h, w)::

    mmpose-video export CONFIG OUT.onnx --checkpoint PTH

Frames are assumed to be consecutive around the key frame, and there is no
flip test. Selective scans become one ``Scan`` node each, deformable
convolutions ``GridSample`` and products.

DiffPose's graph has a second input, the initial noise, ``noise`` (N, P, ...)
with P hypotheses, standard normal. With a head that regresses, the
output is ``keypoints`` (N, K, 2) as fractions of the crop; with SimCC's heads
the outputs are ``simcc_x`` and ``simcc_y`` (N, K, bins).
"""
import argparse
import importlib.util
import os
import sys
from typing import Any, Dict, Optional, Sequence, Tuple

import numpy as np
import torch
from mmengine.config import Config, DictAction
from mmpose.models.heads import (
    RegressionHead,
    RLEHead,
    RTMCCHead,
    SimCCHead,
)
from torch import Tensor, nn

from mmpose_video.apis.model_loading import load_pose_model, read_config
from mmpose_video.apis.runtimes.onnx_graph import export_graph
from mmpose_video.datasets.clip_samplers import CLIP_SAMPLERS
from mmpose_video.models.heads import DiffPoseHead, DiffPoseRegressionHead
from mmpose_video.utils import one_line_errors

# The number of clips while tracing: exporters take 0 and 1 for constants.
_TRACED_CLIPS = 2


class ExportedPart(nn.Module):
    """The part of an estimator that is exported: backbone, neck and head.

    Args:
        model (nn.Module): The estimator.

    Raises:
        ValueError: If a diffusion head draws noise in each step.
    """

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model
        self.settings: Any = None
        self.outputs: Tuple[str, ...] = ('heatmaps', )
        head: Any = model.head
        self.regresses = isinstance(head, (RegressionHead, RLEHead))
        if self.regresses:
            self.outputs = ('keypoints', )
        elif isinstance(head, (SimCCHead, RTMCCHead)):
            self.outputs = ('simcc_x', 'simcc_y')
        if not isinstance(head, (DiffPoseHead, DiffPoseRegressionHead)):
            return
        test_cfg: Any = model.test_cfg or {}
        self.settings = head.sampling.override(test_cfg.get('sampling'))
        if isinstance(head, DiffPoseRegressionHead):
            self.outputs = ('keypoints', )
        if self.settings.eta > 0:
            raise ValueError(
                f'with `sampling.eta={self.settings.eta}` each step draws '
                'noise, and the graph has one input of noise; export with '
                '`--cfg-options model.test_cfg.sampling.eta=0`')

    @property
    def input_names(self) -> Tuple[str, ...]:
        """tuple[str]: Names of the graph's inputs."""
        return ('clips', ) if self.settings is None else ('clips', 'noise')

    def draw_inputs(self, shape: Sequence[int], seed: int
                    ) -> Tuple[Tensor, ...]:
        """Draw random inputs.

        Args:
            shape (Sequence[int]): Of the clips, (N, T, 3, H, W).
            seed (int): Of the random numbers.
        """
        generator = torch.Generator().manual_seed(seed)
        clips = torch.randn(tuple(shape), generator=generator)
        if self.settings is None:
            return (clips, )
        with torch.no_grad():
            model: Any = self.model
            signal = model.head(model.extract_feat(clips[:1]))
        noise = torch.randn((shape[0], self.settings.hypotheses,
                             *signal.shape[1:]), generator=generator)
        return clips, noise

    def forward(self, clips: Tensor,
                noise: Optional[Tensor] = None) -> Any:
        """Run the model.

        Args:
            clips (Tensor): Shape (N, T, 3, H, W).
            noise (Tensor, optional): For DiffPose, (N, P, *signal).

        Returns:
            Tensor | tuple[Tensor]: Heatmaps (N, K, h, w), coordinates
            (N, K, 2), or SimCC's vectors of x and y (N, K, bins).
        """
        model: Any = self.model
        feats = model.extract_feat(clips)
        if noise is None:
            result = model.head.forward(feats)
            # without the scales of the coordinates
            return result[..., :2] if self.regresses else result
        return model.head.generate(
            feats, (), self.settings, first_noise=noise)[-1].mean(dim=1)


def export(config: str,
           out: str,
           checkpoint: Optional[str] = None,
           batch_size: Optional[int] = None,
           cfg_options: Optional[dict] = None,
           deploy: bool = False) -> Dict[str, Any]:
    """Export a model and compare it with onnxruntime's result.

    Args:
        config (str): Path of the config.
        out (str): The file to write.
        checkpoint (str, optional): Weights; random ones without it.
        batch_size (int, optional): Fix N. Defaults to None, any N.
        cfg_options (dict, optional): Changes to the config.
        deploy (bool): Merge the branches of re-parameterizable layers, such
            as RepVGG's, before exporting. Defaults to False.

    Returns:
        dict: ``shape`` of the clips, with ``'N'`` as the first entry where it
        is not fixed, ``difference``: the largest difference from PyTorch on
        random clips over the largest value (None without onnxruntime), and
        ``nodes``, the number of nodes.

    Raises:
        FileNotFoundError: If there is no such config or checkpoint.
        ValueError: If the checkpoint is of another model, or if the model's
            operators cannot be exported.
        ImportError: If a package that the export needs is not installed.
    """
    _check_packages()
    cfg = read_config(config, ('model', 'test_dataloader', 'codec'))
    model: Any = load_pose_model(cfg, checkpoint, 'cpu', cfg_options)
    model.frames_per_pass = None  # would fix the number of passes
    width, height = cfg.codec.input_size
    module = ExportedPart(model).eval()
    if deploy:
        model.switch_to_deploy()
    channels = cfg.model.backbone.get('in_channels', 3)
    rest = (_num_frames(cfg), channels, height, width)
    inputs = module.draw_inputs((batch_size or _TRACED_CLIPS, *rest), seed=0)

    folder = os.path.dirname(os.path.abspath(out))
    os.makedirs(folder, exist_ok=True)
    program = export_graph(module, inputs, out, module.input_names,
                           module.outputs, dynamic=batch_size is None)
    # not the number of the trace, where that may differ
    tried = (1, 3) if batch_size is None else (batch_size, )
    return dict(
        shape=('N' if batch_size is None else batch_size, *rest),
        nodes=len(program.model.graph),
        difference=compare(module, out, [(num, *rest) for num in tried]))


def _check_packages() -> None:
    missing = [name for name in ('onnx', 'onnxscript')
               if importlib.util.find_spec(name) is None]
    if missing:
        raise ImportError(
            f'the export needs {" and ".join(missing)}: pip install '
            '"mmpose_video[onnx]", or in a checkout pip install ".[onnx]"')


def compare(module: ExportedPart, path: str,
            shapes: Sequence[Sequence[int]]) -> Optional[float]:
    """Return the largest relative difference to onnxruntime.

    Args:
        module (ExportedPart): The exported module.
        path (str): The file.
        shapes (Sequence[Sequence[int]]): Of the clips to try.

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
    for shape in shapes:
        for seed in range(2):
            inputs = module.draw_inputs(shape, seed)
            with torch.no_grad():
                wanted = module(*inputs)
            wanted = wanted if isinstance(wanted, tuple) else (wanted, )
            outputs = session.run(None, {
                name: tensor.numpy()
                for name, tensor in zip(module.input_names, inputs)
            })
            for found, tensor in zip(outputs, wanted):
                values = tensor.numpy()
                scale = max(float(np.abs(values).max()), 1e-12)
                worst = max(worst,
                            float(np.abs(found - values).max()) / scale)
    return worst


def _num_frames(cfg: Config) -> int:
    """Return the number of frames T of the test clips."""
    sampler = cfg.test_dataloader.dataset.get('clip_sampler')
    return len(CLIP_SAMPLERS.build(sampler or dict(type='FixedOffsets'))())


@one_line_errors
def main(argv: Optional[Sequence[str]] = None) -> int:
    """Run the command and return the exit status."""
    parser = argparse.ArgumentParser(
        prog='mmpose-video export',
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('config', metavar='CONFIG', help='config of the model')
    parser.add_argument('out', metavar='OUT', help='the file to write')
    parser.add_argument('--checkpoint', metavar='FILE',
                        help='its weights (default: random ones)')
    parser.add_argument('--batch-size', type=int, metavar='N',
                        help='fix the number of clips (default: any)')
    parser.add_argument('--deploy', action='store_true',
                        help="merge the branches of layers such as RepVGG's")
    parser.add_argument(
        '--cfg-options', nargs='+', action=DictAction, metavar='KEY=VALUE',
        help='changes to the config')
    args = parser.parse_args(argv)
    result = export(args.config, args.out, args.checkpoint, args.batch_size,
                    args.cfg_options, args.deploy)
    found = result['difference']
    checked = 'not compared: onnxruntime is not installed' if (
        found is None) else f'differs by {found:.1e} from PyTorch'
    shape = ', '.join(map(str, result['shape']))
    print(f"{args.out}: clips ({shape}), {result['nodes']} nodes, {checked}")
    return 0


if __name__ == '__main__':
    sys.exit(main())
