"""Online distillation among several copies of a head."""
import copy
import math
from typing import Any, Dict, List, Optional, Sequence, Tuple

import torch
from mmengine.logging import MessageHub
from mmengine.model import ModuleList
from mmpose.models.heads import HeatmapHead, RTMCCHead, SimCCHead
from mmpose.models.heads.base_head import BaseHead
from mmpose.registry import MODELS
from mmpose.utils.typing import (
    ConfigType,
    InstanceList,
    OptConfigType,
    SampleList,
)
from torch import Tensor

from ..layers.feature_aggregation import FeatureAggregation

#: Heatmaps, or a pair of SimCC's vectors.
Output = Any
ENSEMBLES = ('mean', 'fau')
KD_DEFAULTS = dict(weight=5., ramp_epochs=60, beta=1., detach=False)


@MODELS.register_module()
class OnlineDistillHead(BaseHead):
    r"""Branches that learn from the labels and from their own ensemble.

    After OKDHP (`Online Knowledge Distillation for Efficient Pose Estimation
    <https://arxiv.org/abs/2108.02092>`_), around any head whose loss is
    ``loss_module(outputs, targets, weights)``: heatmaps or SimCC::

        loss_kpt = sum over branches of the head's loss
        loss_ens = ens_weight * the head's loss of the ensemble
        loss_kd  = weight * ramp * sum over branches of
                   KL(softmax(beta ensemble) || softmax(beta output))

    The divergence is summed over keypoints and cells, and divided by N and
    the number of cells; ramp = exp(-5 (1 - epoch / ramp_epochs)^2). Raw maps
    in [0, 1] are almost uniform after a softmax, which is what the paper has;
    ``beta`` sharpens both.

    The first branch alone predicts. ``mmpose-video convert-checkpoint
    online-distill IN OUT`` keeps it as a plain head (without ``trunk``).

    Any config of a head becomes one of this by two keys: ``type`` moves to
    ``branch``, and ``type='OnlineDistillHead'``.

    Args:
        branch (str): Type of the branches. Defaults to 'HeatmapHead'.
        num_branches (int): B. Defaults to 3.
        trunk (dict, optional): Config of a layer (N, C, h, w) -> (N, C, h, w)
            in front of each branch. Defaults to None.
        ensemble (str): 'mean', or 'fau' for weights per keypoint from the
            shared features. Defaults to 'fau'.
        ens_weight (float): Defaults to 6, as published.
        kd (dict): Sets ``weight`` (5), ``ramp_epochs`` (60; 0 for no ramp),
            ``beta`` (1), ``detach`` (False: as in the published code,
            gradients reach the ensemble through the divergence as well).
        groups (Sequence[Sequence[int]]): Additional branches on the
            concatenated trunk outputs of several branches. Defaults to none.
        **head: Arguments of the branches.

    Raises:
        ValueError: If the head is of another kind, or an option does not
            exist or fit.
    """

    def __init__(self,
                 branch: str = 'HeatmapHead',
                 num_branches: int = 3,
                 trunk: OptConfigType = None,
                 ensemble: str = 'fau',
                 ens_weight: float = 6.,
                 kd: Optional[Dict[str, Any]] = None,
                 groups: Sequence[Sequence[int]] = (),
                 init_cfg: OptConfigType = None,
                 **head: Any) -> None:
        super().__init__(init_cfg)
        head['type'] = branch
        kd = dict(kd or {})
        unknown = kd.keys() - KD_DEFAULTS.keys()
        if unknown:
            raise ValueError(f'`kd` has no {sorted(unknown)}, only '
                             f'{sorted(KD_DEFAULTS)}')
        if ensemble not in ENSEMBLES:
            raise ValueError(f'`ensemble` must be one of {ENSEMBLES}, got '
                             f'{ensemble!r}')
        if num_branches < 1:
            raise ValueError('there must be a branch, got `num_branches='
                             f'{num_branches}`')
        if groups and trunk is None:
            raise ValueError('`groups` concatenate the outputs of trunks: set '
                             '`trunk`')
        if any(not 0 <= i < num_branches for group in groups for i in group):
            raise ValueError(f'`groups` {groups} name branches beyond '
                             f'{num_branches}')
        self.groups = [tuple(group) for group in groups]
        # mmengine's list, which passes `init_weights` on
        self.branches = ModuleList(
            MODELS.build(cfg) for cfg in self._branch_cfgs(
                head, num_branches))
        if not isinstance(self.branches[0],
                          (HeatmapHead, SimCCHead, RTMCCHead)):
            raise ValueError(
                'online distillation wraps heads of heatmaps or SimCC, not '
                f'{type(self.branches[0]).__name__}')
        self.trunks = (None if trunk is None else ModuleList(
            MODELS.build(trunk) for _ in range(num_branches)))
        first = self.branches[0]
        self.in_channels = first.in_channels
        self.out_channels = first.out_channels
        self.decoder = first.decoder
        self.weigh = None
        if ensemble == 'fau' and len(self.branches) > 1:
            self.weigh = FeatureAggregation(
                self.in_channels, self.out_channels, len(self.branches))
        self.ens_weight = ens_weight
        self.kd = {**KD_DEFAULTS, **kd}

    def _branch_cfgs(self, head: ConfigType,
                     num_branches: int) -> List[ConfigType]:
        """Return the configs of all branches, those of groups last."""
        cfgs = [copy.deepcopy(head) for _ in range(num_branches)]
        for group in self.groups:
            cfg = copy.deepcopy(head)
            cfg['in_channels'] = len(group) * head['in_channels']
            cfgs.append(cfg)
        return cfgs

    def forward(self, feats: Tuple[Tensor, ...]) -> Output:
        """Return the output of the first branch."""
        return self._head(0).forward(self._trunk(feats, 0))

    def predict(self,
                feats: Any,
                batch_data_samples: SampleList,
                test_cfg: OptConfigType = None) -> InstanceList:
        """Predict with the first branch; see :meth:`BaseHead.predict`."""
        if self.trunks is not None:
            feats = ([self._trunk(part, 0) for part in feats] if isinstance(
                feats, list) else self._trunk(feats, 0))
        return self._head(0).predict(feats, batch_data_samples,
                                     test_cfg or {})

    def loss(self,
             feats: Tuple[Tensor, ...],
             batch_data_samples: SampleList,
             train_cfg: OptConfigType = None) -> Dict[str, Tensor]:
        """Compute the losses of all branches and of their ensemble.

        Args:
            feats (tuple[Tensor]): Feature maps of shape (N, C, h, w).
            batch_data_samples (list[PoseDataSample]): The annotations.
            train_cfg (dict): Not used.

        Returns:
            dict[str, Tensor]: ``loss_kpt``; with more than one branch
            ``loss_ens`` and ``loss_kd`` as well.
        """
        outputs = self._outputs(feats)
        targets = self._targets(batch_data_samples)
        losses: Dict[str, Any] = dict(
            loss_kpt=sum(
                self._total(self._head(i).loss_module(out, *targets))
                for i, out in enumerate(outputs)))
        if len(outputs) == 1:
            return losses
        ensemble = self.ensemble_of(outputs, feats)
        losses['loss_ens'] = self.ens_weight * self._total(
            self._head(0).loss_module(ensemble, *targets))
        weight = targets[-1].reshape(*targets[-1].shape[:2], -1)[..., 0]
        losses['loss_kd'] = self.kd['weight'] * self._ramp() * sum(
            self.divergence(ensemble, out, weight) for out in outputs)
        return losses

    def ensemble_of(self, outputs: Sequence[Output],
                    feats: Tuple[Tensor, ...]) -> Output:
        """Return the weighted mean of the branches' outputs.

        Args:
            outputs (Sequence): Outputs of the branches: maps (N, K, h, w), or
                x and y (N, K, bins).
            feats (tuple[Tensor]): Shared features.
        """
        weights = None if self.weigh is None else self.weigh(feats[-1])

        def mean(parts: Sequence[Tensor]) -> Tensor:
            stacked = torch.stack(tuple(parts))
            if weights is None:
                return stacked.mean(0)
            shape = (*weights.shape, *(1, ) * (stacked.dim() - 3))
            return (stacked * weights.reshape(shape)).sum(0)

        if isinstance(outputs[0], tuple):
            return tuple(mean(axis) for axis in zip(*outputs))
        return mean(outputs)

    def divergence(self, ensemble: Output, output: Output,
                   weight: Tensor) -> Any:
        """Return KL(ensemble || output), see the class.

        Args:
            ensemble (Tensor | tuple[Tensor]): The target.
            output (Tensor | tuple[Tensor]): A branch's output.
            weight (Tensor): (N, K); keypoints of weight 0 do not count.
        """
        if isinstance(ensemble, tuple):
            return sum(
                self.divergence(a, b, weight)
                for a, b in zip(ensemble, output))
        target = ensemble.flatten(2) * self.kd['beta']
        if self.kd['detach']:
            target = target.detach()
        log_target = target.log_softmax(-1)
        log_output = (output.flatten(2) * self.kd['beta']).log_softmax(-1)
        terms = log_target.exp() * (log_target - log_output)
        seen = (weight > 0).to(terms).unsqueeze(-1)
        return (terms * seen).sum() / (terms.shape[0] * terms.shape[2])

    def _trunk(self, feats: Tuple[Tensor, ...], i: int) -> tuple:
        """Return the features that branch i reads."""
        if self.trunks is None:
            return feats
        return (*feats[:-1], self.trunks[i](feats[-1]))

    def _head(self, i: int) -> Any:
        """Return the head of branch i."""
        return self.branches[i]

    def _outputs(self, feats: Tuple[Tensor, ...]) -> List[Output]:
        """Return the outputs of all branches, those of groups last."""
        count = len(self.branches) - len(self.groups)
        read = [self._trunk(feats, i) for i in range(count)]
        for group in self.groups:
            read.append((torch.cat([read[i][-1] for i in group], dim=1), ))
        return [
            self._head(i).forward(part) for i, part in enumerate(read)
        ]

    def _targets(self, samples: SampleList) -> tuple:
        """Return targets and weights as the branches' loss takes them."""
        labels = [sample.gt_instance_labels for sample in samples]
        weights = torch.cat([label.keypoint_weights for label in labels])
        if isinstance(self.branches[0], HeatmapHead):
            maps = torch.stack(
                [sample.gt_fields.heatmaps for sample in samples])
            return maps, weights
        return (torch.cat([label.keypoint_x_labels for label in labels]),
                torch.cat([label.keypoint_y_labels
                           for label in labels])), weights

    def _ramp(self) -> float:
        """Return the factor of the distillation in this epoch."""
        ramp = self.kd['ramp_epochs']
        if not ramp:
            return 1.
        hub = MessageHub.get_current_instance()
        epoch = hub.get_info('epoch', 0) or 0
        return math.exp(-5 * max(0., 1 - epoch / ramp)**2)

    @staticmethod
    def _total(loss: Any) -> Any:
        """Return the sum of a loss that may be a list of terms."""
        return sum(loss) if isinstance(loss, list) else loss
