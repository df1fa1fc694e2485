r"""Write a file of poses with synthesized errors for labeled people.

It is the input that PoseFix was trained for, as ``input_pose`` of a test::

    python -m projects.posefix.synthesize_results \
        data/synthetic/hard/annotations/posetrack18_val.json synthesized.json

Scores are 1: nothing tells the good keypoints from the bad ones.
"""
import argparse
from collections import defaultdict
from typing import Any, Dict, List, Optional, Sequence

import numpy as np
from mmengine.registry import init_default_scope

from mmpose_video.formats.json_file import read_json, write_json
from mmpose_video.formats.posetrack_writer import prediction_file

from .datasets import PoseFixPoseTrack18Dataset
from .error_synthesizer import ErrorSynthesizer


def synthesize_results(ann_file: str, seed: int = 0) -> Dict[str, Any]:
    """Draw a pose for each labeled person, in pixels of the image.

    Args:
        ann_file (str): Labels in PoseTrack18's layout.
        seed (int): Of NumPy's random numbers. Defaults to 0.

    Returns:
        dict: A file of predictions in PoseTrack's layout.
    """
    init_default_scope('mmpose')
    dataset = PoseFixPoseTrack18Dataset(ann_file=ann_file, pipeline=[])
    people: Dict[Any, List[dict]] = defaultdict(list)
    np.random.seed(seed)
    synthesizer = None
    for index in range(len(dataset)):
        info = dataset.get_data_info(index)
        if synthesizer is None:
            synthesizer = ErrorSynthesizer(info['keypoint_names'],
                                           info['sigmas'])
        near = np.array(info['roles']) == 'near'
        visible = info['keypoints_visible'] > 0
        sides = info['bbox'][0, 2:] - info['bbox'][0, :2]
        points, kinds = synthesizer(
            info['keypoints'][0].astype(np.float64), visible[0],
            info['keypoints'][near].astype(np.float64), visible[near],
            float(sides.prod()), int(visible[0].sum()))
        people[info['img_id']].append(dict(
            points=points, present=kinds >= 0,
            scores=np.ones(len(points)), score=1.))
    return prediction_file(read_json(ann_file)['images'], people, {})


def main(argv: Optional[Sequence[str]] = None) -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('ann_file', help="labels in PoseTrack18's layout")
    parser.add_argument('out', help='JSON file')
    parser.add_argument('--seed', type=int, default=0)
    args = parser.parse_args(argv)
    write_json(synthesize_results(args.ann_file, args.seed), args.out)
    print(f'wrote {args.out}')


if __name__ == '__main__':
    main()
