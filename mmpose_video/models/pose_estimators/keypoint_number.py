"""One number of keypoints for all parts of a model."""
import inspect
from typing import Any, Dict, Optional, Tuple

from mmpose.registry import MODELS
from mmpose.utils.typing import OptConfigType

from mmpose_video.formats.keypoints import POSETRACK_KEYPOINTS
from mmpose_video.models.necks import BaseVideoNeck

#: Names that heads have for the number of keypoints.
HEAD_KEYS = ('out_channels', 'num_joints', 'num_keypoints')
#: The same in parts of heads, where other numbers are channels, too.
_PART_KEYS = HEAD_KEYS[1:]


def keypoints_of(head: OptConfigType) -> Optional[int]:
    """Return the number of keypoints that a head's config names.

    Args:
        head (dict, optional): Config of the head.
    """
    found = [head[key] for key in HEAD_KEYS if key in (head or {})]
    return found[0] if found and isinstance(found[0], int) else None


def fit_head(head: OptConfigType, metainfo: Dict[str, Any]) -> OptConfigType:
    """Return a head's config for a keypoint set.

    Args:
        head (dict, optional): Config of the head.
        metainfo (dict): MMPose's parsed metainfo of the keypoint set.

    Returns:
        dict: The same with the set's number of keypoints, whatever the head
        calls it, and the set's links wherever a ``skeleton`` stands.

    Raises:
        ValueError: If the head takes no number of keypoints.
    """
    if head is None:
        return None
    num = int(metainfo['num_keypoints'])
    keys = [key for key in HEAD_KEYS if key in head]
    if not keys:
        cls = _class_of(head)
        takes = inspect.signature(cls).parameters if cls else ()
        keys = [key for key in HEAD_KEYS if key in takes][:1]
    if not keys:
        raise ValueError(f'{head["type"]} takes no number of keypoints; leave '
                         '`model.metainfo` out and set up the head by hand')
    links = [tuple(map(int, link)) for link in metainfo['skeleton_links']]
    fitted = {key: _fit_part(value, num, links)
              for key, value in head.items()}
    if fitted.get('skeleton') is not None:
        fitted['skeleton'] = dict(links=links)
    fitted.update({key: num for key in keys})
    return fitted


def fit_neck(neck: OptConfigType, metainfo: Dict[str, Any]) -> OptConfigType:
    """Return a neck's config for a keypoint set.

    Args:
        neck (dict, optional): Config of the neck.
        metainfo (dict): MMPose's parsed metainfo of the keypoint set.

    Returns:
        dict: The same; a neck with a token for each joint, which by default
        assigns them to PoseTrack's keypoints by their places, gets one for
        each keypoint of another set.
    """
    cls = None if neck is None else _class_of(neck)
    names = tuple(metainfo['keypoint_id2name'].values())
    if cls is None or names == POSETRACK_KEYPOINTS or (
            'joint_tokens' not in inspect.signature(cls).parameters):
        return neck
    return {'joint_tokens': tuple(range(len(names))), **(neck or {})}


def _fit_part(part: Any, num: int, links: list) -> Any:
    """Return a part of a head's config for a keypoint set."""
    if isinstance(part, (list, tuple)):
        return type(part)(_fit_part(value, num, links) for value in part)
    if not isinstance(part, dict):
        return part
    fitted = {key: _fit_part(value, num, links)
              for key, value in part.items()}
    for key in _PART_KEYS:
        if isinstance(fitted.get(key), int):
            fitted[key] = num
    if fitted.get('skeleton') is not None:
        fitted['skeleton'] = dict(links=links)
    return fitted


def share_keypoints(neck: OptConfigType, head: OptConfigType
                    ) -> Tuple[OptConfigType, OptConfigType]:
    """Complete the neck's and the head's config with what they share.

    Args:
        neck (dict, optional): Config of the neck.
        head (dict, optional): Config of the head.

    Returns:
        tuple[dict, dict]: Both; a neck that takes ``num_keypoints`` gets it
        from the head, and a head behind heatmaps gets its channels.

    Raises:
        ValueError: If neck and head disagree on the number of keypoints.
    """
    num_keypoints = keypoints_of(head)
    if num_keypoints is None or neck is None or head is None:
        return neck, head
    neck_class = _class_of(neck)
    if neck_class is None or not issubclass(neck_class, BaseVideoNeck):
        return neck, head
    if 'num_keypoints' in inspect.signature(neck_class).parameters:
        neck = {'num_keypoints': num_keypoints, **neck}
        if neck['num_keypoints'] != num_keypoints:
            raise ValueError(
                f'the neck is built for {neck["num_keypoints"]} '
                f'keypoints, the head for {num_keypoints}; leave '
                '`neck.num_keypoints` out: the head sets it')
    if neck_class.outputs_heatmaps:
        head = {**head, 'in_channels': num_keypoints}
    return neck, head


def _class_of(cfg: Dict[str, Any]) -> Any:
    """Return the class of a config, None if it is not registered."""
    kind = cfg['type']
    return MODELS.get(kind) if isinstance(kind, str) else kind
