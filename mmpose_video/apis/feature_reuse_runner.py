"""Reuse the backbone's features of frames."""
from typing import Dict, List, NamedTuple, Sequence, Tuple

import numpy as np
import torch
from mmengine.dataset import Compose, pseudo_collate
from mmpose.structures import PoseDataSample

from .feature_warp import crop_shift, mirrored_offsets, warp_features
from .frame_source import Frame
from .pose_runner import Item, PoseRunner
from .protocols import FeatureLevels, VideoPoseModel

# shot and number of a frame, ordered in time, and the box cropped from it
_Place = Tuple[int, int]
_Crop = Tuple[float, ...]
_Key = Tuple[_Place, _Crop]


class _FrameFeatures(NamedTuple):
    """Features of the crop of one frame.

    Attributes:
        views (tuple): For the crop, and for the mirrored one in a flip test,
            its feature levels, each (C, h, w).
        sample (PoseDataSample): Meta information of the crop.
    """

    views: Tuple[FeatureLevels, ...]
    sample: PoseDataSample


class FeatureReuseRunner(PoseRunner):
    """Pass each crop of a frame through the backbone once.

    The clips of neighboring key frames share most of their frames. Where a
    frame is cropped differently than the key frame, its features are moved to
    the key frame's crop by :func:`warp_features`; the key frame's own
    features are never moved.

    Args:
        model (VideoPoseModel): A model with a video neck.
        pipeline (Compose): The config's test pipeline.
        before (int): How many frames before the key frame clips reach.

    Raises:
        ValueError: If the model looks at the key frame alone: there is
            nothing to reuse.
    """

    model: VideoPoseModel

    def __init__(self, model: VideoPoseModel, pipeline: Compose,
                 before: int) -> None:
        if not getattr(model, 'is_video_model', False):
            raise ValueError('`reuse_features` shares the features of '
                             "neighboring frames; this config's model looks "
                             'at the key frame alone')
        super().__init__(model, pipeline)
        self.before = before
        self.flip = bool(model.test_cfg.get('flip_test', False))
        self._known: Dict[_Key, _FrameFeatures] = {}

    @property
    def num_kept(self) -> int:
        """int: Number of crops whose features are kept."""
        return len(self._known)

    @torch.no_grad()
    def run(self, items: Sequence[Item]) -> List[PoseDataSample]:
        """See :class:`PoseRunner`."""
        self._encode_new(items)
        views = self._gather(items)
        samples = self.model.predict_from_frame_feats(
            views, [self._key_sample(item) for item in items])
        for item, sample in zip(items, samples):
            sample.pred_instances.bboxes = item.box[None].astype(np.float32)
        self._forget(items)
        return samples

    @staticmethod
    def _key(item: Item, frame: Frame, crop: np.ndarray) -> _Key:
        """Return what identifies the features of a crop."""
        return (item.clip.shot, frame.index), tuple(crop.tolist())

    def _keys(self, item: Item) -> List[_Key]:
        """Return the keys of the T frames of a clip."""
        crops = item.frame_crops or [item.crop] * len(item.clip.frames)
        return [
            self._key(item, frame, crop)
            for frame, crop in zip(item.clip.frames, crops)
        ]

    def _key_sample(self, item: Item) -> PoseDataSample:
        """Return the meta information of the key frame's crop."""
        clip = item.clip
        known = self._known[self._key(item, clip.key, item.crop)]
        sample = known.sample.clone()
        sample.gt_instances = known.sample.gt_instances.clone()
        sample.gt_instances.bbox_scores = np.array([item.score],
                                                   dtype=np.float32)
        sample.set_metainfo(
            dict(
                img_path=clip.key.name,
                img_id=clip.key.index,
                frame_offsets=clip.offsets,
                frame_valid=clip.valid,
                key_index=clip.key_index))
        return sample

    def _encode_new(self, items: Sequence[Item]) -> None:
        """Pass crops that were not seen before through the backbone."""
        new: Dict[_Key, Tuple[Item, Frame]] = {}
        for item in items:
            wanted = list(zip(self._keys(item), item.clip.frames))
            # decoding needs the key frame's crop
            wanted.append((self._key(item, item.clip.key, item.crop),
                           item.clip.key))
            for key, frame in wanted:
                if key not in self._known:
                    new[key] = (item, frame)
        crops = list(new.items())
        # as many crops at a time as there are clips in a batch
        size = max(1, len(items))
        for start in range(0, len(crops), size):
            chunk = crops[start:start + size]
            found = self._encode([(item, frame, np.array(key[1]))
                                  for key, (item, frame) in chunk])
            for (key, _), features in zip(chunk, found):
                self._known[key] = features

    def _encode(self, crops: Sequence[Tuple[Item, Frame, np.ndarray]]
                ) -> List[_FrameFeatures]:
        """Pass the crops of some frames through the backbone."""
        data = [
            self.prepare(
                item, [frame],
                crop,
                frame_offsets=np.zeros(1, dtype=np.int64),
                frame_valid=np.ones(1, dtype=bool),
                key_index=0) for item, frame, crop in crops
        ]
        batch = self.model.data_preprocessor(pseudo_collate(data), False)
        inputs = batch['inputs']
        views = [self.model.extract_frame_feats(inputs)]
        if self.flip:
            views.append(self.model.extract_frame_feats(inputs.flip(-1)))
        return [
            _FrameFeatures(
                tuple(tuple(level[i, 0] for level in view) for view in views),
                batch['data_samples'][i]) for i in range(len(crops))
        ]

    def _gather(self, items: Sequence[Item]) -> List[FeatureLevels]:
        """Combine features of frames to clips.

        Returns:
            list[tuple[Tensor]]: For each view its levels, (N, T, C, h, w).
        """
        clips = [[self._known[key] for key in self._keys(item)]
                 for item in items]
        moved, factors, offsets = [], [], []
        for i, (item, clip) in enumerate(zip(items, clips)):
            target = self._known[self._key(item, item.clip.key, item.crop)]
            for t, known in enumerate(clip):
                factor, offset = crop_shift(known.sample, target.sample)
                if (factor != 1).any() or (offset != 0).any():
                    moved.append(i * len(clip) + t)
                    factors.append(factor)
                    offsets.append(offset)
        views = []
        for view in range(1 + self.flip):
            levels = []
            for level in range(len(clips[0][0].views[view])):
                feats = torch.stack([
                    known.views[view][level] for clip in clips
                    for known in clip
                ])
                if moved:
                    size = clips[0][0].sample.input_size
                    factor, offset = np.stack(factors), np.stack(offsets)
                    if view:
                        offset = mirrored_offsets(factor, offset,
                                                  feats.shape[-1], size)
                    feats[moved] = warp_features(feats[moved], factor, offset,
                                                 size)
                levels.append(feats.unflatten(0, (len(items), -1)))
            views.append(tuple(levels))
        return views

    def _forget(self, items: Sequence[Item]) -> None:
        """Drop what no later key frame looks at.

        Items come in ascending time, so the last one tells the time.
        """
        now = items[-1].clip
        oldest = (now.shot, now.key.index - self.before)
        for key in [key for key in self._known if key[0] < oldest]:
            del self._known[key]
