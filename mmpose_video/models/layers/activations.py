"""Mish, HardMish, and replacing the activations of a built model."""
from typing import Type, Union

from mmcv.cnn import build_activation_layer
from mmengine.registry import MODELS as ROOT_MODELS
from torch import Tensor, nn


# mmcv's ``ConvModule`` builds activations from the root registry and passes
# ``inplace=True`` to all types that it does not know, hence the argument.
@ROOT_MODELS.register_module(force=True)
class Mish(nn.Mish):
    """Mish activation, x tanh(softplus(x)) (Misra, arXiv:1908.08681).

    Args:
        inplace (bool): See :class:`torch.nn.Mish`. Defaults to False.
    """


@ROOT_MODELS.register_module()
class HardMish(nn.Module):
    """Piecewise quadratic stand-in for Mish: x/2 · min(2, max(0, x + 2)).

    It is 0 below -2, the identity above 0, and has its minimum of -0.5 at -1
    (Mish: -0.309 at -1.19).

    Args:
        inplace (bool): Accepted because mmcv passes it to every activation;
            it has no effect. Defaults to False.

    Examples:
        >>> HardMish()(torch.tensor([-3., -1., 1.]))
        tensor([ 0.0000, -0.5000,  1.0000])
    """

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()

    def forward(self, x: Tensor) -> Tensor:
        """Return the activation of a tensor of any shape."""
        return 0.5 * x * (x + 2).clamp(0, 2)


def swap_activations(module: nn.Module,
                     to: Union[dict, str],
                     frm: Type[nn.Module] = nn.ReLU) -> int:
    """Replace all activations of a type within a module, in place.

    HRNet and ResNet build ``nn.ReLU`` themselves and take no ``act_cfg``.
    Activations have no parameters, so the state dict keeps its keys. Weights
    that were trained with the former activation lose their meaning.

    Args:
        module (nn.Module): The model or a part of it.
        to (dict | str): Config of the new activation, or its registered name.
        frm (type): Type to replace. Defaults to ``nn.ReLU``.

    Returns:
        int: The number of replaced modules. A module that is used twice, as
        in ResNet's blocks, counts once.

    Raises:
        KeyError: If no activation of that name is registered.
    """
    cfg = dict(type=to) if isinstance(to, str) else dict(to)
    count = 0
    for parent in list(module.modules()):
        for name, child in list(parent.named_children()):
            if type(child) is frm:
                setattr(parent, name, build_activation_layer(cfg))
                count += 1
    return count
