"""A weighted sum of mutual-information terms."""
from typing import (
    Dict,
    List,
    Literal,
    Mapping,
    Optional,
    Sequence,
    Tuple,
    cast,
)

import torch
from mmengine.model import BaseModule, initialize
from mmpose.registry import MODELS
from mmpose.utils.typing import ConfigType, OptConfigType
from torch import Tensor, nn

from .mi_estimator import MIEstimator
from .mi_term import MITerm
from .weight_warmup import WeightWarmup

LABELS = ('heatmaps', 'target')


@MODELS.register_module()
class MutualInfoLoss(BaseModule):
    r"""Raise or lower the information that feature maps share.

    .. math::
        L = \alpha \, r(t) \sum_k s_k w_k I_k(x_k; y_k)

    with the loss weight alpha, the warm-up r, and for each term its weight w
    and its sign s: plus for a term to be minimized, minus for a term to be
    maximized. ``mode`` selects the estimator of I:

    * ``'bounds'``: terms to be minimized use an upper bound, terms to be
      maximized a lower bound, so the objective always bounds the quantity it
      stands for. A term to be minimized stops at zero: information is never
      negative, and the error of an imperfect bound must not be exploited.
    * ``'symmetric_kl'``: agreement of spatial distributions, without learned
      parts; see :class:`SpatialSymmetricKL`.
    * ``'published'``: the estimator of the published code, with ``x``
      detached; :class:`PublishedMI` says why it is not the default.

    The last two compare channel by channel. Where one side is a label
    (``'heatmaps'`` or ``'target'``) and the other a feature map, the feature
    passes ``label_layer``, a frozen 1x1 convolution: in the published code,
    the final layer of the pretrained single-frame model.

    All parameters and buffers serve the training only (``training_only``):
    checkpoints for testing need not contain them.

    Args:
        terms (Sequence[dict]): Arguments of :class:`MITerm`: ``x``, ``y``,
            ``goal`` ('min' or 'max'), and optionally ``weight``, ``name``,
            ``detach`` and ``estimator``.
        channels (dict[str, int]): Number of channels of each tensor that the
            terms name.
        mode (str): Defaults to ``'bounds'``.
        loss_weight (float): The factor alpha. Defaults to 1e-4 (package
            default, not the paper's): a few nats of information then weigh
            about as much as the heatmap loss at the end of a training.
        warmup_iters (int): Number of iterations over which the weight grows
            from zero. Defaults to 500 (package default, not the paper's).
        fit_weight (float): Weight of the estimators' own loss, whose
            gradients never reach the features. With Adam its size hardly
            matters; a small one keeps it from dominating the gradient norm
            that is used for clipping.
            Defaults to 0.01 (package default, not the paper's).
        upper (dict, optional): Estimator of terms to be minimized in mode
            'bounds'. Defaults to None, ``dict(type='CLUBUpperBound')``.
        lower (dict, optional): Estimator of terms to be maximized. Defaults
            to None, ``dict(type='InfoNCELowerBound')``.
        label_init (dict, optional): Initialization of ``label_layer``, as in
            ``dict(type='Pretrained', checkpoint=..., prefix=
            'head.final_layer.')``. Defaults to None, random weights, to be
            loaded with a checkpoint.

    Examples:
        >>> import torch
        >>> loss = MutualInfoLoss(
        ...     terms=[dict(x='useful', y='noisy', goal='min')],
        ...     channels=dict(useful=8, noisy=8))
        >>> maps = torch.rand(2, 2, 8, 12, 9)
        >>> sorted(loss(dict(useful=maps[0], noisy=maps[1])))
        ['loss_mi_fit', 'loss_mi_useful_noisy', 'mi_useful_noisy']
    """

    #: Checkpoints for testing may lack the tensors of such modules.
    training_only = True

    def __init__(
        self,
        terms: Sequence[ConfigType],
        channels: Mapping[str, int],
        mode: Literal['bounds', 'symmetric_kl', 'published'] = 'bounds',
        loss_weight: float = 1e-4,
        warmup_iters: int = 500,
        fit_weight: float = 0.01,
        upper: OptConfigType = None,
        lower: OptConfigType = None,
        label_init: OptConfigType = None
    ) -> None:
        super().__init__()
        if mode not in ('bounds', 'symmetric_kl', 'published'):
            raise ValueError("`mode` must be 'bounds', 'symmetric_kl' or "
                             f"'published', got {mode!r}")
        self.mode = mode
        self.loss_weight = loss_weight
        self.fit_weight = fit_weight
        self.warmup = WeightWarmup(warmup_iters)
        self.label_init = label_init
        self.label_layer: Optional[nn.Conv2d] = None
        self.terms: List[MITerm] = []
        self.estimators = nn.ModuleDict()
        defaults = {
            'min': upper or dict(type='CLUBUpperBound'),
            'max': lower or dict(type='InfoNCELowerBound')
        }
        for config in terms:
            term = MITerm(**{
                'detach': ('x', ) if mode == 'published' else (),
                **config
            })
            if term.name in self.estimators:
                raise ValueError(f'two terms are called {term.name!r}; give '
                                 'them a `name`')
            self._check_channels(term, channels)
            self.terms.append(term)
            self.estimators[term.name] = self._build_estimator(
                term, channels, defaults[term.goal])

    @staticmethod
    def _check_channels(term: MITerm, channels: Mapping[str, int]) -> None:
        """Check that the tensors of a term exist."""
        for name in (term.x, term.y):
            if name not in channels:
                raise ValueError(
                    f'term {term.name!r} names the tensor {name!r}; the '
                    f'method has {sorted(channels)}')

    def _build_estimator(self, term: MITerm, channels: Mapping[str, int],
                         default: ConfigType) -> nn.Module:
        """Build the estimator of a term, and the label layer if needed."""
        x_channels, y_channels = channels[term.x], channels[term.y]
        config = dict(term.estimator or {
            'bounds': default,
            'symmetric_kl': dict(type='SpatialSymmetricKL'),
            'published': dict(type='PublishedMI'),
        }[self.mode])
        if self._is_channelwise(config):
            if x_channels != y_channels:
                self._add_label_layer(term, x_channels, y_channels)
        else:
            config.update(x_channels=x_channels, y_channels=y_channels)
        estimator = MODELS.build(config)
        if term.wrong_bound(estimator.bound):
            raise ValueError(
                f'term {term.name!r} has the goal {term.goal!r}, but '
                f'{type(estimator).__name__} is a bound from the other side: '
                'its optimum says nothing about the information')
        return estimator

    @staticmethod
    def _is_channelwise(config: ConfigType) -> bool:
        """Return whether an estimator compares channel with channel."""
        cls = config['type']
        cls = MODELS.get(cls) if isinstance(cls, str) else cls
        return getattr(cls, 'channelwise', False)

    def _add_label_layer(self, term: MITerm, x_channels: int,
                         y_channels: int) -> None:
        """Build the layer that maps a feature to a label, once."""
        if term.y not in LABELS or term.x in LABELS:
            raise ValueError(
                f'term {term.name!r} compares {x_channels} with {y_channels} '
                f'channels; mode {self.mode!r} supports that only for a '
                'feature x and a label y')
        if self.label_layer is None:
            self.label_layer = nn.Conv2d(x_channels, y_channels, 1)
            self.label_layer.requires_grad_(False)
        elif self.label_layer.in_channels != x_channels:
            raise ValueError('all features that are compared with labels '
                             'must have the same number of channels')

    def init_weights(self) -> None:
        """Initialize the parts, and ``label_layer`` by ``label_init``."""
        super().init_weights()
        if self.label_layer is not None and self.label_init is not None:
            initialize(self.label_layer, self.label_init)

    def needs(self, name: str) -> bool:
        """Return whether a term uses the tensor of that name."""
        return any(name in (term.x, term.y) for term in self.terms)

    def forward(self, tensors: Mapping[str, Tensor]) -> Dict[str, Tensor]:
        """Compute all terms.

        Args:
            tensors (Mapping[str, Tensor]): Maps (N, C, h, w) by name.

        Returns:
            dict[str, Tensor]: ``loss_mi_<name>``, the weighted term;
            ``mi_<name>``, its estimate for the log; and ``loss_mi_fit``, the
            estimators' own loss, if they learn.
        """
        missing = [
            name for term in self.terms for name in (term.x, term.y)
            if name not in tensors
        ]
        if missing:
            raise KeyError(f'the mutual-information terms need {missing}, '
                           f'got {sorted(tensors)}')
        scale = self.loss_weight * self.warmup()
        losses: Dict[str, Tensor] = {}
        fit: Optional[Tensor] = None
        for term in self.terms:
            estimator = cast(MIEstimator, self.estimators[term.name])
            x, y = self._inputs(term, tensors)
            value = estimator(x, y)
            losses[f'mi_{term.name}'] = value.detach()
            if estimator.bound == 'upper':
                value = value.clamp(min=0)
            losses[f'loss_mi_{term.name}'] = term.factor * value * scale
            own = estimator.fit(x, y) if self.training else None
            if own is not None:
                fit = own if fit is None else fit + own
        if fit is not None:
            losses['loss_mi_fit'] = self.fit_weight * fit
        return losses

    def _inputs(self, term: MITerm,
                tensors: Mapping[str, Tensor]) -> Tuple[Tensor, Tensor]:
        """Return the two sides of a term."""
        x, y = tensors[term.x], tensors[term.y]
        if 'x' in term.detach:
            x = x.detach()
        if 'y' in term.detach:
            y = y.detach()
        if (self.label_layer is not None and x.shape[1] != y.shape[1]
                and self.estimators[term.name].channelwise):
            with torch.autocast(x.device.type, enabled=False):
                x = self.label_layer(x.to(self.label_layer.weight.dtype))
        return x, y
