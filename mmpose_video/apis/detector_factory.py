"""Make detectors of what the caller gives."""
import os.path as osp
from typing import Any, Dict, Optional, Union

from mmpose.models.pose_estimators import BottomupPoseEstimator

from mmpose_video.models.heads import MoveNetHead, MoveNetMultiPoseHead
from mmpose_video.weights.model_zoo import find_zoo_model

from .bottom_up_detector import BottomUpDetector
from .detected_boxes import DetectedBoxes
from .followed_people import FollowedPeople
from .found_people import FoundBoxes
from .model_loading import finds_people, load_pose_model, read_config
from .model_names import resolve_model
from .movenet_crop import movenet_crop
from .movenet_detector import MoveNetDetector
from .person_boxes import BoxSource
from .protocols import PoseModel

Detector = Union[None, str, Dict, BoxSource]

#: Name by which a caller asks for MoveNet's detector.
MOVENET = 'movenet'
_FOLLOWING = ('interval', 'min_score', 'joint_thr', 'margin', 'duplicate_thr')


def make_detector(detector: Detector, model: PoseModel,
                  device: Optional[str]) -> Optional[BoxSource]:
    """Make what finds the people where no boxes are given.

    Args:
        detector (str | dict | BoxSource, optional): ``'movenet'``, the config
            of an MMDetection model or of a bottom-up one of MMPose, or a name
            of one in their model zoos, such as ``'rtmo'``; a dict of
            ``config``, one of these, and arguments of
            :class:`DetectedBoxes`, of :class:`BottomUpDetector`, or of
            :class:`MoveNetDetector` and :class:`FollowedPeople`; or a source
            of boxes as it is.
        model (PoseModel): The pose model. A bottom-up one is its own
            detector.
        device (str, optional): Where the detector runs unless it says else.

    Raises:
        FileNotFoundError: If there is no such config or checkpoint.
        TypeError: If there is no such argument.
        ValueError: If the pose model finds people by itself, or the config is
            not that of a detector.
    """
    if isinstance(model, BottomupPoseEstimator):
        return _own_people(detector, model)
    if detector is None or isinstance(detector, BoxSource):
        return detector
    options = dict(detector) if isinstance(detector, dict) else dict(
        config=detector)
    if 'config' not in options:
        raise ValueError('a detector needs its `config`; got '
                         f'{", ".join(options)} alone')
    if options['config'] != MOVENET:
        options.setdefault('device', device)
        return _from_config(**options)
    del options['config']
    following: Dict[str, Any] = {
        name: options.pop(name)
        for name in _FOLLOWING if name in options
    }
    crop = None
    if isinstance(getattr(model, 'head', None), MoveNetHead):
        crop = movenet_crop()
    return FollowedPeople(
        MoveNetDetector(**{'device': device, **options}),
        crop=crop,
        sigmas=model.dataset_meta.get('sigmas'),
        **following)


def _from_config(config: str, **options: Any) -> BoxSource:
    """Return a detector of MMDetection or of MMPose."""
    # other names without a file are MMDetection's
    if not osp.isfile(config) and find_zoo_model(config) is not None:
        found, options['checkpoint'] = resolve_model(
            config, options.get('checkpoint'))
        config = str(found)
    if osp.isfile(config) or config.endswith('.py'):
        content = read_config(config, ('model', ))
        if finds_people(content):
            model = load_pose_model(content, options.pop('checkpoint', None),
                                    options.pop('device'))
            return FoundBoxes(BottomUpDetector(model, **options))
    return DetectedBoxes(config, **options)


def _own_people(detector: Detector, model: Any) -> BoxSource:
    """Return the source of boxes and poses that a bottom-up model is."""
    multi_pose = isinstance(model.head, MoveNetMultiPoseHead)
    options = dict(detector) if isinstance(detector, dict) else {}
    name = options.pop('config', None) if isinstance(
        detector, dict) else detector
    if name is not None and not (multi_pose and name == MOVENET):
        raise ValueError('the pose model finds people by itself and takes no '
                         'other detector')
    return FoundBoxes((MoveNetDetector if multi_pose else BottomUpDetector)(
        model, **options))
