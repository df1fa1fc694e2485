"""Make detectors of what the caller gives."""
from typing import Any, Dict, Optional, Union

from mmpose_video.models.heads import MoveNetHead, MoveNetMultiPoseHead

from .detected_boxes import DetectedBoxes
from .followed_people import FollowedPeople
from .found_people import FoundBoxes
from .movenet_crop import movenet_crop
from .movenet_detector import MoveNetDetector
from .person_boxes import BoxSource
from .protocols import PoseModel

Detector = Union[None, str, Dict, BoxSource]

#: What a caller says for MoveNet's detector.
MOVENET = 'movenet'
_FOLLOWING = ('interval', 'min_score', 'joint_thr', 'margin', 'duplicate_thr')


def make_detector(detector: Detector, model: PoseModel,
                  device: Optional[str]) -> Optional[BoxSource]:
    """Make what finds the people where no boxes are given.

    Args:
        detector (str | dict | BoxSource, optional): ``'movenet'``, the config
            of an MMDetection model, a dict of ``config``, one of these, and
            arguments of :class:`DetectedBoxes`, or of
            :class:`MoveNetDetector` and :class:`FollowedPeople`; or a source
            of boxes as it is.
        model (PoseModel): The pose model. MoveNet MultiPose is its own
            detector.
        device (str, optional): Where the detector runs unless it says else.

    Raises:
        TypeError: If there is no such argument.
        ValueError: If the pose model finds people by itself.
    """
    if isinstance(getattr(model, 'head', None), MoveNetMultiPoseHead):
        return _multi_pose(detector, model)
    if detector is None or isinstance(detector, BoxSource):
        return detector
    options = dict(detector) if isinstance(detector, dict) else dict(
        config=detector)
    if options.get('config') != MOVENET:
        return DetectedBoxes(**{'device': device, **options})
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


def _multi_pose(detector: Detector, model: Any) -> BoxSource:
    """Return the source of boxes and poses that MultiPose is."""
    options = dict(detector) if isinstance(detector, dict) else {}
    if options.pop('config', MOVENET) != MOVENET or (
            isinstance(detector, str) and detector != MOVENET) or isinstance(
                detector, BoxSource):
        raise ValueError('MoveNet MultiPose finds people by itself and takes '
                         'no other detector')
    return FoundBoxes(MoveNetDetector(model, **options))
