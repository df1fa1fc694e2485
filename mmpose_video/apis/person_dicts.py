"""Turn the people of a frame into plain dicts."""
from typing import List

import numpy as np
from mmengine.structures import InstanceData
from mmpose.structures import split_instances


def to_dicts(found: InstanceData) -> List[dict]:
    """Return people as MMPose's inferencers do, with the ids of tracks.

    Args:
        found (InstanceData): The people of a frame.

    Returns:
        list[dict]: Plain numbers and lists.
    """
    people = split_instances(found)
    for i, person in enumerate(people):
        person['bbox_score'] = float(person.get('bbox_score', 1.))
        person['track_id'] = int(found.track_ids[i])
        if 'keypoint_spread' in found:
            person['keypoint_spread'] = np.asarray(
                found.keypoint_spread[i]).tolist()
    return people
