"""PoseTrack18 records of a rendered clip."""
from typing import Any, Dict, List, Optional

import numpy as np

from mmpose_video.formats.keypoints import posetrack_category

from .body import locate
from .config import SyntheticConfig
from .scene import Scene
from .skeleton import NUM_KEYPOINTS
from .truth import Truth

# A person with fewer labeled keypoints is not annotated but lies in an
# ignore region; a box of one or two points would mean nothing.
MIN_LABELS = 3
# PoseTrack18's boxes exceed the keypoints by 15 % on each side.
BOX_MARGIN = 0.15
VAL_OFFSET = 500000  # clip numbers of the val split start here

CATEGORIES = [posetrack_category()]


def clip_number(split: str, index: int) -> int:
    """Return the number of a clip, unique over both splits."""
    return index + (VAL_OFFSET if split == 'val' else 0)


def clip_name(split: str, index: int) -> str:
    """Return the folder and file name of a clip."""
    return f'{clip_number(split, index):06d}_synthetic'


def _round(values: np.ndarray, digits: int) -> List[float]:
    return np.round(np.asarray(values, float), digits).tolist()


def _rectangle(points: np.ndarray, width: int,
               height: int) -> Optional[np.ndarray]:
    """Return corners (4, 2) around points, cut to the frame, or None."""
    low, high = points.min(0), points.max(0)
    pad = 0.12 * (high - low).max() + 2
    low = np.clip(low - pad, 0, (width - 1, height - 1))
    high = np.clip(high + pad, 0, (width - 1, height - 1))
    if (high - low).min() < 1:
        return None
    (x0, y0), (x1, y1) = np.round(low), np.round(high)
    return np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]])


def head_box(truth: Truth, frame: int, person: int) -> List[int]:
    """Return the box ``[x, y, w, h]`` of the head, whole pixels.

    It holds the skull and the three keypoints of the head, whether they
    are labeled or not.
    """
    center = truth.head_center[frame, person]
    radius = 0.8 * truth.head_radius[frame, person]
    points = np.concatenate([
        truth.keypoints[frame, person, :3], center[None] - radius,
        center[None] + radius
    ])
    low, high = np.floor(points.min(0)), np.ceil(points.max(0))
    return [int(v) for v in (*low, *(high - low))]


def _annotation(truth: Truth, frame: int, person: int, track: int,
                image_id: int) -> Dict[str, Any]:
    labeled = truth.labeled[frame, person]
    points = np.round(truth.keypoints[frame, person], 3)
    flat = np.concatenate([points, np.ones((NUM_KEYPOINTS, 1))], 1)
    flat[~labeled] = 0
    low, high = points[labeled].min(0), points[labeled].max(0)
    pad = np.maximum(BOX_MARGIN * (high - low), 2.)
    low, size = low - pad, high - low + 2 * pad
    return dict(
        bbox_head=head_box(truth, frame, person),
        keypoints=flat.reshape(-1).tolist(),
        track_id=track,
        image_id=image_id,
        bbox=_round(np.concatenate([low, size]), 3),
        scores=[],
        category_id=1,
        id=image_id * 100 + track,
        iscrowd=False,
        num_keypoints=int(labeled.sum()),
        occluded=truth.occluded[frame, person].tolist(),
        self_occluded=truth.self_occluded[frame, person].tolist(),
        blur=_round(truth.blur[frame, person], 1))


def annotate(scene: Scene, truth: Truth, config: SyntheticConfig, split: str,
             index: int) -> Dict[str, Any]:
    """Return the JSON record of one clip, in PoseTrack18's layout.

    Three keys per annotation are not PoseTrack18's: ``occluded`` (behind
    another person or an object), ``self_occluded`` (behind the own body)
    and ``blur`` (pixels that the point moves during the exposure), each
    with one entry per keypoint; and one per image: ``exposure``.

    Args:
        scene (Scene): The scene.
        truth (Truth): Ground truth of its keypoints.
        config (SyntheticConfig): The settings.
        split (str): ``'train'`` or ``'val'``.
        index (int): Number of the clip in its split.

    Returns:
        Dict[str, Any]: ``images``, ``annotations`` and ``categories``.
    """
    number, name = clip_number(split, index), clip_name(split, index)
    time = np.arange(config.frames) / config.fps
    bystanders = [
        locate(scene, person, time) for person in scene.people
        if not person.annotated
    ]
    images, annotations = [], []
    center = config.frames // 2 % config.labeled_every
    exposure = scene.exposure
    for frame in range(config.frames):
        image_id = 10_000_000_000 + number * 10_000 + frame
        is_labeled = frame % config.labeled_every == center
        regions = [points[frame] for points in bystanders]
        for person in range(truth.keypoints.shape[1]):
            if truth.labeled[frame, person].sum() >= MIN_LABELS:
                if is_labeled:
                    annotations.append(
                        _annotation(truth, frame, person, person, image_id))
            elif truth.inside[frame, person].any():
                regions.append(truth.keypoints[frame, person])
        boxes = [
            box for box in (_rectangle(r, config.width, config.height)
                            for r in regions) if box is not None
        ]
        images.append(
            dict(
                has_no_densepose=True,
                is_labeled=bool(is_labeled),
                file_name=f'images/{split}/{name}/{frame:06d}.jpg',
                nframes=config.frames,
                frame_id=image_id,
                vid_id=f'{number:06d}',
                ignore_regions_x=[box[:, 0].tolist() for box in boxes]
                if is_labeled else [],
                ignore_regions_y=[box[:, 1].tolist() for box in boxes]
                if is_labeled else [],
                id=image_id,
                width=config.width,
                height=config.height,
                exposure=dict(
                    shutter=round(float(exposure.shutter[frame]), 3),
                    defocus=round(float(exposure.defocus[frame]), 3),
                    gain=round(float(exposure.gain[frame]), 3),
                    noise=round(float(exposure.noise[frame]), 3))))
    return dict(
        images=images, annotations=annotations, categories=CATEGORIES)


def detect(record: Dict[str, Any], config: SyntheticConfig,
           rng: np.random.Generator) -> List[Dict[str, Any]]:
    """Return boxes as a person detector might give them for one clip.

    Args:
        record (Dict[str, Any]): The clip's annotations.
        config (SyntheticConfig): The settings, for the size of the frame.
        rng (np.random.Generator): Source of misses, jitter, false alarms.

    Returns:
        List[Dict[str, Any]]: ``bbox`` (x, y, w, h), ``category_id``,
        ``image_id`` and ``score``; labeled frames only. The rates are
        package defaults: 3 % misses, 8 % false alarms per frame.
    """
    size = np.array([config.width, config.height], float)
    out: List[Dict[str, Any]] = []

    def put(image_id: int, low: np.ndarray, high: np.ndarray,
            score: float) -> None:
        low, high = np.clip(low, 0, size - 1), np.clip(high, 0, size - 1)
        if (high - low).min() >= 2:
            out.append(
                dict(
                    bbox=_round(np.concatenate([low, high - low]), 3),
                    category_id=1,
                    image_id=image_id,
                    score=round(score, 4)))

    by_image: Dict[int, List[Dict[str, Any]]] = {}
    for ann in record['annotations']:
        by_image.setdefault(ann['image_id'], []).append(ann)
    for image in record['images']:
        if not image['is_labeled']:
            continue
        for ann in by_image.get(image['id'], []):
            hidden = np.mean(ann['occluded'])
            if rng.random() < 0.03 + 0.3 * hidden:
                continue
            x, y, w, h = ann['bbox']
            noise = rng.normal(0, 0.03, 4) * (w, h, w, h)
            put(image['id'], np.array([x, y]) + noise[:2],
                np.array([x + w, y + h]) + noise[2:],
                float(np.clip(rng.normal(0.95, 0.05) - 0.4 * hidden, 0.2,
                              0.999)))
        if rng.random() < 0.08:
            h = rng.uniform(0.15, 0.7) * size[1]
            extent = np.array([rng.uniform(0.3, 0.6) * h, h])
            low = rng.uniform(-0.1, 0.9, 2) * size
            put(image['id'], low, low + extent, float(rng.uniform(0.05,
                                                                  0.5)))
    return out
