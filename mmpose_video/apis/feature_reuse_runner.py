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
_Key = Tuple[Tuple[int, int], Tuple[float, ...]]


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
        keys = [_frame_keys(item) for item in items]
        self._encode_new(items, keys)
        clips = [[self._known[key] for key in row] for row in keys]
        targets = [clip[item.clip.key_index].sample
                   for item, clip in zip(items, clips)]
        samples = self.model.predict_from_frame_feats(
            self._gather(clips, targets),
            [_key_sample(item, crop) for item, crop in zip(items, targets)])
        for item, sample in zip(items, samples):
            sample.pred_instances.bboxes = item.box[None].astype(np.float32)
        self._forget(items[-1])
        return samples

    def _encode_new(self, items: Sequence[Item],
                    keys: Sequence[Sequence[_Key]]) -> None:
        """Pass crops that were not seen before through the backbone."""
        new = {
            key: (item, frame)
            for item, row in zip(items, keys)
            for frame, key in zip(item.clip.frames, row)
            if key not in self._known
        }
        crops = list(new.items())
        # as many crops at a time as there are clips in a batch
        for start in range(0, len(crops), len(items)):
            chunk = crops[start:start + len(items)]
            found = self._encode([(item, frame, np.array(key[1]))
                                  for key, (item, frame) in chunk])
            self._known.update(zip((key for key, _ in chunk), found))

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

    def _gather(self, clips: Sequence[Sequence[_FrameFeatures]],
                targets: Sequence[PoseDataSample]) -> List[FeatureLevels]:
        """Combine features of frames to clips.

        Args:
            clips (Sequence): The T frames of each of the N clips.
            targets (Sequence[PoseDataSample]): Meta information of the crops
                that they are moved to, N.

        Returns:
            list[tuple[Tensor]]: For each view its levels, (N, T, C, h, w).
        """
        frames = [frame for clip in clips for frame in clip]
        factors, offsets = map(np.stack, zip(*(
            crop_shift(frame.sample, target)
            for clip, target in zip(clips, targets) for frame in clip)))
        moved = np.flatnonzero((factors != 1).any(1) | (offsets != 0).any(1))
        factors, offsets = factors[moved], offsets[moved]
        size = targets[0].input_size
        views = []
        for view in range(1 + self.flip):
            levels = []
            for level in zip(*(frame.views[view] for frame in frames)):
                feats = torch.stack(level)
                if len(moved):
                    shift = mirrored_offsets(
                        factors, offsets, feats.shape[-1],
                        size) if view else offsets
                    feats[moved] = warp_features(feats[moved], factors, shift,
                                                 size)
                levels.append(feats.unflatten(0, (len(clips), -1)))
            views.append(tuple(levels))
        return views

    def _forget(self, item: Item) -> None:
        """Drop what no later key frame looks at.

        Args:
            item (Item): The last one: items come in ascending time.
        """
        now = item.clip
        oldest = (now.shot, now.key.index - self.before)
        for key in [key for key in self._known if key[0] < oldest]:
            del self._known[key]


def _frame_keys(item: Item) -> List[_Key]:
    """Return what identifies the features of the T frames of a clip."""
    clip = item.clip
    crops = item.frame_crops or [item.crop] * len(clip.frames)
    return [((clip.shot, frame.index), tuple(crop.tolist()))
            for frame, crop in zip(clip.frames, crops)]


def _key_sample(item: Item, crop: PoseDataSample) -> PoseDataSample:
    """Return the meta information of an item.

    Args:
        item (Item): The item.
        crop (PoseDataSample): The meta information of its key frame's crop,
            which other items may share.
    """
    clip = item.clip
    sample = crop.clone()
    sample.gt_instances = crop.gt_instances.clone()
    sample.gt_instances.bbox_scores = np.array([item.score], dtype=np.float32)
    sample.set_metainfo(
        dict(
            img_path=clip.key.name,
            img_id=clip.key.index,
            frame_offsets=clip.offsets,
            frame_valid=clip.valid,
            key_index=clip.key_index))
    return sample
