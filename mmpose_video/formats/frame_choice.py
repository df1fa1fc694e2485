"""Choose the frames that stand in for those that do not exist."""
from typing import Tuple

import numpy as np


def choose_frames(numbers: np.ndarray, wanted: np.ndarray, key: float,
                  rule: str = 'nearest') -> Tuple[np.ndarray, np.ndarray]:
    """Choose an existing frame for each wanted one.

    Args:
        numbers (np.ndarray): Numbers of the M existing frames, or their
            positions in time in frames, ascending, (M, ). The key frame is
            one of them.
        wanted (np.ndarray): Those of the T wanted frames, (T, ).
        key (int | float): That of the key frame.
        rule (str): What stands in for a frame that does not exist:
            ``'nearest'``, see :func:`stand_ins`, or ``'fami'``, see
            :func:`fami_stand_ins`. Defaults to 'nearest'.

    Returns:
        tuple:
        - places (np.ndarray): Indices into ``numbers``, (T, ) int64.
        - exists (np.ndarray): False where a frame stands in, (T, ) bool.
    """
    places = np.searchsorted(numbers, wanted).clip(max=len(numbers) - 1)
    if (numbers[places] == wanted).all():
        return places, np.ones(len(wanted), dtype=bool)
    choose = fami_stand_ins if rule == 'fami' else stand_ins
    places = choose(numbers, wanted, key)
    # of a video with a variable rate no frame is exactly at its time
    return places, np.abs(numbers[places] - wanted) < 0.5


def stand_ins(numbers: np.ndarray, wanted: np.ndarray,
              key: float) -> np.ndarray:
    """Choose the nearest existing frame for each wanted one.

    Args:
        numbers (np.ndarray): See :func:`choose_frames`.
        wanted (np.ndarray): See :func:`choose_frames`.
        key (int | float): Of two equally near frames the one closer to the
            key frame stands in, and of two that are equal in that as well
            the first.

    Returns:
        np.ndarray: Indices into ``numbers``, (T, ) int64.
    """
    chosen = []
    for number in np.asarray(wanted).tolist():
        distance = np.abs(numbers - number)
        near = np.flatnonzero(distance == distance.min())
        chosen.append(near[np.argmin(np.abs(numbers[near] - key))])
    return np.array(chosen, dtype=np.int64)


def fami_stand_ins(numbers: np.ndarray, wanted: np.ndarray,
                   key: float) -> np.ndarray:
    """Choose frames by the rule of FAMI-Pose's and TDMI's released code.

    Before the key frame, the frames that exist come first, and the key frame
    takes the places that are left: in the second frame of a video the offsets
    (-2, -1) become (-1, 0). After it, they are followed by copies of the
    first of them, or of the key frame if there is none: in the last frame but
    one (1, 2) becomes (1, 1).

    Args:
        numbers (np.ndarray): See :func:`choose_frames`.
        wanted (np.ndarray): See :func:`choose_frames`, ascending.
        key (int | float): That of the key frame.

    Returns:
        np.ndarray: Indices into ``numbers``, (T, ) int64.
    """
    nearest = stand_ins(numbers, wanted, key)
    at_key = stand_ins(numbers, np.array([key]), key)[0]
    exists = np.abs(numbers[nearest] - wanted) < 0.5
    chosen = nearest.copy()
    for side, is_before in ((wanted < key, True), (wanted > key, False)):
        kept = nearest[side & exists]
        filler = at_key if is_before or not len(kept) else kept[0]
        chosen[side] = np.append(
            kept, np.full(side.sum() - len(kept), filler))
    return chosen
