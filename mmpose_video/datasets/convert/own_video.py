"""One video of own labels, as a part of an annotation file."""
from dataclasses import dataclass, field
from typing import Dict, List, Optional, Tuple

import numpy as np

from mmpose_video.formats.labels import (
    LabeledFrame,
    LabeledPerson,
    LabeledVideo,
)

from .geometry import box_with_size, is_box
from .own_frames import OwnFrames
from .report import Report
from .source_images import SourceImages

FRAMES_PER_VIDEO = 1000000
PEOPLE_PER_FRAME = 10000


@dataclass
class OwnVideo:
    """Turn a video's labels into a part of an annotation file.

    Attributes:
        video (LabeledVideo): The labels, with the dataset's keypoints.
        name (str): Name of the video's folder.
        number (int): Number of the video, from 1, for the ids.
        relative (bool): Positions are fractions of the size of the image.
        frames (OwnFrames): Provides the images.
        tracks (dict[str, int]): Number of each track by its name.
    """

    video: LabeledVideo
    name: str
    number: int
    relative: bool
    frames: OwnFrames
    tracks: Dict[str, int] = field(default_factory=dict)

    def __call__(self, images: SourceImages,
                 report: Report) -> Dict[str, List[dict]]:
        """Return ``images`` and ``annotations``, see :class:`VideoTask`."""
        names, count = self.frames.provide(self.name, self.video, report)
        result: Dict[str, List[dict]] = dict(images=[], annotations=[])
        seen = set()
        order = sorted(zip(self.video.frames, names),
                       key=lambda pair: pair[0].number)
        for frame, name in order:
            where = f'frame {frame.number} of video {self.name}'
            if name is None:
                continue  # reported where it was looked for
            if frame.number in seen:
                report.fault('frame that is labeled twice', where)
                continue
            seen.add(frame.number)
            if frame.number >= FRAMES_PER_VIDEO:
                report.fault('frame number that is too large', where)
                continue
            size = images.size(name, report)
            if size is None:
                continue
            if frame.size is not None and frame.size != size:
                report.fault(
                    'image of another size than its labels say',
                    f'{name} is {size[0]}x{size[1]}, the '
                    f'labels say {frame.size[0]}x{frame.size[1]}')
                continue
            people = self._people(frame, size, report)
            if not people:
                continue
            image_id = self.number * FRAMES_PER_VIDEO + frame.number
            result['images'].append(
                dict(
                    id=image_id,
                    frame_id=image_id,
                    vid_id=self.name,
                    file_name=name,
                    nframes=count,
                    is_labeled=True,
                    width=size[0],
                    height=size[1]))
            result['annotations'] += [
                dict(person, id=image_id * PEOPLE_PER_FRAME + i,
                     image_id=image_id) for i, person in enumerate(people)
            ]
        return result

    def _people(self, frame: LabeledFrame, size: Tuple[int, int],
                report: Report) -> List[dict]:
        """Return the people of a frame."""
        found, ids = [], set()
        for person in frame.people:
            if person.track is not None and person.track in ids:
                report.fault('two people with one id in a frame',
                             f'{person.where}: id {person.track}')
                continue
            entry = self._person(person, size, report)
            if entry is not None:
                ids.add(person.track)
                found.append(entry)
        return found

    def _person(self, person: LabeledPerson, size: Tuple[int, int],
                report: Report) -> Optional[dict]:
        """Return a person, None if nothing is labeled."""
        extent = np.array(size, dtype=np.float64)
        scale = extent if self.relative else np.ones(2)
        table = np.zeros((len(person.flags), 3))
        for i in np.flatnonzero(person.flags):
            point = person.points[i] * scale
            if not (np.abs(point - extent / 2) <= extent / 2 + 1).all():
                report.skip('keypoint outside of its image', person.where)
                continue
            table[i] = *point, person.flags[i]
        labeled = table[:, 2] > 0
        if not labeled.any():
            report.skip('person without a labeled keypoint', person.where)
            return None
        box = person.bbox
        if box is not None:
            box = (np.array(box) * np.tile(scale, 2)).tolist()
        if not is_box(box):
            box = box_with_size(table[labeled, :2], size)
        assert box is not None
        entry = dict(
            category_id=1,
            bbox=box,
            area=float(box[2] * box[3]),
            iscrowd=int(person.iscrowd),
            keypoints=table.ravel().tolist(),
            num_keypoints=int(labeled.sum()))
        if person.track is not None:
            entry['track_id'] = self._track(person.track)
        return entry

    def _track(self, name: str) -> int:
        """Return the number of a track: its name, or its place."""
        if not self.tracks:
            names = list(dict.fromkeys(
                p.track for frame in self.video.frames for p in frame.people
                if p.track is not None))
            numbered = all(n.isdecimal() and len(n) < 10 for n in names)
            self.tracks.update({n: int(n) if numbered else i
                                for i, n in enumerate(names)})
        return self.tracks[name]
