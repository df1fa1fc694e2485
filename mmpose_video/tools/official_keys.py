"""What the official implementations call the parameters of this package.

A rule is a regular expression and what takes the place of its match. The
rules of a method match the start of a name, up to a dot or its end; the first
one that does decides.
"""
import re
from typing import Callable, Dict, List, Match, Sequence, Tuple, Union

Replacement = Union[str, Callable[[Match], str]]
Rule = Tuple[str, Replacement]


def counted_from_one(template: str) -> Callable[[Match], str]:
    """A replacement whose indices count from 0 instead of from 1."""

    def replace(match: Match) -> str:
        return template.format(*(int(group) - 1 for group in match.groups()))

    return replace


#: DCPose, class ``DcPose_RSN``.
DCPOSE: List[Rule] = [
    (r'rough_pose_estimation_net\.final_layer',
     'neck.rough_head.final_layer'),
    (r'rough_pose_estimation_net', 'backbone'),
    (r'support_temporal_fuse\.layers\.(\d+)', r'neck.merge.\1'),
    (r'diff_temporal_fuse\.layers\.(\d+)', r'neck.residual.\1'),
    (r'offset_mask_combine_conv\.layers\.(\d+)', r'neck.guide.\1'),
    (r'offsets_list\.(\d+)\.0', r'neck.corrections.\1.offset_conv'),
    (r'masks_list\.(\d+)\.0', r'neck.corrections.\1.mask_conv'),
    (r'modulated_deform_conv_list\.(\d+)\.deform_conv',
     r'neck.corrections.\1.deform_conv'),
]

#: FAMI-Pose, class ``Alignment_V15``.
FAMI: List[Rule] = [
    (r'hrnet\.final_layer', 'neck.mi_loss.label_layer'),
    (r'hrnet', 'backbone'),
    (r'feat_global_offset_layers\.0\.layers', 'neck.transform.block'),
    (r'feat_global_offset_layers\.([1-5])',
     counted_from_one('neck.transform.convs.{}')),
    # 6 flattens
    (r'feat_global_offset_layers\.7', 'neck.transform.mlp.0'),
    (r'feat_global_offset_layers\.8', 'neck.transform.mlp.1'),
    (r'feat_global_offset_layers\.9', 'neck.transform.mlp.2'),
    (r'sup_agg_block\.layers', 'neck.merge'),
    (r'combined_feat_layers\.layers', 'neck.calibrate.combine'),
    (r'dcn_offset_([1-4])\.conv',
     counted_from_one('neck.calibrate.stages.{}.offset_conv')),
    (r'dcn_mask_([1-4])\.conv',
     counted_from_one('neck.calibrate.stages.{}.mask_conv')),
    (r'dcn_([1-4])', counted_from_one('neck.calibrate.stages.{}.deform_conv')),
    (r'init_feature_agg_block\.layers', 'neck.aggregate'),
    (r'agg_final_layer', 'head.final_layer'),
]

OFFICIAL_KEYS: Dict[str, List[Rule]] = dict(dcpose=DCPOSE, fami=FAMI)

#: Inside a residual steps block and inside a ``conv_bn_relu``; no other part
#: of either model has such names.
INSIDE: List[Rule] = [
    (r'\.conv_bn_relu1\.', '.expand.'),
    (r'\.conv_bn_relu2_(\d)_(\d)\.', counted_from_one('.branches.{}.{}.')),
    (r'\.conv_bn_relu3\.', '.fuse.'),
    (r'\.downsample\.(?=conv\.|bn\.)', '.shortcut.'),
    (r'\.conv\.(?=weight$|bias$)', '.0.'),
    (r'\.bn\.', '.1.'),
]


def rename_keys(
        keys: Sequence[str],
        method: str) -> Tuple[Dict[str, str], List[str], List[str]]:
    """Translate the names in an official checkpoint.

    Args:
        keys (Sequence[str]): The names.
        method (str): A key of ``OFFICIAL_KEYS``.

    Returns:
        tuple: Our name by official name; official names that no rule knows;
        and the rules (their patterns) for which there is nothing.
    """
    rules = OFFICIAL_KEYS[method]
    renamed: Dict[str, str] = {}
    unknown: List[str] = []
    unused = {pattern for pattern, _ in rules}
    for key in keys:
        for pattern, replacement in rules:
            name, count = re.subn(rf'^{pattern}(?=\.|$)', replacement, key)
            if count:
                unused.discard(pattern)
                renamed[key] = _rename_inside(name)
                break
        else:
            unknown.append(key)
    return renamed, unknown, sorted(unused)


def _rename_inside(name: str) -> str:
    """Apply the rules for what is below the modules of a neck."""
    if name.startswith('neck.'):
        for pattern, replacement in INSIDE:
            name = re.sub(pattern, replacement, name)
    return name
