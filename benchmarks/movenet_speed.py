r"""Measure frames per second of ways from a video to the poses of its people.

    python benchmarks/movenet_speed.py VIDEO

* this package: people followed by their poses, with detection by MultiPose in
  every tenth frame; with detection in every frame; MultiPose alone
* ``MMPoseInferencer`` with the same weights: a detector in every frame, then
  one batch of crops. It takes its detector from MMDetection, which has no
  MultiPose, so a stand-in with that interface runs it.
* ``MMPoseInferencer`` with RTMDet-m and RTMPose-m, what its alias ``human``
  means. Their weights cannot be had everywhere, so they are random: RTMDet
  runs, and MultiPose's boxes, found beforehand, take the place of its own.

Each way in turn, ``--repeats`` times, in one process. Reading, tracking and
smoothing count, files and drawing do not. Frames per second need a quiet
machine (the load is printed); the time on processors hardly does.
"""
import argparse
import itertools
import os
import os.path as osp
import platform
import statistics
import time
from typing import Any, Callable, Dict, List, Sequence, Tuple

import cv2
import mmdet
import mmpose
import numpy as np
import torch
from mmengine.structures import InstanceData
from mmpose.apis import MMPoseInferencer
from mmpose.structures import PoseDataSample

from mmpose_video.apis import VideoPoseInferencer
from mmpose_video.apis.movenet_detector import MoveNetDetector
from mmpose_video.weights import get_weights, published_config
from mmpose_video.weights.model_zoo import find_zoo_model

#: Yields the number of people of each frame of a video.
Way = Callable[[str, int], Sequence[int]]


class MultiPoseForMMPose:
    """MoveNet MultiPose with the interface of MMDetection's inferencer.

    Args:
        detector (MoveNetDetector): Finds the people.
    """

    def __init__(self, detector: MoveNetDetector) -> None:
        self.detector = detector

    def __call__(self, image: np.ndarray, **kwargs: Any) -> dict:
        """Return the people of an image (H, W, 3), BGR."""
        found = self.detector(image)
        sample = PoseDataSample()
        sample.pred_instances = InstanceData(
            bboxes=found.boxes,
            scores=found.scores,
            labels=np.zeros(len(found.boxes), dtype=int))
        return dict(predictions=[sample])


class RandomRTMDet:
    """Spends the time of RTMDet, and returns boxes that are known.

    Args:
        rtmdet (DetInferencer): A detector of random weights.
        detector (MoveNetDetector): Finds the people, once for each image.
    """

    def __init__(self, rtmdet: Any, detector: MoveNetDetector) -> None:
        self.rtmdet = rtmdet
        # chance must not let thousands of boxes through to the suppression
        rtmdet.model.test_cfg.score_thr = 0.99
        self.known: Dict[bytes, dict] = {}
        self.find = MultiPoseForMMPose(detector)

    def learn(self, video: str, frames: int) -> None:
        """Find the people of a video beforehand."""
        capture = cv2.VideoCapture(video)
        for _ in range(frames):
            read, image = capture.read()
            if not read:
                break
            self.known[image[::7, ::7].tobytes()] = self.find(image)

    def __call__(self, image: np.ndarray, **kwargs: Any) -> dict:
        """Return the people of an image (H, W, 3), BGR."""
        self.rtmdet(image, **kwargs)
        return self.known[image[::7, ::7].tobytes()]


def ours(config: str, **detector: Any) -> Way:
    """Return a way of this package."""
    infer = VideoPoseInferencer(
        config,
        device='cpu',
        detector=dict(config='movenet', **detector),
        smoother=dict(type='OneEuro'))
    return lambda video, frames: [
        len(result['predictions'][0])
        for result in infer(video, stream=dict(max_frames=frames))
    ]


def stock(inferencer: MMPoseInferencer, detector: Any) -> Way:
    """Return a way of ``MMPoseInferencer``."""
    inferencer.inferencer.detector = detector
    inferencer.inferencer.det_cat_ids = (0, )
    # a generator, which reads the video as it goes
    return lambda video, frames: [
        len(result['predictions'][0]) for result in itertools.islice(
            inferencer(video, bbox_thr=0., nms_thr=1.), frames)
    ]


def ways(video: str, frames: int, wanted: Sequence[str]) -> Dict[str, Way]:
    """Return the ways by name."""
    found: Dict[str, Way] = {}
    multi_pose = MoveNetDetector(device='cpu')
    for name in (n for n in ('thunder', 'lightning') if n in wanted):
        title = name.title()
        model = f'movenet-{name}'
        found[f'{title}, followed, detection in each 10th frame'] = ours(
            model, interval=10)
        found[f'{title}, detection in each frame'] = ours(model, interval=1)
        found[f'MMPoseInferencer, {title}, detection in each frame'] = stock(
            MMPoseInferencer(
                pose2d=str(published_config(model)),
                pose2d_weights=str(get_weights(model)),
                device='cpu',
                det_model='whole_image'), MultiPoseForMMPose(multi_pose))
    if 'human' in wanted:
        found['MMPoseInferencer, RTMDet-m and RTMPose-m (human)'] = stock(
            *_human(multi_pose, video, frames))
    if 'multipose' in wanted:
        for sizes in ([256], [256, 512]):
            words = ' and '.join(map(str, sizes))
            found[f'MultiPose alone, {words} pixels'] = ours(
                'movenet-multipose', sizes=sizes)
    return found


def _human(multi_pose: MoveNetDetector, video: str,
           frames: int) -> Tuple[MMPoseInferencer, RandomRTMDet]:
    """Return what the alias ``human`` means, and its detector."""
    human = find_zoo_model('human')
    assert human is not None
    rtmdet = osp.join(
        osp.dirname(mmdet.__file__), '.mim', 'configs', 'rtmdet',
        'rtmdet_m_8xb32-300e_coco.py')
    inferencer = MMPoseInferencer(
        pose2d=human.config, device='cpu', det_model=rtmdet, det_cat_ids=[0])
    detector = RandomRTMDet(inferencer.inferencer.detector, multi_pose)
    detector.learn(video, frames)
    return inferencer, detector


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('video')
    parser.add_argument('--frames', type=int, default=40)
    parser.add_argument('--repeats', type=int, default=3)
    parser.add_argument('--threads', type=int, default=1)
    names = ('thunder', 'lightning', 'human', 'multipose')
    parser.add_argument(
        '--models', nargs='+', choices=names, default=names)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    cv2.setNumThreads(args.threads)
    seconds: Dict[str, List[float]] = {}
    work: Dict[str, List[float]] = {}
    people: Dict[str, float] = {}
    systems = ways(args.video, args.frames, args.models)
    load = os.getloadavg()[0]
    count = 0
    for _ in range(args.repeats):
        for name, run in systems.items():
            start, busy = time.perf_counter(), time.process_time()
            counts = run(args.video, args.frames)
            count = len(counts)
            seconds.setdefault(name, []).append(
                (time.perf_counter() - start) / count)
            work.setdefault(name, []).append(
                (time.process_time() - busy) / count)
            people[name] = statistics.mean(counts)
    print(f'\n{args.video}, {count} frames; threads: {args.threads}; median '
          f'of {args.repeats}; load {load:.1f} before, '
          f'{os.getloadavg()[0]:.1f} after; {platform.machine()}, '
          f'{os.cpu_count()} cores, torch {torch.__version__}, MMPose '
          f'{mmpose.__version__}\n')
    print('| way | frames/s | processor s per frame | people per frame |\n'
          '|---|---|---|---|')
    for name, values in seconds.items():
        print(f'| {name} | {1 / statistics.median(values):.1f} | '
              f'{statistics.median(work[name]):.2f} | {people[name]:.1f} |')


if __name__ == '__main__':
    main()
