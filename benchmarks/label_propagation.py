r"""Measure propagated labels on rendered clips whose every frame is labeled.

Every seventh frame of the validation videos keeps its labels; PoseWarper
propagates them to the frames between, up to three frames away. The truth of
these frames is known. Beside it: the label of the labeled frame as it is,
and what the single-frame head predicts in the same crop::

    mmpose-video render data/synthetic/dense \
        --difficulty hard --videos 1 --val-videos 30 --frames 16 \
        --labeled-every 1 --seed 1
    python benchmarks/label_propagation.py CONFIG CHECKPOINT \
        data/synthetic/dense

A keypoint counts as right within half the head's size, as in PoseTrack.
"""
import argparse
import json
import tempfile
from pathlib import Path
from typing import Any, Dict, List, Tuple

import numpy as np
import torch

from mmpose_video.apis.label_propagator import LabelPropagator

EVERY, HEAD_SHARE = 7, 0.6


class Recorder(LabelPropagator):
    """Record what the single-frame head predicts, too."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.alone: Dict[Tuple[int, int], np.ndarray] = {}

    @torch.no_grad()
    def predict(self, batch: dict) -> list:
        """Predict the target frame from its own heatmaps, then propagate."""
        model = self.model
        data = model.data_preprocessor(
            dict(inputs=[clip[1:] for clip in batch['inputs']],
                 data_samples=batch['data_samples']), False)
        rough = model.neck.rough_head.frame_heatmaps(
            model.extract_frame_feats(data['inputs']))
        samples = model.add_pred_to_datasample(
            model.head.decode(rough[:, 0]), None, data['data_samples'])
        for sample in samples:
            self.alone[sample.id, sample.target_index] = (
                sample.pred_instances.keypoints[0].copy())
        propagated = super().predict(batch)
        for sample in propagated:
            key = sample.id, int(sample.frame_offsets[1])
            self.alone[key] = self.alone.pop((sample.id,
                                              sample.target_index))
        return propagated


def sparse_labels(dense: dict) -> dict:
    """Keep the labels of every seventh frame of each video."""
    kept = {image['id'] for image in dense['images']
            if int(Path(image['file_name']).stem) % EVERY == EVERY // 2}
    return dict(
        dense,
        images=[dict(image, is_labeled=image['id'] in kept)
                for image in dense['images']],
        annotations=[ann for ann in dense['annotations']
                     if ann['image_id'] in kept])


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument('config')
    parser.add_argument('checkpoint')
    parser.add_argument('data', type=Path)
    args = parser.parse_args()
    labels = args.data / 'annotations' / 'posetrack18_val.json'
    truth = json.loads(labels.read_text())
    with tempfile.TemporaryDirectory() as folder:
        sparse = Path(folder) / 'sparse.json'
        sparse.write_text(json.dumps(sparse_labels(truth)))
        propagate = Recorder(args.config, args.checkpoint)
        dense, counts = propagate(
            str(sparse), str(args.data), EVERY // 2, score_thr=0.)
    people = {(ann['image_id'], ann['track_id']): ann
              for ann in truth['annotations']}
    sources = {ann['id']: ann for ann in truth['annotations']}
    frames = {image['id']: int(Path(image['file_name']).stem)
              for image in truth['images']}
    rows: Dict[str, Dict[int, List[bool]]] = {}
    for ann in dense['annotations']:
        if 'propagated_from' not in ann:
            continue
        source = sources[ann['propagated_from']]
        offset = frames[ann['image_id']] - frames[source['image_id']]
        real = people.get((ann['image_id'], ann['track_id']))
        if real is None:  # has left the picture
            continue
        found = dict(
            propagated=points(ann)[:, :2], copied=points(source)[:, :2],
            predicted=propagate.alone[source['id'], offset])
        head = HEAD_SHARE * np.hypot(*real['bbox_head'][2:])
        seen = (points(real)[:, 2] > 0) & (points(ann)[:, 2] > 0)
        for name, value in found.items():
            error = np.linalg.norm(value - points(real)[:, :2], axis=1)[seen]
            rows.setdefault(name, {}).setdefault(abs(offset), []).extend(
                error <= head / 2)
    print(f'{counts}; joints within half the head size, in percent\n')
    print('| label | 1 frame | 2 frames | 3 frames | all |')
    print('| --- | --- | --- | --- | --- |')
    for name, by_distance in rows.items():
        cells = [np.mean(by_distance[d]) for d in sorted(by_distance)]
        cells.append(np.mean(sum(by_distance.values(), [])))
        print(f'| {name} | ' + ' | '.join(f'{100 * c:.1f}' for c in cells)
              + ' |')


def points(ann: dict) -> np.ndarray:
    """Return the keypoints of an annotation, (K, 3)."""
    return np.reshape(ann['keypoints'], (-1, 3))


if __name__ == '__main__':
    main()
