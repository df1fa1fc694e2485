"""The crops of people in the frames around a key frame."""
from typing import Dict, List, Tuple

import numpy as np

from mmpose_video.tracking import CropAnchors, box_iou

from .clip_window import Clip
from .options import FeatureReuseOptions


class TrackCrops:
    """Choose the crop of each person, and remember those of past frames.

    Args:
        options (FeatureReuseOptions): How crops are chosen.
        span (int): From the first to the last frame of a clip, in frames:
            how long the crops of a frame are needed.
    """

    def __init__(self, options: FeatureReuseOptions, span: int) -> None:
        self.options = options
        self.span = span
        self._anchors = CropAnchors(options.run_length, options.min_iou)
        # by frame, then by track
        self._known: Dict[int, Dict[int, np.ndarray]] = {}

    def reset(self) -> None:
        """Forget everything, as after a cut."""
        self._anchors.reset()
        self._known.clear()

    def update(self, index: int,
               boxes: np.ndarray) -> Tuple[List[int], np.ndarray]:
        """Take the people of the next frame.

        Args:
            index (int): Position of the frame in the stream.
            boxes (np.ndarray): Shape (P, 4), x1, y1, x2, y2.

        Returns:
            tuple: P numbers of tracks, and the boxes to crop, (P, 4).
        """
        tracks, crops = self._anchors.update(boxes)
        self._known[index] = dict(zip(tracks, crops))
        for known in [known for known in self._known
                      if known < index - self.span]:
            del self._known[known]
        return tracks, crops

    def of_clip(self, clip: Clip, track: int,
                crop: np.ndarray) -> List[np.ndarray]:
        """Return the crops of a person in the frames of a clip.

        A frame gets the crop that the person has when that frame is the key
        frame. Where this is not known, overlaps too little, or features are
        not to be warped, the frame is cropped as the key frame is.

        Args:
            clip (Clip): The frames.
            track (int): Number of the person's track.
            crop (np.ndarray): The person's crop in the key frame, (4, ).

        Returns:
            list[np.ndarray]: T boxes, each (4, ).
        """
        if not self.options.warp:
            return [crop] * len(clip.frames)
        own = np.stack([
            self._known.get(frame.index, {}).get(track, crop)
            for frame in clip.frames
        ])
        near = box_iou(own, crop) >= self.options.warp_iou
        return list(np.where(near, own, crop))
