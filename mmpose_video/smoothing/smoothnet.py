"""SmoothNet, a learned filter."""
from typing import Optional, Sequence, Union

import numpy as np
import torch

from mmpose_video.utils.weights_file import read_weights

from .base_filter import FILTERS, BaseOfflineFilter
from .window_network import WindowNetwork

Scale = Union[float, Sequence[float]]


@FILTERS.register_module()
class SmoothNet(BaseOfflineFilter):
    """A trained network over sliding windows of W frames.

    See :class:`WindowNetwork`. Each window of W frames is smoothed; a frame's
    result is the mean over the windows that hold it, and motions shorter than
    W frames stay as they are, both as in MMPose 0.x.

    The network sees ``(position - center) / scale``, which must be what its
    weights were trained with:

    * the authors' 2-D weights for Human3.6M: from -1 to 1 over the image,
      ``center`` and ``scale`` both half of its width and height (their images
      have 1000 x 1000 pixels);
    * their 2-D weights for Sub-JHMDB: from 0 to 1 over the image, ``scale``
      its width and height;
    * MMPose 0.x applied weights for 3-D poses around a root joint to any
      poses, without a scale: ``root_index``. The root joint itself is not
      smoothed then, and others stay as they are in frames without it.

    Args:
        checkpoint (str): Weights in the format of MMPose 0.x, with or without
            a ``state_dict``. Nothing in the file is run.
        window_size (int, optional): Required W. Defaults to None, the W of the
            weights; published are 8, 16, 32 and 64.
        center (float | Sequence[float]): (x, y) in pixels. Defaults to 0.
        scale (float | Sequence[float]): (x, y) in pixels. Defaults to 1.
        root_index (int, optional): Keypoint that the others are relative
            to. Defaults to None.
        max_gap (int): See :class:`BaseFilter`.

    Raises:
        ValueError: If the weights are of another network or window.
    """

    def __init__(self,
                 checkpoint: str,
                 window_size: Optional[int] = None,
                 center: Scale = 0.,
                 scale: Scale = 1.,
                 root_index: Optional[int] = None,
                 max_gap: int = 5) -> None:
        super().__init__(max_gap)
        self.checkpoint = checkpoint
        self.center = np.broadcast_to(np.asarray(center, float), 2)
        self.scale = np.broadcast_to(np.asarray(scale, float), 2)
        if not (self.scale > 0).all():
            raise ValueError(f'`scale` must be positive, got {scale}')
        self.root_index = root_index
        self._network = WindowNetwork.from_weights(
            read_weights(checkpoint), checkpoint)
        self.window_size = self._network.decoder.out_features
        if window_size not in (None, self.window_size):
            raise ValueError(
                f'{checkpoint} is for windows of {self.window_size} frames, '
                f'not {window_size}; change `window_size` or take other '
                'weights')
        # the last window that holds a frame, and what fills a gap at its end
        self.lag = self.window_size + max_gap

    def _filter(self, track: np.ndarray) -> np.ndarray:
        """Smooth a track, (F, K, 2), around the root if there is one."""
        if self.root_index is None:
            return super()._filter(track)
        if not -track.shape[1] <= self.root_index < track.shape[1]:
            raise ValueError(f'there is no keypoint {self.root_index} among '
                             f'{track.shape[1]}; change `root_index`')
        root = track[:, self.root_index, None]
        smooth = super()._filter(track - root) + root
        smooth[:, self.root_index] = track[:, self.root_index]
        return np.where(np.isnan(smooth), track, smooth)

    def smooth_segment(self, points: np.ndarray) -> np.ndarray:
        """See :class:`BaseOfflineFilter`."""
        window, frames = self.window_size, len(points)
        if frames < window:
            return points
        values = torch.from_numpy((points - self.center) / self.scale)
        # (F - W + 1, 2, W)
        windows = self._network(
            values.float().unfold(0, window, 1)).double().numpy()
        total = np.zeros((frames, 2))
        for step in range(window):
            total[step:step + len(windows)] += windows[..., step]
        ends = np.arange(1, frames + 1)
        count = np.minimum(np.minimum(ends, ends[::-1]),
                           min(window, frames - window + 1))
        return total / count[:, None] * self.scale + self.center
