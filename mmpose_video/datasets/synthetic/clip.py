"""One clip, from a seed to frames and annotations."""
from typing import Any, Dict, List, Sequence, Tuple, Union

import numpy as np

from .annotations import annotate
from .config import SPLITS, SyntheticConfig
from .renderer import Renderer
from .scene import sample_scene
from .truth import measure

Seed = Union[int, Sequence[int]]


def clip_seed(config: SyntheticConfig, split: str, index: int) -> List[int]:
    """Return the seed of a clip, whatever the number of clips."""
    return [config.seed, SPLITS.index(split), index]


class Clip:
    """A clip whose content is decided but not drawn yet.

    Args:
        config (SyntheticConfig): The settings.
        seed (int | Sequence[int]): Seed of this clip alone.
        split (str): ``'train'`` or ``'val'``, for names and ids.
        index (int): Number of the clip in its split.
    """

    def __init__(self, config: SyntheticConfig, seed: Seed,
                 split: str = 'train', index: int = 0) -> None:
        if split not in SPLITS:
            raise ValueError(f'split must be one of {SPLITS}, got {split!r}')
        scene_seed, self._look, _ = np.random.SeedSequence(seed).spawn(3)
        self.config = config
        self.scene = sample_scene(np.random.default_rng(scene_seed), config)
        self.truth = measure(self.scene, config)
        self.annotations: Dict[str, Any] = annotate(self.scene, self.truth,
                                                    config, split, index)

    def renderer(self) -> Renderer:
        """Return the renderer of the frames."""
        return Renderer(self.scene, self.config,
                        np.random.default_rng(self._look))


def detection_rng(config: SyntheticConfig, split: str,
                  index: int) -> np.random.Generator:
    """Return the generator of the errors of a clip's detected boxes."""
    seed = np.random.SeedSequence(clip_seed(config, split, index))
    return np.random.default_rng(seed.spawn(3)[2])


def render_clip(config: SyntheticConfig, seed: Seed, split: str = 'train',
                index: int = 0) -> Tuple[np.ndarray, Dict[str, Any]]:
    """Render one clip in memory.

    Args:
        config (SyntheticConfig): The settings; numbers of clips, and the
            seed, are not used.
        seed (int | Sequence[int]): Seed of this clip.
        split (str): For names and ids.
        index (int): For names and ids.

    Returns:
        tuple: frames ``(F, H, W, 3)`` uint8 BGR before JPEG, and the record
        in PoseTrack18's layout.
    """
    clip = Clip(config, seed, split, index)
    frames = np.stack(list(clip.renderer().frames()))
    return frames, clip.annotations
