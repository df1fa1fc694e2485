"""A video neck that trains with a mutual-information objective."""
from typing import Any, ClassVar, Collection, Dict, Mapping, Optional

from mmpose.registry import MODELS
from mmpose.utils.typing import ConfigType, OptConfigType, SampleList
from torch import Tensor

from mmpose_video.structures import stack_target_heatmaps

from ..losses import MutualInfoLoss
from .base_video_neck import BaseVideoNeck, Context


class MutualInfoNeck(BaseVideoNeck):
    """Base class of necks whose tensors a :class:`MutualInfoLoss` compares.

    A subclass calls :meth:`_set_objective` at the end of its constructor. The
    terms of the objective may name every tensor of the context that
    :meth:`fuse` returns, the predicted ``heatmaps`` and the ground truth,
    ``target``.

    Args:
        **kwargs: See :class:`BaseVideoNeck`.

    Attributes:
        published_objective (dict): Arguments of :class:`MutualInfoLoss` that
            repeat the method's public code; the defaults of
            ``mode='published'``.
        sound_objective (dict): Defaults of the other modes.
    """

    published_objective: ClassVar[ConfigType] = {}
    sound_objective: ClassVar[ConfigType] = {}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.mi_loss: Optional[MutualInfoLoss] = None

    @property
    def uses_heatmaps(self) -> bool:
        """bool: Whether a term compares with the predicted heatmaps."""
        return self.mi_loss is not None and self.mi_loss.needs('heatmaps')

    def _set_objective(self,
                       mi: OptConfigType,
                       channels: Mapping[str, int],
                       num_keypoints: int,
                       removed: Collection[str] = ()) -> None:
        """Build the objective.

        Args:
            mi (dict, optional): Arguments of :class:`MutualInfoLoss` without
                ``channels``. None for no objective.
            channels (dict[str, int]): Channels of the context's tensors.
            num_keypoints (int): K.
            removed (Collection[str]): Tensors that this variant of the method
                does not have. Terms that name one of them are left out.
        """
        if mi is None:
            return
        defaults = (
            self.published_objective
            if mi.get('mode') == 'published' else self.sound_objective)
        config = {'type': 'MutualInfoLoss', **defaults, **mi}
        config['terms'] = [
            term for term in config['terms']
            if not {term.get('x'), term.get('y')} & set(removed)
        ]
        if config['terms']:
            labels = dict.fromkeys(('heatmaps', 'target'), num_keypoints)
            self.mi_loss = MODELS.build({
                **config, 'channels': {**channels, **labels}
            })

    def loss(self,
             context: Context,
             data_samples: SampleList,
             heatmaps: Optional[Tensor] = None) -> Dict[str, Tensor]:
        """Compute the mutual-information objective, if there is one.

        Args:
            context (dict[str, Tensor]): As :meth:`fuse` returned it. Tensors
                of shape (N * S, C, h, w) hold S maps per clip, side by side.
            data_samples (list[PoseDataSample]): The N annotations.
            heatmaps (Tensor, optional): The prediction, (N, K, h, w).

        Returns:
            dict[str, Tensor]: See :class:`MutualInfoLoss`.
        """
        if self.mi_loss is None:
            return {}
        labels: Dict[str, Tensor] = {}
        if self.mi_loss.needs('target'):
            labels['target'] = stack_target_heatmaps(data_samples)
        if heatmaps is not None:
            labels['heatmaps'] = heatmaps
        maps_per_clip = len(context['key']) // len(data_samples)
        return self.mi_loss({
            **context,
            **{
                name: label.repeat_interleave(maps_per_clip, 0)
                for name, label in labels.items()
            }
        })
