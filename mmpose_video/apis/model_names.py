"""Find models by their names: MoveNet's, and MMPose's model zoo."""
import os
import os.path as osp
from typing import Optional, Tuple, Union

from mmengine.config import Config
from mmengine.logging import print_log

from mmpose_video.weights import PUBLISHED, get_weights, published_config
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
    """Return config and weights of a published model.

    Args:
        config (str | Config): ``'movenet-lightning'``,
            ``'movenet-thunder'``, ``'movenet-multipose'``, or name or alias
            of a model of MMPose's model zoo, as MMPose's inferencers take
            them, such as ``'human'`` or ``'vitpose-b'``. Paths and configs
            are returned as they are.
        checkpoint (str, optional): Weights. Defaults to None, the published
            ones, which are downloaded unless MMEngine's cache has them.

    Returns:
        tuple: The config or its path, and the path of the weights, None for
        none.

    Raises:
        FileNotFoundError: If there is no such file or model.
        WeightsError: If the weights cannot be obtained.
    """
    if isinstance(config, Config):
        return config, checkpoint
    name = os.fspath(config)
    if osp.exists(name) or name.endswith('.py') or osp.dirname(name):
        return name, checkpoint
    if name in PUBLISHED:
        return published_config(name), checkpoint or str(get_weights(name))
    model = find_zoo_model(name)
    if model is None:
        raise FileNotFoundError(
            f"there is no config `{name}`, and MMPose's model zoo has no "
            f'such model. There are {", ".join(PUBLISHED)}, and of MMPose '
            'the aliases '
            f'{", ".join(zoo_aliases())}, and the names of all its configs')
    if checkpoint is None:
        checkpoint = str(zoo_weights(model))
    print_log(f'`{name}` is {model.name} with the weights `{checkpoint}`',
              'current')
    return model.config, checkpoint
