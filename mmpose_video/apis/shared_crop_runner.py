"""Reuse the features of frames that are cropped alike."""
from typing import Dict, List, NamedTuple, Sequence, Tuple

import numpy as np
import torch
from mmengine.dataset import Compose, pseudo_collate
from mmpose.structures import PoseDataSample

from .frame_source import Frame
from .pose_runner import Item, PoseRunner
from .protocols import FeatureLevels, VideoPoseModel

# shot and number of a frame; they are ordered in time
_Place = Tuple[int, int]


class _FrameFeatures(NamedTuple):
    """Features of the crop of one frame.

    Attributes:
        views (tuple): For the crop, and for the mirrored one in a flip test,
            its feature levels, each (C, h, w).
        sample (PoseDataSample): Meta information of the crop.
    """

    views: Tuple[FeatureLevels, ...]
    sample: PoseDataSample


class SharedCropRunner(PoseRunner):
    """Keep the backbone's features of frames that are cropped alike.

    While a track keeps its crop, neighboring key frames look at the same
    crops of the same frames, so that each passes through the backbone once
    and not T times.

    Args:
        model (VideoPoseModel): A model with a video neck.
        pipeline (Compose): The config's test pipeline.
        before (int): How many frames before the key frame clips reach.

    Raises:
        ValueError: If the model looks at the key frame alone: there is
            nothing to share.
    """

    model: VideoPoseModel

    def __init__(self, model: VideoPoseModel, pipeline: Compose,
                 before: int) -> None:
        if not getattr(model, 'is_video_model', False):
            raise ValueError('`shared_crop` shares the features of '
                             "neighboring frames; this config's model looks "
                             'at the key frame alone')
        super().__init__(model, pipeline)
        self.before = before
        self.flip = bool(model.test_cfg.get('flip_test', False))
        # by run of frames
        self._known: Dict[int, Dict[_Place, _FrameFeatures]] = {}

    @property
    def num_kept(self) -> int:
        """int: Number of crops whose features are kept."""
        return sum(map(len, self._known.values()))

    @torch.no_grad()
    def run(self, items: Sequence[Item]) -> List[PoseDataSample]:
        """See :class:`PoseRunner`."""
        self._encode_new(items)
        views = [self._gather(items, view) for view in range(1 + self.flip)]
        samples = self.model.predict_from_frame_feats(
            views, [self._key_sample(item) for item in items])
        for item, sample in zip(items, samples):
            sample.pred_instances.bboxes = item.box[None].astype(np.float32)
        self._forget(items)
        return samples

    def _key_sample(self, item: Item) -> PoseDataSample:
        """Return the meta information of the key frame's crop."""
        clip = item.clip
        known = self._known[item.run][clip.shot, clip.key.index]
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
        new: Dict[Tuple[int, _Place], Tuple[Item, Frame]] = {}
        for item in items:
            known = self._known.setdefault(item.run, {})
            for frame in item.clip.frames:
                place = (item.clip.shot, frame.index)
                if place not in known:
                    new[item.run, place] = (item, frame)
        crops = list(new.items())
        # as many crops at a time as there are clips in a batch
        size = max(1, len(items))
        for start in range(0, len(crops), size):
            chunk = crops[start:start + size]
            found = self._encode([crop for _, crop in chunk])
            for ((run, place), _), features in zip(chunk, found):
                self._known[run][place] = features

    def _encode(self, crops: Sequence[Tuple[Item, Frame]]
                ) -> List[_FrameFeatures]:
        """Pass the crops of some frames through the backbone."""
        data = [
            self.prepare(
                item, [frame],
                frame_offsets=np.zeros(1, dtype=np.int64),
                frame_valid=np.ones(1, dtype=bool),
                key_index=0) for item, frame in crops
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

    def _gather(self, items: Sequence[Item], view: int) -> FeatureLevels:
        """Combine features of frames to clips, (N, T, C, h, w) per level."""
        clips = [[
            self._known[item.run][item.clip.shot, frame.index].views[view]
            for frame in item.clip.frames
        ] for item in items]
        return tuple(
            torch.stack([
                torch.stack([levels[i] for levels in clip]) for clip in clips
            ]) for i in range(len(clips[0][0])))

    def _forget(self, items: Sequence[Item]) -> None:
        """Drop what no later key frame looks at.

        Items come in ascending time, so the last one tells the time.
        """
        now = items[-1].clip
        oldest = (now.shot, now.key.index - self.before)
        for run in list(self._known):
            known = self._known[run]
            for place in [place for place in known if place < oldest]:
                del known[place]
            if not known:
                del self._known[run]
