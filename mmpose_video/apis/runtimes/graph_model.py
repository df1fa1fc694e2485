"""Let another library run backbone, neck and head of a model."""
import os
import tempfile
from typing import Any, Dict, List, Optional, Tuple, Type

import numpy as np
import torch
from mmengine.logging import print_log
from torch import Tensor, nn

from mmpose_video.models.heads.diffusion_head_mixin import DiffusionHeadMixin
from mmpose_video.structures import ClipInfo

from .compiled import use_compile
from .onnx_graph import export_graph
from .precision import same_kind
from .sessions import RUNTIMES, Session

# more than one clip: exporters take 0 and 1 for constants
_TRACED_CLIPS = 2


class _Network(nn.Module):
    """Backbone, neck and head as a function of clips and their times."""

    def __init__(self, model: Any, key_index: int) -> None:
        super().__init__()
        self.model = model
        self.key_index = key_index
        self.extract = model.extract_feat
        self.predict = model.head.forward

    def forward(self, clips: Tensor, offsets: Optional[Tensor] = None) -> Any:
        """Return the head's output.

        Args:
            clips (Tensor): (N, T, 3, H, W), or (N, 3, H, W) for an image.
            offsets (Tensor, optional): Distances of the frames from the key
                frame in frames, (N, T).
        """
        if offsets is None:
            return self.predict(self.extract(clips))
        clip = ClipInfo(
            num_frames=clips.shape[1],
            key_index=self.key_index,
            offsets=offsets,
            valid=torch.ones_like(offsets, dtype=torch.bool))
        before = self.model._clip
        self.model._clip = clip
        try:
            return self.predict(self.extract(clips))
        finally:
            self.model._clip = before


class GraphModel:
    """Stand in for backbone, neck and head of a model.

    The graph is exported at the first batch, whose shape it takes. MMPose's
    ``predict`` goes on as before: its flip test runs the graph twice, and
    codecs decode what the graph returns. The times of frames are an input of
    the graph, so that methods that depend on them (DCPose) see them.

    Args:
        model (TopdownPoseEstimator): The model; its ``extract_feat`` and its
            head's ``forward`` are replaced.
        kind (type): Class of the session.
    """

    def __init__(self, model: Any, kind: Type[Session]) -> None:
        self.model = model
        self.kind = kind
        self.session: Optional[Session] = None
        # several outputs of the head, for their kind; None for a tensor
        self._example: Optional[Tuple[Tensor, ...]] = None
        self._extract = model.extract_feat
        self._forward = model.head.forward
        model.extract_feat = self.extract_feat
        model.head.forward = self.forward

    def extract_feat(self, inputs: Tensor) -> Tuple[Tensor, ...]:
        """Return the clips themselves, and the times of their frames."""
        clip = getattr(self.model, '_clip', None)
        if clip is None or inputs.dim() == 4:
            return (inputs, )
        return inputs, clip.offsets, torch.tensor(clip.key_index)

    def forward(self, feats: Tuple[Tensor, ...]) -> Any:
        """Run the graph in place of the head.

        Args:
            feats (tuple[Tensor]): As :meth:`extract_feat` returns them.

        Returns:
            Tensor | tuple[Tensor]: The head's output.
        """
        clips = feats[0]
        inputs = [clips]
        if len(feats) > 1:
            inputs.append(feats[1])
        if self.session is None:
            self._export(inputs, int(feats[2]) if len(feats) > 1 else 0)
        assert self.session is not None
        arrays: Dict[str, np.ndarray] = {
            name: value.cpu().numpy()
            for name, value in zip(('clips', 'offsets'), inputs)
        }
        found = [
            torch.from_numpy(value).to(clips.device)
            for value in self.session.run(arrays)
        ]
        if self._example is None:
            return found[0]
        return same_kind(self._example, found)

    def _export(self, inputs: List[Tensor], key_index: int) -> None:
        """Export the graph for batches like this one."""
        model = self.model
        model.extract_feat = self._extract
        model.head.forward = self._forward
        split = getattr(model, 'frames_per_pass', None)
        if split is not None:
            model.frames_per_pass = None  # would fix the number of passes
        network = _Network(model, key_index).eval()
        examples = tuple(
            value[:1].cpu().repeat(_TRACED_CLIPS, *[1] * (value.dim() - 1))
            for value in inputs)
        device = inputs[0].device
        try:
            with torch.no_grad():
                model.to('cpu')
                wanted = network(*examples)
            names = ('clips', 'offsets')[:len(examples)]
            several = isinstance(wanted, (tuple, list))
            self._example = wanted if several else None
            count = len(wanted) if several else 1
            with tempfile.TemporaryDirectory() as folder:
                path = os.path.join(folder, 'model.onnx')
                export_graph(network, examples, path, names,
                             [f'output_{i}' for i in range(count)])
                self.session = self.kind(path, str(device))
        finally:
            model.to(device)
            if split is not None:
                model.frames_per_pass = split
            model.extract_feat = self.extract_feat
            model.head.forward = self.forward
        print_log(f'the model runs by {self.kind.__name__}', 'current')


def use_runtime(model: Any, name: str) -> Optional[GraphModel]:
    """Let a library run a model's network.

    Args:
        model (TopdownPoseEstimator): The model; changed.
        name (str): ``'torch'``, ``'compile'``, ``'onnxruntime'`` or
            ``'openvino'``.

    Returns:
        GraphModel, optional: None for PyTorch, which needs none.

    Raises:
        ValueError: If there is no such runtime, or the model's head does not
            predict from one run of the network.
    """
    if name == 'torch':
        return None
    if name == 'compile':
        use_compile(model)
        return None
    if name not in RUNTIMES:
        raise ValueError(f'there is no runtime {name!r}; there are torch, '
                         f'compile, {", ".join(RUNTIMES)}')
    if isinstance(model.head, DiffusionHeadMixin):
        raise ValueError(
            f'{type(model.head).__name__} draws noise and runs several steps, '
            "so its results would differ from PyTorch's; "
            "use runtime='torch', or `mmpose-video export` for a graph whose "
            'noise is an input')
    return GraphModel(model, RUNTIMES[name])
