"""Propagate labels to unlabeled frames with PoseWarper."""
from typing import Any, Callable, Dict, Optional, Tuple, Union

import numpy as np
import torch
from mmengine.config import Config
from mmengine.dataset import pseudo_collate
from mmengine.registry import init_default_scope
from mmpose.registry import DATASETS
from torch.utils.data import DataLoader

from mmpose_video.datasets.propagation import (
    DenseLabels,
    LabelPairs,
    plan_targets,
)
from mmpose_video.formats.json_file import read_json
from mmpose_video.models.necks import PoseWarpingNeck

from .model_loading import load_pose_model, read_config


class LabelPropagator:
    """Warp the labels of sparsely labeled videos to the frames between.

    "Learning Temporal Pose Estimation from Sparsely-Labeled Videos", NeurIPS
    2019, section 3.2: in the crop of a labeled person, the heatmaps of the
    labels are warped by the offsets that the network predicts from the
    difference between the heatmaps of the other frame and of the labeled
    one. A keypoint moves by the distance between the maxima of the warped and
    of the label's heatmap, so one that does not move keeps its label exactly.
    (The authors write the maximum itself, with the error of the heatmap's
    grid.)

    Args:
        config (str | Config): A config of PoseWarper.
        checkpoint (str, optional): Its weights, after the second stage.
        device (str, optional): Defaults to a GPU if there is one.
        cfg_options (dict, optional): Changes to the config.

    Raises:
        ValueError: If the model is not PoseWarper.

    Examples:
        >>> propagate = LabelPropagator('posewarper.py', 'weights.pth')
        >>> dense, counts = propagate(sparse, 'data/images/', max_distance=3)
    """

    def __init__(self,
                 config: Union[str, Config],
                 checkpoint: Optional[str] = None,
                 device: Optional[str] = None,
                 cfg_options: Optional[dict] = None) -> None:
        config = read_config(config)
        if cfg_options:
            config.merge_from_dict(cfg_options)
        neck = config.model.get('neck') or {}
        init_default_scope(config.get('default_scope', 'mmpose'))
        if neck.get('type') != PoseWarpingNeck.__name__:
            raise ValueError(
                'labels are propagated by PoseWarper; the neck of '
                f'{config.filename} is {neck.get("type")}, not '
                f'{PoseWarpingNeck.__name__}')
        self.cfg = config
        self.model: Any = load_pose_model(config, checkpoint, device)

    def __call__(
        self,
        ann_file: str,
        data_root: Optional[str] = None,
        max_distance: int = 3,
        score_thr: float = 0.2,
        batch_size: int = 32,
        num_workers: int = 0,
        progress: Optional[Callable[[int, int], None]] = None
    ) -> Tuple[Dict[str, Any], Dict[str, int]]:
        """Propagate the labels of a file.

        Args:
            ann_file (str): COCO-style labels, relative to ``data_root``.
            data_root (str, optional): Defaults to the test set's.
            max_distance (int): Largest distance to a labeled frame, in
                frames. Defaults to 3, which labels all frames where every
                seventh is labeled.
            score_thr (float): A keypoint with a lower score, the maximum of
                its warped heatmap, is written as not labeled. Labels that do
                not move have 1. Defaults to 0.2, a package default.
            batch_size (int): Persons per batch. Defaults to 32.
            num_workers (int): Processes that read frames. Defaults to 0.
            progress (Callable, optional): Called with the number of persons
                that are done and of all.

        Returns:
            tuple: The dense labels, and by name how many ``frames`` and
            ``people`` were added and how many people were ``lost``, because
            none of their keypoints was found again or the frame could not be
            read.

        Raises:
            ValueError: If no frame without labels is near enough.
        """
        dataset = self._dataset(ann_file, data_root)
        # read again: the dataset has completed the entries of its own copy
        labels = read_json(dataset.ann_file)
        prefix = dataset.data_prefix['img']
        targets = plan_targets(labels, prefix, dataset.frame_index,
                               max_distance)
        pairs = LabelPairs(dataset, targets)
        if not len(pairs):
            raise ValueError(
                f'`{ann_file}` has no labeled person within {max_distance} '
                'frames of a frame that exists and has no labels: '
                f'{len(labels["images"])} images are listed, and '
                f'{len(targets)} frames without labels are near one')
        meta = dataset.metainfo
        names = [meta['keypoint_id2name'][i]
                 for i in range(meta['num_keypoints'])]
        dense = DenseLabels(labels, prefix, names, score_thr)
        annotations = {ann['id']: ann for ann in labels['annotations']}
        done = lost = 0
        for batch in DataLoader(
                pairs, batch_size, num_workers=num_workers,
                collate_fn=pseudo_collate):
            for sample in self.predict(batch):
                done += 1
                warped = sample.pred_instances
                readable = bool(sample.frame_valid[1])
                if not (readable and dense.add(
                        annotations[sample.id], targets[sample.target_index],
                        warped.displacements[0], warped.keypoint_scores[0])):
                    lost += 1
            if progress is not None:
                progress(done, len(pairs))
        counts = dict(
            frames=sum('propagated_from' in image
                       for image in dense.images.values()),
            people=dense.added, lost=lost)
        return dense.content(), counts

    @torch.no_grad()
    def predict(self, batch: dict) -> list:
        """Warp the labels of a batch of pairs (labeled frame, target).

        Args:
            batch (dict): ``inputs``: N clips (2, 3, H, W); ``data_samples``:
                N samples with the heatmaps of their labels.

        Returns:
            list[PoseDataSample]: The samples, with the maxima of the warped
            heatmaps as ``pred_instances.keypoints`` and their
            ``displacements`` from those of the labels, both (1, K, 2) in
            pixels of the image.
        """
        model = self.model
        data = model.data_preprocessor(batch, False)
        samples = data['data_samples']
        rough = model.neck.rough_head.frame_heatmaps(
            model.extract_frame_feats(data['inputs']))
        heatmaps = torch.stack(
            [sample.gt_fields.heatmaps for sample in samples])
        warped = model.neck.warp(heatmaps, rough[:, 1] - rough[:, 0])
        for sample, old, new in zip(samples, model.head.decode(heatmaps),
                                    model.head.decode(warped)):
            scale = sample.input_scale / np.asarray(sample.input_size)
            new.displacements = (new.keypoints - old.keypoints) * scale
            sample.pred_instances = new
        return model.add_pred_to_datasample(
            [sample.pred_instances for sample in samples], None, samples)

    def _dataset(self, ann_file: str, data_root: Optional[str]) -> Any:
        """Build the labeled persons, cropped and with heatmaps."""
        cfg = self.cfg.test_dataloader.dataset.copy()
        cfg.pop('bbox_file', None)
        if data_root is not None:
            cfg.data_root = data_root
        cfg.ann_file = ann_file
        pipeline = [dict(step) for step in cfg.pipeline]
        pipeline.insert(
            len(pipeline) - 1,
            dict(type='GenerateTarget', encoder=dict(self.cfg.codec)))
        cfg.update(pipeline=pipeline, test_mode=True, clip_sampler=None)
        return DATASETS.build(cfg)
