"""Draws a scene, frame by frame."""
from typing import Iterator, List, Tuple

import cv2
import numpy as np

from .background import SHIFT, paint_background, to_fixed
from .body import drawing_order, locate, outlines, shape_body
from .camera import apply
from .config import SyntheticConfig
from .scene import Scene

# Pixels of movement per step of the temporal supersampling, and the most
# steps per frame. Package defaults: limbs are 5 to 15 pixels thick, so the
# steps melt into one another.
STEP = 3.
MAX_STEPS = 10
MARGIN = 0.14  # of the frame, how far the canvas reaches beyond it


class Renderer:
    """Renders the frames of one scene.

    Motion blur is the mean of pictures taken over the exposure, whose
    middle is the frame's time. Only what moves is drawn more than once.

    Args:
        scene (Scene): The scene.
        config (SyntheticConfig): The settings.
        rng (np.random.Generator): Source of background and noise.
        plain (bool): Black background, no defocus, darkness or noise. Used
            to measure where things are drawn.
    """

    def __init__(self, scene: Scene, config: SyntheticConfig,
                 rng: np.random.Generator, plain: bool = False) -> None:
        self.scene, self.config, self.plain = scene, config, plain
        self.size = (config.width, config.height)
        self.margin = np.ceil(MARGIN * np.array(self.size)).astype(int)
        effects = config.effects
        w, h = np.array(self.size) + 2 * self.margin
        if plain:
            self.canvas = np.zeros((h, w, 3), np.uint8)
        else:
            self.canvas = paint_background(
                rng, int(w), int(h),
                scene.camera.horizon + float(self.margin[1]),
                effects.clutter, effects.limb_clutter)
        self.noise = rng.standard_normal(
            (config.height + 64, config.width + 64, 3), np.float32)
        self.offsets = rng.integers(0, 64, (config.frames, 2))
        self._levels: dict = {}
        self._plan()

    def _plan(self) -> None:
        """Choose the times to draw and work out all outlines at once."""
        scene, config = self.scene, self.config
        fps, frames = config.fps, config.frames
        time = np.arange(frames) / fps
        half = 0.5 * scene.exposure.shutter / fps
        start, stop = time - half, time + half
        corners = np.array([[0., 0], [1, 0], [0, 1], [1, 1]]) * self.size
        corners = np.broadcast_to(corners, (frames, 4, 2))
        matrices = scene.camera.matrices
        camera_move = np.abs(
            apply(matrices(stop), corners) -
            apply(matrices(start), corners)).max((1, 2))
        moves, self._boxes = [camera_move], []
        low, high = np.zeros(2), np.array(self.size)
        for person in scene.people:
            a, b = (locate(scene, person, t) for t in (start, stop))
            both = np.concatenate([a, b], 1)
            reach = 0.12 * (both[..., 1].max(1) - both[..., 1].min(1)) + 4
            box = np.stack(
                [both.min(1) - reach[:, None],
                 both.max(1) + reach[:, None]], 1)
            box = np.clip(box, low, high)
            move = np.abs(b - a).max((1, 2))
            gone = (box[:, 1] <= box[:, 0]).any(-1)
            moves.append(np.where(gone, 0, move))
            self._boxes.append((moves[-1], box))
        for occluder in scene.occluders:
            both = np.concatenate([
                apply(matrices(t),
                      occluder.outlines(t).reshape(frames, -1, 2))
                for t in (start, stop)
            ], 1)
            box = np.clip(
                np.stack([both.min(1) - 2, both.max(1) + 2], 1), low, high)
            move = np.full(frames, np.abs(
                occluder.velocity).max()) * 2 * half + camera_move
            gone = (box[:, 1] <= box[:, 0]).any(-1)
            moves.append(np.where(gone, 0, move))
            self._boxes.append((moves[-1], box))
        self.camera_move = camera_move
        steps = np.ceil(np.max(moves, axis=0) / STEP)
        self.steps = np.clip(steps, 1, MAX_STEPS).astype(int)
        # row 0 of each frame is the middle of the exposure, the others are
        # the steps of the supersampling where there is more than one
        times: List[float] = []
        self.rows: List[Tuple[int, int]] = []
        for i, count in enumerate(self.steps):
            self.rows.append((len(times), int(count)))
            times.append(time[i])
            if count > 1:
                at = (np.arange(count) + 0.5) / count * 2 - 1
                times.extend(time[i] + half[i] * at)
        self.times = np.array(times)
        self.matrices = matrices(self.times)
        shapes = [
            shape_body(scene, person, self.times) for person in scene.people
        ]
        self._bodies = [(outlines(shape), drawing_order(person, shape),
                         [part.color for part in person.parts])
                        for person, shape in zip(scene.people, shapes)]
        if shapes:
            self._people_order = np.argsort(
                -np.stack([shape.depth for shape in shapes], 1), 1,
                kind='stable')
        else:
            self._people_order = np.zeros((len(self.times), 0), int)
        self._objects = []
        for occluder in scene.occluders:
            polygons = occluder.outlines(self.times)
            moved = apply(self.matrices,
                          polygons.reshape(len(polygons), -1, 2))
            self._objects.append(
                (to_fixed(moved).reshape(polygons.shape), occluder.colors))

    def _background(self, row: int) -> np.ndarray:
        matrix = self.matrices[row].copy()
        matrix[:, 2] -= matrix[:, :2] @ self.margin
        return cv2.warpAffine(
            self.canvas, matrix, self.size, flags=cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REFLECT_101)

    def _draw(self, image: np.ndarray, row: int, shown: List[bool]) -> None:
        """Draw people and objects, those of them that are ``shown``."""
        fill, aa = cv2.fillConvexPoly, cv2.LINE_AA
        for i in self._people_order[row].tolist():
            if not shown[i]:
                continue
            polygons, order, colors = self._bodies[i]
            polygons = polygons[row]
            for k in order[row].tolist():
                fill(image, polygons[k], colors[k], aa, SHIFT)
        first = len(self._bodies)
        for i, (polygons, colors) in enumerate(self._objects):
            if shown[first + i]:
                for polygon, color in zip(polygons[row], colors):
                    fill(image, polygon, color, aa, SHIFT)

    def _expose(self, index: int) -> np.ndarray:
        """The light that falls on frame ``index``."""
        row, count = self.rows[index]
        still = self._background(row)
        visible = [bool((box[index, 1] > box[index, 0]).all())
                   for _, box in self._boxes]
        image = still.copy()
        self._draw(image, row, visible)
        if count == 1:
            return image
        jolted = self.camera_move[index] > 1
        if jolted:
            x0, y0, (x1, y1) = 0, 0, self.size
        else:
            boxes = np.array([
                box[index] for move, box in self._boxes if move[index] > 0.5
            ])
            x0, y0 = np.floor(boxes[:, 0].min(0)).astype(int).tolist()
            x1, y1 = np.ceil(boxes[:, 1].max(0)).astype(int).tolist()
        window = (slice(y0, y1), slice(x0, x1))
        total = np.zeros((y1 - y0, x1 - x0, 3), np.float32)
        inside = [
            ok and bool((box[index, 0] < (x1, y1)).all() and
                        (box[index, 1] > (x0, y0)).all())
            for ok, (_, box) in zip(visible, self._boxes)
        ]
        work = np.empty_like(still)
        for step in range(row + 1, row + 1 + count):
            if jolted:
                work = self._background(step)
            else:
                work[window] = still[window]
            self._draw(work, step, inside)
            cv2.accumulate(work[window], total)
        image[window] = cv2.convertScaleAbs(total, alpha=1 / count)
        return image

    def frame(self, index: int) -> np.ndarray:
        """Render one frame.

        Args:
            index (int): Frame number from 0.

        Returns:
            np.ndarray: ``(H, W, 3)`` uint8, BGR.
        """
        image = self._expose(index)
        if self.plain:
            return image
        exposure = self.scene.exposure
        sigma = float(exposure.defocus[index])
        if sigma > 0.3:
            # Two box filters make a soft disc. Their width follows from the
            # variance of a box, (k * k - 1) / 12.
            k = int(round(np.sqrt(6 * sigma * sigma + 1))) // 2 * 2 + 1
            image = cv2.blur(cv2.blur(image, (k, k)), (k, k))
        gain = float(exposure.gain[index])
        if gain < 1:
            image = cv2.convertScaleAbs(image, alpha=gain)
        level = round(float(exposure.noise[index]), 1)
        if level > 0:
            if level not in self._levels:
                self._levels[level] = np.round(self.noise * level).astype(
                    np.int16)
            y, x = self.offsets[index]
            tile = self._levels[level][y:y + self.size[1],
                                       x:x + self.size[0]]
            image = cv2.add(image, tile, dtype=cv2.CV_8U)
        return image

    def frames(self) -> Iterator[np.ndarray]:
        """All frames in order, each ``(H, W, 3)`` uint8, BGR."""
        for index in range(self.config.frames):
            yield self.frame(index)
