"""Models of MMPose's model zoo, by name or alias."""
import os
import os.path as osp
import re
import urllib.error
from pathlib import Path
from typing import Dict, List, NamedTuple, Optional
from urllib.parse import urlparse

import torch
from mmengine.infer import BaseInferencer

from .checksums import sha256
from .published import WeightsError


class ZooModel(NamedTuple):
    """A model of MMPose's model zoo.

    Attributes:
        name (str): Name of its config.
        config (str): Path of its config.
        url (str): Address of its weights.
    """

    name: str
    config: str
    url: str


def find_zoo_model(name: str) -> Optional[ZooModel]:
    """Look up a model as MMPose's inferencers do.

    Args:
        name (str): Name of a config without ``.py``, or an alias such as
            ``'human'``, ``'rtmpose-l'`` or ``'vitpose-b'``; upper or lower
            case.

    Returns:
        ZooModel, optional: None if MMPose knows no such model.
    """
    folder = BaseInferencer._get_repo_or_mim_dir('mmpose')
    for entry in BaseInferencer._get_models_from_metafile(folder):
        if name.lower() in [n.lower() for n in _names(entry)]:
            weights = entry['Weights']
            return ZooModel(
                entry['Name'], osp.join(folder, entry['Config']),
                weights[0] if isinstance(weights, list) else weights)
    return None


def zoo_aliases() -> List[str]:
    """Return all aliases of MMPose's model zoo."""
    from mmpose.apis.inferencers import get_model_aliases
    aliases: Dict[str, str] = get_model_aliases('mmpose')
    return sorted(aliases)


def zoo_weights(model: ZooModel, offline: bool = False) -> Path:
    """Return the file with a model's weights; download it if need be.

    The file is kept where MMEngine keeps what it downloads, so each finds the
    other's. It is not opened here.

    Args:
        model (ZooModel): The model.
        offline (bool): Download nothing. Defaults to False.

    Raises:
        WeightsError: If it cannot be downloaded, or is damaged.
    """
    path = Path(torch.hub.get_dir()) / 'checkpoints' / osp.basename(
        urlparse(model.url).path)
    prefix = re.search(r'[-_]([a-f0-9]{8})_\d{8}\.pth$', path.name)
    if path.is_file():
        if prefix and not sha256(path).startswith(prefix[1]):
            raise WeightsError(
                f'{path} is damaged or incomplete: its checksum does not '
                f'begin with {prefix[1]}. Delete it')
        return path
    where = f'Put {model.url} to {path}'
    if offline:
        raise WeightsError(f'the weights of {model.name} are not here, and '
                           f'not fetched: offline. {where}')
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # writes to a temporary file beside it and renames that
        torch.hub.download_url_to_file(
            model.url, str(path), prefix[1] if prefix else None,
            progress=os.isatty(2))
    except (OSError, urllib.error.URLError, RuntimeError) as error:
        raise WeightsError(
            f'the weights of {model.name} cannot be fetched: {error}. '
            f'{where}') from error
    return path


def _names(entry: dict) -> List[str]:
    """Return name and aliases of an entry of the model index."""
    aliases = entry.get('Alias', [])
    return [
        entry['Name'],
        *([aliases] if isinstance(aliases, str) else aliases)
    ]
