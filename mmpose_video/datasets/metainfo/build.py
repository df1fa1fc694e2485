"""Build the definition of a keypoint set from names and links."""
from typing import Dict, Sequence, Tuple

MIDDLE, LEFT, RIGHT = (51, 153, 255), (0, 255, 0), (255, 128, 0)
_LOWER = ('hip', 'knee', 'ankle')


def build_metainfo(dataset_name: str, names: Sequence[str],
                   links: Sequence[Tuple[str, str]],
                   sigmas: Dict[str, float],
                   paper_info: Dict[str, str]) -> dict:
    """Build a definition in MMPose's layout.

    Sides, halves of the body and colors follow from the names. The colors
    are MMPose's: left is green, right orange, the middle blue.

    Args:
        dataset_name (str): Name of the dataset.
        names (Sequence[str]): Keypoints in order, sides as ``left_`` and
            ``right_``.
        links (Sequence[tuple[str, str]]): Limbs to draw.
        sigmas (dict[str, float]): Spread of the annotations relative to the
            scale of the object, by name without side.
        paper_info (dict[str, str]): ``title``, ``year``, ``homepage``, ...

    Returns:
        dict: ``METAINFO`` of a dataset or ``dataset_info`` of a config. All
        keypoints have a weight of 1.
    """
    keypoints = {
        i: dict(
            name=name,
            id=i,
            color=list(_color(name)),
            type='lower' if name.endswith(_LOWER) else 'upper',
            swap=_other_side(name))
        for i, name in enumerate(names)
    }
    skeleton = {
        i: dict(link=link, id=i, color=list(_link_color(*link)))
        for i, link in enumerate(links)
    }
    return dict(
        dataset_name=dataset_name,
        paper_info=paper_info,
        keypoint_info=keypoints,
        skeleton_info=skeleton,
        joint_weights=[1.] * len(names),
        sigmas=[sigmas[_without_side(name)] for name in names])


def _without_side(name: str) -> str:
    return name.replace('left_', '').replace('right_', '')


def _other_side(name: str) -> str:
    """Return the name of the mirrored keypoint, empty in the middle."""
    if name.startswith('left_'):
        return 'right_' + name[len('left_'):]
    if name.startswith('right_'):
        return 'left_' + name[len('right_'):]
    return ''


def _color(name: str) -> Tuple[int, int, int]:
    if name.startswith('left_'):
        return LEFT
    return RIGHT if name.startswith('right_') else MIDDLE


def _link_color(first: str, second: str) -> Tuple[int, int, int]:
    """Return the color of the side, or of the middle if they differ."""
    sides = {_color(first), _color(second)} - {MIDDLE}
    return sides.pop() if len(sides) == 1 else MIDDLE
