"""The base class of the checkpoint converters."""
import re
from pathlib import Path
from typing import (
    ClassVar,
    Dict,
    Iterable,
    List,
    Mapping,
    NamedTuple,
    Sequence,
    Tuple,
)

import torch
from torch import Tensor

from .rules import Rule, Translation, translate
from .weights_file import load_weights

Weights = Dict[str, Tensor]


class LeftoverError(ValueError):
    """Error raised for unknown or missing names in a checkpoint."""


class Conversion(NamedTuple):
    """The result of :meth:`Converter.convert`.

    Attributes:
        weights (dict[str, Tensor]): Weights under the names of this package.
        notes (list[str]): What was left out and why, one sentence each.
    """

    weights: Weights
    notes: List[str]


class Converter:
    """Translate the weights of one official implementation.

    A subclass states the names; most need no method of their own. Those that
    change values override :meth:`finish`, those that distinguish the stages of
    a method :meth:`check`, and those whose files are not PyTorch
    checkpoints :meth:`load`.

    Attributes:
        source (str): The implementation: repository and class.
        rules (Sequence[Rule]): See :func:`translate`.
        inside (Sequence[Rule]): See :func:`translate`.
        optional (Sequence[str]): Patterns of rules for which a checkpoint may
            have nothing.
        copies (Mapping[str, str]): Prefix of official names whose tensors are
            stored twice -> prefix of the original. Copies must be equal to
            the original and are left out.
        dropped (Sequence[tuple[str, str]]): Pattern of official names that
            the model here has no use for, and the reason.
        configs (str): The configs that the result fits, as a glob pattern.
    """

    source: ClassVar[str]
    rules: ClassVar[Sequence[Rule]]
    inside: ClassVar[Sequence[Rule]] = ()
    optional: ClassVar[Sequence[str]] = ()
    copies: ClassVar[Mapping[str, str]] = {}
    dropped: ClassVar[Sequence[Tuple[str, str]]] = ()
    configs: ClassVar[str]

    def load(self, path: Path) -> Weights:
        """Read the official weights; see :func:`load_weights`."""
        return load_weights(path)

    def convert(self,
                weights: Mapping[str, Tensor],
                allow_leftover: bool = False) -> Conversion:
        """Rename the weights of the official model.

        Args:
            weights (Mapping[str, Tensor]): Weights under official names.
            allow_leftover (bool): Leave out what has no place, and accept
                that parts are missing. Defaults to False.

        Returns:
            Conversion: Weights under the names of this package, and notes
            about what was left out.

        Raises:
            LeftoverError: If names are unknown or parts are missing.
            ValueError: If copies of one tensor differ, or :meth:`check`
                refuses the weights.
        """
        self.check(weights)
        kept, notes = self._without_copies(weights)
        kept, reasons = self._without_dropped(kept)
        notes += reasons
        renamed, unknown, unused = self.translate(kept)
        absent = [name for name in unused if name not in self.optional]
        problems = []
        if unknown:
            problems.append(
                f'names that have no place in this model:{_listed(unknown)}')
        if absent:
            problems.append(
                f'nothing in the checkpoint for:{_listed(absent)}')
        if problems and not allow_leftover:
            raise LeftoverError('\n'.join(problems))
        converted = {new: kept[old] for old, new in renamed.items()}
        return Conversion(self.finish(converted), notes + problems)

    def check(self, weights: Mapping[str, Tensor]) -> None:
        """Refuse weights by their official names or values; none by default.

        Args:
            weights (Mapping[str, Tensor]): Weights under official names.

        Raises:
            ValueError: If they are of another variant or stage, which the
                error names.
        """

    def finish(self, weights: Weights) -> Weights:
        """Adapt values; the default changes nothing.

        Args:
            weights (dict[str, Tensor]): Weights under their new names.

        Returns:
            dict[str, Tensor]: The weights of the model here.
        """
        return weights

    def translate(self, names: Iterable[str]) -> Translation:
        """Apply the rules; see :func:`translate`."""
        return translate(names, self.rules, self.inside)

    def known_share(self, names: Sequence[str]) -> float:
        """Return the share of names that belong to this layout, 0 to 1.

        A required part that is missing makes it 0.
        """
        known = [
            name for name in names
            if any(name.startswith(copy) for copy in self.copies)
            or any(re.match(pattern, name) for pattern, _ in self.dropped)
        ]
        rest = [name for name in names if name not in set(known)]
        translation = self.translate(rest)
        if set(translation.unused) - set(self.optional):
            return 0.
        return (len(known) + len(translation.renamed)) / max(len(names), 1)

    def _without_copies(
            self,
            weights: Mapping[str, Tensor]) -> Tuple[Weights, List[str]]:
        """Leave out tensors that are stored twice, after comparing them."""
        kept: Weights = {}
        count = 0
        for name, value in weights.items():
            prefix = next((p for p in self.copies if name.startswith(p)), None)
            original = None
            if prefix is not None:
                original = self.copies[prefix] + name[len(prefix):]
            if original is None or original not in weights:
                kept[name] = value
            elif _equal(value, weights[original]):
                count += 1
            else:
                raise ValueError(
                    f'`{name}` and `{original}` should be copies of one '
                    'tensor but differ; which of them was trained cannot be '
                    'known')
        notes = [f'{count} tensors are stored more than once and are equal; '
                 'one of each is kept'] if count else []
        return kept, notes

    def _without_dropped(self,
                         weights: Weights) -> Tuple[Weights, List[str]]:
        """Leave out what the model here does not use."""
        kept = dict(weights)
        notes = []
        for pattern, reason in self.dropped:
            names = [name for name in kept if re.match(pattern, name)]
            for name in names:
                del kept[name]
            if names:
                notes.append(f'left out {len(names)} tensors: {reason}')
        return kept, notes


def _equal(a: Tensor, b: Tensor) -> bool:
    """Return whether two tensors have the same values."""
    if a.shape != b.shape or a.dtype != b.dtype:
        return False
    return a.data_ptr() == b.data_ptr() or torch.equal(a, b)


def _listed(names: Sequence[str], limit: int = 12) -> str:
    """Return names on lines of their own, the first few of many."""
    lines = [f'\n  {name}' for name in names[:limit]]
    if len(names) > limit:
        lines.append(f'\n  ... and {len(names) - limit} more')
    return ''.join(lines)
