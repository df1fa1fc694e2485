"""Person boxes from a detector."""
import os.path as osp
from typing import Optional, Sequence

import numpy as np
from mmengine.logging import print_log

from mmpose_video.engine.checkpoint_match import match_checkpoint
from mmpose_video.utils import one_line
from mmpose_video.utils.weights_file import read_checkpoint

from .frame_source import Frame
from .person_boxes import BoxSource, People, make_people


class DetectedBoxes(BoxSource):
    """Boxes from an MMDetection model.

    Args:
        config (str): Path of its config, or a name of MMDetection's model
            zoo, such as ``'rtmdet-tiny'``.
        checkpoint (str, optional): Its weights. Defaults to None: the
            published ones of a named model, which are downloaded, and for
            others random weights, with a warning.
        device (str, optional): Where it runs.
        categories (Sequence[int]): Labels that are people. Defaults to (0, ),
            COCO's.
        score_thr (float): Drop boxes with a lower score. Defaults to 0.3.
        nms_thr (float): Of boxes that overlap more, keep the best. Defaults
            to 0.3, MMPose's.

    Raises:
        FileNotFoundError: If there is no such checkpoint.
        ImportError: If MMDetection or what it needs is not installed.
        ValueError: If the checkpoint cannot be read or is another model's, or
            if the config is not that of a detector.
    """

    empty_hint = 'the detector finds none above its `score_thr`'

    def __init__(self,
                 config: str,
                 checkpoint: Optional[str] = None,
                 device: Optional[str] = None,
                 categories: Sequence[int] = (0, ),
                 score_thr: float = 0.3,
                 nms_thr: float = 0.3) -> None:
        # before the model, which takes longer
        content = None if checkpoint is None else read_checkpoint(checkpoint)
        try:
            from mmdet.apis import DetInferencer

            # some builds of MMDetection import what they need only here
            self.model = DetInferencer(
                model=config,
                weights=checkpoint,
                device=device,
                scope='mmdet',
                show_progress=False)
        except ImportError as error:
            raise ImportError(
                f'a detector needs MMDetection, which cannot be imported: '
                f'{error}') from error
        except (AttributeError, KeyError, TypeError) as error:
            raise ValueError(
                f'no detector of MMDetection can be built from `{config}`: '
                f'{one_line(error)}') from error
        if content is None and osp.isfile(config):  # names have weights
            print_log(
                'the detector has no checkpoint: its weights are random, and '
                'its boxes mean nothing', 'current', 30)
        elif content is not None:
            fault = match_checkpoint(self.model.model, content).find_fault(
                predicting=False)
            if fault is not None:
                raise ValueError(f'`{checkpoint}` cannot be used for the '
                                 f'detector: {fault}')
        self.categories = list(categories)
        self.score_thr = score_thr
        self.nms_thr = nms_thr

    def __call__(self, frame: Frame) -> People:
        """See :class:`BoxSource`."""
        from mmengine.registry import DefaultScope
        from mmpose.evaluation.functional import nms
        with DefaultScope.overwrite_default_scope('mmdet'):
            sample = self.model(
                frame.image, return_datasamples=True)['predictions'][0]
        found = sample.pred_instances.cpu().numpy()
        boxes = np.concatenate([found.bboxes, found.scores[:, None]], axis=1)
        chosen = np.isin(found.labels, self.categories) & (
            found.scores >= self.score_thr)
        boxes = boxes[chosen]
        return make_people(boxes[nms(boxes, self.nms_thr)], frame.image)
