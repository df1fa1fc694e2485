"""Person boxes from a file."""
from typing import Optional, Sequence

import numpy as np
from mmengine.logging import print_log

from mmpose_video.formats.box_files import read_box_file
from mmpose_video.formats.box_matching import match_video, name_images
from mmpose_video.formats.coco_labels import image_names
from mmpose_video.formats.schema import FormatError

from .frame_source import Frame, FrameSource
from .person_boxes import BoxSource, People, make_people


class FileBoxes(BoxSource):
    """Boxes from a file.

    The layouts are those of :mod:`mmpose_video.formats.box_files`. Boxes of
    PoseTrack's layout are clipped to the image as MMPose's datasets do, and
    track ids are kept. Frames are found by the number in the name of their
    image, or else by ``frame_id`` or ``image_id``. What was read, and after a
    run what was used of it, is logged.

    Args:
        path (str): The file.
        image_id_offset (int): In a list of detections, what to subtract from
            ``image_id`` for the frame's number. Defaults to 0.
        score_thr (float): Leave out boxes with a lower score. Defaults to 0.
        video (str, optional): Name of the video, needed where the file names
            images of several videos.
        ann_file (str, optional): COCO-style annotations that tell the names
            of the images from their ids. Defaults to None: ids of images are
            numbers of frames.

    Raises:
        OSError: If a file cannot be read.
        ValueError: If the file follows none of the layouts, or no box is of
            the video.
    """

    def __init__(self,
                 path: str,
                 image_id_offset: int = 0,
                 score_thr: float = 0.,
                 video: Optional[str] = None,
                 ann_file: Optional[str] = None) -> None:
        file = read_box_file(path)
        if ann_file is not None:
            file = name_images(file, image_names(ann_file))
        print_log(file.summary(), 'current')
        self.path: str = path
        self.clip = file.layout == 'PoseTrack'
        self.offset = image_id_offset if file.layout == 'MMPose' else 0
        self.score_thr = score_thr
        self.rows = match_video(file, video)
        self._check_tracks()
        # ids are numbers of frames by assumption alone
        self._by_id = file.layout == 'MMPose' and ann_file is None
        self._read = len(file.boxes)
        self._used = self._low = self._dropped = 0

    def _check_tracks(self) -> None:
        """Check that a track stands once in a frame.

        Raises:
            FormatError: If one does not; the message names the second box.
        """
        for number, rows in self.rows.items():
            seen = set()
            for row in rows:
                if row.track_id is None or row.score < self.score_thr:
                    continue
                if row.track_id in seen:
                    raise FormatError(f'{row.where}: track {row.track_id} '
                                      f'stands twice in frame {number}')
                seen.add(row.track_id)

    def start(self, source: FrameSource) -> None:
        """See :class:`BoxSource`."""
        self._used = self._low = self._dropped = 0
        if self.rows and source.numbers is not None and not any(
                number + self.offset in self.rows
                for number in source.numbers):
            raise ValueError(self._mismatch(source.numbers))

    def _mismatch(self, numbers: Sequence[int]) -> str:
        """Return what is wrong where no box is of a frame of the video."""
        text = (f'none of the {self._read} boxes of `{self.path}` is of a '
                f'frame of the video: its frames are {numbers[0]} to '
                f'{numbers[-1]}, those of the boxes {min(self.rows)} to '
                f'{max(self.rows)}')
        if self._by_id:
            text += (
                '. The boxes name their image by `image_id`, which is taken '
                'for the number of the frame: name the annotations that list '
                'these images (`ann_file`, or --boxes-ann-file), or what to '
                'subtract from an id (`image_id_offset`, or '
                '--boxes-id-offset)')
        return text

    def __call__(self, frame: Frame) -> People:
        """See :class:`BoxSource`."""
        found = self.rows.get(frame.number + self.offset, [])
        rows = [row for row in found if row.score >= self.score_thr]
        boxes = np.array([[*row.bbox, row.score] for row in rows],
                         dtype=np.float32).reshape(-1, 5)
        if self.clip:
            height, width = frame.image.shape[:2]
            boxes[:, 0:4:2] = boxes[:, 0:4:2].clip(0, width - 1)
            boxes[:, 1:4:2] = boxes[:, 1:4:2].clip(0, height - 1)
        ids = [row.track_id for row in rows if row.track_id is not None]
        people = make_people(boxes, frame.image,
                             ids if rows and len(ids) == len(rows) else None)
        self._low += len(found) - len(rows)
        self._used += len(people.boxes)
        self._dropped += people.dropped
        return people

    def summary(self) -> str:
        """See :class:`BoxSource`."""
        left = self._read - self._used - self._low - self._dropped
        text = (f'`{self.path}`: {self._used} of {self._read} boxes were used')
        for count, why in (
            (left, 'of frames that were not read'),
            (self._low, f'with a score below {self.score_thr:g}'),
            (self._dropped, 'without an area in the image')):
            if count:
                text += f'; left out {count} {why}'
        return text
