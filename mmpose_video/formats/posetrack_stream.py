"""Predictions in PoseTrack's layout, complete after each frame."""
import contextlib
import json
import os
from typing import IO, Any, Dict, List, Mapping, Optional, Sequence

import numpy as np

from .growing_file import stay_open, write_over_end
from .json_file import atomic_file
from .keypoints import columns_of, posetrack_category
from .posetrack_writer import (
    dummy_entry,
    person_entry,
    to_layout,
)


class PoseTrackFile:
    """Predictions in PoseTrack's layout, complete after each frame.

    Two arrays grow in one file, so that what was done is there even if the
    process is killed. The images come first, with room behind them (blanks,
    which json allows) for more; the annotations end the file. When the room
    is used up the file is written anew with twice as much, which in all writes
    some three times its size. Memory does not grow with the file.

    An earlier file of that name is replaced.

    Args:
        path (str): The file.
        video (str): Name of the video.
        names (dict[int, str]): Names of the keypoints.
        room (int): Bytes for images at the start. Defaults to 64 KiB, some
            500 frames.
        info (Mapping, optional): More entries of ``info``, such as how the
            predictions were made. Defaults to None.
    """

    _END_OF_IMAGES = b'\n]'
    _END = b'\n]}\n'

    def __init__(self,
                 path: str,
                 video: str,
                 names: Dict[int, str],
                 room: int = 1 << 16,
                 info: Optional[Mapping[str, Any]] = None) -> None:
        self.path = path
        self.video = video
        self.names = names
        head = dict(
            categories=[posetrack_category()],
            info=dict(joint_score='box score x keypoint score',
                      **(info or {})))
        self._head = json.dumps(head).encode()[:-1] + b', "images": ['
        self._num_images = self._num_annotations = 0
        self._images_end = len(self._head)  # where the next one goes
        self._annotations_start = 0
        self._file: Optional[IO[bytes]] = None
        self._write_anew(room)

    @staticmethod
    def takes(names: Dict[int, str]) -> bool:
        """Return whether the keypoints include all those of PoseTrack."""
        try:
            columns_of([names[i] for i in range(len(names))])
        except ValueError:
            return False
        return True

    def append(self, index: int, number: int, name: str,
               people: Sequence[dict]) -> None:
        """Add a frame.

        Args:
            index (int): Position of the frame in the video.
            number (int): Its time in frames.
            name (str): Name of its file.
            people (Sequence[dict]): ``keypoints`` (K, 2), ``scores`` (K, ),
                ``bbox`` x1, y1, x2, y2, ``bbox_score`` and ``track_id``.
        """
        entries = [self._entry(index, person) for person in people]
        self._append_annotations(entries or [dummy_entry(index)])
        self._append_image(
            dict(
                id=index,
                frame_id=number,
                vid_id=self.video,
                file_name=f'{self.video}/{name}'))

    def close(self) -> None:
        """Close the file, without the blanks if the disk has room."""
        if self._file is not None:
            with contextlib.suppress(OSError):
                # on a full disk the file with blanks stays: it is valid, too
                self._write_anew(0)
            self._file.close()
            self._file = None

    def _entry(self, index: int, person: dict) -> dict:
        """Return the entry of a person in a frame."""
        scores = np.asarray(person['scores'], dtype=float)
        points = np.asarray(person['keypoints'], dtype=float)
        row = to_layout(
            dict(
                points=points,
                scores=scores * person['bbox_score'],
                present=np.isfinite(points).all(-1)), self.names)
        x1, y1, x2, y2 = person['bbox']
        return person_entry(
            index,
            person['track_id'],
            score=person['bbox_score'] * float(scores.mean()),
            box=np.array([x1, y1, x2 - x1, y2 - y1]),
            **row)

    def _append_image(self, image: dict) -> None:
        """Append an image: overwrite the end of the list and rewrite it."""
        data = _elements([image], self._num_images)
        needed = len(data) + len(self._END_OF_IMAGES)
        if self._images_end + needed > self._room_end:
            self._write_anew(2 * self._room + needed)
        assert self._file is not None
        # over blanks: this needs no more room on the disk
        self._file.seek(self._images_end)
        self._file.write(data + self._END_OF_IMAGES)
        self._images_end += len(data)
        self._num_images += 1

    def _append_annotations(self, entries: List[dict]) -> None:
        """Append annotations: overwrite the end of the file and rewrite it."""
        assert self._file is not None
        write_over_end(self._file, self._annotations_end(),
                       _elements(entries, self._num_annotations), self._END)
        self._num_annotations += len(entries)

    def _annotations_end(self) -> int:
        """Return the position of the next annotation."""
        assert self._file is not None
        return self._file.seek(-len(self._END), os.SEEK_END)

    def _write_anew(self, room: int) -> None:
        """Replace the file by one with so many blanks behind the images."""
        first = len(self._head)
        with atomic_file(self.path) as out:
            out.write(self._head)
            self._copy(first, self._images_end, out)
            out.write(self._END_OF_IMAGES + b' ' * room)
            room_end = out.tell()
            out.write(b', "annotations": [')
            start = out.tell()
            if self._file is not None:
                self._copy(self._annotations_start, self._annotations_end(),
                           out)
            out.write(self._END)
            anew = stay_open(out, self.path)
        if self._file is not None:
            self._file.close()
        self._file = anew
        self._room, self._room_end = room, room_end
        self._annotations_start = start

    def _copy(self, start: int, stop: int, out: IO[bytes]) -> None:
        """Copy a part of the file."""
        while start < stop:
            assert self._file is not None
            self._file.seek(start)
            data = self._file.read(min(stop - start, 1 << 20))
            out.write(data)
            start += len(data)


def _elements(values: Sequence[Any], already: int) -> bytes:
    """Return JSON elements that continue an array."""
    lines = [json.dumps(value, allow_nan=False).encode() for value in values]
    return (b',\n' if already else b'\n') + b',\n'.join(lines)
