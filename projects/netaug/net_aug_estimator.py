"""A model that is trained twice in each step."""
from contextlib import contextmanager
from typing import Any, Iterator

from mmengine.logging import MessageHub
from mmpose.registry import MODELS
from mmpose.utils.typing import SampleList
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from mmpose_video.models.pose_estimators import TopdownVideoPoseEstimator


@MODELS.register_module()
class NetAugEstimator(TopdownVideoPoseEstimator):
    """Train a tiny network together with wider ones that contain it.

    "Network Augmentation for Tiny Deep Learning", ICLR 2022: the loss of a
    step is that of the tiny network plus ``alpha`` times that of a random
    wider one. In the second half of the training only expansions vary.
    Testing runs the tiny network, and so do all other tools.

    Only the tiny network's pass updates the running statistics of batch
    normalization. (The authors update them in both and estimate them anew
    after the training.)

    Args:
        alpha (float): Weight of the wider network's losses. Defaults to 1.
        **kwargs: See :class:`TopdownVideoPoseEstimator`; ``backbone`` must
            have ``augmented``, as :class:`NetAugMobileNetV2` has.

    Raises:
        ValueError: If the backbone cannot be augmented.
    """

    def __init__(self, *args: Any, alpha: float = 1., **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not hasattr(self.backbone, 'augmented'):
            raise ValueError(
                f'{type(self.backbone).__name__} has no wider networks; use '
                'NetAugMobileNetV2')
        self.alpha = alpha

    def loss(self, inputs: Tensor, data_samples: SampleList) -> dict:
        """Compute the losses of the tiny and of a wider network.

        Args:
            inputs (Tensor): (N, T, 3, H, W) or (N, 3, H, W).
            data_samples (list[PoseDataSample]): The annotations.

        Returns:
            dict: The tiny network's losses, and the wider one's with
            ``aug.`` before their names.
        """
        losses = super().loss(inputs, data_samples)
        with _kept_statistics(self), self.backbone.augmented(
                vary_width=not self._in_second_half()):
            wider = super().loss(inputs, data_samples)
        losses.update({
            f'aug.{name}': self.alpha * value
            for name, value in wider.items() if 'loss' in name
        })
        return losses

    @staticmethod
    def _in_second_half() -> bool:
        """Return whether half of the iterations are done."""
        hub = MessageHub.get_current_instance()
        done, total = (hub.get_info(key, 0) for key in ('iter', 'max_iters'))
        return 2 * done >= total > 0


@contextmanager
def _kept_statistics(model: nn.Module) -> Iterator[None]:
    """Normalize by batches without updating running statistics."""
    layers = [module for module in model.modules()
              if isinstance(module, _BatchNorm)]
    momenta = [layer.momentum for layer in layers]
    for layer in layers:
        layer.momentum = 0.
    try:
        yield
    finally:
        for layer, momentum in zip(layers, momenta):
            layer.momentum = momentum
