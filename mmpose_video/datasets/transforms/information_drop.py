"""Hide parts of a person's crop during training."""
from typing import Dict, List, Sequence

import numpy as np
from mmcv.transforms import BaseTransform
from mmpose.registry import TRANSFORMS

METHODS = ('cutout', 'has', 'grid', 'joint_cutout')


@TRANSFORMS.register_module()
class InformationDrop(BaseTransform):
    """Augmentation by information dropping (AID).

    After Huang et al. (arXiv:2008.07139), on the crop, so that networks use
    the constraints among keypoints in place of their appearance alone:

    * 'cutout': one ellipse, centered anywhere in the crop, radii
      ``radius * (1 + u) * width`` with u uniform in [0, 1) for each axis;
    * 'has' (hide-and-seek): a grid whose cell size is drawn from ``sizes``,
      each cell hidden with probability 0.5; size 0 hides nothing;
    * 'grid' (GridMask): squares of ``grid_ratio`` of a period drawn from
      ``sizes`` without 0, at a random offset;
    * 'joint_cutout': a square around one labeled keypoint, half side drawn
      from ``joint_side`` in parts of the crop's width.

    The paper trains twice: to the end without dropping, then once more from
    that checkpoint with it (``_base_/schedules/aid_second_step.py``).

    A clip loses the same region in all of its frames, as behind an occluder
    that is fixed in the crop. Only the key frame has labels, so
    'joint_cutout' takes its keypoints for all frames. With ``frames='key'``
    only the key frame loses the region, and the network must look at the
    neighbors to find what is hidden (an option of no paper).

    Required Keys:

        - img (np.ndarray | list[np.ndarray]): the crop, or a clip of crops
        - key_index (int): its place in a clip (for ``frames='key'``)
        - transformed_keypoints, keypoints_visible (for 'joint_cutout')

    Modified Keys:

        - img

    Args:
        method (str): See above. Defaults to 'cutout'.
        prob (float): Of dropping at all. Defaults to 1.
        frames (str): 'all' or 'key'. Defaults to 'all'.
        radius (float): Of 'cutout'. Defaults to 0.2.
        sizes (Sequence[int]): Of 'has' and 'grid', in pixels.
            Defaults to (0, 16, 32, 44, 56).
        grid_ratio (float): Of 'grid' (package default: the paper compares
            GridMask without its settings). Defaults to 0.5.
        joint_side (Sequence[float]): Least and greatest half side of
            'joint_cutout'. Defaults to (3 / 192, 6 / 192).
        fill (float): Value of hidden pixels. Defaults to 0.

    Raises:
        ValueError: If ``method`` or ``frames`` does not exist, or ``prob`` is
            no probability.
    """

    def __init__(self,
                 method: str = 'cutout',
                 prob: float = 1.,
                 frames: str = 'all',
                 radius: float = 0.2,
                 sizes: Sequence[int] = (0, 16, 32, 44, 56),
                 grid_ratio: float = 0.5,
                 joint_side: Sequence[float] = (3 / 192, 6 / 192),
                 fill: float = 0.) -> None:
        if method not in METHODS:
            raise ValueError(f'`method` must be one of {METHODS}, got '
                             f'{method!r}')
        if frames not in ('all', 'key'):
            raise ValueError(f"`frames` must be 'all' or 'key', got "
                             f'{frames!r}')
        if not 0 <= prob <= 1:
            raise ValueError(f'`prob` must lie in [0, 1], got {prob}')
        self.method, self.prob, self.frames = method, prob, frames
        self.radius, self.sizes = radius, tuple(sizes)
        self.grid_ratio, self.joint_side = grid_ratio, joint_side
        self.fill = fill

    def transform(self, results: Dict) -> dict:
        """Hide a region of the crop."""
        if np.random.rand() >= self.prob:
            return results
        image = results['img']
        is_clip = isinstance(image, list)
        frames = image if is_clip else [image]
        height, width = frames[0].shape[:2]
        mask = self._mask(height, width, results)
        chosen = self._chosen(len(frames), results)
        # copies: frames may be shared with a cache, or stand in a clip twice
        frames = [
            self._hide(frame, mask) if i in chosen else frame
            for i, frame in enumerate(frames)
        ]
        results['img'] = frames if is_clip else frames[0]
        return results

    def _chosen(self, count: int, results: dict) -> List[int]:
        """Return the indices of the frames that lose the region."""
        if self.frames == 'all' or count == 1:
            return list(range(count))
        # not by the offsets: a copy of the key frame that stands in for a
        # neighbor has 0, too
        return [results['key_index']]

    def _hide(self, frame: np.ndarray, mask: np.ndarray) -> np.ndarray:
        """Return a copy without the pixels of a mask."""
        frame = frame.copy()
        frame[mask] = self.fill
        return frame

    def _mask(self, height: int, width: int, results: dict) -> np.ndarray:
        """Draw the region to hide, (H, W) bool."""
        rows = np.arange(height)[:, None]
        columns = np.arange(width)
        if self.method == 'cutout':
            x, y = np.random.rand(2) * (width, height)
            radius_x, radius_y = (self.radius * width *
                                  (1 + np.random.rand(2)))
            return (((columns - x) / radius_x)**2 +
                    ((rows - y) / radius_y)**2) <= 1
        if self.method == 'has':
            return self._hide_and_seek(height, width)
        if self.method == 'grid':
            period = np.random.choice([size for size in self.sizes if size])
            x, y = np.random.randint(period, size=2)
            side = self.grid_ratio * period
            return ((columns - x) % period < side) & ((rows - y) % period <
                                                      side)
        return self._around_joint(rows, columns, width, results)

    def _hide_and_seek(self, height: int, width: int) -> np.ndarray:
        """Hide each cell of a grid with probability 0.5."""
        size = np.random.choice(self.sizes)
        if size == 0:
            return np.zeros((height, width), dtype=bool)
        cells = np.random.rand(-(-height // size), -(-width // size)) < 0.5
        return cells.repeat(size, 0).repeat(size, 1)[:height, :width]

    def _around_joint(self, rows: np.ndarray, columns: np.ndarray,
                      width: int, results: dict) -> np.ndarray:
        """Hide a square around one labeled keypoint."""
        keypoints = results['transformed_keypoints'].reshape(-1, 2)
        visible = np.asarray(results['keypoints_visible'])
        if visible.ndim == 3:  # with the weights of the targets
            visible = visible[..., 0]
        labeled = np.flatnonzero(visible.reshape(-1) > 0)
        low, high = self.joint_side
        side = np.random.uniform(low, high) * width
        if not len(labeled):
            return np.zeros((len(rows), len(columns)), dtype=bool)
        x, y = keypoints[np.random.choice(labeled)]
        return (np.abs(columns - x) <= side) & (np.abs(rows - y) <= side)

    def __repr__(self) -> str:
        return (f'{type(self).__name__}(method={self.method!r}, '
                f'prob={self.prob}, frames={self.frames!r})')
