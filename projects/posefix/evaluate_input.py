r"""Evaluate the poses that a config would refine, as they are.

What PoseFix brings is the difference to its own result::

    python -m projects.posefix.evaluate_input CONFIG \
        --cfg-options test_dataloader.dataset.input_pose=data/input_pose
"""
import argparse
from typing import Any, Dict, Optional, Sequence

from mmengine.config import Config, DictAction
from mmengine.registry import init_default_scope
from mmpose.registry import DATASETS, METRICS


def evaluate_input(cfg: Config) -> Dict[str, Any]:
    """Evaluate ``input_pose`` of the test dataset by the test evaluator.

    Args:
        cfg (Config): A config of PoseFix. With ``previous_frame`` the poses
            are those of the frame before, unmoved.

    Returns:
        dict[str, float]: The metrics.
    """
    init_default_scope('mmpose')
    dataset = DATASETS.build(dict(cfg.test_dataloader.dataset, pipeline=[]))
    metric = METRICS.build(cfg.test_evaluator)
    metric.dataset_meta = dataset.metainfo
    for index in range(len(dataset)):
        info = dataset.get_data_info(index)
        metric.process({}, [dict(
            id=info['id'],
            img_id=info['img_id'],
            gt_instances=dict(bboxes=info['bbox'],
                              bbox_scores=info['bbox_score']),
            pred_instances=dict(keypoints=info['keypoints'],
                                keypoint_scores=info['input_scores']))])
    return metric.evaluate(len(dataset))


def main(argv: Optional[Sequence[str]] = None) -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('config')
    parser.add_argument('--cfg-options', nargs='+', action=DictAction,
                        default={})
    args = parser.parse_args(argv)
    cfg = Config.fromfile(args.config)
    cfg.merge_from_dict(args.cfg_options)
    for name, value in evaluate_input(cfg).items():
        print(f'{name} {value:.2f}')


if __name__ == '__main__':
    main()
