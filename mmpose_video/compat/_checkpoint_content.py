"""Bounds on the containers of a checkpoint, and the arrays in them.

Plain containers can do harm by their shape alone. A list inside a list, a
thousand times, ends in a RecursionError when it is copied. A tuple that
holds another one twice, thirty times over, takes 1 kB in a file and 2^30
steps to hash or to copy, as neither remembers tuples that it has seen.
"""
import contextlib
import pickle
from typing import Any, Dict, Iterator, Tuple

from torch import _weights_only_unpickler

from ._checkpoint_globals import Array, Dtype

# MMEngine's own checkpoints stay below 10 levels, and their tuples below
# 100 entries.
MAX_DEPTH = 100
MAX_ENTRIES = 100_000


class _BoundedMemo(Dict[int, Any]):
    """Refuse tuples that hold too much, before anything is done with them.

    The memo is a pickle's only way to use an object twice.
    """

    def __init__(self) -> None:
        super().__init__()
        self._sizes: Dict[int, int] = {}  # the memo keeps the tuples alive

    def __setitem__(self, index: int, item: Any) -> None:
        super().__setitem__(index, item)
        if type(item) is tuple:
            self._sizes[id(item)] = self._size(item, 0)

    def _size(self, item: tuple, depth: int) -> int:
        """Count the entries as often as a copy would visit them."""
        known = self._sizes.get(id(item))
        if known is not None:
            return known
        if depth > MAX_DEPTH:
            raise pickle.UnpicklingError(_TOO_DEEP)
        size = len(item) + sum(
            self._size(value, depth + 1) for value in item
            if type(value) is tuple)
        if size > MAX_ENTRIES:
            raise pickle.UnpicklingError(
                f'it holds a tuple of more than {MAX_ENTRIES} entries, '
                'counted through the tuples inside')
        return size


_TOO_DEEP = f'it holds containers nested more than {MAX_DEPTH} levels deep'


@contextlib.contextmanager
def bounded_tuples() -> Iterator[None]:
    """Bound the tuples that torch's weights-only reader builds."""
    reader = _weights_only_unpickler.Unpickler
    original = reader.__init__

    def init(self: Any, *args: Any, **kwargs: Any) -> None:
        original(self, *args, **kwargs)
        self.memo = _BoundedMemo()

    reader.__init__ = init  # type: ignore[method-assign]
    try:
        yield
    finally:
        reader.__init__ = original  # type: ignore[method-assign]


def resolve(content: Any) -> Any:
    """Replace the stand-ins of arrays by the arrays.

    Args:
        content (Any): What torch returned: containers, tensors, stand-ins.

    Returns:
        Any: The same containers, filled with arrays, as far as they can be
        changed in place; tuples are rebuilt where they hold one.

    Raises:
        pickle.UnpicklingError: If an array is incomplete, or containers are
            nested too deeply.
    """
    return _resolve(content, {}, 0)


def _resolve(node: Any, seen: Dict[int, Tuple[Any, Any]], depth: int) -> Any:
    """Resolve one node; ``seen`` holds each container and its result."""
    if isinstance(node, Array):
        if node.value is None:
            raise pickle.UnpicklingError('it holds a numpy array without data')
        return node.value
    if isinstance(node, Dtype):
        return node.dtype
    if not isinstance(node, (dict, list, tuple)):
        return node
    if id(node) in seen:
        return seen[id(node)][1]
    if depth > MAX_DEPTH:
        raise pickle.UnpicklingError(_TOO_DEEP)
    seen[id(node)] = node, node
    if isinstance(node, dict):
        for key, value in node.items():
            node[key] = _resolve(value, seen, depth + 1)
    elif isinstance(node, list):
        for index, value in enumerate(node):
            node[index] = _resolve(value, seen, depth + 1)
    elif type(node) is tuple:
        rebuilt = tuple(_resolve(value, seen, depth + 1) for value in node)
        if any(new is not old for new, old in zip(rebuilt, node)):
            seen[id(node)] = node, rebuilt
            return rebuilt
    return node
