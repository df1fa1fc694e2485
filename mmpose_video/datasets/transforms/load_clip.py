"""Decode the frames of a clip."""
import logging
from typing import List, Optional

import numpy as np
from mmcv.transforms import BaseTransform
from mmengine.logging import print_log
from mmpose.registry import TRANSFORMS

from mmpose_video.datasets.loading.broken_frames import BrokenFrameCounter
from mmpose_video.datasets.loading.frame_reader import FrameReader, to_bgr
from mmpose_video.datasets.loading.image_header import MAX_PIXELS
from mmpose_video.datasets.loading.size_check import SizeCheck
from mmpose_video.formats.frame_choice import stand_ins

BROKEN_FRAMES = ('nearest', 'error')
BROKEN_KEY = ('error', 'skip')


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

    Gray and 4-channel images are converted to BGR. An empty file, a JPEG or
    PNG that ends early and a file that claims too many pixels are broken.

    Args:
        broken_frames (str): How to treat a neighbor that cannot be read:
            ``'nearest'`` takes the nearest intact frame of the clip, and
            logs each file once per process; ``'error'`` raises. Defaults to
            'nearest'.
        broken_key (str): How to treat a sample whose key frame cannot be
            read: ``'error'`` raises; with ``'skip'`` the dataset draws
            another sample, and :class:`BrokenFramesHook` reports how many.
            Testing always raises, as predictions would be missing. Defaults
            to 'error'.
        cache_mb (float): Size in MiB of a cache of decoded frames in each
            worker process, see :class:`FrameCache`. It saves time if samples
            come in video order (:class:`VideoOrderSampler`,
            :class:`ClipGroupSampler`), and never changes the result. It must
            hold a clip to be of use (1280 x 720: 2.6 MiB per frame). A file
            that changes while it is in the cache is not read again. 0 turns
            the cache off. Defaults to 128.
        imdecode_backend (str): ``'auto'`` gives OpenCV's pixels, and decodes
            JPEGs with torchvision where its result is the same, see
            :class:`JpegDecoder`. For others see :func:`mmcv.imfrombytes`.
            Defaults to 'auto'.
        backend_args (dict, optional): MMEngine's file backend.
        max_pixels (int): Treat larger frames as broken, without decoding
            them. Defaults to 100 million.

    Raises:
        ValueError: If an argument has none of these values.
    """

    def __init__(self,
                 broken_frames: str = 'nearest',
                 broken_key: str = 'error',
                 cache_mb: float = 128,
                 imdecode_backend: str = 'auto',
                 backend_args: Optional[dict] = None,
                 max_pixels: int = MAX_PIXELS) -> None:
        if broken_frames not in BROKEN_FRAMES:
            raise ValueError(f'`broken_frames` must be one of {BROKEN_FRAMES},'
                             f' got {broken_frames!r}')
        if broken_key not in BROKEN_KEY:
            raise ValueError(f'`broken_key` must be one of {BROKEN_KEY}, got '
                             f'{broken_key!r}')
        self.broken_frames = broken_frames
        self.broken_key = broken_key
        self.reader = FrameReader(cache_mb, imdecode_backend, backend_args,
                                  max_pixels)
        self.broken = BrokenFrameCounter()
        self.sizes = SizeCheck()

    def transform(self, results: dict) -> Optional[dict]:
        """Load the clip; return None if the sample is to be skipped.

        Raises:
            OSError: If the key frame, or with ``broken_frames='error'`` any
                frame, cannot be read. The message names the file.
            ValueError: If a given array is not an image.
        """
        if results.get('img') is not None:
            frames = self._from_arrays(results['img'])
        else:
            frames = self._from_files(results)
            if not frames:
                return None
            reduction = results.get('img_reduction', 1)
            height, width = frames[0].shape[:2]
            self.sizes(results['img_path'],
                       (height * reduction, width * reduction),
                       results.get('img_shape'))
        self._set_defaults(results, len(frames))
        results['img'] = frames
        results.setdefault('img_path', None)
        results['img_shape'] = results['ori_shape'] = frames[0].shape[:2]
        return results

    def _from_files(self, results: dict,
                    reduction: int = 1) -> List[np.ndarray]:
        """Decode each distinct file once; return [] to skip the sample."""
        paths = results.get('frame_paths') or [results['img_path']]
        self._set_defaults(results, len(paths))
        key = results['key_index']
        try:
            decoded = {paths[key]: self.reader.read(paths[key], reduction)}
        except OSError as error:
            if not self._may_skip(results):
                raise
            if self.broken.add(paths[key], is_key=True):
                print_log(f'{error}; its samples are skipped', 'current',
                          logging.WARNING)
            return []
        shape = decoded[paths[key]].shape
        broken = []
        for path in paths:
            if path in decoded or path in broken:
                continue
            try:
                frame = self.reader.read(path, reduction)
                if frame.shape != shape:
                    raise OSError(
                        f'`{path}` is {frame.shape[1]} x {frame.shape[0]}, '
                        f'its key frame {shape[1]} x {shape[0]}')
            except OSError as error:
                if self.broken_frames == 'error':
                    raise
                if self.broken.add(path, is_key=False):
                    print_log(f'{error}; the nearest intact frame stands in',
                              'current', logging.WARNING)
                broken.append(path)
            else:
                decoded[path] = frame
        if broken:
            paths = self._replace(results, paths, broken)
        return [decoded[path] for path in paths]

    def _may_skip(self, results: dict) -> bool:
        """Return whether another sample may replace this one."""
        testing = getattr(results.get('dataset'), 'test_mode', False)
        return self.broken_key == 'skip' and not testing

    @staticmethod
    def _replace(results: dict, paths: List[str],
                 broken: List[str]) -> List[str]:
        """Replace each broken frame by the nearest intact one."""
        offsets = np.asarray(results['frame_offsets'])
        intact = np.array(
            [i for i, path in enumerate(paths) if path not in broken])
        source = intact[stand_ins(offsets[intact], offsets, key=0)]
        unchanged = source == np.arange(len(paths))
        results['frame_offsets'] = offsets[source]
        results['frame_valid'] = results['frame_valid'] & unchanged
        results['frame_paths'] = [paths[j] for j in source]
        return results['frame_paths']

    @staticmethod
    def _from_arrays(img: object) -> List[np.ndarray]:
        """Accept an image, a clip, or a list of images."""
        if isinstance(img, np.ndarray) and img.ndim in (2, 3):
            img = [img]
        frames = [to_bgr(np.asarray(frame)) for frame in img]  # type: ignore
        if not frames or len({frame.shape for frame in frames}) != 1:
            raise ValueError('a clip needs at least one frame, all of one '
                             f'size, got {[f.shape for f in frames]}')
        return frames

    @staticmethod
    def _set_defaults(results: dict, num_frames: int) -> None:
        """Set the defaults: consecutive frames centered on the key frame."""
        results.setdefault('key_index', num_frames // 2)
        key = results['key_index']
        results.setdefault('frame_offsets', np.arange(num_frames) - key)
        results.setdefault('frame_valid', np.ones(num_frames, dtype=bool))
        if len(results['frame_offsets']) != num_frames:
            raise ValueError(
                f'{num_frames} frames were given, `frame_offsets` has '
                f'{len(results["frame_offsets"])} entries')

    def __repr__(self) -> str:
        return (f'{type(self).__name__}(broken_frames='
                f'{self.broken_frames!r}, broken_key='
                f'{self.broken_key!r}, cache_mb='
                f'{self.reader.cache.max_bytes / 2**20:g}, imdecode_backend='
                f'{self.reader.imdecode_backend!r})')
