"""Plan which parts of which frames are drawn more than once."""
from dataclasses import dataclass
from typing import List, Tuple

import numpy as np

from .body import locate
from .camera import apply
from .config import SyntheticConfig
from .scene import Scene

# Pixels of movement per step of the temporal supersampling, and the most
# steps per frame. Package defaults: limbs are 5 to 15 pixels thick, so the
# steps melt into one another.
STEP = 4.
MAX_STEPS = 8
# Movement during the exposure, in pixels, below which a thing stands still.
STILL = 1.5
STILL_CAMERA = 1.5


@dataclass(frozen=True)
class Window:
    """A rectangle of a frame that is averaged over the exposure.

    Args:
        box (Tuple[int, int, int, int]): Left, top, right, bottom (the last
            two excluded).
        first (int): Row of the first step in the table of times.
        count (int): Number of steps.
        members (List[int]): People and objects that reach into the box.
        whole (bool): The camera moves: the background is drawn again, too.
    """
    box: Tuple[int, int, int, int]
    first: int
    count: int
    members: List[int]
    whole: bool


@dataclass(frozen=True)
class FramePlan:
    """Instructions to draw one frame.

    Args:
        row (int): Row of the exposure's middle in the table of times.
        still (List[int]): People and objects drawn once.
        windows (List[Window]): Disjoint parts that are averaged.
    """
    row: int
    still: List[int]
    windows: List[Window]


def merge_boxes(boxes: np.ndarray) -> List[Tuple[np.ndarray, List[int]]]:
    """Unite overlapping rectangles until none overlap.

    Args:
        boxes (np.ndarray): ``(n, 2, 2)`` corners (low, high), each xy.

    Returns:
        list: Pairs of a rectangle ``(2, 2)`` and the indices in it.
    """
    done: List[Tuple[np.ndarray, List[int]]] = []
    for i, box in enumerate(boxes):
        box, members = box.copy(), [i]
        overlap = True
        while overlap:
            overlap = False
            for k, (other, inside) in enumerate(done):
                if (box[0] < other[1]).all() and (other[0] < box[1]).all():
                    box = np.stack([
                        np.minimum(box[0], other[0]),
                        np.maximum(box[1], other[1])
                    ])
                    members += inside
                    del done[k]
                    overlap = True
                    break
        done.append((box, members))
    return done


def _sweep(scene: Scene, config: SyntheticConfig) -> tuple:
    """Return the boxes swept by each thing in each exposure, and its motion.

    Returns:
        tuple: boxes ``(I, F, 2, 2)`` cut to the frame, movement ``(I, F)``
        in pixels, and the camera's own movement ``(F,)``.
    """
    frames = config.frames
    time = np.arange(frames) / config.fps
    half = 0.5 * scene.exposure.shutter / config.fps
    start, stop = time - half, time + half
    size = np.array([config.width, config.height])
    corners = np.array([[0., 0], [1, 0], [0, 1], [1, 1]]) * size
    corners = np.broadcast_to(corners, (frames, 4, 2))
    before, after = (scene.camera.matrices(t) for t in (start, stop))
    camera = np.abs(apply(after, corners) - apply(before, corners)).max(
        (1, 2))
    boxes, moves = [], []
    for person in scene.people:
        a, b = (locate(scene, person, t) for t in (start, stop))
        both = np.concatenate([a, b], 1)
        # the outline reaches beyond the joints, and fast limbs swing out
        # between the two ends of the exposure
        move = np.abs(b - a).max((1, 2))
        pad = 0.12 * np.ptp(both, axis=1).max(1) + 4 + 0.2 * move
        boxes.append(
            np.stack([both.min(1) - pad[:, None],
                      both.max(1) + pad[:, None]], 1))
        moves.append(move)
    for occluder in scene.occluders:
        both = np.concatenate([
            apply(matrices,
                  occluder.outlines(t).reshape(frames, -1, 2))
            for t, matrices in ((start, before), (stop, after))
        ], 1)
        boxes.append(np.stack([both.min(1) - 2, both.max(1) + 2], 1))
        moves.append(
            np.abs(occluder.velocity).max() * 2 * half + camera)
    shape = (-1, frames, 2, 2)
    cut = np.clip(np.array(boxes).reshape(shape), 0, size)
    cut[:, :, 0], cut[:, :, 1] = np.floor(cut[:, :, 0]), np.ceil(cut[:, :,
                                                                     1])
    return cut, np.array(moves).reshape(-1, frames), camera


def plan_frames(scene: Scene, config: SyntheticConfig
                ) -> Tuple[List[FramePlan], np.ndarray]:
    """Plan all frames of a clip.

    Args:
        scene (Scene): The scene. People come first in the numbering of
            things, occluders follow.
        config (SyntheticConfig): The settings.

    Returns:
        tuple: One plan per frame, and the table of times ``(n,)`` in
        seconds that the plans' rows refer to.
    """
    boxes, moves, camera = _sweep(scene, config)
    half = 0.5 * scene.exposure.shutter / config.fps
    times: List[float] = []
    plans: List[FramePlan] = []

    def steps(index: int, move: float) -> Tuple[int, int]:
        count = int(np.clip(np.ceil(move / STEP), 2, MAX_STEPS))
        at = (np.arange(count) + 0.5) / count * 2 - 1
        first = len(times)
        times.extend(index / config.fps + half[index] * at)
        return first, count

    for index in range(config.frames):
        row = len(times)
        times.append(index / config.fps)
        box, move = boxes[:, index], moves[:, index]
        seen = np.flatnonzero((box[:, 1] > box[:, 0]).all(-1))
        if camera[index] > STILL_CAMERA:
            first, count = steps(
                index, max([camera[index], *move[seen].tolist()]))
            frame = (0, 0, config.width, config.height)
            whole = Window(frame, first, count, seen.tolist(), True)
            plans.append(FramePlan(row, [], [whole]))
            continue
        moving = seen[move[seen] > STILL]
        still = seen[move[seen] <= STILL]
        windows = []
        for area, inside in merge_boxes(box[moving]):
            first, count = steps(index, float(move[moving[inside]].max()))
            reach = [
                i for i in still.tolist()
                if (box[i, 0] < area[1]).all() and (area[0] <
                                                    box[i, 1]).all()
            ]
            corners = area.astype(int).reshape(-1).tolist()
            windows.append(
                Window((corners[0], corners[1], corners[2], corners[3]),
                       first, count, moving[inside].tolist() + reach, False))
        plans.append(FramePlan(row, still.tolist(), windows))
    return plans, np.array(times)
