"""A keypoint set from one small file.

The file is json or YAML::

    {
      "name": "mouse",
      "keypoints": ["snout", "left_ear", "right_ear", "back", "tail_base"],
      "swap": [["left_ear", "right_ear"]],
      "links": [["snout", "back"], ["back", "tail_base"]],
      "colors": {"snout": [255, 0, 0]},
      "sigmas": {"snout": 0.03, "left_ear": 0.04, "right_ear": 0.04,
                 "back": 0.08, "tail_base": 0.05},
      "lower": ["tail_base"],
      "reference": ["snout", "tail_base"]
    }

``name`` and ``keypoints`` are needed, all else may be left out.
"""
import os.path as osp
import re
from dataclasses import dataclass, field
from typing import Any, Dict, List, Optional, Sequence, Tuple

from .json_file import parse_json, read_text, write_json
from .keypoints import named_links
from .schema import Record, shown
from .yaml_file import parse_yaml

Color = Tuple[int, int, int]
Pair = Tuple[str, str]

#: MMPose's colors: left is green, right orange, the middle blue.
MIDDLE, LEFT, RIGHT = (51, 153, 255), (0, 255, 0), (255, 128, 0)
SUFFIXES = ('.json', '.yaml', '.yml')
#: In place of sigmas that nobody gave, since MMPose wants some.
#: Package default; the metrics do not use it.
DEFAULT_SIGMA = 0.05
_KEYS = ('name', 'keypoints', 'swap', 'links', 'colors', 'sigmas', 'lower',
         'reference')
_SIDES = {'left': 'right', 'l': 'r'}


def mirror_names(names: Sequence[str]) -> Tuple[Pair, ...]:
    """Return the pairs of keypoints whose names differ in the side only.

    Words of a name are what ``_``, ``-``, ``.`` and spaces divide; ``left``
    and ``right``, ``l`` and ``r`` in any case tell the sides.

    Args:
        names (Sequence[str]): Names of the keypoints.

    Returns:
        tuple[tuple[str, str], ...]: Left and right, in the order of the left.
    """
    pairs = []
    for name in names:
        words = re.split(r'([_\-. ])', name)
        for i, word in enumerate(words):
            side = _SIDES.get(word.lower())
            if side is None:
                continue
            side = side.upper() if word.isupper() else (
                side.title() if word.istitle() else side)
            other = ''.join([*words[:i], side, *words[i + 1:]])
            if other in names:
                pairs.append((name, other))
                break
    return tuple(pairs)


@dataclass(frozen=True)
class Skeleton:
    """Names of keypoints, and what belongs to them.

    Attributes:
        name (str): Name of the set.
        keypoints (tuple[str, ...]): Names of the K keypoints.
        swap (tuple): Pairs of names that a mirror image swaps.
        links (tuple): Pairs of names between which a line is drawn.
        colors (dict[str, tuple[int, int, int]]): Red, green and blue by name,
            for those that differ from the default.
        sigmas (dict[str, float]): Spread of the labels by name, for OKS; of
            all keypoints or of none.
        lower (tuple[str, ...]): Keypoints of the lower half of the body, for
            half-body augmentation.
        reference (tuple[str, str], optional): Keypoints whose distance is the
            reference length of PoseTrack-style AP.
    """

    name: str
    keypoints: Tuple[str, ...]
    swap: Tuple[Pair, ...] = ()
    links: Tuple[Pair, ...] = ()
    colors: Dict[str, Color] = field(default_factory=dict)
    sigmas: Dict[str, float] = field(default_factory=dict)
    lower: Tuple[str, ...] = ()
    reference: Optional[Pair] = None

    @classmethod
    def of(cls, name: str, keypoints: Sequence[str], **others: Any
           ) -> 'Skeleton':
        """Return a keypoint set whose pairs follow from its names."""
        others.setdefault('swap', mirror_names(keypoints))
        return cls(name, tuple(keypoints), **others)

    @classmethod
    def read(cls, path: str) -> 'Skeleton':
        """Read a file.

        Args:
            path (str): The file.

        Raises:
            FormatError: If it does not follow the layout; the message names
                the file and what is wrong.
            OSError: If it cannot be read.
        """
        text = read_text(path)
        if osp.splitext(path)[1].lower() == '.json':
            return cls.from_dict(parse_json(text, path), path)
        return cls.from_dict(parse_yaml(text, path), path)

    @classmethod
    def from_dict(cls, data: Any, where: str) -> 'Skeleton':
        """Check and return what a file holds.

        Args:
            data (Any): The parsed content.
            where (str): Name of the file, for messages.

        Raises:
            FormatError: If it does not follow the layout.
        """
        record = Record(data, where)
        unknown = sorted(set(map(str, record.data)) - set(_KEYS))
        if unknown:
            raise record.error(f'unknown key {unknown[0]!r}; there are '
                               f'{", ".join(_KEYS)}')
        names = record.items('keypoints')
        if not names or not all(isinstance(n, str) and n for n in names):
            raise record.error("'keypoints' must be a list of names")
        twice = sorted({n for n in names if names.count(n) > 1})
        if twice:
            raise record.error(f"'keypoints' names {twice[0]!r} twice")
        known = set(names)
        swap = mirror_names(names)
        if record.value('swap') is not None:
            swap = _pairs(record, 'swap', known)
        mirrored = [name for pair in swap for name in pair]
        if len(set(mirrored)) < len(mirrored):
            raise record.error("'swap' holds a keypoint twice")
        given = record.items('reference', optional=True)
        reference = _pair(record, 'reference', given, known) if given else None
        lower = record.items('lower', optional=True)
        for name in lower:
            _known(record, 'lower', name, known)
        return cls(
            record.text('name'), tuple(names), swap,
            _pairs(record, 'links', known),
            {name: _color(record, name, value)
             for name, value in _table(record, 'colors', known).items()},
            _sigmas(record, names), tuple(lower), reference)

    def to_dict(self) -> Dict[str, Any]:
        """Return what a file holds."""
        content: Dict[str, Any] = dict(
            name=self.name,
            keypoints=list(self.keypoints),
            swap=[list(pair) for pair in self.swap],
            links=[list(pair) for pair in self.links])
        if self.colors:
            content['colors'] = {k: list(v) for k, v in self.colors.items()}
        if self.sigmas:
            content['sigmas'] = dict(self.sigmas)
        if self.lower:
            content['lower'] = list(self.lower)
        if self.reference:
            content['reference'] = list(self.reference)
        return content

    def write(self, path: str) -> None:
        """Write the file, json, whole or not at all."""
        write_json(self.to_dict(), path, indent=1)

    def category(self) -> Dict[str, Any]:
        """Return the entry of ``categories`` in COCO's layout."""
        return dict(
            supercategory=self.name,
            id=1,
            name=self.name,
            keypoints=list(self.keypoints),
            skeleton=[list(link) for link in named_links(self.keypoints,
                                                         self.links)])

    def metainfo(self) -> Dict[str, Any]:
        """Return MMPose's ``dataset_info``.

        Returns:
            dict: All keypoints have a weight of 1. ``has_sigmas`` and
            ``reference`` are this package's, for its metrics.
        """
        other = {a: b for pair in self.swap for a, b in (pair, pair[::-1])}
        left = {pair[0] for pair in self.swap}
        color = {
            name: self.colors.get(
                name, MIDDLE if name not in other else
                LEFT if name in left else RIGHT)
            for name in self.keypoints
        }
        return dict(
            dataset_name=self.name,
            paper_info={},
            keypoint_info={
                i: dict(
                    name=name,
                    id=i,
                    color=list(color[name]),
                    type='lower' if name in self.lower else 'upper',
                    swap=other.get(name, ''))
                for i, name in enumerate(self.keypoints)
            },
            skeleton_info={
                i: dict(link=(a, b), id=i,
                        color=list(_link_color(color[a], color[b])))
                for i, (a, b) in enumerate(self.links)
            },
            joint_weights=[1.] * len(self.keypoints),
            sigmas=[self.sigmas.get(n, DEFAULT_SIGMA) for n in self.keypoints],
            has_sigmas=bool(self.sigmas),
            reference=self.reference)


def expand_metainfo(metainfo: Dict[str, Any]) -> Dict[str, Any]:
    """Replace the name of a keypoint set's file by its content.

    Args:
        metainfo (dict): What MMPose takes, or ``dict(from_file=...)`` with a
            file of this module.

    Returns:
        dict: What MMPose takes, as it was if it names no such file.

    Raises:
        FormatError: If the file does not follow the layout.
        OSError: If it cannot be read.
    """
    path = str(metainfo.get('from_file', ''))
    if path.lower().endswith(SUFFIXES):
        return Skeleton.read(path).metainfo()
    return metainfo


def _link_color(first: Color, second: Color) -> Color:
    """Return the color of a link: that of the end that is on a side."""
    sides = [color for color in (first, second) if color != MIDDLE]
    return sides[0] if sides and sides[0] == sides[-1] else MIDDLE


def _known(record: Record, key: str, name: Any, known: set) -> None:
    if not isinstance(name, str) or name not in known:
        raise record.error(f'{key!r} names {shown(name)}, which is not among '
                           "'keypoints'")


def _pair(record: Record, key: str, value: Any, known: set) -> Pair:
    """Check and return two different names."""
    if not isinstance(value, list) or len(value) != 2:
        raise record.error(f'{key!r} holds {shown(value)} in place of two '
                           'names')
    for name in value:
        _known(record, key, name, known)
    if value[0] == value[1]:
        raise record.error(f'{key!r} pairs {value[0]!r} with itself')
    return value[0], value[1]


def _pairs(record: Record, key: str, known: set) -> Tuple[Pair, ...]:
    return tuple(_pair(record, key, value, known)
                 for value in record.items(key, optional=True))


def _table(record: Record, key: str, known: set) -> Dict[str, Any]:
    """Return an object whose keys are keypoints."""
    value = record.value(key)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise record.error(f'{key!r} must be an object with a value for each '
                           f'keypoint, got {shown(value)}')
    for name in value:
        _known(record, key, name, known)
    return value


def _color(record: Record, name: str, value: Any) -> Color:
    if not (isinstance(value, list) and len(value) == 3 and all(
            isinstance(part, int) and 0 <= part <= 255 for part in value)):
        raise record.error(f"'colors' has {shown(value)} for {name!r} in "
                           'place of red, green and blue from 0 to 255')
    return value[0], value[1], value[2]


def _sigmas(record: Record, names: List[str]) -> Dict[str, float]:
    """Return the sigmas, given by name, as a list or as one number."""
    value = record.value('sigmas')
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        value = [value] * len(names)
    if isinstance(value, list):
        if len(value) != len(names):
            raise record.error(f"'sigmas' has {len(value)} numbers for "
                               f'{len(names)} keypoints')
        value = dict(zip(names, value))
    given = Record({} if value is None else value,
                   f"{record.where}: 'sigmas'")
    for name in given.data:
        _known(record, 'sigmas', name, set(names))
    sigmas = {name: given.number(name) for name in names if given.data}
    for name, sigma in sigmas.items():
        if sigma <= 0:
            raise given.error(f'{name!r} must be positive, got {sigma:g}')
    return sigmas
