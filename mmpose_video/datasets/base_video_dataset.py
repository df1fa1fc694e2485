"""The base class of the video top-down datasets."""
from typing import Any, List, Optional, Tuple, Union

import numpy as np
from mmengine.dataset import Compose
from mmengine.logging import print_log
from mmpose.datasets.datasets.base import BaseCocoStyleDataset
from mmpose.registry import DATASETS
from torch.utils.data import get_worker_info

from mmpose_video.formats.coco_labels import CocoLabels, read_coco_labels
from mmpose_video.formats.frame_index import FrameIndex
from mmpose_video.formats.inner_path import inner_path
from mmpose_video.formats.schema import LARGEST_COORDINATE
from mmpose_video.formats.skeleton import expand_metainfo
from mmpose_video.utils import end_with_parent

from .box_clipping import shift_into_image
from .clip_pipeline import ClipPipeline
from .clip_samplers import CLIP_SAMPLERS, warn_of_stand_ins
from .detected_people import DetectedPeople
from .loading.clip_ring import ClipRing
from .loading.image_size import fill_size

MISSING_FRAMES = ('nearest', 'error')
BBOX_CLIPPING = ('cut', 'shift')
#: Key frames whose neighbors are looked for before training.
_LOOKED_AT = 32


@DATASETS.register_module()
class BaseVideoDataset(BaseCocoStyleDataset):
    """A dataset of COCO-style annotations of key frames, with clips.

    A sample is one person in one key frame. In addition to the fields of
    MMPose's datasets it holds ``frame_paths``, ``frame_offsets``,
    ``frame_valid`` and ``key_index``. ``img_path`` is the path of the key
    frame, a string, as MMPose's tools expect. The clip is sampled when a
    sample is fetched, so random clips differ between epochs.

    Args:
        clip_sampler (dict): Config of a sampler of :mod:`clip_samplers`.
            Defaults to ``dict(type='FixedOffsets', offsets=(0, ))``, single
            images.
        missing_frames (str): What happens if a neighbor does not exist:
            ``'nearest'``, another frame stands in as the sampler's
            ``edge_rule`` says, or ``'error'``. Defaults to 'nearest'.
        bbox_score_thr (float): Drop detected boxes with a lower score.
            Defaults to 0.0.
        bbox_nms_thr (float, optional): Of two detected boxes whose overlap
            (intersection over union) exceeds this, drop the one with the
            lower score. Defaults to None, none is dropped.
        labeled_frames_only (bool): Drop detected boxes in frames that the
            annotation file does not label, see :func:`unlabeled_frames`. An
            evaluation takes labeled frames only. False predicts all frames,
            for tracking or visualization. Defaults to True.
        bbox_clipping (str): How annotated boxes that leave the image are
            clipped: ``'cut'`` at the border, or ``'shift'`` as the released
            code of DCPose's lineage does, see :func:`shift_into_image`.
            Defaults to 'cut'.
        backend_args (dict, optional): MMEngine's file backend.
        **kwargs: See :class:`BaseCocoStyleDataset`. ``bbox_file`` may have
            any of the layouts of :mod:`mmpose_video.formats.box_files`, and
            ``metainfo`` may be ``dict(from_file=...)`` with a small file of
            :mod:`mmpose_video.formats.skeleton`.
    """

    pipeline: Compose

    def __init__(self,
                 *args: Any,
                 clip_sampler: Optional[dict] = None,
                 missing_frames: str = 'nearest',
                 bbox_score_thr: float = 0.0,
                 bbox_nms_thr: Optional[float] = None,
                 labeled_frames_only: bool = True,
                 bbox_clipping: str = 'cut',
                 backend_args: Optional[dict] = None,
                 **kwargs: Any) -> None:
        if missing_frames not in MISSING_FRAMES:
            raise ValueError(f'`missing_frames` must be one of '
                             f'{MISSING_FRAMES}, got {missing_frames!r}')
        if bbox_clipping not in BBOX_CLIPPING:
            raise ValueError(f'`bbox_clipping` must be one of '
                             f'{BBOX_CLIPPING}, got {bbox_clipping!r}')
        self.bbox_clipping = bbox_clipping
        self.clip_sampler = CLIP_SAMPLERS.build(
            clip_sampler or dict(type='FixedOffsets'))
        self.missing_frames = missing_frames
        self.bbox_score_thr = bbox_score_thr
        self.bbox_nms_thr = bbox_nms_thr
        self.labeled_frames_only = labeled_frames_only
        self.frame_index = FrameIndex(backend_args)
        #: In a worker, the memory for its clips, see `collate_clips`.
        self.clip_ring: Optional[ClipRing] = None
        self._skipped: dict = {}
        super().__init__(*args, **kwargs)
        self.pipeline = ClipPipeline(self.pipeline.transforms)
        if self.data_mode != 'topdown':
            raise ValueError(f'{type(self).__name__} is top-down only, got '
                             f"data_mode='{self.data_mode}'")

    @classmethod
    def _load_metainfo(cls, metainfo: Optional[dict] = None) -> dict:
        """Parse the keypoint set; add what this package's metrics want."""
        given = expand_metainfo(metainfo or {})
        parsed = super()._load_metainfo(given or metainfo)
        own = {k: given[k] for k in ('has_sigmas', 'reference') if k in given}
        return dict(parsed, **own)

    def get_data_info(self, idx: int) -> dict:
        """Return the annotation of a sample, with the paths of its clip."""
        if get_worker_info() is not None:
            end_with_parent()
        data_info = super().get_data_info(idx)
        offsets = self.clip_sampler()
        paths, taken, valid = self.frame_index.neighbors(
            data_info['img_path'], offsets,
            'error' if self.missing_frames == 'error' else
            self.clip_sampler.edge_rule, self.clip_sampler.offset_unit)
        data_info['frame_paths'] = paths
        data_info['frame_offsets'] = taken
        data_info['frame_valid'] = valid
        data_info['key_index'] = self.clip_sampler.key_index
        return data_info

    def load_data_list(self) -> List[dict]:
        """Read the annotations; log how many were left out and why."""
        data_list = super().load_data_list()
        for reason, count in self._skipped.items():
            if count:
                print_log(
                    f'{type(self).__name__}: left out {count} of '
                    f'`{self.bbox_file or self.ann_file}`: {reason}',
                    logger='current')
        if not data_list:
            raise ValueError(
                f'no sample is left of `{self.bbox_file or self.ann_file}`: '
                f'{self._skipped or "it holds no annotation"}')
        self._warn_of_missing_frames(data_list)
        return data_list

    def _warn_of_missing_frames(self, data_list: List[dict]) -> None:
        """Look for the neighbors of some key frames, before training."""
        offsets = self.clip_sampler.candidates
        offsets = offsets[offsets != 0]
        neighbors = missing = 0
        step = -(-len(data_list) // _LOOKED_AT)
        for data_info in data_list[::step] if len(offsets) else ():
            path = data_info['img_path']
            if not len(self.frame_index.numbers(path)):
                continue  # the loader reports the missing key frame
            _, _, exists = self.frame_index.neighbors(
                path, offsets, unit=self.clip_sampler.offset_unit)
            neighbors += len(exists)
            missing += int((~exists).sum())
        warn_of_stand_ins(neighbors, missing, f'`{self.ann_file}`')

    def inspect_labels(self, labels: dict) -> None:
        """Inspect the content of the annotation file before it is parsed.

        A hook for datasets that come in versions; it does nothing here.

        Args:
            labels (dict): The parsed JSON.
        """

    def _read_labels(self) -> CocoLabels:
        """Read and check the annotation file.

        Raises:
            OSError: If it cannot be read.
            ValueError: If it breaks the layout, or names other keypoints than
                the dataset's.
        """
        # not `metainfo`, which copies all of it
        meta = self._metainfo
        try:
            labels = read_coco_labels(self.ann_file, [
                meta['keypoint_id2name'][i]
                for i in range(meta['num_keypoints'])
            ])
        except FileNotFoundError as error:
            raise FileNotFoundError(
                f'there is no annotation file `{self.ann_file}`: correct '
                '`data_root` and `ann_file`, convert a downloaded dataset '
                '(`mmpose-video convert --help`) or render one '
                '(`mmpose-video render --help`)') from error
        self.inspect_labels(labels.content)
        if labels.content.get('categories'):
            meta['CLASSES'] = labels.content['categories']
        if labels.strangers:
            reason = 'an annotation of an image that the file does not list'
            self._skipped[reason] = labels.strangers
        return labels

    def _load_annotations(self) -> Tuple[List[dict], List[dict]]:
        """Return the people of all images, and the images."""
        people, images = [], []
        for image, annotations in self._read_labels().pairs:
            if not self._in_interval(image['id']):
                continue
            image['img_id'] = image['id']
            images.append(image)
            for ann in annotations:
                person = self.parse_data_info(
                    dict(raw_ann_info=ann, raw_img_info=image))
                if person is not None:
                    people.append(person)
        return people, images

    def _in_interval(self, image_id: Union[int, str]) -> bool:
        """Return whether ``sample_interval`` keeps an image."""
        if self.sample_interval == 1:
            return True
        if isinstance(image_id, str):
            raise ValueError(
                f'`sample_interval` counts by the ids of images, which are '
                f'not numbers in `{self.ann_file}`')
        return image_id % self.sample_interval == 0

    def _get_topdown_data_infos(self, instance_list: List[dict]
                                ) -> List[dict]:
        """Drop people who cannot be trained on, and count them."""
        kept = super()._get_topdown_data_infos(instance_list)
        if len(kept) < len(instance_list):
            reason = ('a crowd, nothing labeled, or a box without an area '
                      'in the image')
            self._skipped[reason] = len(instance_list) - len(kept)
        return kept

    def _load_detection_results(self) -> List[dict]:
        """Return detected boxes as samples without keypoints."""
        labels = self._read_labels().content
        people = DetectedPeople(
            str(self.bbox_file), self.bbox_score_thr, self.bbox_nms_thr,
            self.labeled_frames_only)
        print_log(
            f'{type(self).__name__}: {people.file.summary()}',
            logger='current')
        samples = people.samples(labels, self._complete,
                                 self._metainfo['num_keypoints'])
        self._skipped.update(people.skipped)
        return samples

    def _complete(self, image: dict) -> dict:
        """Return the entry of an image with its path and size."""
        image['img_path'] = inner_path(
            self.data_prefix['img'], image['file_name'], self.ann_file)
        return fill_size(image, self.ann_file)

    def parse_data_info(self, raw_data_info: dict) -> Optional[dict]:
        """Parse one annotation; return None if it cannot be trained on.

        Raises:
            ValueError: If the number of keypoints is not the dataset's.
        """
        ann = raw_data_info['raw_ann_info']
        # not `metainfo`, which copies all of it
        num_keypoints = self._metainfo['num_keypoints']
        values = ann.get('keypoints')
        if not values:
            self._skip('no keypoints')
            return None
        if len(values) != 3 * num_keypoints:
            raise ValueError(
                f'annotation {ann.get("id")} of image {ann.get("image_id")} '
                f'in `{self.ann_file}` has {len(values) / 3:g} keypoints, '
                f'{type(self).__name__} takes {num_keypoints}')
        if not (np.abs(values) <= LARGEST_COORDINATE).all():
            self._skip('keypoints that are not finite')
            return None
        if not np.any(values):
            self._skip('no keypoints')
            return None
        box = np.asarray(ann.get('bbox') or (), dtype=np.float64)
        if box.size != 4 or not (np.abs(box) <= LARGEST_COORDINATE).all():
            self._skip('no box of four finite numbers')
            return None
        img = self._complete(raw_data_info['raw_img_info'])
        x, y, width, height = box
        if width <= 0 or height <= 0:
            self._skip('a box of zero area')
            return None
        shifted = self.bbox_clipping == 'shift'
        if (x >= img['width'] or y >= img['height'] or not shifted and
                (x + width <= 0 or y + height <= 0)):
            self._skip('a box outside of the image')
            return None
        # MMPose takes the presence of a key for a value, even if it is null
        for key in [key for key, value in ann.items() if value is None]:
            del ann[key]
        ann.setdefault('category_id', 1)
        data_info = super().parse_data_info(raw_data_info)
        if data_info is not None:
            # the loader compares it with that of the file
            data_info['img_shape'] = (img['height'], img['width'])
        if shifted and data_info is not None:
            data_info['bbox'] = shift_into_image(box, img['width'],
                                                 img['height'])[None]
        return data_info

    def _skip(self, reason: str) -> None:
        """Count an annotation that is left out, by reason."""
        self._skipped[reason] = self._skipped.get(reason, 0) + 1
