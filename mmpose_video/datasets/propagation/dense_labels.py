"""Labels of more frames, in the format of the labels they come from."""
import os.path as osp
from typing import Any, Dict, List, Optional, Sequence

import numpy as np

from .plan import Target

#: Keypoints by which a head's box moves.
_HEAD = ('nose', 'head_bottom', 'head_top', 'neck', 'head')


class DenseLabels:
    """A COCO-style file to which propagated labels are added.

    New images are copies of the labeled frame's entry with the target's file
    name and ``propagated_from``, the image id of their source; images that
    are listed without labels get theirs. New annotations keep category and
    ``track_id`` of their source, move its box by the way in which its
    keypoints moved, and have ``propagated_from``, the id of their source, and
    ``keypoint_scores``.

    Args:
        labels (dict): The sparse labels, parsed. They are not changed.
        img_prefix (str): Folder that the file names are relative to.
        keypoint_names (Sequence[str]): Names of the K keypoints.
        score_thr (float): A keypoint with a lower score is written as not
            labeled.
    """

    def __init__(self, labels: Dict[str, Any], img_prefix: str,
                 keypoint_names: Sequence[str], score_thr: float) -> None:
        self.labels = labels
        self.img_prefix = img_prefix
        self.score_thr = score_thr
        self.head = [i for i, name in enumerate(keypoint_names)
                     if name in _HEAD]
        self.images = {image['id']: dict(image)
                       for image in labels['images']}
        self.by_file = {image['file_name']: image['id']
                        for image in labels['images']}
        self.annotations: List[dict] = [
            dict(ann) for ann in labels['annotations']
        ]
        self.next_id = 1 + max(
            (ann['id'] for ann in self.annotations
             if isinstance(ann['id'], int)), default=0)
        #: Number of annotations that were added.
        self.added = 0

    def add(self, source: Dict[str, Any], target: Target,
            moved: np.ndarray, scores: np.ndarray) -> bool:
        """Add a person to a frame.

        Args:
            source (dict): The person's annotation in the labeled frame.
            target (Target): The frame.
            moved (np.ndarray): Displacement of the keypoints from the
                labeled frame to this one, in pixels, (K, 2).
            scores (np.ndarray): Their scores, (K, ).

        Returns:
            bool: False if no keypoint was found again, and nothing was added.
        """
        old = np.asarray(source['keypoints'], dtype=np.float64).reshape(-1, 3)
        kept = (old[:, 2] > 0) & (scores >= self.score_thr)
        if not kept.any():
            return False
        new = np.zeros_like(old)
        new[kept, :2] = old[kept, :2] + moved[kept]
        new[kept, 2] = old[kept, 2]
        ann = dict(
            source,
            id=self.next_id,
            image_id=self._image_id(target),
            keypoints=np.round(new, 2).ravel().tolist(),
            num_keypoints=int(kept.sum()),
            keypoint_scores=np.round(
                np.where(kept, scores, 0), 4).tolist(),
            propagated_from=source['id'])
        box = _moved_box(source['bbox'], old[kept, :2], new[kept, :2])
        ann['bbox'] = box
        if 'area' in source:
            ann['area'] = box[2] * box[3]
        head_box = source.get('bbox_head')
        if head_box:
            head = [i for i in self.head if kept[i]] or np.flatnonzero(kept)
            shift = moved[head].mean(0)
            ann['bbox_head'] = [
                round(float(head_box[0] + shift[0]), 2),
                round(float(head_box[1] + shift[1]), 2), *head_box[2:]
            ]
        self.annotations.append(ann)
        self.next_id += 1
        self.added += 1
        return True

    def _image_id(self, target: Target) -> Any:
        """Return the id of the target's image, which is added if needed."""
        name = osp.relpath(target.path, self.img_prefix or '.')
        image_id = self.by_file.get(name)
        source = self.images[target.source]
        if image_id is None:
            image_id = self._new_id(target)
            image = dict(source, id=image_id, file_name=name)
            if isinstance(source.get('frame_id'), int):
                image['frame_id'] = source['frame_id'] + target.offset
            self.images[image_id] = image
            self.by_file[name] = image_id
        self.images[image_id].update(
            is_labeled=True, propagated_from=target.source)
        return image_id

    def _new_id(self, target: Target) -> Any:
        """Return a free id: the source's plus the distance, if that is free.

        PoseTrack numbers its images so that neighbors differ by 1.
        """
        numbers = [i for i in self.images if isinstance(i, int)]
        if len(numbers) < len(self.images):
            return osp.splitext(target.path)[0]
        wanted: Optional[int] = int(target.source) + target.offset
        return max(numbers) + 1 if wanted in self.images else wanted

    def content(self) -> Dict[str, Any]:
        """Return the dense labels, images ordered by file name."""
        images = sorted(
            self.images.values(), key=lambda image: image['file_name'])
        return dict(self.labels, images=images, annotations=self.annotations)


def _moved_box(box: Sequence[float], old: np.ndarray,
               new: np.ndarray) -> List[float]:
    """Keep a box's margins around the keypoints that moved.

    Args:
        box (Sequence[float]): ``[x, y, width, height]``.
        old (np.ndarray): Keypoints in the box, (K, 2).
        new (np.ndarray): The same ones elsewhere, (K, 2).

    Returns:
        list[float]: ``[x, y, width, height]``.
    """
    corner = np.asarray(box[:2], dtype=np.float64)
    far = corner + np.asarray(box[2:4], dtype=np.float64)
    low = new.min(0) - (old.min(0) - corner)
    high = new.max(0) + (far - old.max(0))
    high = np.maximum(high, low + 1)
    return np.round([*low, *(high - low)], 2).tolist()
