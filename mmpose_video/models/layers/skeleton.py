"""Links of a keypoint set, from a config."""
from typing import Optional, Tuple

from mmpose.datasets.datasets.utils import parse_pose_metainfo
from mmpose.utils.typing import ConfigType

from mmpose_video.formats.skeleton import expand_metainfo


def skeleton_links(skeleton: Optional[ConfigType],
                   num_keypoints: int) -> Tuple[Tuple[int, int], ...]:
    """Return the links of a dataset's skeleton.

    Args:
        skeleton (dict, optional): ``dict(from_file=...)`` with MMPose's file
            of the dataset or that of a :class:`Skeleton`, or
            ``dict(links=[(i, j), ...])``.
        num_keypoints (int): Keypoints of the model.

    Returns:
        tuple[tuple[int, int], ...]: The links; empty without a skeleton.

    Raises:
        ValueError: If the skeleton has another number of keypoints.
    """
    if skeleton is None:
        return ()
    if 'links' in skeleton:
        links = tuple((int(i), int(j)) for i, j in skeleton['links'])
        if any(not 0 <= k < num_keypoints for link in links for k in link):
            raise ValueError(f'the links {links} name keypoints beyond the '
                             f"model's {num_keypoints}")
        return links
    meta = parse_pose_metainfo(expand_metainfo(dict(skeleton)))
    if meta['num_keypoints'] != num_keypoints:
        raise ValueError(
            f'the model has {num_keypoints} keypoints, the skeleton of '
            f"{meta['dataset_name']} {meta['num_keypoints']}: give both the "
            'same keypoint set')
    return tuple((int(i), int(j)) for i, j in meta['skeleton_links'])
