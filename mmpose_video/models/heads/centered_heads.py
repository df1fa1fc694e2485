"""Regression heads for coordinates relative to the middle of the image."""
from typing import Any, Union

from mmpose.models.heads import (
    DSNTHead,
    IntegralRegressionHead,
    RegressionHead,
    RLEHead,
)
from mmpose.registry import MODELS
from mmpose.utils.typing import InstanceList, OptConfigType, SampleList

from mmpose_video.codecs import (
    CenteredIntegralRegressionLabel,
    CenteredRegressionLabel,
)

CENTERED = (CenteredRegressionLabel, CenteredIntegralRegressionLabel)


class CenteredMixin:
    """Flip test and ranges for :class:`CenteredRegressionLabel`.

    MMPose mirrors coordinates as x -> 1 - x. Centered coordinates need
    x -> -x, so the mean over both passes is off by half of 1, which becomes
    half of the input's width when decoded: it is subtracted there. Heads
    that compute coordinates as expectations over ``linspace_x`` and
    ``linspace_y`` get these shifted.
    """

    decoder: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not isinstance(self.decoder, CENTERED):
            raise ValueError(
                f'{type(self).__name__} needs a `decoder` of type '
                f'{" or ".join(cls.__name__ for cls in CENTERED)}, got '
                f'{type(self.decoder).__name__}')
        for name in ('linspace_x', 'linspace_y'):
            if hasattr(self, name):
                getattr(self, name).data -= self.decoder.offset

    def predict(self,
                feats: Any,
                batch_data_samples: SampleList,
                test_cfg: OptConfigType = None
                ) -> Union[InstanceList, tuple]:
        """Predict keypoints; see the class that this is mixed into."""
        test_cfg = test_cfg or {}
        results = super().predict(  # type: ignore[misc]
            feats, batch_data_samples, test_cfg)
        if test_cfg.get('flip_test', False):
            instances = results[0] if isinstance(results, tuple) else results
            width = self.decoder.input_size[0]
            for instance in instances:
                # the flipped half is off by twice the offset
                instance.keypoints[..., 0] -= width * self.decoder.offset
        return results

    def _load_from_state_dict(self, state_dict: dict, prefix: str,
                              *args: Any) -> None:
        """Refuse the ranges of a model on (0, 1), which load in silence."""
        found = state_dict.get(f'{prefix}linspace_x')
        if found is not None and found.min() >= 0:
            raise RuntimeError(
                'this checkpoint is of a head with coordinates in (0, 1), '
                f'{type(self).__name__} has them around 0')
        super()._load_from_state_dict(  # type: ignore[misc]
            state_dict, prefix, *args)


@MODELS.register_module()
class CenteredRegressionHead(CenteredMixin, RegressionHead):
    """:class:`RegressionHead` with centered coordinates."""


@MODELS.register_module()
class CenteredRLEHead(CenteredMixin, RLEHead):
    """:class:`RLEHead` with centered coordinates."""

    @property
    def default_init_cfg(self) -> dict:
        """dict: MMPose's for ``fc``; the flow keeps its own values."""
        return dict(type='Normal', override=dict(
            type='Normal', name='fc', std=0.01, bias=0))


@MODELS.register_module()
class CenteredIntegralRegressionHead(CenteredMixin, IntegralRegressionHead):
    """:class:`IntegralRegressionHead` with centered coordinates."""


@MODELS.register_module()
class CenteredDSNTHead(CenteredMixin, DSNTHead):
    """:class:`DSNTHead` with centered coordinates."""
