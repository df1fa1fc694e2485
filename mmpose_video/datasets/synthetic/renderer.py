"""Draw a scene, frame by frame."""
from typing import Iterator, List, Tuple

import cv2
import numpy as np

from .background import SHIFT, paint_background, to_fixed
from .body import drawing_order, outlines, shape_body
from .camera import apply
from .config import SyntheticConfig
from .exposure_plan import plan_frames
from .scene import Scene

Thing = Tuple[np.ndarray, np.ndarray, List[Tuple[float, float, float]]]
MARGIN = 0.14  # of the frame, how far the canvas reaches beyond it


class Renderer:
    """Renderer of the frames of one scene.

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
        self._work = np.empty((config.height, config.width, 3), np.uint8)
        self._prepare()

    def _prepare(self) -> None:
        """Work out all outlines, each thing at the times it is drawn."""
        scene = self.scene
        self.plans, times = plan_frames(scene, self.config)
        self.matrices = scene.camera.matrices(times)
        total = len(scene.people) + len(scene.occluders)
        needed = np.zeros((total, len(times)), bool)
        for plan in self.plans:
            needed[plan.still, plan.row] = True
            for window in plan.windows:
                steps = slice(window.first, window.first + window.count)
                needed[window.members, steps] = True
        # row in the table of times -> row in the tables of one thing
        self._local = np.cumsum(needed, 1) - 1
        self._depth = np.zeros((len(scene.people), len(times)))
        self._things: List[Thing] = []
        for i, person in enumerate(scene.people):
            rows = np.flatnonzero(needed[i])
            shape = shape_body(scene, person, times[rows])
            self._depth[i, rows] = shape.depth
            self._things.append(
                (outlines(shape), drawing_order(person, shape),
                 [part.color for part in person.parts]))
        for i, occluder in enumerate(scene.occluders, len(scene.people)):
            rows = np.flatnonzero(needed[i])
            polygons = occluder.outlines(times[rows])
            moved = apply(self.matrices[rows],
                          polygons.reshape(len(rows), -1, 2))
            order = np.broadcast_to(
                np.arange(len(occluder.colors)), polygons.shape[:2])
            self._things.append((to_fixed(moved).reshape(polygons.shape),
                                 order, list(occluder.colors)))

    def _background(self, row: int, pad: int = 0) -> np.ndarray:
        """Return the background at one time, ``pad`` pixels larger."""
        matrix = self.matrices[row].copy()
        matrix[:, 2] += pad - matrix[:, :2] @ self.margin
        width, height = self.size
        return cv2.warpAffine(
            self.canvas, matrix, (width + 2 * pad, height + 2 * pad),
            flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)

    def _shifts(self, row: int, first: int, count: int) -> np.ndarray:
        """Return by how many whole pixels the picture moves, (count, 2)."""
        center = np.array([*self.size, 2.]) / 2
        places = self.matrices[first:first + count] @ center
        return np.round(places - self.matrices[row] @ center).astype(int)

    def _draw(self, image: np.ndarray, row: int, things: List[int],
              line: int = cv2.LINE_AA) -> None:
        """Draw ``things``: people from the farthest on, objects last."""
        fill, people = cv2.fillConvexPoly, len(self._depth)
        order = sorted((i for i in things if i < people),
                       key=lambda i: -self._depth[i, row])
        for i in order + [i for i in things if i >= people]:
            polygons, parts, colors = self._things[i]
            local = self._local[i, row]
            polygons = polygons[local]
            for k in parts[local].tolist():
                fill(image, polygons[k], colors[k], line, SHIFT)

    def _expose(self, index: int) -> np.ndarray:
        """Return the light that falls on frame ``index``."""
        plan = self.plans[index]
        still = self._background(plan.row)
        image = still.copy()
        self._draw(image, plan.row, plan.still)
        for window in plan.windows:
            x0, y0, x1, y1 = window.box
            part = (slice(y0, y1), slice(x0, x1))
            total = np.zeros((y1 - y0, x1 - x0, 3), np.float32)
            work = self._work
            # the mean of many steps smooths the edges by itself
            line = cv2.LINE_AA if window.count < 4 else cv2.LINE_8
            rows = range(window.first, window.first + window.count)
            bare = [still[part]] * window.count
            if window.whole:
                # Within one exposure the camera hardly does more than
                # shift, and the ground has no labels: whole pixels do.
                shifts = self._shifts(plan.row, window.first, window.count)
                pad = int(np.abs(shifts).max())
                wide = self._background(plan.row, pad)
                bare = [
                    wide[pad - dy:pad - dy + y1, pad - dx:pad - dx + x1]
                    for dx, dy in shifts.tolist()
                ]
            for row, ground in zip(rows, bare):
                work[part] = ground
                self._draw(work, row, window.members, line)
                cv2.accumulate(work[part], total)
            image[part] = cv2.convertScaleAbs(total, alpha=1 / window.count)
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
        """Yield all frames in order, each ``(H, W, 3)`` uint8, BGR."""
        for index in range(self.config.frames):
            yield self.frame(index)
