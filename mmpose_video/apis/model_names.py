"""Find models by the names of MMPose's model zoo."""
import os
import os.path as osp
from typing import Optional, Tuple, Union

from mmengine.config import Config
from mmengine.logging import print_log

from mmpose_video.weights.model_zoo import (
    find_zoo_model,
    zoo_aliases,
    zoo_weights,
)

ConfigLike = Union[str, os.PathLike, Config]


def resolve_model(
        config: ConfigLike,
        checkpoint: Optional[str] = None
) -> Tuple[ConfigLike, Optional[str]]:
    """Return config and weights of a model of MMPose's model zoo.

    Args:
        config (str | Config): Name or alias of a model, as MMPose's
            inferencers take them, such as ``'human'`` or ``'vitpose-b'``.
            Paths and configs are returned as they are.
        checkpoint (str, optional): Weights. Defaults to None, the published
            ones, which are downloaded unless MMEngine's cache has them.

    Returns:
        tuple: The config or its path, and the path of the weights, None for
        none.

    Raises:
        FileNotFoundError: If there is no such file or model.
        WeightsError: If the weights cannot be downloaded.
    """
    if isinstance(config, Config):
        return config, checkpoint
    name = os.fspath(config)
    if osp.exists(name) or name.endswith('.py') or osp.dirname(name):
        return name, checkpoint
    model = find_zoo_model(name)
    if model is None:
        raise FileNotFoundError(
            f"there is no config `{name}`, and MMPose's model zoo has no "
            'such model. It has the aliases '
            f'{", ".join(zoo_aliases())}, and the names of all its configs')
    if checkpoint is None:
        checkpoint = str(zoo_weights(model))
    print_log(f'`{name}` is {model.name} with the weights `{checkpoint}`',
              'current')
    return model.config, checkpoint
