"""Initialize modules from checkpoints that are theirs."""
import logging
from typing import Dict, Mapping

from mmengine.logging import print_log
from mmengine.model.weight_init import PretrainedInit, update_init_info
from mmengine.registry import WEIGHT_INITIALIZERS
from mmengine.runner.checkpoint import CheckpointLoader, load_state_dict
from torch import Tensor, nn

from .checkpoint_match import converter_hint, match_checkpoint


@WEIGHT_INITIALIZERS.register_module(name='Pretrained', force=True)
class CheckedPretrainedInit(PretrainedInit):
    """Load the weights of a module, or refuse those of another.

    Takes the place of MMEngine's ``Pretrained``, which loads what fits,
    nothing if need be, and logs a line for each tensor that does not: a
    frozen backbone that found none of its weights stays random. Here the
    rule of :class:`CheckpointMatch` holds as for ``load_from``: a part is
    enough, and summed up in one line.

    Args:
        checkpoint (str): The file or address.
        prefix (str, optional): Of the names that belong to the module.
        map_location (str): Where to load the tensors. Defaults to 'cpu'.
    """

    def __call__(self, module: nn.Module) -> None:
        """Initialize a module.

        Args:
            module (nn.Module): The module; changed in place.

        Raises:
            ValueError: If the checkpoint has nothing under the prefix, is of
                another model or holds numbers that are not finite.
        """
        content = self._read()
        weights = self._select(content)
        match = match_checkpoint(module, weights, list(content))
        fault = match.find_fault(predicting=False)
        if fault is not None:
            raise ValueError(f'{self._source()} cannot initialize a '
                             f'{type(module).__name__}: {fault}')
        if not match.complete:
            print_log(f'{self._source()} initializes a '
                      f'{type(module).__name__} in part: {match}',
                      logger='current', level=logging.WARNING)
        load_state_dict(module, weights, strict=False, logger='silent')
        if hasattr(module, '_params_init_info'):
            update_init_info(module, init_info=self._get_init_info())

    def _read(self) -> Dict[str, Tensor]:
        """Return the weights in the checkpoint."""
        content = CheckpointLoader.load_checkpoint(
            self.checkpoint, self.map_location)
        weights = content.get('state_dict', content) if isinstance(
            content, Mapping) else {}
        weights = {
            str(name).removeprefix('module.'): value
            for name, value in weights.items() if isinstance(value, Tensor)
        } if isinstance(weights, Mapping) else {}
        if not weights:
            raise ValueError(f'{self.checkpoint} holds no weights')
        return weights

    def _select(self, weights: Dict[str, Tensor]) -> Dict[str, Tensor]:
        """Return the weights under the prefix, without it."""
        if self.prefix is None:
            return weights
        prefix = self.prefix.rstrip('.') + '.'
        selected = {
            name[len(prefix):]: value
            for name, value in weights.items() if name.startswith(prefix)
        }
        if not selected:
            others = sorted({_prefix(name) for name in weights})
            raise ValueError(
                f'{self.checkpoint} has no weights under `{prefix}`; it has '
                f'{", ".join(others[:8])}.{converter_hint(list(weights))}')
        return selected

    def _source(self) -> str:
        """Return the file and the part of it that is used."""
        return (f'{self.checkpoint}' if self.prefix is None else
                f'`{self.prefix}` of {self.checkpoint}')


def _prefix(name: str) -> str:
    """Return the part of a model that a weight belongs to."""
    parts = name.split('.')
    depth = 2 if parts[0] == 'neck' and len(parts) > 2 else 1
    return f'`{".".join(parts[:depth])}.`'
