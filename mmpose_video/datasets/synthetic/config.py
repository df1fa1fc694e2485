"""Settings of the synthetic clip generator."""
from dataclasses import asdict, dataclass, field
from typing import Any, Dict, Tuple

SPLITS = ('train', 'val')


@dataclass(frozen=True)
class Difficulty:
    """Effects that make a single frame hard to read.

    Every effect is *transient*: it lasts a few frames, so that a joint lost
    in the key frame can be found in its neighbors. All values are package
    defaults; no publication gives them.

    Args:
        crossing (float): 0 keeps people in lanes of their own; 1 sends them
            all through the middle, behind each other.
        occluder_chance (float): Chance per frame that an object sweeps over
            a person; it hides a joint for about two to four frames.
        poles (Tuple[int, int]): Range of the number of thin poles standing
            in front of the people.
        shutter (float): Usual exposure as a part of the frame interval.
        burst_chance (float): Chance per frame of a long exposure.
        burst_shutter (float): Exposure at the peak of such a burst, as a
            part of the frame interval.
        jolt_share (float): Part of the long exposures during which the
            camera is jolted.
        jolt_pixels (float): Amplitude of a jolt, in pixels at 360 lines.
        tremble_pixels (float): Amplitude of the steady shake of the hand.
        pan (float): Amplitude of the pan, as a part of the frame's width.
        defocus_chance (float): Chance per frame of a loss of focus.
        defocus_sigma (float): Blur at the peak, in pixels at 360 lines.
        dark_chance (float): Chance per frame of a low-light flicker.
        dark_gain (float): Brightness at the darkest frame of a flicker.
        noise (float): Standard deviation of the sensor noise, gray levels.
        clutter (float): Amount of shapes in the background, 0 to 1.
        limb_clutter (float): Part of the clutter that looks like limbs.
        bystanders (Tuple[int, int]): Range of the number of small people
            far away who are not annotated but lie in ignore regions.
        side_cue (float): Relative difference of brightness between a
            person's left limbs (lighter) and right limbs (darker), which
            makes left and right resolvable from a small picture.
        jpeg_quality (Tuple[int, int]): Range of the JPEG quality.
    """
    crossing: float = 0.
    occluder_chance: float = 0.
    poles: Tuple[int, int] = (0, 0)
    shutter: float = 0.15
    burst_chance: float = 0.
    burst_shutter: float = 1.
    jolt_share: float = 0.
    jolt_pixels: float = 0.
    tremble_pixels: float = 0.3
    pan: float = 0.02
    defocus_chance: float = 0.
    defocus_sigma: float = 3.
    dark_chance: float = 0.
    dark_gain: float = 0.3
    noise: float = 3.
    clutter: float = 0.4
    limb_clutter: float = 0.
    bystanders: Tuple[int, int] = (0, 1)
    side_cue: float = 0.2
    jpeg_quality: Tuple[int, int] = (90, 95)


DIFFICULTIES: Dict[str, Difficulty] = {
    'easy':
    Difficulty(),
    'hard':
    Difficulty(
        crossing=1.,
        occluder_chance=0.18,
        poles=(0, 2),
        shutter=0.2,
        burst_chance=0.12,
        burst_shutter=1.3,
        jolt_share=0.5,
        jolt_pixels=7.,
        tremble_pixels=0.8,
        pan=0.05,
        defocus_chance=0.04,
        defocus_sigma=4.,
        dark_chance=0.06,
        dark_gain=0.22,
        noise=7.,
        clutter=1.,
        limb_clutter=0.35,
        bystanders=(0, 2),
        side_cue=0.16,
        jpeg_quality=(70, 92)),
}


@dataclass(frozen=True)
class SyntheticConfig:
    """Settings that determine what the generator renders.

    Equal configs give equal bytes, whatever the number of workers.

    Args:
        width (int): Frame width in pixels.
        height (int): Frame height in pixels.
        train_videos (int): Number of clips in the train split.
        val_videos (int): Number of clips in the val split.
        frames (int): Frames per clip, at most 9999.
        people (Tuple[int, int]): Least and most annotated people per clip.
        fps (float): Frames per second of the motion: a lower value makes
            the people move further from frame to frame.
        difficulty (str): ``'easy'`` or ``'hard'``.
        labeled_every (int): Label every n-th frame only (``is_labeled`` is
            false on the others), as in PoseTrack18's val split.
        max_hidden (int): A joint that other people or objects hide for
            longer than this many frames in a row is not labeled.
        detections (bool): Also write a file of detected boxes per split.
        seed (int): Seed of everything.
        effects (Difficulty): Replaces the preset that ``difficulty`` names.

    Raises:
        ValueError: If a value is out of range; the message names it.
    """
    width: int = 640
    height: int = 360
    train_videos: int = 40
    val_videos: int = 10
    frames: int = 40
    people: Tuple[int, int] = (2, 4)
    fps: float = 25.
    difficulty: str = 'hard'
    labeled_every: int = 1
    max_hidden: int = 6
    detections: bool = True
    seed: int = 0
    effects: Difficulty = field(default=None)  # type: ignore[assignment]

    def __post_init__(self) -> None:
        object.__setattr__(self, 'people', tuple(self.people))
        if self.difficulty not in DIFFICULTIES:
            raise ValueError(f'difficulty must be one of '
                             f'{sorted(DIFFICULTIES)}, got '
                             f'{self.difficulty!r}')
        if self.effects is None:
            object.__setattr__(self, 'effects',
                               DIFFICULTIES[self.difficulty])
        for name, low, high in (('width', 64, 8192), ('height', 64, 8192),
                                ('train_videos', 0, 99999),
                                ('val_videos', 0, 99999),
                                ('frames', 1, 9999), ('fps', 1, 1000),
                                ('labeled_every', 1, 9999),
                                ('max_hidden', 0, 9999),
                                ('seed', 0, 2**63)):
            value = getattr(self, name)
            if not low <= value <= high:
                raise ValueError(
                    f'{name} must lie in [{low}, {high}], got {value}')
        if len(self.people) != 2 or not (1 <= self.people[0] <=
                                         self.people[1] <= 20):
            raise ValueError('people must be (least, most) with '
                             f'1 <= least <= most <= 20, got {self.people}')

    def num_videos(self, split: str) -> int:
        """Return the number of clips of a split, ``'train'`` or ``'val'``."""
        return {'train': self.train_videos, 'val': self.val_videos}[split]

    def to_dict(self) -> Dict[str, Any]:
        """Return the settings as JSON types, for the manifest."""

        def plain(value: Any) -> Any:
            if isinstance(value, dict):
                return {k: plain(v) for k, v in value.items()}
            if isinstance(value, (list, tuple)):
                return [plain(v) for v in value]
            return value

        return plain(asdict(self))
