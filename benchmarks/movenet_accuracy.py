r"""Measure the accuracy of the published MoveNets on annotated frames.

Lightning and Thunder on ground-truth boxes and on those of MultiPose, and
MultiPose by itself; on the frames as they are, in grey, in pseudo infrared and
at low resolution::

    python benchmarks/movenet_accuracy.py \
        --posetrack data/posetrack18 --jhmdb data/jhmdb/test_jhmdb_sub1.json

prints the rows of docs/movenet.md. AP is COCO's over the OKS of the keypoints
that MoveNet and the labels share, with all people for which there are
labels; the area of a person is 0.53 times that of the box, as where there are
no masks. PCK is the share of keypoints within 0.2 of the length of the torso
(from the left shoulder to the right hip), of people with a labeled torso;
keypoints of people who were not found are wrong.
"""
import argparse
import glob
import json
import os.path as osp
import platform
import sys
from typing import Any, Callable, Dict, List, NamedTuple, Sequence

import cv2
import mmcv
import numpy as np
import torch
from mmcv.transforms import Compose
from mmengine.registry import init_default_scope
from xtcocotools.coco import COCO
from xtcocotools.cocoeval import COCOeval

from mmpose_video.apis import VideoPoseInferencer
from mmpose_video.apis.found_people import FoundBoxes
from mmpose_video.apis.movenet_detector import MoveNetDetector
from mmpose_video.formats.keypoints import COCO_KEYPOINTS

_TORSO = COCO_KEYPOINTS.index('left_shoulder'), COCO_KEYPOINTS.index(
    'right_hip')
#: COCO's sigmas.
_SIGMAS = np.array([.26, .25, .25, .35, .35, .79, .79, .72, .72, .62, .62,
                    1.07, 1.07, .87, .87, .89, .89]) / 10
#: Views of the frames, as transforms of one image.
VIEWS: Dict[str, List[dict]] = {
    'as they are': [],
    'grey': [dict(type='mmcv.RandomGrayscale', prob=1., keep_channels=True,
                  channel_weights=(.114, .587, .299))],
    'pseudo infrared': [dict(type='PseudoInfrared', seed=0)],
    'resolution 1/2': [dict(type='DegradeResolution', factor=2)],
    'resolution 1/4': [dict(type='DegradeResolution', factor=4)],
}


class Labeled(NamedTuple):
    """An annotated frame.

    Attributes:
        image (np.ndarray): (H, W, 3) uint8, BGR.
        boxes (np.ndarray): (P, 4), x1, y1, x2, y2.
        keypoints (np.ndarray): (P, 17, 3) in COCO's order, the last one is 0
            where there is no label.
    """

    image: np.ndarray
    boxes: np.ndarray
    keypoints: np.ndarray


class Poses(NamedTuple):
    """Predicted people: (Q, 17, 2), (Q, 17) and (Q, )."""

    keypoints: np.ndarray
    keypoint_scores: np.ndarray
    scores: np.ndarray


def read_frames(ann_file: str, root: str) -> List[Labeled]:
    """Read the labeled frames of a COCO-style file that exist."""
    with open(ann_file) as file:
        content = json.load(file)
    names = content['categories'][0]['keypoints']
    columns = [names.index(name) if name in names else -1
               for name in COCO_KEYPOINTS]
    frames = []
    for image in content['images']:
        path = osp.join(root, image['file_name'])
        people = [a for a in content['annotations']
                  if a['image_id'] == image['id'] and 'bbox' in a
                  and any(a['keypoints'][2::3])]
        if not osp.isfile(path) or not people:
            continue
        keypoints = np.array(
            [a['keypoints'] for a in people], float).reshape(
                len(people), -1, 3)
        keypoints = np.concatenate(
            [keypoints, np.zeros((len(people), 1, 3))], 1)[:, columns]
        boxes = np.array([a['bbox'] for a in people], float)
        boxes[:, 2:] += boxes[:, :2]
        frames.append(Labeled(mmcv.imread(path), boxes, keypoints))
    return frames


def top_down(name: str, detector: Any
             ) -> Callable[[np.ndarray, np.ndarray], Poses]:
    """Return a function that predicts the people in boxes of an image."""
    infer = VideoPoseInferencer(name, device='cpu',
                                detector=FoundBoxes(detector))

    def predict(image: np.ndarray, boxes: np.ndarray) -> Poses:
        result, = infer([image], boxes=[boxes])
        people = result['predictions'][0]
        # the score of a person as MMPose's: box times mean of the keypoints
        return Poses(
            np.array([p['keypoints'] for p in people]).reshape(-1, 17, 2),
            np.array([p['keypoint_scores']
                      for p in people]).reshape(-1, 17),
            np.array([p['bbox_score'] * np.mean(p['keypoint_scores'])
                      for p in people]))

    return predict


def average_precision(frames: Sequence[Labeled],
                      found: Sequence[Poses]) -> float:
    """Return COCO's AP in percent."""
    images = [dict(id=i) for i in range(len(frames))]
    truth, results = [], []
    for i, (frame, poses) in enumerate(zip(frames, found)):
        for box, keypoints in zip(frame.boxes, frame.keypoints):
            wide, high = box[2:] - box[:2]
            truth.append(dict(
                id=len(truth) + 1, image_id=i, category_id=1, iscrowd=0,
                bbox=[*box[:2], wide, high], area=0.53 * wide * high,
                keypoints=keypoints.ravel().tolist(),
                num_keypoints=int((keypoints[:, 2] > 0).sum())))
        for k, scores, score in zip(*poses):
            results.append(dict(
                image_id=i, category_id=1, score=float(score),
                keypoints=np.column_stack([k, scores]).ravel().tolist()))
    if not results:
        return 0.
    coco = COCO()
    coco.dataset = dict(
        images=images, annotations=truth, categories=[dict(id=1)])
    coco.createIndex()
    evaluation = COCOeval(coco, coco.loadRes(results), 'keypoints', _SIGMAS)
    evaluation.evaluate()
    evaluation.accumulate()
    evaluation.summarize()
    return 100 * float(evaluation.stats[0])


def pck(frames: Sequence[Labeled], found: Sequence[Poses],
        share: float = 0.2) -> float:
    """Return the share of correct keypoints in percent."""
    right = total = 0
    for frame, poses in zip(frames, found):
        free = list(range(len(poses.keypoints)))
        for person in frame.keypoints:
            seen = person[:, 2] > 0
            if not seen[list(_TORSO)].all():
                continue
            total += seen.sum()
            torso = np.hypot(*(person[_TORSO[0], :2] - person[_TORSO[1], :2]))
            far = [np.hypot(*(poses.keypoints[q] - person[:, :2]).T)[seen]
                   for q in free]
            if far:  # the pose with the most keypoints in place, once only
                hits = [(d < share * torso).sum() for d in far]
                right += max(hits)
                if max(hits):
                    free.pop(int(np.argmax(hits)))
    return 100 * right / max(total, 1)


def viewed(frames: Sequence[Labeled], steps: List[dict]) -> List[Labeled]:
    """Return the frames in another view."""
    change = Compose(steps)
    return [frame._replace(image=change(dict(img=frame.image.copy()))['img'])
            for frame in frames]


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--posetrack', metavar='FOLDER')
    parser.add_argument('--jhmdb', metavar='FILE')
    args = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    init_default_scope('mmpose')
    sets: Dict[str, List[Labeled]] = {}
    if args.posetrack:
        files = sorted(glob.glob(osp.join(
            args.posetrack, 'annotations', 'val', '*.json')))
        sets['PoseTrack18'] = [frame for file in files
                               for frame in read_frames(file, args.posetrack)]
    if args.jhmdb:
        sets['Sub-JHMDB'] = read_frames(args.jhmdb, osp.dirname(args.jhmdb))
    if not any(sets.values()):
        sys.exit('there are no labeled frames')
    detector = MoveNetDetector(device='cpu')
    small = MoveNetDetector(device='cpu', sizes=[256])
    models = {name: top_down(f'movenet-{name}', detector)
              for name in ('lightning', 'thunder')}

    def in_all_ways(frame: Labeled) -> Dict[str, Poses]:
        both, one = detector(frame.image), small(frame.image)
        ways = {}
        for name, predict in models.items():
            ways[f'{name.title()} | ground truth'] = predict(
                frame.image, frame.boxes)
            ways[f'{name.title()} | MultiPose'] = predict(
                frame.image, np.column_stack([both.boxes, both.scores]))
        for words, found in (('256 and 512', both), ('256', one)):
            ways[f'MultiPose, {words} | own'] = Poses(
                found.keypoints, found.keypoint_scores, found.scores)
        return ways

    lines = []
    for title, frames in sets.items():
        people = sum(len(frame.boxes) for frame in frames)
        lines += [f'\n{title}: {len(frames)} frames, {people} people\n',
                  '| model | boxes | view | AP | PCK@0.2 |',
                  '|---|---|---|---|---|']
        for view, steps in VIEWS.items():
            changed = viewed(frames, steps)
            each = [in_all_ways(frame) for frame in changed]
            for way in each[0]:
                found = [ways[way] for ways in each]
                lines.append(
                    f'| {way} | {view} | '
                    f'{average_precision(changed, found):.1f} | '
                    f'{pck(changed, found):.1f} |')
    print('\n'.join(lines))
    print(f'\n{platform.processor() or platform.machine()}, torch '
          f'{torch.__version__}, MoveNet of the npm package 3.0.4')


if __name__ == '__main__':
    main()
