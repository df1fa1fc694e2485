"""Decode the frames of a clip."""
from typing import List, Optional, Tuple

import mmcv
import mmengine.fileio as fileio
import numpy as np
from mmcv.transforms import BaseTransform
from mmengine.logging import print_log
from mmpose.registry import TRANSFORMS

BROKEN_FRAMES = ('nearest', 'error')


@TRANSFORMS.register_module()
class LoadClip(BaseTransform):
    """Load all frames of a clip as 8-bit BGR images.

    Required Keys:

        - frame_paths (list[str]), or img_path (str) for a clip of one frame,
          or img: a frame (H, W, 3), frames (T, H, W, 3) or a list of frames

    Modified Keys:

        - img (list[np.ndarray]): T frames of shape (H, W, 3), uint8, BGR
        - img_shape, ori_shape (tuple): (H, W)
        - frame_offsets, frame_valid (np.ndarray), key_index (int)

    Gray and 4-channel images are made BGR. A JPEG or PNG that ends early is
    an error to this loader, not an image whose lower half is gray.

    Args:
        broken_frames (str): What stands in for a neighbour that cannot be
            read: ``'nearest'``, the nearest frame of the clip that can, with
            one log line, or ``'error'``. A key frame that cannot be read is
            always an error. Defaults to 'nearest'.
        imdecode_backend (str): See :func:`mmcv.imfrombytes`. Defaults to
            'cv2'.
        backend_args (dict, optional): MMEngine's file backend.
    """

    def __init__(self,
                 broken_frames: str = 'nearest',
                 imdecode_backend: str = 'cv2',
                 backend_args: Optional[dict] = None) -> None:
        if broken_frames not in BROKEN_FRAMES:
            raise ValueError(f'`broken_frames` must be one of {BROKEN_FRAMES},'
                             f' got {broken_frames!r}')
        self.broken_frames = broken_frames
        self.imdecode_backend = imdecode_backend
        self.backend_args = backend_args

    def transform(self, results: dict) -> dict:
        """Load the clip.

        Raises:
            OSError: If the key frame, or with ``broken_frames='error'`` any
                frame, cannot be read. The message names the file.
            ValueError: If a given array is no image.
        """
        if results.get('img') is not None:
            frames = self._from_arrays(results['img'])
        else:
            frames = self._from_files(results)
        self._set_defaults(results, len(frames))
        results['img'] = frames
        results.setdefault('img_path', None)
        results['img_shape'] = results['ori_shape'] = frames[0].shape[:2]
        return results

    def _from_files(self, results: dict) -> List[np.ndarray]:
        """Decode each distinct file once."""
        paths = results.get('frame_paths') or [results['img_path']]
        self._set_defaults(results, len(paths))
        key = results['key_index']
        decoded = {paths[key]: self._read(paths[key])}
        shape = decoded[paths[key]].shape
        broken = []
        for path in paths:
            if path in decoded or path in broken:
                continue
            try:
                frame = self._read(path)
                if frame.shape != shape:
                    raise OSError(
                        f'`{path}` is {frame.shape[1]} x {frame.shape[0]}, '
                        f'its key frame {shape[1]} x {shape[0]}')
            except OSError as error:
                if self.broken_frames == 'error':
                    raise
                print_log(f'{error}; the nearest intact frame stands in',
                          'current', 30)
                broken.append(path)
            else:
                decoded[path] = frame
        if broken:
            paths = self._replace(results, paths, broken)
        return [decoded[path] for path in paths]

    @staticmethod
    def _replace(results: dict, paths: List[str],
                 broken: List[str]) -> List[str]:
        """Let the nearest intact frame stand in for each broken one."""
        offsets = np.asarray(results['frame_offsets'])
        intact = [i for i, path in enumerate(paths) if path not in broken]
        source = np.array([
            # of two equally near ones the one closer to the key frame
            min(intact,
                key=lambda j: (abs(offsets[j] - offsets[i]), abs(offsets[j])))
            for i in range(len(paths))
        ])
        unchanged = source == np.arange(len(paths))
        results['frame_offsets'] = offsets[source]
        results['frame_valid'] = results['frame_valid'] & unchanged
        results['frame_paths'] = [paths[j] for j in source]
        return results['frame_paths']

    def _read(self, path: str) -> np.ndarray:
        """Decode one file to BGR."""
        try:
            data = fileio.get(path, backend_args=self.backend_args)
        except OSError as error:
            raise type(error)(
                f'cannot read frame `{path}`: {error.strerror or error}'
            ) from error
        if _is_truncated(data):
            raise OSError(f'frame `{path}` ends early ({len(data)} bytes); '
                          'copy or extract it again')
        frame = mmcv.imfrombytes(
            data, flag='color', backend=self.imdecode_backend)
        if frame is None:
            raise OSError(f'frame `{path}` is no image that '
                          f'{self.imdecode_backend} can decode')
        return frame

    @staticmethod
    def _from_arrays(img: object) -> List[np.ndarray]:
        """Accept an image, a clip, or a list of images."""
        if isinstance(img, np.ndarray) and img.ndim in (2, 3):
            img = [img]
        frames = [_to_bgr(np.asarray(frame)) for frame in img]  # type: ignore
        if not frames or len({frame.shape for frame in frames}) != 1:
            raise ValueError('a clip needs at least one frame, all of one '
                             f'size, got {[f.shape for f in frames]}')
        return frames

    @staticmethod
    def _set_defaults(results: dict, num_frames: int) -> None:
        """Consecutive frames around the middle, where nobody said more."""
        results.setdefault('key_index', num_frames // 2)
        key = results['key_index']
        results.setdefault('frame_offsets', np.arange(num_frames) - key)
        results.setdefault('frame_valid', np.ones(num_frames, dtype=bool))
        if len(results['frame_offsets']) != num_frames:
            raise ValueError(
                f'{num_frames} frames were given, `frame_offsets` speaks of '
                f'{len(results["frame_offsets"])}')

    def __repr__(self) -> str:
        return (f'{type(self).__name__}(broken_frames='
                f'{self.broken_frames!r}, imdecode_backend='
                f'{self.imdecode_backend!r})')


def _to_bgr(frame: np.ndarray) -> np.ndarray:
    """Make an array an image of shape (H, W, 3)."""
    if frame.ndim == 2:
        frame = frame[..., None]
    if frame.ndim != 3 or frame.shape[2] not in (1, 3, 4):
        raise ValueError('a frame must have shape (H, W), (H, W, 1), '
                         f'(H, W, 3) or (H, W, 4), got {frame.shape}')
    if frame.shape[2] == 1:
        return np.repeat(frame, 3, axis=2)
    return np.ascontiguousarray(frame[..., :3])


def _is_truncated(data: bytes) -> bool:
    """Whether a JPEG or PNG lacks its end.

    OpenCV decodes a JPEG that ends early without an error and paints what is
    missing gray. Some cameras write bytes after the end marker, hence the
    search in the tail.
    """
    markers: Tuple[Tuple[bytes, bytes], ...] = ((b'\xff\xd8', b'\xff\xd9'),
                                                (b'\x89PNG', b'IEND'))
    return any(
        data.startswith(start) and end not in data[-65536:]
        for start, end in markers)
