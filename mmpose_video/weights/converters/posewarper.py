"""Official weights of PoseWarper, of two code bases."""
from typing import ClassVar, Mapping

from torch import Tensor

from .converter import Converter
from .hrnet import HRNET_MODULES
from .rules import counted_from_one


class _SecondStage(Converter):
    """Base of the layouts of the second stage.

    Attributes:
        offsets (str): Start of the names of the convolutions that predict
            offsets.
        first_stage (str): The layout of the first stage's weights.
    """

    configs = 'configs/posewarper/posewarper_hrnet-w48_*'
    offsets: ClassVar[str]
    first_stage: ClassVar[str]

    def check(self, weights: Mapping[str, Tensor]) -> None:
        """Refuse weights of the first stage, which has no warping."""
        offsets = [value for name, value in weights.items()
                   if name.startswith(self.offsets)]
        if any(value.any() for value in offsets):
            return
        renamed = self.translate(weights).renamed.values()
        if offsets or 'neck.rough_head.final_layer.weight' in renamed:
            found = 'are all 0' if offsets else 'are absent'
            raise ValueError(
                'this is a single-frame model, as the first stage leaves it: '
                f'the weights `{self.offsets}*`, which the second stage '
                f'trains, {found}. The layout `{self.first_stage}` converts '
                'it, and the second stage starts from the result. To test '
                "PoseWarper, convert the second stage's file")


class PoseWarperConverter(_SecondStage):
    """PoseWarper of MMPose 0.21 to 0.29, after the second stage."""

    source = 'open-mmlab/mmpose v0.21 to v0.29, class PoseWarper'
    offsets = 'neck.offset_layers.'
    first_stage = 'posewarper-stage1'
    rules = (
        (r'backbone', 'backbone'),
        (r'neck\.trans_layer', 'neck.rough_head.final_layer'),
        (r'neck\.offset_feats', 'neck.difference'),
        (r'neck\.offset_layers\.(\d+)', r'neck.warps.\1.offset_conv'),
        (r'neck\.deform_conv_layers\.(\d+)', r'neck.warps.\1.deform_conv'),
    )


class PoseWarperStage1Converter(Converter):
    """The single-frame model in any of MMPose's PoseWarper checkpoints.

    The published file of the first stage has the names of the second stage's
    model; a file that MMPose's first stage writes has those of a single-frame
    model. The second stage leaves these weights as they are.
    """

    source = 'the same, single-frame part, of either stage'
    configs = 'configs/posewarper/posewarper-stage1_hrnet-w48_*'
    dropped = ((r'neck\.(offset_feats|offset_layers|deform_conv_layers)\.',
                "the second stage's warping"), )
    rules = (
        (r'backbone', 'backbone'),
        (r'(neck\.trans_layer|keypoint_head\.final_layer)',
         'head.final_layer'),
    )


class FacebookPoseWarperConverter(_SecondStage):
    """PoseWarper of its authors, after the second stage."""

    source = 'facebookresearch/PoseWarper, class PoseHighResolutionNet'
    offsets = 'offsets'
    first_stage = 'hrnet'
    rules = (
        (r'final_layer', 'neck.rough_head.final_layer'),
        (r'offset_feats', 'neck.difference'),
        (r'offsets([1-5])', counted_from_one('neck.warps.{}.offset_conv')),
        (r'deform_conv([1-5])', counted_from_one('neck.warps.{}.deform_conv')),
        (HRNET_MODULES, r'backbone.\1'),
    )
