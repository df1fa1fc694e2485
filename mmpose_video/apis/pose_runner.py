"""Run a model on the people of key frames."""
from dataclasses import dataclass
from typing import Any, Dict, List, Sequence, Tuple

import numpy as np
import torch
from mmengine.dataset import Compose, pseudo_collate
from mmpose.structures import PoseDataSample
from torch import Tensor

from mmpose_video.structures import ClipInfo

from .clip_window import Clip
from .frame_source import Frame


@dataclass(frozen=True)
class Item:
    """One person in one key frame.

    Attributes:
        clip (Clip): The frames.
        box (np.ndarray): The person's box, (4, ) x1, y1, x2, y2.
        score (float): Its score.
        crop (np.ndarray): The box to crop, (4, ); mostly the person's.
        run (int): Number of the run of frames that are cropped alike.
    """

    clip: Clip
    box: np.ndarray
    score: float
    crop: np.ndarray
    run: int


class PoseRunner:
    """Runs the config's test pipeline and the model, as the test script does.

    Args:
        model (TopdownPoseEstimator): As ``mmpose.apis.init_model`` makes it.
        pipeline (Compose): The config's test pipeline.
    """

    def __init__(self, model: Any, pipeline: Compose) -> None:
        self.model = model
        self.pipeline = pipeline

    @torch.no_grad()
    def run(self, items: Sequence[Item]) -> List[PoseDataSample]:
        """Predict the poses of a batch.

        Args:
            items (Sequence[Item]): N people.

        Returns:
            list[PoseDataSample]: N samples with ``pred_instances``.
        """
        data = []
        for item in items:
            clip = item.clip
            data.append(
                self.prepare(
                    item, clip.frames,
                    frame_offsets=clip.offsets,
                    frame_valid=clip.valid,
                    key_index=clip.key_index))
        return self.model.test_step(pseudo_collate(data))

    def prepare(self, item: Item, frames: Sequence[Frame],
                **clip: Any) -> dict:
        """Run the pipeline on frames with a person's crop."""
        sample = dict(
            img=[frame.image for frame in frames],
            img_path=item.clip.key.name,
            img_id=item.clip.key.index,
            bbox=item.crop[None].astype(np.float32),
            bbox_score=np.array([item.score], dtype=np.float32),
            **clip)
        sample.update(self.model.dataset_meta)
        return self.pipeline(sample)


class SharedCropRunner(PoseRunner):
    """Keeps the backbone's features of frames that are cropped alike.

    While a track keeps its crop, neighbouring key frames look at the same
    crops of the same frames, so that each passes through the backbone once
    and not T times.

    Args:
        model (TopdownVideoPoseEstimator): With a video neck.
        pipeline (Compose): The config's test pipeline.
        before (int): How many frames before the key frame clips reach.

    Raises:
        ValueError: If the model looks at the key frame alone: there is
            nothing to share.
    """

    def __init__(self, model: Any, pipeline: Compose,
                 before: int) -> None:
        if not getattr(model, 'is_video_model', False):
            raise ValueError('`shared_crop` shares the features of '
                             "neighbouring frames; this config's model looks "
                             'at the key frame alone')
        super().__init__(model, pipeline)
        self.before = before
        self.flip = bool(model.test_cfg.get('flip_test', False))
        # by run, by shot and number of the frame: levels, flipped levels
        self._feats: Dict[int, Dict[Tuple[int, int], tuple]] = {}

    @torch.no_grad()
    def run(self, items: Sequence[Item]) -> List[PoseDataSample]:
        """See :class:`PoseRunner`."""
        self._encode_new(items)
        samples = [self._key_sample(item) for item in items]
        clip = ClipInfo.from_data_samples(
            samples, len(items[0].clip.frames), self._device())
        views = [
            self.model.neck.encode(self._gather(items, view), clip)[0]
            for view in range(1 + self.flip)
        ]
        feats = views if self.flip else views[0]
        found = self.model.head.predict(
            feats, samples, test_cfg=self.model.test_cfg)
        instances, fields = found if isinstance(found, tuple) else (found,
                                                                    None)
        samples = self.model.add_pred_to_datasample(instances, fields,
                                                    samples)
        for item, sample in zip(items, samples):
            sample.pred_instances.bboxes = item.box[None].astype(np.float32)
        self._forget(items)
        return samples

    def _device(self) -> torch.device:
        return next(self.model.parameters()).device

    def _key_sample(self, item: Item) -> PoseDataSample:
        """Meta info of the key frame's crop, from the pipeline."""
        clip = item.clip
        levels = self._feats[item.run][(clip.shot, clip.key.number)]
        sample = levels[2].clone()
        sample.gt_instances = levels[2].gt_instances.clone()
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
        new: Dict[Tuple[int, Tuple[int, int]], Tuple[Item, Frame]] = {}
        for item in items:
            known = self._feats.setdefault(item.run, {})
            for frame in item.clip.frames:
                place = (item.clip.shot, frame.number)
                if place not in known:
                    new[item.run, place] = (item, frame)
        places = list(new)
        # as many crops at a time as there are clips in a batch
        for start in range(0, len(places), max(1, len(items))):
            chunk = places[start:start + max(1, len(items))]
            data = [
                self.prepare(
                    new[place][0], [new[place][1]],
                    frame_offsets=np.zeros(1, dtype=np.int64),
                    frame_valid=np.ones(1, dtype=bool),
                    key_index=0) for place in chunk
            ]
            batch = self.model.data_preprocessor(pseudo_collate(data), False)
            inputs = batch['inputs']
            levels = self.model.extract_frame_feats(inputs)
            mirrored = self.model.extract_frame_feats(
                inputs.flip(-1)) if self.flip else ()
            for i, (run, place) in enumerate(chunk):
                self._feats[run][place] = (
                    tuple(level[i, 0] for level in levels),
                    tuple(level[i, 0] for level in mirrored),
                    batch['data_samples'][i])

    def _gather(self, items: Sequence[Item],
                view: int) -> Tuple[Tensor, ...]:
        """Features of the clips, each level of shape (N, T, C, h, w)."""
        clips = []
        for item in items:
            known = self._feats[item.run]
            clips.append([
                known[item.clip.shot, frame.number][view]
                for frame in item.clip.frames
            ])
        return tuple(
            torch.stack([
                torch.stack([levels[level] for levels in clip])
                for clip in clips
            ]) for level in range(len(clips[0][0])))

    def _forget(self, items: Sequence[Item]) -> None:
        """Drop what no later key frame looks at.

        Items come in ascending time: the last one says how late it is.
        """
        now = items[-1].clip
        oldest = (now.shot, now.key.number - self.before)
        for run in list(self._feats):
            known = self._feats[run]
            for place in [place for place in known if place < oldest]:
                del known[place]
            if not known:
                del self._feats[run]
