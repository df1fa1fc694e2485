"""Kinds of localization errors in PoseTrack's units."""
from typing import Any, Dict, Optional

from mmengine.logging import print_log
from mmpose.registry import METRICS

from mmpose_video.formats.pose_table import PoseTable

from ..functional.error_classes import format_shares, report_shares
from ..functional.posetrack_errors import analyze_errors
from .posetrack_ap import PoseTrackAP


@METRICS.register_module()
class PoseTrackErrorKinds(PoseTrackAP):
    """Shares of the kinds of errors as ``mmpose-video analyze`` counts them.

    People are paired and distances measured (in head sizes) as PoseTrack
    does, so a good keypoint is one that counts as right in
    :class:`PoseTrackAP`. The metric returns what :class:`PoseErrorKinds`
    returns, and 'AP if no <kind>', the AP in percent if the keypoints of one
    kind lay where they belong.

    Args:
        **kwargs: See :class:`PoseTrackAP`; ``prefix`` is by default
            'errors'.
    """

    default_prefix: Optional[str] = 'errors'

    def _measure(self, gt: PoseTable, pred: PoseTable,
                 info: Dict[str, Any]) -> Dict[str, float]:
        """Sort the errors; see :meth:`PoseTrackAP._measure`."""
        result = analyze_errors(gt, pred)
        print_log(
            f"Kinds of errors ({info['boxes']} boxes, {info['labels']})\n"
            f'{format_shares(result)}',
            logger='current')
        return dict(
            report_shares(result, self.per_joint), **{
                f'AP if no {kind}': value
                for kind, value in result['ap_if_mended'].items()
            })
