"""Warn where the frames of clips do not exist."""
import logging

from mmengine.logging import print_log


def warn_of_stand_ins(neighbors: int, missing: int, source: str) -> bool:
    """Warn if most of the neighbors that clips ask for do not exist.

    Another frame stands in for each of them, often the key frame itself, and
    a model of clips then sees copies of one image.

    Args:
        neighbors (int): Number of neighbors that were asked for.
        missing (int): Number of those that do not exist.
        source (str): What holds the frames, for the message.

    Returns:
        bool: True if there was a warning.
    """
    if 2 * missing <= neighbors:
        return False
    print_log(
        f'MOST CLIPS ARE COPIES OF ONE FRAME: {missing} of {neighbors} '
        f'neighbors in the clips of {source} do not exist, and other frames '
        "stand in for them. Extract all frames of the videos, or set "
        "`offset_unit='file'` in `clip_sampler`, so that offsets count the "
        'files that exist', 'current', logging.WARNING)
    return True
