"""Run a model on the people of key frames."""
from dataclasses import dataclass
from typing import Any, List, Optional, Sequence

import numpy as np
import torch
from mmengine.dataset import Compose, pseudo_collate
from mmpose.datasets.transforms import LoadImage
from mmpose.structures import PoseDataSample

from .clip_window import Clip
from .frame_source import Frame
from .protocols import PoseModel


@dataclass(frozen=True)
class Item:
    """One person in one key frame.

    Attributes:
        clip (Clip): The frames.
        box (np.ndarray): The person's box, (4, ) x1, y1, x2, y2.
        score (float): Its score.
        crop (np.ndarray): The box to crop, (4, ); usually the person's.
        frame_crops (list[np.ndarray], optional): The boxes to crop in the T
            frames, where features are reused; None crops all by ``crop``.
        pose (np.ndarray, optional): Keypoints and scores, (K, 3), if the
            source of the boxes predicts poses.
    """

    clip: Clip
    box: np.ndarray
    score: float
    crop: np.ndarray
    frame_crops: Optional[List[np.ndarray]] = None
    pose: Optional[np.ndarray] = None


class PoseRunner:
    """Run the config's test pipeline and the model, as the test script does.

    Configs of MMPose's own single-frame models load an image and not a clip;
    their pipelines get the key frame.

    Args:
        model (PoseModel): The model.
        pipeline (Compose): The config's test pipeline.
    """

    def __init__(self, model: PoseModel, pipeline: Compose) -> None:
        self.model = model
        self.pipeline = pipeline
        self.takes_clips = not any(
            isinstance(step, LoadImage) for step in pipeline.transforms)

    @torch.no_grad()
    def run(self, items: Sequence[Item]) -> List[PoseDataSample]:
        """Predict the poses of a batch.

        Args:
            items (Sequence[Item]): N people, in ascending time.

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
                crop: Optional[np.ndarray] = None, **clip: Any) -> dict:
        """Run the pipeline on frames with a person's crop.

        Args:
            item (Item): The person.
            frames (Sequence[Frame]): T frames.
            crop (np.ndarray, optional): The box to crop, (4, ). Defaults to
                None, the person's in the key frame.
            **clip: ``frame_offsets``, ``frame_valid`` and ``key_index``.

        Returns:
            dict: What the pipeline gives: ``inputs`` and ``data_samples``.
        """
        sample = dict(
            img_path=item.clip.key.name,
            img_id=item.clip.key.index,
            bbox=(item.crop if crop is None else crop)[None].astype(
                np.float32),
            bbox_score=np.array([item.score], dtype=np.float32))
        if self.takes_clips:
            sample.update(img=[frame.image for frame in frames], **clip)
        else:
            sample['img'] = item.clip.key.image
        sample.update(self.model.dataset_meta)
        return self.pipeline(sample)
